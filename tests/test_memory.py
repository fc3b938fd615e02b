"""What a serving process has loaded is no work for its garbage collector."""

from __future__ import annotations

import gc

from cds_service.memory import keep_what_is_loaded


def test_what_is_loaded_is_not_walked_over_again() -> None:
    before = gc.get_freeze_count()
    try:
        keep_what_is_loaded()
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
