"""Photons coded without a technique, and what they are beside other lists (rulebook 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.beams import LINAC, completed, together
from tests.facts.build import (
    COURSE,
    ELECTRONS,
    FRACTION,
    IMRT,
    PHASE,
    PHOTONS,
    PLANE,
    PROTONS,
    Json,
    claim,
    item,
    order,
    procedure,
    technique,
    view,
)
from tests.facts.test_technique import both, techniques

NONE: frozenset[str] = frozenset()


def of(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize("known", ["imrt", "3dcrt", "2d", "sbrt", "srs"])
def test_photons_are_those_whose_technique_another_resource_tells(known: str) -> None:
    assert together([of(LINAC), of(known)]) == of(known)
    assert completed(of(LINAC), of(known)) == of(known)
    assert completed(of(LINAC, "electron"), of(known)) == of(known, "electron")


@pytest.mark.parametrize("other", ["electron", "proton", "neutron", "superficial", "brachytherapy"])
def test_photons_stand_beside_every_other_treatment(other: str) -> None:
    assert together([of(LINAC), of(other)]) == of(LINAC, other)
    assert completed(of(LINAC), of(other)) == of(LINAC)


def test_what_is_told_first_goes_first() -> None:
    assert completed(of("2d"), of("imrt")) == of("2d")
    assert completed(NONE, of("imrt")) == of("imrt")
    assert completed(NONE, of(LINAC)) == of(LINAC)


def phase(id: str, *extensions: Json) -> Json:
    return procedure(PHASE, id, extension=list(extensions))


def test_a_phase_of_photons_beside_one_of_electrons() -> None:
    photons, electrons = phase("a", technique(PHOTONS)), phase("b", technique(ELECTRONS))
    assert techniques(claim(item("77387")), electrons) == both("electron")
    assert techniques(claim(item("77387")), photons, electrons) == both(LINAC, "electron")
    conventional = claim(item("77402", 1), item("77387", 2))
    assert techniques(conventional, photons, electrons) == both("conventional", "electron")
    planned = claim(item("77301", 1), item("77387", 2))
    assert techniques(planned, photons, electrons) == (of(LINAC, "electron"), of("imrt", "electron"))


def test_photons_alone_leave_the_technique_unknown() -> None:
    made = claim(item("77301", 1), item("77387", 2))
    known, likely = techniques(made, phase("a", technique(PHOTONS)))
    assert (known, likely) == (techniques(made)[0], of("imrt"))
    assert techniques(claim(item("77387")), phase("a", technique(PHOTONS))) == techniques(
        claim(item("77387"))
    )


@pytest.mark.parametrize(
    ("of_course", "expected"),
    [
        ([technique(PHOTONS, IMRT)], both("imrt")),
        ([technique(PHOTONS, IMRT), technique(ELECTRONS)], both("imrt")),
        ([technique(PHOTONS), technique(ELECTRONS)], None),
        ([technique(ELECTRONS)], None),
    ],
    ids=["imrt", "imrt or electrons", "photons or electrons", "electrons"],
)
def test_photons_of_the_day_learn_their_technique_of_the_course(of_course: list[Json], expected: Any) -> None:
    course = procedure(COURSE, "c", extension=of_course)
    day = procedure(FRACTION, "f", extension=[technique(PHOTONS)], performedDateTime="2024-06-03")
    assert techniques(claim(item("77387")), course, day) == (expected or techniques(claim(item("77387"))))


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ("77386", both("imrt")),
        ("77373", both("sbrt")),
        ("77401", both("superficial")),
        ("77412", both("conventional")),
        ("77523", both("proton", LINAC)),
        ("77771", both("brachytherapy", LINAC)),
    ],
)
def test_an_order_of_photons_on_a_day_with_another_delivery(delivered: str, expected: Any) -> None:
    made = order("77387", extension=[technique(PHOTONS)])
    assert techniques(made, claim(item(delivered), id="h1", type="institutional")) == expected


def test_photons_that_a_closer_technique_is_known_of_stand_beside_nothing() -> None:
    made = order("77387", extension=[technique(PHOTONS)])
    course = procedure(COURSE, "c", extension=[technique(PHOTONS, PLANE)])
    assert techniques(made, course) == both("2d")


def test_photons_and_protons_of_one_order() -> None:
    made = order("77387", extension=[technique(PHOTONS), technique(PROTONS)])
    assert view(made).unit.radiotherapy.techniques == of(LINAC, "proton")


def test_an_order_of_photons_learns_their_technique_of_the_order_that_it_is_based_on() -> None:
    parent = order(None, "p1", status="active", extension=[technique(PHOTONS, IMRT), technique(ELECTRONS)])
    made = order("77387", basedOn=[{"reference": "ServiceRequest/p1"}], extension=[technique(PHOTONS)])
    assert techniques(made, parent) == both("imrt")
