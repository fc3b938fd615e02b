"""Clean courses of radiotherapy: what each biller reports for them by the rulebook's decision table (section 12)."""

from datetime import date, timedelta
from itertools import groupby
from random import Random

from fhir_fixtures.bulk.model import (
    CONFORMAL,
    FLORIDA_BLUE,
    FLORIDA_MEDICARE,
    HOSPITAL,
    IMRT,
    MEDICARE,
    MOLINA,
    OFFICE,
    PAYERS,
    STEREOTACTIC,
    SUPERFICIAL,
    Claim,
    Document,
    Line,
    Patient,
    weekdays,
)

_METHODS = {"ct": "77014", "stereoscopic-xray": "G6002", "ultrasound": "G6001"}
_DIAGNOSES = {
    IMRT: ("C61", "C32.1", "C34.11", "C20"),
    CONFORMAL: ("C50.411", "C34.12", "C18.7"),
    STEREOTACTIC: ("C34.31", "C22.0"),
    SUPERFICIAL: ("C44.319",),
}
_FRACTIONS = {IMRT: (20, 25, 30, 35), CONFORMAL: (10, 15, 20, 25), STEREOTACTIC: (5,), SUPERFICIAL: (10, 15)}
_PLANNING_RECORD = (
    "imrt-need-statement",
    "prescription-constraints",
    "image-review",
    "dvh-review",
    "portal-description",
    "planning-work-itemised",
    "simulation-note",
)
"""What the Florida text asks for (LCD-24, 28, 33–36, 77–79)."""
_FLORIDA_BLUE_RECORD = ("28626-0", "18741-9", "18776-5")
OLD_ERA = (date(2023, 1, 2), 130)
NEW_ERA = (date(2026, 2, 2), 26)
"""First Monday on which courses start, and in how many weeks from then; none straddles the change of codes."""


def clean_patient(number: int, rng: Random) -> Patient:
    """A patient on whose claims no rule finds anything."""
    payer = rng.choice(PAYERS)
    technique = rng.choices((IMRT, CONFORMAL, STEREOTACTIC, SUPERFICIAL), (50, 30, 12, 8))[0]
    begin, weeks = OLD_ERA if technique == SUPERFICIAL or rng.random() < 0.75 else NEW_ERA
    first = begin + timedelta(weeks=rng.randrange(weeks))
    count = rng.choice(_FRACTIONS[technique])
    patient = Patient(
        number=number,
        payer=payer,
        state=rng.choice(payer.states),
        setting=OFFICE if technique == SUPERFICIAL or rng.random() < 0.45 else HOSPITAL,
        technique=technique,
        method=rng.choice(tuple(_METHODS)),
        diagnosis=rng.choice(_DIAGNOSES[technique]),
        indications=["close-to-critical-structure"],
        fractions=weekdays(first, count, 2 if technique == STEREOTACTIC else 1),
    )
    if rng.random() < 0.2:
        patient.imaged = dict.fromkeys(patient.fractions, patient.method)
    _bill(patient)
    _file(patient)
    return patient


def guidance(patient: Patient) -> tuple[str, tuple[str, ...]]:
    """Code and modifiers of the daily guidance that a physician or an office reports."""
    if patient.new_codes:
        return "77387", ("26",)
    code = _METHODS[patient.method]
    if patient.setting == HOSPITAL:
        return code, ("26",)
    inside = patient.payer.rule == MOLINA and patient.technique == IMRT  # MOL-11
    return code, ("26",) if inside else ()


def delivery(patient: Patient) -> str:
    """Code of a treatment."""
    if patient.technique == STEREOTACTIC:
        return "77373"
    if patient.technique == SUPERFICIAL:
        return "77401"
    if patient.new_codes:
        return "77412" if patient.technique == IMRT else "77407"
    if patient.setting == HOSPITAL:
        return "77385" if patient.technique == IMRT else "77412"
    return "G6015" if patient.technique == IMRT else "G6012"


def _bill(patient: Patient) -> None:
    first, planned = patient.fractions[0], patient.technique != SUPERFICIAL
    plan = "77301" if patient.technique == IMRT else "77295"
    device = "77338" if patient.technique == IMRT else "77334"
    before = [(timedelta(days=13), "77290"), (timedelta(days=7), plan), (timedelta(days=6), device)]
    technical = [Line(code, first - ahead) for ahead, code in before] if planned else []
    visit = [Line("99204", first - timedelta(days=21))]
    physician = [Line("77263", first - timedelta(days=14))] if planned else []
    office = patient.setting == OFFICE
    place = "11" if office else "22"
    if planned and not office:
        physician.append(Line(plan, first - timedelta(days=7), ("26",)))
    _claim(patient, "visit", False, place, visit)
    for week in range(3):  # what else an office bills
        _claim(patient, f"lab{week}", False, "11", [Line("80053", first + timedelta(days=7 * week))])
    if office:
        _claim(patient, "plan", False, place, physician + technical)
        for number, days in enumerate(_weeks(patient.fractions)):
            lines = [line for day in days for line in (*_technical(patient, day), *_guided(patient, day))]
            lines += _weekly(patient, days, ("77336", "77427"))
            _claim(patient, f"week{number}", False, place, lines)
        return
    _claim(patient, "plan", False, place, physician)
    for number, days in enumerate(_weeks(patient.fractions)):
        lines = [line for day in days for line in _guided(patient, day)]
        _claim(patient, f"week{number}", False, place, lines + _weekly(patient, days, ("77427",)))
    stays = technical + [line for day in patient.fractions for line in _technical(patient, day)]
    for days in _weeks(patient.fractions):
        stays += _weekly(patient, days, ("77336",))
    stays.sort(key=lambda line: line.day)
    for month, stay in groupby(stays, key=lambda line: line.day.month):
        _claim(patient, f"month{month}", True, "", list(stay))


def _technical(patient: Patient, day: date) -> list[Line]:
    found = [Line(delivery(patient), day)]
    if patient.setting == HOSPITAL and patient.technique == CONFORMAL and not patient.new_codes:
        found.append(Line("77387", day, ("TC",)))  # AST-32
    return found


def _guided(patient: Patient, day: date) -> list[Line]:
    if patient.technique in (STEREOTACTIC, SUPERFICIAL):
        return []
    code, modifiers = guidance(patient)
    return [Line(code, day, modifiers)]


def _weekly(patient: Patient, days: list[date], codes: tuple[str, ...]) -> list[Line]:
    if patient.technique == SUPERFICIAL:
        return []
    if patient.technique == STEREOTACTIC:
        last = days[-1] == patient.fractions[-1]
        return [Line("77435", days[-1])] if last and "77427" in codes else []
    return [Line(code, days[-1]) for code in codes] if len(days) == 5 else []


def _weeks(days: list[date]) -> list[list[date]]:
    return [list(week) for _, week in groupby(days, key=lambda day: day.isocalendar()[:2])]


def _claim(patient: Patient, name: str, institutional: bool, place: str, lines: list[Line]) -> None:
    if lines:
        patient.claims.append(Claim(f"{patient.id}-{name}", institutional, place, lines))


def _file(patient: Patient) -> None:
    """The chart: what the payer's rules ask for, dated before the course, and the review of its images."""
    day, rule = patient.fractions[0] - timedelta(days=25), patient.payer.rule
    if rule == FLORIDA_BLUE:
        patient.documents += [Document(code, day) for code in _FLORIDA_BLUE_RECORD]
    elif rule == FLORIDA_MEDICARE:
        if patient.technique == IMRT:
            patient.documents += [Document(slug, day) for slug in _PLANNING_RECORD]
            both = ("radiation-oncologist", "medical-physicist")
            patient.documents.append(Document("dosimetric-verification", day, both))
        patient.documents.append(Document("igrt-physician-review", patient.fractions[-1]))
    elif rule == MEDICARE:
        patient.documents.append(Document("18776-5", day))
