"""Techniques that an order names in its code or details, where no extension of it codes one (contract section 3)."""

from __future__ import annotations

import pytest

from cds_service.facts.imrt_facts import imrt_order
from tests.facts.build import (
    CONFORMAL,
    CPT,
    ELECTRONS,
    IMRT,
    LOCAL,
    PHOTONS,
    PROTONS,
    SNOMED,
    VMAT,
    Json,
    case,
    coded,
    order,
    technique,
    unit,
    view,
)

BESIDE_A_CODE = {"coding": [{"system": SNOMED, "code": IMRT}, {"system": CPT, "code": "77387"}]}
RADIOTHERAPY = "1287742003"


@pytest.mark.parametrize(
    ("asked", "techniques"),
    [
        (order(BESIDE_A_CODE), {"imrt"}),
        (order(coded(VMAT, SNOMED)), {"imrt"}),
        (order(orderDetail=[coded(CONFORMAL, SNOMED)]), {"3dcrt"}),
        (order(orderDetail=[coded(PROTONS, SNOMED), coded(IMRT, SNOMED)]), {"proton"}),
        (order(coded(IMRT, SNOMED), orderDetail=[coded(ELECTRONS, SNOMED)]), {"electron"}),
        (order(coded("sbrt", LOCAL + "technique")), {"sbrt"}),
        (order(orderDetail=[coded("no-such-one", LOCAL + "technique")]), set()),
        (order(orderDetail=[coded(PHOTONS, SNOMED)]), {"linac"}),
        (order(orderDetail=[coded(IMRT, "urn:oid:1.2.840.114350.1")]), set()),
        (order(BESIDE_A_CODE, extension=[technique(PHOTONS, CONFORMAL)]), {"3dcrt"}),
        (order(BESIDE_A_CODE, extension=[technique(PHOTONS)]), {"imrt"}),
        (order(), set()),
    ],
    ids=[
        "beside-a-billing-code",
        "alone",
        "detail",
        "particles-decide",
        "code-and-detail",
        "own-code",
        "unknown-own-code",
        "photons-without-a-technique",
        "another-system",
        "extension-first",
        "extension-without-technique",
        "none",
    ],
)
def test_code_and_details_tell_the_technique(asked: Json, techniques: set[str]) -> None:
    found = unit(asked)
    assert found.radiotherapy.techniques == found.ordered_techniques == techniques


@pytest.mark.parametrize(
    ("code", "ours"),
    [(coded(IMRT, SNOMED), True), (coded(PROTONS, SNOMED), True), (coded("113091000", SNOMED), False)],
    ids=["technique", "beam", "imaging"],
)
def test_such_an_order_is_ours_and_has_no_line(code: Json, ours: bool) -> None:
    found = unit(order(code))
    assert (found.in_scope, found.lines) == (ours, ())


def test_an_order_by_technique_alone_is_asked_for_its_reason() -> None:
    assert imrt_order(view(order(coded(IMRT, SNOMED)))) is True
    assert imrt_order(view(order(coded(CONFORMAL, SNOMED)))) is False


def test_a_course_named_so_tells_the_orders_based_on_it() -> None:
    course = order({"coding": [{"system": SNOMED, "code": c} for c in (RADIOTHERAPY, IMRT)]}, "course")
    child = order("77387", basedOn=[{"reference": "ServiceRequest/course"}])
    assert unit(child, beside=[course]).radiotherapy.techniques == {"imrt"}
    assert [line.code for each in case(child, beside=[course]).units for line in each.lines] == ["77387"]


def test_a_beam_beside_photons_is_another_modality() -> None:
    electrons = order("77412", "o9", orderDetail=[coded(ELECTRONS, SNOMED)])
    assert unit(order(), beside=[electrons]).radiotherapy.other_modalities == {"electron"}
    assert unit(electrons).radiotherapy.other_modalities == {"electron"}
    photons = {**electrons, "extension": [technique(PHOTONS, CONFORMAL)]}
    assert unit(order(), beside=[photons]).radiotherapy.other_modalities == set()
