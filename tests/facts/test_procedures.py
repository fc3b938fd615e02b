"""Procedures: what speaks for a course, what is a record of one day, and what is neither."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Unit
from cds_service.facts.line_facts import guidance_recorded_on_date, methods_of_date
from tests.facts.build import (
    BREATH_HOLD,
    CODEX,
    CONE_BEAM_CT,
    CONFORMAL,
    COURSE,
    ELECTRONS,
    FRACTION,
    IMRT,
    LOCAL,
    MCODE,
    PHASE,
    PHOTONS,
    PLAN,
    PROTONS,
    SNOMED,
    Json,
    claim,
    coded,
    extension,
    guidance,
    item,
    number,
    order,
    procedure,
    technique,
    unit,
    view,
)

ON_THE_DAY: Json = {"performedDateTime": "2024-06-03T09:00:00-05:00"}
MADE = [technique(PHOTONS, IMRT), guidance(CONE_BEAM_CT)]
SPINE = coded("spine", LOCAL + "body-site")
INTENT = extension(MCODE + "mcode-procedure-intent", "363676003")


def read(*procedures: Json) -> Unit:
    return unit(claim(item("77387")), beside=procedures)


def course(**when: Any) -> Json:
    return procedure(COURSE, "course", extension=MADE, **when)


@pytest.mark.parametrize("level", [COURSE, PHASE, PLAN])
def test_course_phase_and_plan_speak_for_the_course_never_for_a_date(level: str) -> None:
    found = read(procedure(level, extension=MADE, **ON_THE_DAY))
    assert (set(found.radiotherapy.techniques), found.day_records) == ({"imrt"}, ())
    seen = view(claim(item("77387")), beside=[procedure(level, extension=MADE, **ON_THE_DAY)])
    (one,) = seen.lines
    assert methods_of_date(one) == {"ct"}
    assert guidance_recorded_on_date(one) is UNKNOWN


@pytest.mark.parametrize(
    "when",
    [
        ON_THE_DAY,
        {"performedPeriod": {"start": "2024-06-03T09:00:00-05:00", "end": "2024-06-03T09:20:00-05:00"}},
        {"performedPeriod": {"start": "2024-06-03T13:15:17+01:00", "end": "2024-06-04T13:21:17+01:00"}},
        {"performedPeriod": {"start": "2024-06-03"}},
    ],
)
def test_a_treated_fraction_is_a_record_of_the_day_on_which_it_began(when: Json) -> None:
    found = read(procedure(FRACTION, extension=MADE, **when))
    (record,) = found.day_records
    assert (record.day, record.fraction, record.path) == (date(2024, 6, 3), True, "prefetch.0")
    assert (set(record.techniques), record.methods) == ({"imrt"}, frozenset({"ct"}))
    assert (found.radiotherapy.techniques, found.radiotherapy.methods) == (frozenset(), UNKNOWN)


def test_a_fraction_without_guidance_coded_says_nothing_of_guidance() -> None:
    (record,) = read(procedure(FRACTION, **ON_THE_DAY)).day_records
    assert record.methods is UNKNOWN
    (bare,) = view(claim(item("77387")), beside=[procedure(FRACTION, **ON_THE_DAY), course()]).lines
    assert methods_of_date(bare) == {"ct"}
    assert guidance_recorded_on_date(bare) is UNKNOWN


def test_guidance_recorded_and_recorded_as_not_done() -> None:
    none = [guidance("none", LOCAL + "igrt-method")]
    for made, recorded, methods in ((MADE, True, {"ct"}), (none, False, set())):
        beside = [procedure(FRACTION, extension=made, **ON_THE_DAY), course()]
        (one,) = view(claim(item("77387")), beside=beside).lines
        assert guidance_recorded_on_date(one) is recorded
        assert methods_of_date(one) == methods


OTHER = coded("33195004", SNOMED)


@pytest.mark.parametrize(
    ("when", "records"),
    [
        (ON_THE_DAY, 1),
        ({"performedPeriod": {"start": "2024-06-03T09:00:00Z", "end": "2024-06-03T09:20:00Z"}}, 1),
        ({"performedPeriod": {"start": "2024-06-03", "end": "2024-06-04"}}, 0),
        ({"performedPeriod": {"start": "2024-06-03"}}, 0),
        ({"performedDateTime": "2024-06"}, 0),
        ({}, 0),
    ],
)
def test_another_procedure_is_a_record_only_within_one_day(when: Json, records: int) -> None:
    found = read(procedure(OTHER, extension=MADE, **when))
    assert len(found.day_records) == records
    assert not any(record.fraction for record in found.day_records)
    assert found.radiotherapy.techniques == (frozenset() if records else {"imrt"})


@pytest.mark.parametrize("made", [[technique(PHOTONS, IMRT)], [guidance(CONE_BEAM_CT)]])
def test_another_procedure_is_a_record_of_what_it_names(made: list[Json]) -> None:
    (record,) = read(procedure(OTHER, extension=made, **ON_THE_DAY)).day_records
    assert (bool(record.techniques), record.methods is UNKNOWN) == (made != MADE[1:], made != MADE[1:])


def test_another_procedure_without_radiotherapy_in_it_is_no_record() -> None:
    assert read(procedure(OTHER, **ON_THE_DAY)).day_records == ()


def test_records_of_other_days_are_left_out() -> None:
    other = procedure(FRACTION, extension=MADE, performedDateTime="2024-06-04")
    assert read(other).day_records == ()


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
@pytest.mark.parametrize("level", [COURSE, FRACTION])
def test_what_was_not_done_says_nothing(status: str, level: str) -> None:
    found = read(procedure(level, extension=MADE, status=status, **ON_THE_DAY))
    assert (found.day_records, found.radiotherapy.techniques) == ((), frozenset())


@pytest.mark.parametrize("status", ["in-progress", "preparation", "stopped", "unknown"])
def test_only_what_is_completed_is_a_record(status: str) -> None:
    assert read(procedure(FRACTION, extension=MADE, status=status, **ON_THE_DAY)).day_records == ()
    going_on = procedure(COURSE, extension=MADE, status=status)
    assert read(going_on).radiotherapy.techniques == {"imrt"}


def test_a_second_copy_of_a_record_is_not_a_second_fraction() -> None:
    one = procedure(FRACTION, extension=MADE, **ON_THE_DAY)
    assert len(read(one, one).day_records) == 1
    assert len(read(one, {**one, "id": "other"}).day_records) == 2
    nameless = {key: value for key, value in one.items() if key != "id"}
    assert len(read(nameless, nameless).day_records) == 2


@pytest.mark.parametrize(
    ("when", "same"),
    [
        ({}, True),
        ({"performedPeriod": {"start": "2024-05-01", "end": "2024-07-01"}}, True),
        ({"performedPeriod": {"start": "2024-01-01", "end": "2024-04-04"}}, True),
        ({"performedPeriod": {"start": "2024-01-01", "end": "2024-04-03"}}, False),
        ({"performedPeriod": {"start": "2024-08-02"}}, True),
        ({"performedPeriod": {"start": "2024-08-03"}}, False),
        ({"performedPeriod": {"end": "2024-04-03"}}, False),
        ({"performedDateTime": "2024-04-04"}, True),
        ({"performedDateTime": "2024-04-03"}, False),
        ({"performedDateTime": "2024-04"}, True),
        ({"performedDateTime": "2024-03"}, False),
        ({"performedDateTime": "2019"}, False),
        ({"performedPeriod": {"start": "2024-01-01"}}, False),
        ({"performedPeriod": {"start": "2024-01-01"}, "status": "in-progress"}, True),
        ({"performedPeriod": {"start": "0001-01-01", "end": "9999-12-31"}}, True),
    ],
)
def test_a_course_further_than_sixty_days_away_is_another(when: Json, same: bool) -> None:
    assert read(course(**when)).radiotherapy.techniques == ({"imrt"} if same else set())


def test_several_procedures_of_the_course_are_read_together() -> None:
    phases = [
        procedure(PHASE, "a", extension=[technique(PHOTONS, IMRT), INTENT], bodySite=[SPINE]),
        procedure(PHASE, "b", extension=[technique(PHOTONS, CONFORMAL), guidance(CONE_BEAM_CT)]),
        procedure(PHASE, "e", extension=[guidance("16310003")]),
        procedure(COURSE, "c", extension=[number(CODEX + "codexrt-radiotherapy-fractions-delivered", 30)]),
        procedure(PHASE, "d", extension=[number(CODEX + "codexrt-radiotherapy-fractions-delivered", 25)]),
    ]
    found: Any = read(*phases).radiotherapy
    assert found.techniques == {"imrt", "3dcrt"}
    assert found.methods == {"ct", "ultrasound"}
    assert (found.intents, found.sites) == ({"palliative"}, {"spine"})
    assert found.fractions_delivered == 30.0


def test_an_order_keeps_what_it_says_itself() -> None:
    own = order(extension=[technique(PHOTONS, CONFORMAL)])
    found: Any = unit(own, beside=[course()]).radiotherapy
    assert (found.techniques, found.methods) == ({"3dcrt"}, frozenset({"ct"}))


def test_breath_hold_as_the_code_of_a_procedure_or_on_a_fraction() -> None:
    as_code = procedure(coded(BREATH_HOLD, SNOMED), **ON_THE_DAY)
    assert read(as_code).radiotherapy.breath_hold is True
    motion = extension(CODEX + "codexrt-radiotherapy-respiratory-motion-management", BREATH_HOLD)
    free = extension(CODEX + "codexrt-radiotherapy-respiratory-motion-management", "721071000124104")
    on_fraction = procedure(FRACTION, extension=[motion], **ON_THE_DAY)
    assert read(procedure(COURSE, "c", extension=[free]), on_fraction).radiotherapy.breath_hold is True


@pytest.mark.parametrize("when", [ON_THE_DAY, {}, {"performedDateTime": "2020-06-03"}])
def test_other_modalities_named_by_a_procedure(when: Json) -> None:
    boost = procedure(coded("electron", LOCAL + "other-modality"), **when)
    expected = frozenset() if when.get("performedDateTime", "").startswith("2020") else {"electron"}
    assert read(boost).radiotherapy.other_modalities == expected


@pytest.mark.parametrize(
    ("boost", "expected"),
    [
        (technique(ELECTRONS), {"electron"}),
        (technique(PROTONS), {"proton"}),
        (technique(None, local="brachytherapy"), {"brachytherapy"}),
        (technique(PHOTONS, CONFORMAL), set()),
        (technique(PHOTONS, IMRT), set()),
    ],
)
@pytest.mark.parametrize("level", [COURSE, PHASE, FRACTION])
def test_a_procedure_of_another_modality_beside_imrt_is_one(
    boost: Json, expected: set[str], level: str
) -> None:
    imrt = procedure(COURSE, "c", extension=[technique(PHOTONS, IMRT)])
    found = read(imrt, procedure(level, "b", extension=[boost], **ON_THE_DAY)).radiotherapy
    assert found.other_modalities == expected


RADIOTHERAPY: Json = {"category": coded("1287742003", SNOMED)}


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, False),
        (RADIOTHERAPY, True),
        ({"category": coded("108290001", SNOMED)}, True),
        ({"code": coded("77386")}, True),
        ({"code": coded("22513")}, False),
        ({"code": coded(FRACTION, SNOMED)}, True),
    ],
)
@pytest.mark.parametrize("when", [{}, ON_THE_DAY])
def test_site_and_intent_count_only_of_radiotherapy(more: Json, counts: bool, when: Json) -> None:
    made = {**procedure(OTHER, bodySite=[SPINE], extension=[INTENT], **when), **more}
    found: Any = read(made).radiotherapy
    assert (found.sites, found.intents) == (({"spine"}, {"palliative"}) if counts else (set(), set()))


def test_another_patients_procedure_is_left_out() -> None:
    foreign = procedure(FRACTION, extension=MADE, subject={"reference": "Patient/p2"}, **ON_THE_DAY)
    assert read(foreign).day_records == ()
