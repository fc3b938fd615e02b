"""Writes an export of made-up patients, and the list of what was planted in it."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import IO

from fhir_fixtures.bulk.courses import clean_patient
from fhir_fixtures.bulk.faults import plant
from fhir_fixtures.bulk.fhir import organization, payer_id, resources
from fhir_fixtures.bulk.model import HOSPITAL, OFFICE, PAYERS, Claim, Line, Patient

PLANTED = "planted.json"
_FAULTY = 0.3
"""Share of patients with a fault."""


def made_up(number: int, seed: int) -> Patient:
    """One patient: the same number and seed give the same patient, however many there are."""
    rng = Random(f"{seed}:{number}")  # noqa: S311  # made-up data, no secrets
    patient = clean_patient(number, rng)
    if rng.random() < _FAULTY:
        plant(patient, rng)
    elif rng.random() < 0.05:
        for claim in patient.claims:
            claim.benefit_only = True
    if rng.random() < 0.03:
        _cancelled(patient)
    return patient


def write_export(
    folder: Path, patients: int, seed: int = 0, advance: Callable[[int], None] | None = None
) -> None:
    """Write one NDJSON file a type, and `planted.json`: for each fault its claim, rule, severity and line numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    planted: list[dict[str, object]] = []
    with ExitStack() as stack:
        files: dict[str, IO[str]] = {}

        def write(resource: dict[str, object]) -> None:
            kind = str(resource["resourceType"])
            if kind not in files:
                path = folder / f"{kind}.ndjson"
                files[kind] = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            files[kind].write(json.dumps(resource, separators=(",", ":")) + "\n")

        for each in _organizations():
            write(each)
        for number in range(1, patients + 1):
            patient = made_up(number, seed)
            for resource in resources(patient):
                write(resource)
            planted += [
                {"claim": p.claim, "rule": p.rule, "severity": p.severity, "lines": list(p.lines)}
                for p in patient.planted
            ]
            if advance is not None:
                advance(1)
    listed = {"patients": patients, "seed": seed, "planted": planted}
    (folder / PLANTED).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def _organizations() -> list[dict[str, object]]:
    found = [organization(payer_id(payer), payer.name, naic=payer.naic) for payer in PAYERS]
    for state in sorted({state for payer in PAYERS for state in payer.states}):
        for number in range(3):
            for setting in (HOSPITAL, OFFICE):
                name = f"Synthetic {'Hospital' if setting == HOSPITAL else 'Radiation Center'} {state} {number + 1}"
                identity = f"site-{state.lower()}-{setting}-{number}"
                found.append(organization(identity, name, state, _npi(len(found))))
            if number < 2:
                name = f"Synthetic Radiation Oncology Group {state} {number + 1}"
                found.append(organization(f"group-{state.lower()}-{number}", name, state, _npi(len(found))))
    return found


def _npi(number: int) -> str:
    """Ten digits with a wrong check digit: no provider's."""
    digits = f"808401{number:08}"[-9:]
    total = sum(
        sum(divmod(int(d) * 2, 10)) if n % 2 == 0 else int(d)
        for n, d in enumerate(reversed(f"80840{digits}"))
    )
    return f"{digits}{(10 - total % 10 + 5) % 10}"


def _cancelled(patient: Patient) -> None:
    """A claim that was cancelled before it was sent again: its faults are nobody's."""
    first = next(claim for claim in patient.claims if len(claim.lines) > 1)
    lines = [Line("77421", line.day) for line in first.lines]
    patient.claims.append(
        Claim(
            f"{first.id}-cancelled", first.institutional, first.place, lines, "cancelled", first.benefit_only
        )
    )
