"""Carrying out what a finding suggests, on the case itself, as a person who accepts the card would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

from cds_service.engine.model import Finding, LineRef, Remedy
from cds_service.facts.case import Case, Document, Line, Signer, Unit

COMPONENTS = frozenset({"26", "TC"})
SIGNERS = (
    Signer("Practitioner/proof-physician", "radiation-oncologist"),
    Signer("Practitioner/proof-physicist", "medical-physicist"),
)
ON_LINES = frozenset(
    {"replace", "add-modifier", "remove-modifier", "remove-line", "add-line", "reduce-units"}
)
CHANGES = ON_LINES | {"add-document", "attest-indication", "attest-other-modality"}
"""Actions that change something; `review` is settled by a person."""

Way = tuple[Remedy, ...]
"""Remedies that are accepted together: one alternative, or all of a finding that asks for all."""


def ways(finding: Finding) -> list[Way]:
    """What a person can accept of the finding; each attested fact is a way of its own. `review` is none."""
    each = [list(_options(remedy)) for remedy in finding.remedies if remedy.action in CHANGES]
    if finding.all_of:
        return list(product(*each)) if each else []
    return [(option,) for options in each for option in options]


def _options(remedy: Remedy) -> Iterator[Remedy]:
    if remedy.action == "attest-indication":
        yield from (replace(remedy, indications=(each,)) for each in remedy.indications)
    elif remedy.action == "attest-other-modality":
        yield from (replace(remedy, modalities=(each,)) for each in remedy.modalities)
    else:
        yield remedy


def carry_out(case: Case, finding: Finding, way: Way) -> Case | None:
    """The case after accepting `way`; None when one of its remedies finds nothing to change."""
    for remedy in way:
        number = next(n for n, unit in enumerate(case.units) if unit.ref == finding.unit)
        unit = case.units[number]
        made = _on_unit(unit, case, finding, remedy)
        if made is None:
            return None
        if isinstance(made, Unit):
            made = replace(case, units=(*case.units[:number], made, *case.units[number + 1 :]))
        case = made
    return case


def _on_unit(unit: Unit, case: Case, finding: Finding, remedy: Remedy) -> Unit | Case | None:
    if remedy.action == "attest-indication":
        new = frozenset(remedy.indications) - unit.indications
        return replace(unit, indications=unit.indications | new) if new else None
    if remedy.action == "attest-other-modality":
        known = unit.radiotherapy.other_modalities
        new = frozenset(remedy.modalities) - known
        return (
            replace(unit, radiotherapy=replace(unit.radiotherapy, other_modalities=known | new))
            if new
            else None
        )
    if remedy.action == "add-document":
        return _with_document(unit, case, remedy.document)
    if remedy.action == "add-line":
        return _with_line(unit, finding, remedy)
    return _on_lines(unit, finding, remedy)


def _with_document(unit: Unit, case: Case, type: str) -> Unit | Case:
    """A document signed by radiation oncologist and physicist: on file, or attached where the chart cannot be seen.

    When it must be dated is for the rules to know, so there is one of every day that could be meant: the first
    date of service, and each line's own days, first and last, and the day before it, earlier claims included.
    """
    lines = (*unit.lines, *case.history)
    days = {unit.start} | {
        day for line in lines for day in (line.start, line.end, line.start - timedelta(days=1))
    }
    new = tuple(
        Document(frozenset({type}), day, "DocumentReference", not case.chart.visible, SIGNERS)
        for day in sorted(days)
    )
    if case.chart.visible:
        return replace(case, chart=replace(case.chart, documents=(*case.chart.documents, *new)))
    return replace(unit, attached=(*unit.attached, *new))


def _with_line(unit: Unit, finding: Finding, remedy: Remedy) -> Unit | None:
    """One unit of the new code on each date of the finding, otherwise like the line of that date."""
    beside: dict[str, Line] = {}
    for ref in finding.lines:
        line = _line_of(unit, ref)
        if line is not None:
            beside.setdefault(ref.date, line)
    if not beside:
        return None
    code, *modifiers = remedy.code.split("-")
    lines = list(unit.lines)
    for line in beside.values():
        number = max((o.sequence or 0 for o in lines), default=0) + 1
        made = replace(
            line,
            code=code,
            modifiers=tuple(modifiers),
            units=1.0,
            end=line.start,
            sequence=number if line.sequence is not None else None,
            path=f"added[{len(lines)}]",
        )
        lines.append(made)
    return replace(unit, lines=tuple(lines))


def _on_lines(unit: Unit, finding: Finding, remedy: Remedy) -> Unit | None:
    chosen = {_place(ref) for ref in finding.lines if _is_meant(ref, remedy)}
    made: list[Line] = []
    touched = False
    for line in unit.lines:
        if (line.resource, line.sequence, line.path) not in chosen or line.code != remedy.code:
            made.append(line)
            continue
        changed = _changed(line, remedy)
        if changed == line:
            return None
        touched = True
        if changed is not None:
            made.append(changed)
    return replace(unit, lines=tuple(made)) if touched else None


def _is_meant(ref: LineRef, remedy: Remedy) -> bool:
    return ref.code == remedy.code and remedy.sequence in (None, ref.sequence)


def _changed(line: Line, remedy: Remedy) -> Line | None:
    """The line after the remedy; itself when nothing is to change, None when it goes."""
    if remedy.action == "remove-line":
        return None
    if remedy.action == "replace":
        code, *modifiers = str(remedy.to).split("-")
        others = [m for m in line.modifiers if m not in COMPONENTS and m not in modifiers]
        kept = (*modifiers, *others)
        return (
            line
            if (line.code, set(line.modifiers)) == (code, set(kept))
            else replace(line, code=code, modifiers=kept)
        )
    if remedy.action == "add-modifier":
        return (
            line
            if remedy.modifier in line.modifiers
            else replace(line, modifiers=(remedy.modifier, *line.modifiers))
        )
    if remedy.action == "remove-modifier":
        return replace(line, modifiers=tuple(m for m in line.modifiers if m != remedy.modifier))
    if isinstance(remedy.to, int) and 1 <= remedy.to < line.units:
        return replace(line, units=float(remedy.to))
    return line


def _place(ref: LineRef) -> tuple[str, int | None, str]:
    return ref.resource, ref.sequence, ref.path


def _line_of(unit: Unit, ref: LineRef) -> Line | None:
    return next((o for o in unit.lines if (o.resource, o.sequence, o.path) == _place(ref)), None)
