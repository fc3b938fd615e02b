"""Each remedy on a Claim changes what it says and nothing else (contract section 4, rules.md 1.6)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cards.corrections import correct
from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import CPT, HCPCS, HCPCS_HTTP, claim, concept, item, line
from tests.cards.json_diff import differences

DELIVERY = item(1, "77386", careTeamSequence=[1], diagnosisSequence=[1, 2], unitPrice={"value": 900})


def corrected(resource: dict[str, Any], remedy: Remedy, *lines: LineRef, option: str = "") -> Any:
    """The corrected claim; the claim as received must not change."""
    before = copy.deepcopy(resource)
    made = correct(resource, remedy, lines, option)
    assert resource == before
    return made


def change(old: str, to: str, *modifiers: str, sent: dict[str, Any] | None = None) -> Any:
    """What becomes of one item when `old` is replaced by `to`."""
    one = sent or item(2, old, *modifiers)
    made = corrected(claim(DELIVERY, one), Remedy("replace", old, to=to), line(1, old, *modifiers))
    assert made["item"][0] == DELIVERY
    return made["item"][1]


def codes(one: dict[str, Any]) -> tuple[str, list[str]]:
    """Code text and modifiers of an item."""
    modifiers = [m["coding"][0]["code"] for m in one.get("modifier", [])]
    return one["productOrService"]["coding"][0]["code"], modifiers


def test_remove_line_drops_the_item_and_keeps_the_other_sequences() -> None:
    resource = claim(DELIVERY, item(2, "77387", "TC"), item(5, "77336"), total={"value": 1000})
    made = corrected(resource, Remedy("remove-line", "77387"), line(1, "77387", "TC"))
    assert made == resource | {"item": [resource["item"][0], resource["item"][2]]}


def test_remove_line_takes_all_lines_of_the_finding_with_that_code() -> None:
    resource = claim(item(1, "77387"), item(2, "G6002"), item(3, "77387"))
    lines = (line(0, "77387"), line(1, "G6002"), line(2, "77387"))
    assert corrected(resource, Remedy("remove-line", "77387"), *lines)["item"] == [resource["item"][1]]
    only = corrected(resource, Remedy("remove-line", "77387", sequence=3), *lines)
    assert only["item"] == resource["item"][:2]


def test_no_empty_item_list_is_left() -> None:
    made = corrected(claim(item(1, "77387")), Remedy("remove-line", "77387"), line(0, "77387"))
    assert made == {k: v for k, v in claim().items() if k != "item"}


@pytest.mark.parametrize(
    ("old", "modifiers", "to", "expected"),
    [
        ("77387", (), "G6002", ("G6002", [])),
        ("77387", ("TC",), "G6002", ("G6002", [])),
        ("77387", ("26",), "G6017", ("G6017", [])),
        ("77387", ("TC", "59"), "G6002", ("G6002", ["59"])),
        ("77387", ("TC",), "G6002-26", ("G6002", ["26"])),
        ("77387", (), "G6002-26", ("G6002", ["26"])),
        ("77387", ("26",), "G6002-26", ("G6002", ["26"])),
        ("77387", ("59", "TC"), "G6002-26", ("G6002", ["59", "26"])),
        ("77387", ("59",), "G6002-26", ("G6002", ["26", "59"])),
        ("77387", ("LT",), "G6002-TC", ("G6002", ["TC", "LT"])),
        ("G6002", ("TC",), "77387-TC", ("77387", ["TC"])),
        ("77387", ("26",), "77387-59", ("77387", ["59"])),
    ],
)
def test_replace(old: str, modifiers: tuple[str, ...], to: str, expected: tuple[str, list[str]]) -> None:
    assert codes(change(old, to, *modifiers)) == expected


def test_replace_puts_the_code_into_its_own_system() -> None:
    assert change("77387", "G6002")["productOrService"] == concept("G6002", HCPCS)
    assert change("G6003", "0394T")["productOrService"] == concept("0394T", CPT)
    assert change("G6003", "77402")["productOrService"] == concept("77402", CPT)


@pytest.mark.parametrize("spelling", [HCPCS_HTTP, "urn:oid:2.16.840.1.113883.6.285"])
def test_replace_keeps_the_senders_spelling_of_the_system(spelling: str) -> None:
    sent = item(2, "G6001", system=spelling)
    assert change("G6001", "G6002", sent=sent)["productOrService"] == concept("G6002", spelling)


def test_replace_drops_what_speaks_of_the_old_code() -> None:
    coding = {"system": CPT, "version": "2023", "code": "77387", "display": "guidance", "userSelected": True}
    local = {"system": "urn:hospital:charges", "code": "33512", "display": "IGRT daily"}
    sent = item(2, "77387") | {"productOrService": {"coding": [local, coding], "text": "guidance"}}
    made = change("77387", "G6002", sent=sent)["productOrService"]
    assert made == {"coding": [local, {"system": HCPCS, "code": "G6002", "userSelected": True}]}


@pytest.mark.parametrize(("text", "kept"), [("Daily charge", True), ("77387 daily", False)])
def test_replace_keeps_a_text_that_does_not_name_the_old_code(text: str, kept: bool) -> None:
    sent = item(2, "77387") | {"productOrService": concept("77387") | {"text": text}}
    assert ("text" in change("77387", "G6002", sent=sent)["productOrService"]) is kept


@pytest.mark.parametrize(
    ("sent", "to", "expected"),
    [
        ("77387:TC", "G6002-26", "G6002:26"),
        ("77387-TC", "G6002-26", "G6002-26"),
        ("77387:59", "G6002-26", "G6002:26:59"),
        ("77387:TC:59", "G6002", "G6002:59"),
        ("77387:26", "G6002", "G6002"),
    ],
)
def test_replace_keeps_modifiers_where_they_are_written(sent: str, to: str, expected: str) -> None:
    made = change("77387", to, sent=item(2, "77387") | {"productOrService": concept(sent)})
    assert codes(made) == (expected, [])


def test_replace_finds_the_component_beside_a_modifier_in_the_code() -> None:
    sent = item(2, "77387", "TC") | {"productOrService": concept("77387:59")}
    assert codes(change("77387", "G6002-26", sent=sent)) == ("G6002:59", ["26"])


def test_translations_of_the_old_code_are_replaced_together() -> None:
    both = {"coding": [{"system": CPT, "code": "77387"}, {"code": "77387", "display": "x"}]}
    made = change("77387", "77014", sent=item(2, "77387") | {"productOrService": both})
    assert [c["code"] for c in made["productOrService"]["coding"]] == ["77014", "77014"]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], {"system": CPT, "code": "26"}),
        ([concept("59", CPT)], {"system": CPT, "code": "26"}),
        ([concept("59", HCPCS)], {"system": HCPCS, "code": "26"}),
        ([concept("59", None)], {"code": "26"}),
        ([concept("LT", None)], {"code": "26"}),
        ([concept("LT", HCPCS)], {"system": CPT, "code": "26"}),
    ],
)
def test_a_new_modifier_follows_the_claims_style(others: list[Any], expected: dict[str, str]) -> None:
    resource = claim(item(1, "77387"), item(2, "77336", modifier=others) if others else item(2, "77336"))
    made = corrected(resource, Remedy("add-modifier", "77387", modifier="26"), line(0, "77387"))
    assert made["item"][0]["modifier"] == [{"coding": [expected]}]
    assert differences(resource, made) == {"item[0].modifier"}


def test_add_modifier_puts_components_first_and_others_last() -> None:
    resource = claim(item(1, "77387", "59"))
    component = corrected(resource, Remedy("add-modifier", "77387", modifier="26"), line(0, "77387", "59"))
    other = corrected(resource, Remedy("add-modifier", "77387", modifier="XU"), line(0, "77387", "59"))
    assert codes(component["item"][0]) == ("77387", ["26", "59"])
    assert codes(other["item"][0]) == ("77387", ["59", "XU"])


def test_add_modifier_to_a_code_that_holds_its_modifiers() -> None:
    resource = claim(item(1, "77387") | {"productOrService": concept("77387-59")})
    made = corrected(resource, Remedy("add-modifier", "77387", modifier="26"), line(0, "77387", "59"))
    assert codes(made["item"][0]) == ("77387-26-59", [])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (item(1, "G6017", "26"), ("G6017", [])),
        (item(1, "G6017", "59", "26"), ("G6017", ["59"])),
        (item(1, "G6017") | {"productOrService": concept("G6017:26", HCPCS)}, ("G6017", [])),
        (item(1, "G6017", modifier=[{"text": "26"}]), ("G6017", [])),
    ],
)
def test_remove_modifier(sent: dict[str, Any], expected: tuple[str, list[str]]) -> None:
    made = corrected(claim(sent), Remedy("remove-modifier", "G6017", modifier="26"), line(0, "G6017", "26"))
    assert codes(made["item"][0]) == expected
    assert made["item"][0].get("modifier") != []


def test_add_line_for_each_date() -> None:
    place = concept("22", "https://www.cms.gov/Medicare/Coding/place-of-service-codes")
    first = item(
        3,
        "77402",
        careTeamSequence=[1],
        diagnosisSequence=[2],
        locationCodeableConcept=place,
        unitPrice={"value": 200},
        net={"value": 200},
        revenue=concept("0333", "https://www.nubc.org/CodeSystem/RevenueCodes"),
        informationSequence=[4],
    )
    second = item(7, "77402", servicedDate="2023-05-09")
    again = item(8, "77402", servicedDate="2023-05-09")
    resource = claim(first, second, again, total={"value": 600})
    lines = (
        LineRef("Claim/c1", 3, "77402", (), "2023-05-08", "Claim.item[0]"),
        LineRef("Claim/c1", 7, "77402", (), "2023-05-09", "Claim.item[1]"),
        LineRef("Claim/c1", 8, "77402", (), "2023-05-09", "Claim.item[2]"),
    )
    made = corrected(resource, Remedy("add-line", "77387-TC"), *lines)
    new = {"productOrService": concept("77387"), "modifier": [concept("TC", HCPCS)], "quantity": {"value": 1}}
    copied = {"careTeamSequence": [1], "diagnosisSequence": [2], "locationCodeableConcept": place}
    assert made["item"][3:] == [
        {"sequence": 9, "servicedDate": "2023-05-08"} | copied | new,
        {"sequence": 10, "servicedDate": "2023-05-09"} | new,
    ]
    assert differences(resource, made) == {"item[3]", "item[4]"}


def test_add_line_writes_the_code_as_the_line_beside_it_does() -> None:
    resource = claim(
        item(1, "77402") | {"productOrService": concept("77402:59", "urn:oid:2.16.840.1.113883.6.12")}
    )
    made = corrected(resource, Remedy("add-line", "77387-TC"), line(0, "77402", "59"))
    assert made["item"][1]["productOrService"] == concept("77387:TC", "urn:oid:2.16.840.1.113883.6.12")
    assert "modifier" not in made["item"][1]


def test_reduce_units_changes_the_value_only() -> None:
    resource = claim(item(1, "G6017", quantity={"value": 4, "unit": "fraction"}), item(2, "G6017"))
    remedy = Remedy("reduce-units", "G6017", to=1, sequence=1)
    made = corrected(resource, remedy, line(0, "G6017"), line(1, "G6017"))
    assert made["item"][0]["quantity"] == {"value": 1, "unit": "fraction"}
    assert differences(resource, made) == {"item[0].quantity.value"}


@pytest.mark.parametrize(
    ("action", "member", "slug", "kind"),
    [
        ("attest-indication", "indications", "internal-motion", "indication"),
        ("attest-other-modality", "modalities", "brachytherapy", "other-modality"),
    ],
)
def test_attest(action: str, member: str, slug: str, kind: str) -> None:
    resource = claim(item(1, "77387"), supportingInfo=[{"sequence": 4, "category": concept("x", "urn:x")}])
    made = corrected(resource, Remedy(action, **{member: (slug, "other")}), option=slug)  # type: ignore[arg-type]
    assert made["supportingInfo"][1] == {
        "sequence": 5,
        "category": concept(kind, "urn:igrt-cds:supporting-info"),
        "code": concept(slug, f"urn:igrt-cds:{kind}"),
    }
    assert differences(resource, made) == {"supportingInfo[1]"}
    bare = corrected(claim(), Remedy(action, **{member: (slug,)}))  # type: ignore[arg-type]
    assert bare["supportingInfo"][0]["sequence"] == 1


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


def test_an_option_that_the_remedy_does_not_name_is_refused() -> None:
    remedy = Remedy("attest-indication", indications=("internal-motion",))
    assert corrected(claim(), remedy, option="narrow-margins") is None


def test_what_is_attested_already_is_not_attested_again() -> None:
    remedy = Remedy("attest-indication", indications=("internal-motion",))
    once = corrected(claim(), remedy)
    assert corrected(once, remedy) is None


@pytest.mark.parametrize("junk", [None, [], "x", [None], [{"coding": [None, {}]}], [{"coding": "x"}]])
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
