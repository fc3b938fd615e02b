"""All claims of one patient, judged by the same steps as `igrt-cds check`: facts, rules, settling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from cds_service.audit.patients import Patient, type_of
from cds_service.audit.reading import REFUSED, Bad
from cds_service.audit.routing import SILENT as SILENT_CLAIM
from cds_service.audit.routing import Part
from cds_service.audit.sequence import dated, histories, still_found
from cds_service.audit.shared import Everybody, SharedPool
from cds_service.audit.tally import ASIDE, CLEAN, FOUND, SILENT, UNKNOWN, Tally
from cds_service.audit.workers import fault_words
from cds_service.books import Library
from cds_service.engine.model import UNKNOWN as NOT_KNOWN
from cds_service.engine.model import Finding
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble
from cds_service.facts.case import Case, Unit
from cds_service.facts.claims import history_lines
from cds_service.facts.codes import any_codes
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.facts.readings import reading_findings
from cds_service.facts.views import CaseView

_SET_ASIDE = {
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
    "preauthorization": "an estimate, no claim",
    "predetermination": "an estimate, no claim",
}
_REPORT = "Please report this line: it holds nothing of the claim."
REPLACED, ANSWERED, TWICE = "replaced by a later claim", "answers a claim that is here", "a second copy"


class Options(msgspec.Struct, frozen=True):
    """How an audit judges. `as_of` is its day, `chart` whether the input shows the patients' documents at all (none
    is called missing otherwise), `with_patient` whether rows name the patient.
    """

    as_of: date
    chart: bool = False
    with_patient: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One claim on which something was found, and what its rows are made of."""

    patient: Patient
    part: Part
    claim: fhir.Claim
    unit: Unit
    findings: tuple[Finding, ...]
    pool: Pool


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    relationship: fhir.CodeableConcept | None = None


class _WithRelated(msgspec.Struct):
    related: list[_Related] = []


def judge(
    patient: Patient, everybody: Everybody, library: Library, options: Options, tally: Tally
) -> Iterator[Judged]:
    """The patient's claims on which something was found; everything is counted in `tally`."""
    for twice in patient.twice:
        if type_of(twice) in ("Claim", "ExplanationOfBenefit"):
            tally.claim(ASIDE, [TWICE])
    for answers in patient.answered.values():
        for _ in answers:
            tally.claim(ASIDE, [ANSWERED])
    if not patient.spoken:
        for _ in patient.claims:
            tally.claim(SILENT)
        return
    unread = set(patient.damaged)
    pool = _pool(patient, everybody, unread, tally)
    claims = _claims(patient, unread, tally)
    alone = len(claims) == 1
    history = [
        dated(ref, claim, () if alone else history_lines(claim, pool, library.knowledge))
        for ref, (_, claim) in claims.items()
    ]
    whole = not unread & {"Claim", "ExplanationOfBenefit"}
    chart = options.chart and "DocumentReference" not in unread
    for around in histories(history):
        one, claim = claims[around.claim.ref]
        pool.troubles.clear()
        given = Given("claim", options.as_of, [Entry(claim, around.claim.ref, one.raw)], chart, whole)
        try:
            case = replace(assemble(given, pool, library.knowledge), history=around.earlier)
            findings = _findings(case, pool, library)
            if findings and around.later:
                seen = replace(case, history=(*around.earlier, *around.later))
                findings = still_found(findings, _findings(seen, pool, library) or ())
        except Exception as error:  # a fault of ours costs this claim, not the others
            tally.claim(UNKNOWN, ["fault of this program"])
            tally.bad.append(
                Bad(one.place, type_of(one), f"could not be judged ({fault_words(error)}).", _REPORT)
            )
            continue
        unit = case.units[0]
        if findings is None:
            tally.claim(*((UNKNOWN, ["date of service"]) if unit.in_scope else (SILENT,)))
        elif findings:
            tally.claim(FOUND)
            yield Judged(patient, one, claim, unit, findings, pool)
        else:
            lacking = list(_lacking(unit, library))
            tally.claim(UNKNOWN if lacking else CLEAN, lacking)


def _findings(case: Case, pool: Pool, library: Library) -> tuple[Finding, ...] | None:
    """What is found on a claim; None when it is not judged: no rule speaks of it, or it has no date."""
    unit = case.units[0]
    if not unit.in_scope or unit.date_assumed:
        return None
    return (
        *library.engine.evaluate(CaseView(case, library.knowledge)),
        *reading_findings(pool.troubles, case, library.knowledge),
    )


def _pool(patient: Patient, everybody: Everybody, unread: set[str], tally: Tally) -> SharedPool:
    """Everything of the patient's but claims; what cannot be read is reported and makes its type incomplete."""
    pool = SharedPool()
    pool.everybody = everybody
    for one in patient.others:
        before = len(pool.troubles)
        pool.add(one.raw, f"{one.kind}/{one.identity}")
        for trouble in pool.troubles[before:]:
            unread.add(one.kind)
            tally.bad.append(_bad(one, trouble.what))
    return pool


def _claims(patient: Patient, unread: set[str], tally: Tally) -> dict[str, tuple[Part, fhir.Claim]]:
    """The claims to judge, by reference; the others are counted."""
    read: dict[str, tuple[Part, fhir.Claim]] = {}
    for one in patient.claims:
        if one.kind.endswith(SILENT_CLAIM):
            tally.claim(SILENT)
            continue
        try:
            claim = fhir.decode(one.raw)
        except fhir.Unreadable as error:
            unread.add(type_of(one))
            tally.bad.append(_bad(one, error.where))
            continue
        if isinstance(claim, fhir.Claim):
            claim.id = claim.id or f"line-{one.place}"
            read[f"{claim.resourceType}/{claim.id}"] = (one, claim)
    replaced = _replaced(read)
    kept: dict[str, tuple[Part, fhir.Claim]] = {}
    for ref, (one, claim) in read.items():
        reason = _SET_ASIDE.get(claim.status or "") or _SET_ASIDE.get(claim.use or "")
        if ref in replaced:
            reason = REPLACED
        if reason:
            tally.claim(ASIDE, [reason])
        else:
            kept[ref] = (one, claim)
    return kept


def _replaced(read: dict[str, tuple[Part, fhir.Claim]]) -> set[str]:
    """Claims that a later one takes the place of, and answers to one claim of which another is newer."""
    found: set[str] = set()
    newest: dict[str, tuple[str, str]] = {}
    for ref, (one, claim) in read.items():
        if claim.status in _SET_ASIDE:
            continue
        if b'"related"' in one.raw:
            found |= set(_prior(one.raw)) - {ref}
        if claim.resourceType == "ExplanationOfBenefit" and one.link:
            mine = (claim.created or "", ref)
            other = newest.get(one.link)
            if other is not None:
                found.add(min(mine, other)[1])
            newest[one.link] = max(mine, other) if other else mine
    return found


def _prior(raw: bytes) -> Iterator[str]:
    try:
        related = msgspec.json.decode(raw, type=_WithRelated).related
    except msgspec.MsgspecError:
        return
    for each in related:
        if each.claim and each.claim.reference and {"prior", "replaces"} & set(any_codes(each.relationship)):
            yield relative(each.claim.reference.strip())


def _lacking(unit: Unit, library: Library) -> Iterator[str]:
    """What has to be known before one can say that nothing is wrong with a claim."""
    if unit.member.payer == "unknown":
        yield "payer"
    if unit.claim_type is NOT_KNOWN:
        yield "claim type"
    elif unit.claim_type == "professional" and any(
        line.place_of_service is NOT_KNOWN
        for line in unit.lines
        if line.code in library.knowledge.catalogue.radiotherapy
    ):
        yield "place of service"


def _bad(one: Part, what: str) -> Bad:
    return Bad(one.place, type_of(one), f"cannot be read ({what}).", REFUSED)
