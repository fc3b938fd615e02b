"""Why a file that somebody named cannot be read. pathlib says no to some of that and raises at the rest."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def why_no_file(path: Path) -> str:
    """What is wrong with this file as the end of a sentence, such as `is no file`; empty when it can be read.

    A folder on the way that the user may not enter is told as what it is: `Path.is_file` raises there.
    """
    return _why(path, "file", stat.S_ISREG, os.R_OK)


def why_no_folder(path: Path) -> str:
    """As `why_no_file`, of a folder whose entries are to be listed and read."""
    return _why(path, "folder", stat.S_ISDIR, os.R_OK | os.X_OK)


def _why(path: Path, kind: str, is_it: Callable[[int], bool], rights: int) -> str:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno in _ABSENT:
            return f"is no {kind}"
        return f"cannot be read ({error.strerror}, for user {os.getuid()})"
    if not is_it(mode):
        return f"is no {kind}"
    return "" if os.access(path, rights) else f"cannot be read (Permission denied, for user {os.getuid()})"
