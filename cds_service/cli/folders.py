"""The option `--policies`, which every command on policies takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds_service.books import policy_folders

Folders = Annotated[
    list[Path] | None,
    typer.Option("--policies", help="Further folder with payers; may be given several times."),
]


def all_folders(extra: list[Path] | None) -> tuple[Path, ...]:
    """The package's folders, those of the environment and `extra`; one that is named twice is read once."""
    folders = (*policy_folders(), *(extra or ()))
    return tuple({folder.resolve(): folder for folder in folders}.values())
