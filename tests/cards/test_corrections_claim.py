"""Each remedy on a Claim changes what it says and nothing else (contract section 4, rulebook 1.6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import Remedy
from tests.cards.builders import CPT, HCPCS, HCPCS_HTTP, claim, concept, item, line
from tests.cards.correcting import codes, corrected
from tests.cards.json_diff import differences

DELIVERY = item(1, "77386", careTeamSequence=[1], diagnosisSequence=[1, 2], unitPrice={"value": 900})


def change(old: str, to: str, *modifiers: str, sent: dict[str, Any] | None = None) -> Any:
    """What becomes of one item when `old` is replaced by `to`."""
    one = sent or item(2, old, *modifiers)
    made = corrected(claim(DELIVERY, one), Remedy("replace", old, to=to), line(1, old, *modifiers))
    assert made["item"][0] == DELIVERY
    return made["item"][1]


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
        ("77387", ("59",), "G6002-59", ("G6002", ["59"])),
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


def test_a_sites_own_number_that_looks_like_the_code_stays() -> None:
    local = {"system": "urn:hospital:charges", "code": "77387", "display": "IGRT daily"}
    sent = item(2, "77387") | {"productOrService": {"coding": [local, {"system": CPT, "code": "77387"}]}}
    made = change("77387", "G6002", sent=sent)["productOrService"]
    assert made == {"coding": [local, {"system": HCPCS, "code": "G6002"}]}
    alone = item(2, "77387") | {"productOrService": {"coding": [local]}}
    made = change("77387", "G6002", sent=alone)["productOrService"]
    assert made == {"coding": [{"system": HCPCS, "code": "G6002"}]}


@pytest.mark.parametrize(("text", "kept"), [("Daily charge", True), ("g6001 daily", False)])
def test_replace_keeps_a_text_that_does_not_name_the_old_code(text: str, kept: bool) -> None:
    sent = item(2, "G6001") | {"productOrService": concept("G6001", HCPCS) | {"text": text}}
    assert ("text" in change("G6001", "G6002", sent=sent)["productOrService"]) is kept


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


@pytest.mark.parametrize(
    ("sent", "beside", "expected"),
    [("77387:TC", "59", ("G6002", ["59"])), ("77387:59", "TC", ("G6002:59", []))],
)
def test_replace_does_not_write_a_modifier_again_that_stands_in_the_other_place(
    sent: str, beside: str, expected: tuple[str, list[str]]
) -> None:
    one = item(2, "77387", beside) | {"productOrService": concept(sent)}
    assert codes(change("77387", "G6002-59", sent=one)) == expected


def test_replace_settles_components_written_in_both_places() -> None:
    sent = item(2, "77387", "TC") | {"productOrService": concept("77387:26")}
    assert codes(change("77387", "G6002-26", sent=sent)) == ("G6002", ["26"])
    assert codes(change("77387", "G6002", sent=sent)) == ("G6002", [])


def test_primitive_extensions_of_what_goes_go_too() -> None:
    coding = {"system": CPT, "code": "77387", "display": "guidance", "_display": {"id": "a"}}
    product = {"coding": [coding], "text": "guidance", "_text": {"id": "b"}}
    made = change("77387", "77014", sent=item(2, "77387") | {"productOrService": product})
    assert made["productOrService"] == concept("77014", CPT)


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
        ([concept("LT", HCPCS), concept("RT", None)], {"system": CPT, "code": "26"}),
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
        (item(1, "G6017", modifier=[{"text": "Modifier 26"}]), ("G6017", [])),
        (item(1, "G6017", modifier=[{"coding": [None, {}, {"code": "26"}]}]), ("G6017", [])),
    ],
)
def test_remove_modifier(sent: dict[str, Any], expected: tuple[str, list[str]]) -> None:
    made = corrected(claim(sent), Remedy("remove-modifier", "G6017", modifier="26"), line(0, "G6017", "26"))
    assert codes(made["item"][0]) == expected
    assert made["item"][0].get("modifier") != []


def test_an_item_without_sequence_is_found_by_its_place() -> None:
    sent = item(1, "77387", "TC")
    del sent["sequence"]
    made = corrected(claim(sent), Remedy("replace", "77387", to="G6002-26"), line(0, "77387", "TC"))
    assert codes(made["item"][0]) == ("G6002", ["26"])


def test_modifiers_in_small_letters_are_understood() -> None:
    sent = item(1, "77387", modifier=[concept("tc", HCPCS)])
    made = corrected(claim(sent), Remedy("replace", "77387", to="G6002-26"), line(0, "77387", "TC"))
    assert codes(made["item"][0]) == ("G6002", ["26"])


def test_a_modifier_beside_the_code_leaves_the_display_alone() -> None:
    sent = item(1, "G6017", "26") | {"productOrService": concept("G6017", HCPCS, display="tracking")}
    remedy = Remedy("remove-modifier", "G6017", modifier="26")
    made = corrected(claim(sent), remedy, line(0, "G6017", "26"))
    assert differences(claim(sent), made) == {"item[0].modifier"}
