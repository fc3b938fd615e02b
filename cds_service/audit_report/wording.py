"""Words of the report: everything that came from files leaves here as one plain line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from cards.escape import plain
from cards.wording import in_words, label, remedy_words
from cds_service.audit.rows import Row, RowCite, RowLine, RowRemedy

SEVERITY: Final[Mapping[str, str]] = {"critical": "Critical", "warning": "Warning", "info": "Info"}
_LINES_SHOWN = 8
_MISSING: Final[Mapping[str, str]] = {
    "indication": "The reason for image guidance (indication)",
    "documents": "The documents of the chart",
    "payer": "Who the payer is",
    "technique": "The treatment technique",
    "method": "The imaging method",
    "state": "The state where the treatment took place",
    "place of service": "The place of service",
    "claim type": "Whether the claim is professional or institutional",
    "date of service": "The date of service",
    "unread lines": "Lines of the claim that could not be read",
    "other modality": "Whether another modality is part of the treatment",
    "fractions of the date": "How many fractions were given that day",
}
_WHERE: Final[Mapping[str, str]] = {
    "indication": "CSV: indications. FHIR: Claim.supportingInfo, or a Condition",
    "documents": "FHIR: DocumentReference, exported with the claims",
    "payer": "CSV: payer_name or payer_id. 837: NM1*PR. FHIR: Coverage.payor",
    "technique": "FHIR: Procedure of the course",
    "state": "CSV: state. 837: address of the place of service. FHIR: Claim.facility",
    "place of service": "CSV: place_of_service. 837: CLM05-1 or SV105. FHIR: Claim.item.locationCodeableConcept",
    "claim type": "CSV: claim_form, or --claim-form. FHIR: Claim.type",
    "date of service": "CSV: service_date. 837: DTP*472. FHIR: Claim.item.servicedDate",
    "unread lines": "Mend what could not be read, and run the audit again with --restart",
    "other modality": "FHIR: Procedure or ServiceRequest, exported with the claims",
    "treatment intent": "FHIR: Procedure of the course",
    "fractions of the date": "FHIR: Procedure of each fraction",
}


def counted(number: int, noun: str) -> str:
    """`1 claim`, `1,200 claims`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def kind_words(kind: str) -> str:
    """The kind of a finding as its card says it."""
    return label("kind_labels", kind)


def missing_words(name: str) -> str:
    """A fact that was not known."""
    return _MISSING.get(name) or plain(in_words(name), 80).capitalize()


def where_words(name: str) -> str:
    """Where a file tells a fact that was not known."""
    return _WHERE.get(name, "")


def unread_words(titles: Sequence[str], sheets: Sequence[int], void_lines: int = 0) -> Iterator[str]:
    """What a table has that nothing reads: columns, sheets of a workbook, and void lines of claims in force."""
    if titles:
        yield (
            f"columns that were not read: {_some([plain(title, 80) for title in titles], _COLUMNS_SHOWN)}. "
            "Where one of them tells what was not known, give it a title that igrt-cds audit --template prints."
        )
    if sheets:
        numbers = _some([f"{number:,}" for number in sheets], _COLUMNS_SHOWN)
        yield f"sheets without claim lines, not read: {numbers} (counted from the left)."
    if void_lines:
        lines = "1 line" if void_lines == 1 else f"{void_lines:,} lines"
        yield f"{lines} left out as void; the other lines of their claims are in force and were judged."


_COLUMNS_SHOWN = 12


def remedies_words(
    remedies: Sequence[RowRemedy], all_of: bool, with_lines: bool, by_hand: bool = False
) -> str:
    """All remedies of one finding in one sentence, or two where they are for a part of the line."""
    texts = remedy_list(remedies, with_lines)
    words = ("; and " if all_of else "; or ").join(texts) or "Review it; no change is proposed"
    return f"{_BY_PARTS} {words}" if by_hand else words


_BY_PARTS = "Report the line in two parts, since only a part of its days is concerned. For that part:"


def remedy_list(remedies: Sequence[RowRemedy], with_lines: bool) -> tuple[str, ...]:
    """The remedies of one finding, each in words and once."""
    return tuple(dict.fromkeys(_words(remedy, with_lines) for remedy in remedies))


def _words(remedy: RowRemedy, with_lines: bool) -> str:
    if remedy.action == "reduce-units" and not with_lines:
        return f"Reduce the units of {plain(remedy.code)}"  # to how many differs from claim to claim
    bare = remedy if with_lines else RowRemedy(**{n: getattr(remedy, n) for n in _BARE})
    try:
        return plain(remedy_words(bare), 700)
    except ValueError:
        return plain(in_words(remedy.action), 80)  # an action of a later version


_BARE = tuple(name for name in RowRemedy.__struct_fields__ if name != "sequence")


def code_words(line: RowLine) -> str:
    """`CODE` or `CODE-MOD`."""
    return plain("-".join((line.code, *line.modifiers)), 30)


def lines_words(row: Row, with_dates: bool) -> str:
    """Lines of a finding: codes with their line numbers, dates only when asked for."""
    if not row.lines:
        return "the claim as a whole"
    by_code: dict[str, list[str]] = {}
    for line in row.lines:
        place = str(line.sequence) if line.sequence is not None else ""
        if with_dates and line.date:
            place = f"{place} on {plain(line.date, 10)}".strip()
        by_code.setdefault(code_words(line), []).append(place)
    return "; ".join(
        f"{code} ({'line' if len(places) == 1 else 'lines'} {_some(places, _LINES_SHOWN)})"
        if any(places)
        else code
        for code, places in by_code.items()
    )


def _some(names: Sequence[str], shown: int) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")


def undated(row: Row) -> str:
    """The sentence of a finding without the days of service in it: a report names none unless it was asked to."""
    days = {line.date for line in row.lines if line.date} | ({row.date} if row.date else set())
    if not any(day in row.title for day in days):
        return row.title
    any_of = "|".join(map(re.escape, sorted(days)))
    return re.sub(rf"(?:{any_of})(?: to {_DAY})?(?: and [0-9,]+ more dates?)?", "its date", row.title)


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def claim_number(row: Row) -> str:
    """The claim's number: the office's own, else its reference without the type."""
    return plain(row.known_as or row.claim.rpartition("/")[2], 80)


def cite_words(cite: RowCite) -> str:
    """Where a paragraph stands."""
    parts = [cite.title, cite.section, f"edition {cite.edition}" if cite.edition else ""]
    if cite.owner and cite.owner not in cite.title:
        parts.insert(0, cite.owner)
    return plain(" · ".join(part for part in parts if part), 300)


def cite_url(cite: RowCite) -> str:
    """The address of the document; only https ones are linked."""
    return cite.url if cite.url.startswith("https://") and cite.url.isprintable() else ""


def month_words(month: str) -> str:
    """`2024-03` as `Mar 2024`."""
    try:
        return date.fromisoformat(f"{month}-01").strftime("%b %Y")
    except ValueError:
        return plain(month, 20)
