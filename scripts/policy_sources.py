"""What the policy pages show and the book does not hold: editions of documents, and the names of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cds_service.engine.loader import case_files
from cds_service.engine.textyaml import read_text_yaml

Editions = Mapping[str, Sequence[Mapping[str, Any]]]
"""Document id -> its editions as registered."""

Cases = Mapping[str, Mapping[str, Sequence[str]]]
"""Policy file -> rule id -> names of its cases, in order."""


def read_editions(folder: Path) -> Editions:
    """The editions of every `sources.yaml` below the folder.

    Raises:
        ValueError: a file cannot be read; loading the book says it better.
    """
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for path in sorted(folder.rglob("sources.yaml")):
        for document in _read(path)["documents"]:
            found[document["id"]] = document["editions"]
    return found


def read_cases(folder: Path) -> Cases:
    """The names of the cases of every rule.

    Raises:
        ValueError: a file cannot be read; running the cases says it better.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for path, name in case_files([folder]):
        by_rule: dict[str, list[str]] = defaultdict(list)
        for case in _read(path)["cases"]:
            by_rule[case["rule"]].append(case["name"])
        found[name.replace(".cases.yaml", ".policy.yaml")] = by_rule
    return found


def _read(path: Path) -> Any:
    text = read_text_yaml(path, path.name, [])
    if text is None:
        raise ValueError(f"{path} cannot be read. Run `igrt-cds policies test`.")
    return text.data
