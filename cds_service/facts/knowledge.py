"""What readers need to know besides the resources: catalogue, code tables and payers. Built once."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.engine.catalogue import Catalogue
from cds_service.engine.letters import PolicyError, Problem
from cds_service.engine.textyaml import read_text_yaml
from cds_service.facts.derive import TechniqueFinder
from cds_service.facts.diagnosis import DiagnosisGroups, load_diagnosis_groups
from cds_service.facts.document_types import NO_DOCUMENT_TYPES, DocumentTypes
from cds_service.facts.edits import NO_EDITS, EditIndex
from cds_service.facts.names import normalised
from cds_service.facts.payer import PayerBook
from cds_service.facts.places import load_states
from cds_service.facts.radiotherapy import CodeTable, load_code_table


@dataclass(frozen=True)
class Knowledge:
    """Shared, read-only knowledge of the readers.

    `lcd_in_force` are the days for which the site has confirmed that the Florida LCD text governs (rulebook 4).
    """

    catalogue: Catalogue
    table: CodeTable
    payers: PayerBook
    states: Mapping[str, str]
    techniques: TechniqueFinder
    notes: Mapping[str, str]
    diagnosis_groups: DiagnosisGroups
    lcd_in_force: tuple[date, date] | None = None
    edits: EditIndex = NO_EDITS
    document_types: DocumentTypes = field(default_factory=lambda: NO_DOCUMENT_TYPES)


def load_knowledge(
    folder: Path,
    catalogue: Catalogue,
    payers: Sequence[Mapping[str, Any]],
    lcd_in_force: tuple[date, date] | None = None,
    edits: EditIndex = NO_EDITS,
    document_types: DocumentTypes = NO_DOCUMENT_TYPES,
) -> Knowledge:
    """Read the code tables of `folder` (the catalogues) and index the payers; `edits` are the imported ones,
    `document_types` the site's own codes of documents.
    """
    with (folder / "source_of_payment.csv").open(encoding="utf-8", newline="") as handle:
        sopt = {row["code"]: row["line_of_business"] for row in csv.DictReader(handle)}
    states = load_states(folder / "states.csv")
    return Knowledge(
        catalogue=catalogue,
        table=load_code_table(folder / "radiotherapy.csv"),
        payers=PayerBook(payers, sopt, {normalised(text) for named in states.items() for text in named}),
        states=states,
        techniques=TechniqueFinder(catalogue.sets),
        notes=_notes(folder / "notes.yaml"),
        diagnosis_groups=load_diagnosis_groups(folder / "diagnosis_groups.csv"),
        lcd_in_force=lcd_in_force,
        edits=edits,
        document_types=document_types,
    )


def _notes(path: Path) -> Mapping[str, str]:
    problems: list[Problem] = []
    text = read_text_yaml(path, path.name, problems)
    if text is None or not isinstance(text.data, dict):
        raise PolicyError(problems)
    notes: Mapping[str, str] = text.data["notes"]
    return notes
