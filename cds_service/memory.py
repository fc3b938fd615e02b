"""The memory of a process that serves."""

from __future__ import annotations

import gc


def keep_what_is_loaded() -> None:
    """Spare the garbage collector what stays as long as the process: the rulebook and all modules.

    Otherwise it walks over all of that again and again while calls are answered, the longer the more policies there
    are. To be called once, when everything is loaded.
    """
    gc.collect()
    gc.freeze()
