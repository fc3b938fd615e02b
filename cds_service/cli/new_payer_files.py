"""The files of a new payer, written from templates that load and pass as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from cds_service.engine.payers import NOT_A_PAYER_FILE, PayerEntry
from cds_service.facts.payer_identity import Identity

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STATEMENT = re.compile(r"\bid: *[\"']?([A-Z][A-Z0-9]+)-")
_LONGEST_PREFIX = 12
_SHOWN = 20
"""Names of a payer that are printed; where there are more, the file has them."""
_FILES = {
    "payer.yaml.txt": "payer.yaml",
    "sources.yaml.txt": "sources.yaml",
    "guidance.policy.yaml.txt": "guidance.policy.yaml",
    "guidance.cases.yaml.txt": "guidance.cases.yaml",
}


def write_new_payer(
    slug: str, folder: Path, payers: Iterable[Mapping[str, Any]], statements: Iterable[str]
) -> list[Path]:
    """Write `folder/slug/…`.

    Args:
        slug: the payer's name in rules.
        folder: where the folder of the payer is made.
        payers: those of the policy book, as their payer.yaml has them.
        statements: the ids of the policy book's statements.

    Returns:
        The paths written.

    Raises:
        ValueError: when the name is no slug, stands for many payers or for one that is there already, or the folder
            exists already.
        OSError: when `folder` cannot be written.
    """
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} is no name for a payer. Use lower-case letters, digits and hyphens.")
    if slug in NOT_A_PAYER_FILE:
        raise ValueError(f"Rules say {slug} of many payers, so that none can have the name. Choose another.")
    alias = slug.replace("-", " ")
    for raw in payers:
        if raw["payer"] == slug:
            raise ValueError(f"The payer {slug} exists already. {_more_rules(slug)}")
        if raw["payer"] not in NOT_A_PAYER_FILE and alias in {a["name"] for a in raw.get("aliases", ())}:
            what = f"`{alias}` is a name of {raw['name']}, whose members are the payer {raw['payer']} in all rules."
            raise ValueError(f"{what} {_more_rules(raw['payer'])}")
    target = folder / slug
    if target.exists():
        raise ValueError(f"{target} exists already. Remove it, or choose another name.")
    prefix = _prefix(slug, {*(each.partition("-")[0] for each in statements), *_prefixes_in(folder)})
    target.mkdir(parents=True)
    templates = files("cds_service.cli").joinpath("new_payer")
    name = alias.title()
    written = []
    for template, file_name in _FILES.items():
        text = templates.joinpath(template).read_text("utf-8")
        text = text.replace("@SLUG@", slug).replace("@NAME@", name).replace("@PREFIX@", prefix)
        text = text.replace("@ALIAS@", alias)
        (target / file_name).write_text(text, encoding="utf-8")
        written.append(target / file_name)
    return written


def _more_rules(payer: str) -> str:
    return (
        f"Add rules to its folder if that is yours; if not, write them with `applies: {{payer: {{is: {payer}}}}}` in a "
        "folder of your own without payer.yaml. Or choose another name."
    )


def _prefix(slug: str, taken: set[str]) -> str:
    """What the ids of the payer's statements begin with: short, of the whole name, and nobody else's."""
    *first, last = slug.upper().split("-")
    whole = "".join((*first, last))
    text = whole if len(whole) <= _LONGEST_PREFIX else "".join((*(word[0] for word in first), last))
    text = text.lstrip("0123456789")
    text = (text if len(text) > 1 else f"NEW{text}")[:_LONGEST_PREFIX]
    found, number = text, 1
    while found in taken:
        number += 1
        found = f"{text[: _LONGEST_PREFIX - len(str(number))]}{number}"
    return found


def _prefixes_in(folder: Path) -> set[str]:
    """Those of the payers that stand in `folder`, which need not be among the policies in use."""
    texts = (path.read_text("utf-8", "replace") for path in folder.glob("*/sources.yaml") if path.is_file())
    return {found for text in texts for found in _STATEMENT.findall(text)}


def known_so_far(
    slug: str, identity: Identity | None, payers: Iterable[Mapping[str, Any]], entries: Iterable[PayerEntry]
) -> str:
    """What a new payer should know of the one whom its name showed before; empty where nobody knew the name.

    Args:
        slug: the new payer's name in rules.
        identity: whom the book recognised by that name.
        payers: those of the book, as their payer.yaml has them.
        entries: where each of `payers` stands.
    """
    if identity is None:
        return ""
    if identity.named:
        return (
            f"Until now {identity.name} ({identity.payer}) is recognised by this name, and its rules spoke. Names in "
            "your payer.yaml are yours where they are the longer ones."
        )
    raw, entry = next((r, e) for r, e in zip(payers, entries, strict=True) if r["name"] == identity.name)
    names = [a["name"] for a in raw["aliases"]]
    listed = ", ".join(names) if len(names) <= _SHOWN else f"{len(names)} in all"
    numbers = ", ".join(f"{i['value']} ({i['kind']})" for i in raw.get("identifiers", ()))
    return (
        f"Until now this name is that of {identity.name}, a payer without a policy. The names and numbers that you "
        f"write into payer.yaml are {slug}'s from now on, also where both list them; the others stay without a "
        f"policy. Listed are the names {listed}"
        f"{'; the numbers ' + numbers if numbers else ''} ({Path(entry.home) / 'payer.yaml'})."
    )
