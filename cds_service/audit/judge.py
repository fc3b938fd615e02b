"""All claims of one patient, judged by the same steps as `igrt-cds check`: facts, rules, settling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from cds_service.audit.claims import ANSWERED, DELETED, TWICE, bad_of, claims_of
from cds_service.audit.patients import Patient, type_of
from cds_service.audit.reading import Bad
from cds_service.audit.records import REFUSED, UNREAD_LINES
from cds_service.audit.routed import CLAIMS, SPOKEN, Part
from cds_service.audit.sequence import dated, histories, still_found
from cds_service.audit.shared import Everybody, SharedPool
from cds_service.audit.tally import ASIDE, CLEAN, FOUND, SILENT, UNKNOWN, Tally
from cds_service.audit.workers import fault_words
from cds_service.books import Library
from cds_service.engine.model import UNKNOWN as NOT_KNOWN
from cds_service.engine.model import Finding
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble
from cds_service.facts.case import Case, Line, Unit
from cds_service.facts.claims import history_lines
from cds_service.facts.denied_lines import denied_lines
from cds_service.facts.pool import Entry, Pool, Trouble
from cds_service.facts.readings import reading_findings
from cds_service.facts.refused import refuses
from cds_service.facts.second_payer import UNKNOWN_PAYER
from cds_service.facts.views import CaseView

MOST_CLAIMS = 1000
"""Claims of one patient that are judged: more stand for "patient unknown", and would each be all others' history."""
UNREAD = "unread lines"
"""What is not known of a claim some lines of which could not be read."""
_REPORT = "Please report this line: it holds nothing of the claim."


class Options(msgspec.Struct, frozen=True):
    """How an audit judges. `as_of` is its day, `chart` whether the input shows the patients' documents at all (none
    is called missing otherwise), `with_patient` whether rows name the patient.
    """

    as_of: date
    chart: bool = False
    with_patient: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One claim on which something was found, and what its rows are made of. `unread`: lines of it are not known."""

    patient: Patient
    part: Part
    claim: fhir.Claim
    unit: Unit
    findings: tuple[Finding, ...]
    pool: Pool
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A claim as it was read, the case that it is of, and what is to say of its reading."""

    case: Case
    unit: Unit
    troubles: tuple[Trouble, ...]


def judge(
    patient: Patient, everybody: Everybody, library: Library, options: Options, tally: Tally
) -> Iterator[Judged]:
    """The patient's claims on which something was found; everything is counted in `tally`."""
    for twice in patient.twice:
        if type_of(twice) in CLAIMS:
            tally.claim(ASIDE, [TWICE])
    for deleted in patient.deleted:
        if type_of(deleted) in CLAIMS:
            tally.claim(ASIDE, [DELETED])
    for answers in patient.answered.values():
        for _ in answers:
            tally.claim(ASIDE, [ANSWERED])
    if not patient.spoken:
        for one in patient.claims:
            tally.claim(*_silent(one))
        return
    unread = set(patient.damaged)
    pool = _pool(patient, everybody, unread, tally)
    claims = claims_of(patient, unread, tally)
    if len(claims) > MOST_CLAIMS:
        for _ in claims:
            tally.claim(UNKNOWN, [f"more than {MOST_CLAIMS:,} claims under one patient's reference"])
        return
    whole = not unread & CLAIMS
    chart = options.chart and "DocumentReference" not in unread
    given = Given("claim", options.as_of, (), chart, whole, insurer_tells=True)
    read: dict[str, Read] = {}
    for ref, outcome in _cases(claims, pool, library, given):
        if isinstance(outcome, Read):
            read[ref] = outcome
        else:
            _fault(claims[ref][0], outcome, tally)
    history = [
        dated(
            ref,
            claim,
            _lines(claim, read.get(ref), pool, library),
            _payer(read.get(ref)),
            _refused(patient, ref, one),
            _denied(patient, ref, one),
        )
        for ref, (one, claim) in claims.items()
    ]
    for around in histories(history):
        ref = around.claim.ref
        one, claim = claims[ref]
        if ref not in read:
            if not one.kind.endswith(SPOKEN):
                tally.claim(*_silent(one))
            continue
        unit = read[ref].unit
        case = _alone(read[ref], around.earlier)
        if not unit.in_scope or unit.date_assumed:
            tally.claim(*((UNKNOWN, ["date of service"]) if unit.in_scope else (SILENT,)))
            continue
        try:
            findings = _findings(case, library)
            if findings and around.later:
                seen = _alone(read[ref], (*around.earlier, *around.later))
                findings = still_found(findings, _findings(seen, library))
            findings = (*findings, *reading_findings(read[ref].troubles, case, library.knowledge))
        except Exception as error:  # a fault of ours costs this claim, not the others
            _fault(one, fault_words(error), tally)
            continue
        in_part = _unread(one)
        tally.claim(*_status(unit, findings, library, in_part))
        if findings:
            yield Judged(patient, one, claim, unit, findings, pool, in_part)


def _findings(case: Case, library: Library) -> tuple[Finding, ...]:
    view = CaseView(case, library.knowledge)
    found = library.findings(view)
    view.close()
    return found


def _cases(
    claims: dict[str, tuple[Part, fhir.Claim]], pool: Pool, library: Library, given: Given
) -> Iterator[tuple[str, Read | str]]:
    """Each claim with a radiotherapy line as it was read, or why it cannot be.

    All are put together at once, so that the chart is read once; one by one only when there is something to say of
    the reading, or it fails.
    """
    entries = {
        ref: Entry(claim, ref, one.raw) for ref, (one, claim) in claims.items() if one.kind.endswith(SPOKEN)
    }
    pool.troubles.clear()
    try:
        case = assemble(replace(given, review=list(entries.values())), pool, library.knowledge)
        if not pool.troubles:
            for ref, unit in zip(entries, case.units, strict=True):
                yield ref, Read(case, unit, ())
            return
    except Exception:
        pool.troubles.clear()  # whose fault it is shows when they are read one by one
    for ref, entry in entries.items():
        pool.troubles.clear()
        try:
            case = assemble(replace(given, review=[entry]), pool, library.knowledge)
        except Exception as error:
            yield ref, fault_words(error)
        else:
            yield ref, Read(case, case.units[0], tuple(pool.troubles))


def _alone(read: Read, history: tuple[Line, ...]) -> Case:
    """A claim as a case of its own, with this history."""
    case = read.case
    return Case(case.hook, case.as_of, (read.unit,), history, case.chart, case.lcd_in_force)


def _payer(read: Read | None) -> str:
    return read.unit.member.billed_to if read else UNKNOWN_PAYER


def _refused(patient: Patient, ref: str, one: Part) -> bool:
    """Whether the payer refused a claim as a whole: a CSV says so, or all its answers."""
    if REFUSED.encode() in one.raw:
        return True
    answers = _answers(patient, ref, one)
    return bool(answers) and all(refuses(raw) for raw in answers)


def _denied(patient: Patient, ref: str, one: Part) -> frozenset[int]:
    """The sequences of its lines that the payer denied."""
    return denied_lines(_answers(patient, ref, one), of_claim=type_of(one) == "Claim")


def _answers(patient: Patient, ref: str, one: Part) -> list[bytes]:
    """What answers a claim; an ExplanationOfBenefit is an answer itself."""
    answers = [one] if type_of(one) == "ExplanationOfBenefit" else patient.answered.get(ref, ())
    return [answer.raw for answer in answers]


def _fault(one: Part, words: str, tally: Tally) -> None:
    tally.claim(UNKNOWN, ["fault of this program"])
    tally.bad.append(Bad(one.place, type_of(one), f"could not be judged ({words}).", _REPORT))


def _lines(claim: fhir.Claim, read: Read | None, pool: Pool, library: Library) -> tuple[Line, ...]:
    """What the claim adds to the history of later ones; the lines of its case, if they would be the same."""
    if read is not None and not read.unit.date_assumed and claim.status == "active":
        return read.unit.lines
    try:
        return history_lines(claim, pool, library.knowledge)
    except Exception:  # it was counted where it was read
        return ()


def _pool(patient: Patient, everybody: Everybody, unread: set[str], tally: Tally) -> SharedPool:
    """Everything of the patient's but claims; what cannot be read is reported and makes its type incomplete."""
    pool = SharedPool()
    pool.everybody = everybody
    for one in patient.others:
        before = len(pool.troubles)
        pool.add(one.raw, f"{one.kind}/{one.identity}")
        for trouble in pool.troubles[before:]:
            unread.add(one.kind)
            tally.bad.append(bad_of(one, trouble.what))
    return pool


def _unread(one: Part) -> bool:
    """Whether lines of the claim could not be read: what they would add, or settle, is unknown."""
    return b'"extension"' in one.raw and UNREAD_LINES.encode() in one.raw


def _silent(one: Part) -> tuple[str, list[str]]:
    """The status of a claim without a line of ours, as far as its lines are known."""
    return (UNKNOWN, [UNREAD]) if _unread(one) else (SILENT, [])


def _status(
    unit: Unit, findings: tuple[Finding, ...], library: Library, unread: bool
) -> tuple[str, list[str]]:
    """A claim of which too little is known stays one when all that is found is a question after it."""
    if any(not finding.missing for finding in findings):
        return FOUND, []
    lacking = [*_lacking(unit, library), *([UNREAD] if unread else [])]
    if lacking:
        return UNKNOWN, lacking
    return (FOUND if findings else CLEAN), []


def _lacking(unit: Unit, library: Library) -> Iterator[str]:
    """What has to be known before one can say that nothing is wrong with a claim."""
    if unit.member.payer == "unknown":
        yield "payer"
    if unit.claim_type is NOT_KNOWN:
        yield "claim type"
    elif unit.claim_type == "professional":
        nowhere = [line.code for line in unit.lines if line.place_of_service is NOT_KNOWN]
        if not library.knowledge.catalogue.radiotherapy.isdisjoint(nowhere):
            yield "place of service"
