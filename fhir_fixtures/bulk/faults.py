"""Faults to plant, each with the rule that it breaks. Written from the rulebook, not from the engine."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from fhir_fixtures.bulk.model import (
    CONFORMAL,
    FLORIDA_BLUE,
    FLORIDA_MEDICARE,
    HOSPITAL,
    IMRT,
    MOLINA,
    OFFICE,
    PROGRAMME,
    SUPERFICIAL,
    Claim,
    Line,
    Patient,
)

Fault = Callable[[Patient, Random], bool]
"""Changes the patient and notes what was planted; False, and nothing changed, where it does not fit."""

_GUIDANCE = frozenset({"77014", "G6001", "G6002", "77387"})
_PLANNED = ("77301", "77385", "77386", "G6015")


def plant(patient: Patient, rng: Random) -> bool:
    """Plant one fault that fits."""
    return any(fault(patient, rng) for fault in rng.sample(FAULTS, len(FAULTS)))


def _strict(patient: Patient, *also: str) -> str:
    """Critical for Medicare and the payers named, warning for others (rulebook 2.2)."""
    return "critical" if patient.medicare or patient.payer.rule in also else "warning"


def _claims(patient: Patient, codes: frozenset[str] | set[str], institutional: bool) -> list[Claim]:
    return [
        claim
        for claim in patient.claims
        if claim.institutional is institutional and any(line.code in codes for line in claim.lines)
    ]


def _guided(claim: Claim) -> list[Line]:
    return [line for line in claim.lines if line.code in _GUIDANCE]


def technical_guidance_in_imrt(patient: Patient, rng: Random) -> bool:
    """AST-15: the hospital bills 77387-TC beside 77385."""
    claims = _claims(patient, {"77385"}, True)
    if not claims:
        return False
    claim = rng.choice(claims)
    days = [line.day for line in claim.lines if line.code == "77385"]
    added = [Line("77387", day, ("TC",)) for day in rng.sample(days, min(len(days), 3))]
    claim.lines += added
    patient.plant(claim, "AST-15", _strict(patient, MOLINA), added)
    return True


def other_guidance_in_imrt(patient: Patient, rng: Random) -> bool:
    """AST-16: the hospital bills CT guidance beside 77385; Molina says so itself (MOL-11)."""
    claims = _claims(patient, {"77385"}, True)
    if not claims:
        return False
    claim = rng.choice(claims)
    added = Line("77014", next(line.day for line in claim.lines if line.code == "77385"))
    claim.lines.append(added)
    rule = "MOL-11" if patient.payer.rule == MOLINA else "AST-16"
    patient.plant(claim, rule, _strict(patient, MOLINA), [added])
    return True


def modifier_forgotten(patient: Patient, rng: Random) -> bool:
    """AST-10, for Molina MOL-14: a physician in a hospital bills guidance without 26."""
    if patient.setting != HOSPITAL or patient.new_codes:
        return False
    claims = _claims(patient, _GUIDANCE, False)
    if not claims:
        return False
    claim = rng.choice(claims)
    lines = _guided(claim)
    for line in lines:
        line.modifiers = ()
    rule = "MOL-14" if patient.payer.rule == MOLINA else "AST-10"
    patient.plant(claim, rule, _strict(patient, MOLINA), lines)
    return True


def code_that_the_payer_refuses(patient: Patient, rng: Random) -> bool:
    """AST-05 for Medicare, MOL-13 for Molina: a physician in a hospital bills 77387-26."""
    if patient.setting != HOSPITAL or patient.new_codes:
        return False
    claims = _claims(patient, _GUIDANCE, False)
    if not claims or not (patient.medicare or patient.payer.rule == MOLINA):
        return False
    claim = rng.choice(claims)
    lines = _guided(claim)
    for line in lines:
        line.code = "77387"
    rule = "AST-05" if patient.medicare else "MOL-13"
    patient.plant(claim, rule, _strict(patient), lines)
    return True


def guidance_in_stereotactic(patient: Patient, rng: Random) -> bool:
    """AST-20, for the programme CVS-14: the hospital bills 77387-TC beside 77373."""
    claims = _claims(patient, {"77373"}, True)
    if not claims or patient.new_codes:
        return False
    claim = claims[0]
    added = Line("77387", next(line.day for line in claim.lines if line.code == "77373"), ("TC",))
    claim.lines.append(added)
    programme = patient.payer.rule == PROGRAMME
    patient.plant(claim, "CVS-14" if programme else "AST-20", _strict(patient, PROGRAMME), [added])
    return True


def guidance_with_superficial(patient: Patient, rng: Random) -> bool:
    """AST-23, for the programme CVS-16: guidance beside 77401."""
    if patient.technique != SUPERFICIAL:
        return False
    claim = rng.choice(_claims(patient, {"77401"}, False))
    added = Line("77014", next(line.day for line in claim.lines if line.code == "77401"))
    claim.lines.append(added)
    rule = "CVS-16" if patient.payer.rule == PROGRAMME else "AST-23"
    patient.plant(claim, rule, _strict(patient, PROGRAMME), [added])
    return True


def tracking_with_modifier(patient: Patient, rng: Random) -> bool:
    """AST-11 for everybody: G6017 carries 26."""
    if patient.setting != OFFICE or patient.new_codes or patient.imaged:
        return False
    claims = _claims(patient, {"G6015", "G6012"}, False)
    if not claims:
        return False
    claim = rng.choice(claims)
    added = Line("G6017", _guided(claim)[0].day, ("26",))
    claim.lines.append(added)
    patient.plant(claim, "AST-11", "critical", [added])
    return True


def guidance_twice(patient: Patient, rng: Random) -> bool:
    """AST-31: an office bills guidance global and once more with 26."""
    if patient.setting != OFFICE or patient.new_codes or patient.payer.rule == MOLINA:
        return False
    claims = _claims(patient, {"G6015", "G6012"}, False)
    if not claims:
        return False
    claim = rng.choice(claims)
    first = _guided(claim)[0]
    added = Line(first.code, first.day, ("26",))
    claim.lines.append(added)
    patient.plant(claim, "AST-31", "warning", [added])
    return True


def ended_code(patient: Patient, rng: Random) -> bool:
    """EXT-01: guidance of 2026 billed with a code that ended in 2025."""
    claims = _claims(patient, {"77387"}, False)
    if not claims or not patient.new_codes:
        return False
    claim = rng.choice(claims)
    lines = _guided(claim)
    for line in lines:
        line.code = "77014"
    patient.plant(claim, "EXT-01", "critical", lines)
    return True


def technical_guidance_of_2026(patient: Patient, rng: Random) -> bool:
    """EXT-02: the hospital bills 77387-TC in 2026."""
    claims = _claims(patient, {"77412", "77407"}, True)
    if not claims or not patient.new_codes:
        return False
    claim = rng.choice(claims)
    day = next(line.day for line in claim.lines if line.code in ("77412", "77407"))
    added = Line("77387", day, ("TC",))
    claim.lines.append(added)
    patient.plant(claim, "EXT-02", "warning", [added])
    return True


def delivery_by_the_physician(patient: Patient, rng: Random) -> bool:
    """AST-29: the hospital's delivery stands on the physician's claim too."""
    if patient.setting != HOSPITAL or patient.technique != IMRT or patient.new_codes:
        return False
    claim = rng.choice(_claims(patient, _GUIDANCE, False))
    added = Line("77386", _guided(claim)[0].day)
    claim.lines.append(added)
    patient.plant(claim, "AST-29", _strict(patient), [added])
    return True


def hospital_codes_in_the_office(patient: Patient, rng: Random) -> bool:
    """AST-01: an office bills Medicare for 77386."""
    claims = _claims(patient, {"G6015"}, False)
    if not claims or not patient.medicare:
        return False
    claim = rng.choice(claims)
    lines = [line for line in claim.lines if line.code == "G6015"]
    for line in lines:
        line.code = "77386"
    patient.plant(claim, "AST-01", "critical", lines)
    return True


def office_codes_in_the_hospital(patient: Patient, rng: Random) -> bool:
    """AST-24: a hospital bills Medicare for G6015."""
    claims = _claims(patient, {"77385"}, True)
    if not claims or not patient.medicare:
        return False
    claim = rng.choice(claims)
    lines = [line for line in claim.lines if line.code == "77385"]
    for line in lines:
        line.code = "G6015"
    patient.plant(claim, "AST-24", "critical", lines)
    return True


def deleted_code(patient: Patient, rng: Random) -> bool:
    """FLB-43 for everybody: 77421 was deleted on 2015-01-01."""
    if patient.new_codes:
        return False
    claims = _claims(patient, _GUIDANCE, False)
    if not claims:
        return False
    claim = rng.choice(claims)
    line = _guided(claim)[0]
    line.code = "77421"
    patient.plant(claim, "FLB-43", "critical", [line])
    return True


def wrong_method(patient: Patient, rng: Random) -> bool:
    """AST-06, 07, 09: the records of the fractions show another method than the code says."""
    if patient.new_codes or patient.payer.rule == MOLINA:
        return False
    claims = _claims(patient, _GUIDANCE, False)
    if not claims:
        return False
    claim = rng.choice(claims)
    shown = "ultrasound" if patient.method != "ultrasound" else "ct"
    lines = _guided(claim)
    patient.imaged = dict.fromkeys(patient.fractions, patient.method) | {line.day: shown for line in lines}
    rule = {"77014": "AST-09", "G6001": "AST-06", "G6002": "AST-07"}[lines[0].code]
    patient.plant(claim, rule, "warning", lines)
    return True


def indication_forgotten(patient: Patient, rng: Random) -> bool:
    """FLB-21: no reason for image guidance is coded; conformal: info. Each claim with guidance is asked for it."""
    if patient.payer.rule != FLORIDA_BLUE or patient.technique != CONFORMAL:
        return False
    patient.indications = []
    for claim in _with_guidance(patient):
        patient.plant(claim, "FLB-21", "info")
    return True


def document_missing(patient: Patient, rng: Random) -> bool:
    """FLB-29 to 31: one of three documents is not in the chart."""
    if patient.payer.rule != FLORIDA_BLUE or not _with_guidance(patient):
        return False
    lost = rng.choice(patient.documents)
    patient.documents.remove(lost)
    rule = {"28626-0": "FLB-29", "18741-9": "FLB-30", "18776-5": "FLB-31"}[lost.type]
    for claim in _with_guidance(patient):
        patient.plant(claim, rule, "warning")
    return True


def record_incomplete(patient: Patient, rng: Random) -> bool:
    """LCD-34, 35, 78: the IMRT record of a Florida Medicare patient lacks an item."""
    if not _florida_imrt(patient):
        return False
    slug = rng.choice(("dvh-review", "portal-description", "prescription-constraints"))
    patient.documents = [document for document in patient.documents if document.type != slug]
    rule = {"dvh-review": "LCD-34", "portal-description": "LCD-35", "prescription-constraints": "LCD-78"}[
        slug
    ]
    for claim in patient.claims:
        if any(line.code in _PLANNED for line in claim.lines):
            patient.plant(claim, rule, "warning")
    return True


def second_plan(patient: Patient, rng: Random) -> bool:
    """LCD-30: a second 77301 in one course, without a change of anatomy on record."""
    if not _florida_imrt(patient):
        return False
    claims = _claims(patient, {"77385", "G6015"}, patient.setting == HOSPITAL)
    claim = max(claims, key=lambda each: each.last)
    added = Line("77301", claim.last + timedelta(days=1))  # a day without guidance: else EXT-11 speaks too
    claim.lines.append(added)
    patient.plant(claim, "LCD-30", "warning", [added])
    return True


def conformal_plan_in_imrt(patient: Patient, rng: Random) -> bool:
    """LCD-32: 77295 in the course of 77301, without a change of anatomy on record."""
    if not _florida_imrt(patient):
        return False
    claims = _claims(patient, {"77385", "G6015"}, patient.setting == HOSPITAL)
    claim = max(claims, key=lambda each: each.last)
    added = Line("77295", claim.last)
    claim.lines.append(added)
    patient.plant(claim, "LCD-32", "warning", [added])
    return True


def two_deliveries(patient: Patient, rng: Random) -> bool:
    """LCD-53: conventional delivery on a day of G6015."""
    if not _florida_imrt(patient) or patient.setting != OFFICE:
        return False
    claim = rng.choice(_claims(patient, {"G6015"}, False))
    added = Line("G6012", _guided(claim)[0].day)
    claim.lines.append(added)
    patient.plant(claim, "LCD-53", "warning", [added])
    return True


def management_twice(patient: Patient, rng: Random) -> bool:
    """LCD-55: two units of 77427 on one date."""
    if not _florida_imrt(patient):
        return False
    claims = _claims(patient, {"77427"}, False)
    claim = rng.choice(claims)
    line = next(line for line in claim.lines if line.code == "77427")
    line.units = 2
    patient.plant(claim, "LCD-55", "warning", [line])
    return True


def _with_guidance(patient: Patient) -> list[Claim]:
    return [claim for claim in patient.claims if _guided(claim)]


def _florida_imrt(patient: Patient) -> bool:
    old = patient.technique == IMRT and not patient.new_codes
    return old and patient.payer.rule == FLORIDA_MEDICARE


FAULTS: tuple[Fault, ...] = (
    technical_guidance_in_imrt,
    other_guidance_in_imrt,
    modifier_forgotten,
    code_that_the_payer_refuses,
    guidance_in_stereotactic,
    guidance_with_superficial,
    tracking_with_modifier,
    guidance_twice,
    ended_code,
    technical_guidance_of_2026,
    delivery_by_the_physician,
    hospital_codes_in_the_office,
    office_codes_in_the_hospital,
    deleted_code,
    wrong_method,
    indication_forgotten,
    document_missing,
    record_incomplete,
    second_plan,
    conformal_plan_in_imrt,
    two_deliveries,
    management_twice,
)
