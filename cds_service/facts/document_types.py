"""A site's own codes of documents, mapped to the document types that the rules know (contract section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import read_text_yaml

DOCUMENT_TYPES = frozenset(
    {
        "imrt-need-statement",
        "prescription-constraints",
        "image-review",
        "dvh-review",
        "portal-description",
        "dosimetric-verification",
        "compensator-design",
        "anatomy-change",
        "repeat-planning-ct",
        "independent-dose-check",
        "device-necessity",
        "special-physics-request",
        "igrt-physician-review",
        "simulation-note",
        "planning-work-itemised",
    }
)
"""Document types of our own (rulebook 1.2)."""
DocumentTypes = Mapping[tuple[str, str], str]
"""Document type of ours by system and code."""
NO_DOCUMENT_TYPES: DocumentTypes = {}
_FORM = 'Write lines such as "http://loinc.org|11488-4": imrt-need-statement.'


def read_document_types(path: Path, problems: list[Problem]) -> DocumentTypes:
    """The mapping of one YAML file: `SYSTEM|CODE` to a document type; troubles are added to `problems`."""
    text = read_text_yaml(path, str(path), problems, named=True)
    if text is None:
        return NO_DOCUMENT_TYPES
    if not isinstance(text.data, dict):
        problems.append(Problem(text.name, 1, "", "is no mapping of codes to document types.", _FORM))
        return NO_DOCUMENT_TYPES
    found: dict[tuple[str, str], str] = {}
    for key, slug in text.data.items():
        parts = [part.strip() for part in key.split("|")]
        line = text.line(key)
        if len(parts) != 2 or not all(parts):
            problems.append(Problem(text.name, line, "", f"`{key}` is not a system and a code.", _FORM))
        elif not isinstance(slug, str) or slug not in DOCUMENT_TYPES:
            known = f"Choose one of: {', '.join(sorted(DOCUMENT_TYPES))}."
            problems.append(Problem(text.name, line, "", f"`{slug}` is not a document type.", known))
        else:
            found[parts[0], parts[1]] = slug
    return found
