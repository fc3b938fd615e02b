"""The files of a new payer, written from templates that load and pass as they are."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from cds_service.engine.payers import NOT_A_PAYER_FILE

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FILES = {
    "payer.yaml.txt": "payer.yaml",
    "sources.yaml.txt": "sources.yaml",
    "guidance.policy.yaml.txt": "guidance.policy.yaml",
    "guidance.cases.yaml.txt": "guidance.cases.yaml",
}


def write_new_payer(slug: str, folder: Path, taken: set[str]) -> list[Path]:
    """Write `folder/slug/…`.

    Returns:
        The paths written.

    Raises:
        ValueError: when the name is no slug, stands for many payers, is taken, or the folder exists already.
        OSError: when `folder` cannot be written.
    """
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} is no name for a payer. Use lower-case letters, digits and hyphens.")
    if slug in NOT_A_PAYER_FILE:
        raise ValueError(f"Rules say {slug} of many payers, so that none can have the name. Choose another.")
    if slug in taken:
        raise ValueError(f"The payer {slug} exists already. Add rules to its folder, or choose another name.")
    target = folder / slug
    if target.exists():
        raise ValueError(f"{target} exists already. Remove it, or choose another name.")
    target.mkdir(parents=True)
    templates = files("cds_service.cli").joinpath("new_payer")
    name = slug.replace("-", " ").title()
    letters = re.sub(r"[^A-Z]", "", slug.upper())[:12]
    prefix = letters if len(letters) > 1 else f"NEW{letters}"
    written = []
    for template, file_name in _FILES.items():
        text = templates.joinpath(template).read_text("utf-8")
        text = text.replace("@SLUG@", slug).replace("@NAME@", name).replace("@PREFIX@", prefix)
        text = text.replace("@ALIAS@", slug.replace("-", " "))
        (target / file_name).write_text(text, encoding="utf-8")
        written.append(target / file_name)
    return written
