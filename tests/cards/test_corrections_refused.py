"""What would need a guess is left to a person: no correction at all."""

from __future__ import annotations

from typing import Any

import pytest

from cards.corrections import carry_out
from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import claim, concept, item, line
from tests.cards.correcting import codes, corrected
from tests.cards.json_diff import differences

REPLACE = Remedy("replace", "77387", to="G6002-26")
REMOVE = Remedy("remove-line", "77387")


@pytest.mark.parametrize(
    ("resource", "remedy", "found"),
    [
        pytest.param(claim(item(1, "G6002")), REPLACE, line(0, "77387"), id="another code at that place"),
        pytest.param(claim(item(1, "G6002")), REMOVE, line(0, "77387"), id="another code to remove"),
        pytest.param(claim(), REMOVE, line(0, "77387"), id="no such item"),
        pytest.param(claim(item(9, "77387")), REMOVE, line(0, "77387"), id="another sequence at that place"),
        pytest.param(claim(item(1, "77387,G6002")), REPLACE, line(0, "77387"), id="composite code"),
        pytest.param(
            claim(item(1, "x") | {"productOrService": {"coding": [{"code": "77387"}, {"code": "G6002"}]}}),
            REPLACE,
            line(0, "77387"),
            id="two billing codes in one product",
        ),
        pytest.param(claim(item(1, "77387")), REPLACE, line(0, "G6001"), id="remedy for another line"),
        pytest.param(claim(item(1, "77387")), Remedy("replace", "77387"), line(0, "77387"), id="no target"),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("replace", "77387", to="something"),
            line(0, "77387"),
            id="no code",
        ),
        pytest.param(
            claim(item(1, "77387")), Remedy("replace", "77387", to="77387"), line(0, "77387"), id="no change"
        ),
        pytest.param(
            claim(item(1, "77387", detail=[{"sequence": 1}])),
            REMOVE,
            line(0, "77387"),
            id="item with details",
        ),
        pytest.param(
            claim(item(1, "77387", modifier=[concept("26-59")])),
            REPLACE,
            line(0, "77387"),
            id="joint modifiers",
        ),
        pytest.param(
            claim(item(1, "77387", "26")),
            Remedy("add-modifier", "77387", modifier="26"),
            line(0, "77387", "26"),
            id="modifier is there already",
        ),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("add-modifier", "77387"),
            line(0, "77387"),
            id="no modifier to add",
        ),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("remove-modifier", "77387", modifier="26"),
            line(0, "77387"),
            id="modifier is not there",
        ),
        pytest.param(
            claim(item(1, "77387", modifier=[{}])),
            Remedy("remove-modifier", "77387"),
            line(0, "77387"),
            id="no modifier named",
        ),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("reduce-units", "77387", to=1),
            line(0, "77387"),
            id="fewer already",
        ),
        pytest.param(
            claim(item(1, "77387", quantity={"value": 3})),
            Remedy("reduce-units", "77387", to=0),
            line(0, "77387"),
            id="nothing left",
        ),
        pytest.param(
            claim(item(1, "77387", quantity={})),
            Remedy("reduce-units", "77387", to=1),
            line(0, "77387"),
            id="no quantity",
        ),
        pytest.param(
            claim(item(1, "77387", quantity={"value": "3"})),
            Remedy("reduce-units", "77387", to=1),
            line(0, "77387"),
            id="quantity as text",
        ),
        pytest.param(
            claim(item(1, "77387", quantity={"value": 3})),
            Remedy("reduce-units", "77387", to="1"),
            line(0, "77387"),
            id="units as text",
        ),
        pytest.param(
            claim(item(1, "77402", servicedPeriod={"start": "2023-05-08", "end": "2023-05-12"})),
            Remedy("add-line", "77387-TC"),
            line(0, "77402"),
            id="line over several days",
        ),
        pytest.param(
            claim(item(1, "77402")),
            Remedy("add-line", "77387-TC"),
            line(0, "77402", date="2023-05"),
            id="no day",
        ),
        pytest.param(
            claim(item(1, "77402", servicedDate="2023-05")),
            Remedy("add-line", "77387-TC"),
            line(0, "77402", date="2023-05-01"),
            id="a month",
        ),
        pytest.param(
            claim(item(1, "77402", servicedDate=None, servicedPeriod={"start": "2023"})),
            Remedy("add-line", "77387-TC"),
            line(0, "77402", date="2023-01-01"),
            id="from a year on",
        ),
        pytest.param(
            claim(item(1, "77402", servicedDate=None), billablePeriod={"start": "2023-05"}),
            Remedy("add-line", "77387-TC"),
            line(0, "77402", date="2023-05-01"),
            id="a month of the claim",
        ),
        pytest.param(claim(item(1, "77402")), Remedy("add-line", ""), line(0, "77402"), id="no code to add"),
        pytest.param(claim(item(1, "77387")), Remedy("review"), line(0, "77387"), id="review"),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("add-document", document="28626-0"),
            line(0, "77387"),
            id="document",
        ),
        pytest.param(
            claim(item(1, "77387")),
            Remedy("attest-indication", indications=("internal-motion", "narrow-margins")),
            line(0, "77387"),
            id="a choice not made",
        ),
        pytest.param({"resourceType": "Coverage", "id": "c1"}, REMOVE, line(0, "77387"), id="other resource"),
    ],
)
def test_left_to_a_person(resource: dict[str, Any], remedy: Remedy, found: LineRef) -> None:
    assert corrected(resource, remedy, found) is None


def test_one_line_that_does_not_fit_leaves_all_to_a_person() -> None:
    resource = claim(item(1, "77387"), item(2, "G6002"))
    assert corrected(resource, REMOVE, line(0, "77387"), line(1, "77387")) is None


def test_one_line_that_needs_no_change_leaves_all_to_a_person() -> None:
    resource = claim(item(1, "77387", quantity={"value": 3}), item(2, "77387"))
    units = Remedy("reduce-units", "77387", to=1)
    assert corrected(resource, units, line(0, "77387"), line(1, "77387")) is None
    resource = claim(item(1, "77387", "26"), item(2, "77387"))
    modifier = Remedy("remove-modifier", "77387", modifier="26")
    assert corrected(resource, modifier, line(0, "77387", "26"), line(1, "77387")) is None


@pytest.mark.parametrize(
    "second",
    [
        REMOVE,
        REPLACE,
        Remedy("remove-line", "77336"),
        Remedy("add-modifier", "77336", modifier="26"),
        Remedy("review"),
    ],
)
@pytest.mark.parametrize("first", [REMOVE, REPLACE])
def test_steps_that_do_not_fit_together_are_left_to_a_person(first: Remedy, second: Remedy) -> None:
    lines = [line(0, "77387")]
    assert carry_out(claim(item(1, "77387")), [(first, ""), (second, "")], lines) is None


def test_an_option_that_the_remedy_does_not_name_is_refused() -> None:
    remedy = Remedy("attest-indication", indications=("internal-motion",))
    assert corrected(claim(), remedy, option="narrow-margins") is None


def test_what_is_attested_already_is_not_attested_again() -> None:
    remedy = Remedy("attest-indication", indications=("internal-motion",))
    once = corrected(claim(), remedy)
    assert corrected(once, remedy) is None


_CONCEPTS: list[Any] = [None, "x", {"coding": [None, {}]}, {"coding": "x"}]


@pytest.mark.parametrize(
    "junk", [None, [], "x", [None], *([c] for c in _CONCEPTS), *([{"code": c}] for c in _CONCEPTS)]
)
def test_malformed_neighbours_do_no_harm(junk: Any) -> None:
    odd: dict[str, Any] = {"sequence": 1, "productOrService": {"coding": [{}]}, "modifier": junk}
    resource = claim(odd, item(2, "77387", "TC"), supportingInfo=junk)
    made = corrected(resource, REPLACE, line(1, "77387", "TC"))
    assert differences(resource, made) <= {
        "item[1].productOrService.coding[0].code",
        "item[1].productOrService.coding[0].system",
        "item[1].modifier[0].coding[0].code",
        "item[1].modifier[0].coding[0].system",
    }
    assert codes(made["item"][1]) == ("G6002", ["26"])
    attested = corrected(resource, Remedy("attest-indication", indications=("internal-motion",)))
    assert attested["supportingInfo"][-1]["code"]["coding"][0]["code"] == "internal-motion"
