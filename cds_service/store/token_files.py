"""Used tokens as empty files in a folder: what the worker processes of one machine share while the database is down."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class TokenFiles:
    """Safe to share between threads and processes: of many that make the same file exactly one succeeds.

    Args:
        folder: a folder of this run alone, that nobody else may write to. Names of files are digests.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, key: tuple[str, str], expires: int) -> bool:
        """Whether nobody has taken this token here before; also True when the folder cannot be written.

        Args:
            key: digests of issuer and token.
            expires: seconds since 1970; a token has one end, so that it may be part of the name.
        """
        path = self._folder / f"{expires}-{'-'.join(key)}"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        except OSError:
            return True  # the database decides, and without it the memory of each process
        return True

    def forget(self, now: int) -> None:
        """Remove what had expired by `now`, in seconds since 1970."""
        with contextlib.suppress(OSError):
            for entry in os.scandir(self._folder):
                expires = entry.name.partition("-")[0]
                if expires.isdigit() and int(expires) < now:
                    with contextlib.suppress(FileNotFoundError):  # another process was quicker
                        Path(entry).unlink()
