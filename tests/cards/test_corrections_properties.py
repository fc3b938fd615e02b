"""Whatever the claim holds, a correction touches only what its remedy speaks of."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cards.corrections import carry_out, correct
from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import CPT, HCPCS, HCPCS_HTTP, claim, concept
from tests.cards.json_diff import differences
from tests.cards.properties import UNHURRIED

COMPONENTS = {"26", "TC"}
CODES = ["77387", "G6002", "77386", "77402", "G6017"]

others = st.dictionaries(
    st.sampled_from(["careTeamSequence", "unitPrice", "net", "extension", "bodySite", "revenue", "udi"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
systems = st.sampled_from([CPT, HCPCS, HCPCS_HTTP, None])
local = st.just({"system": "urn:hospital:charges", "code": "33512", "display": "daily"})


@st.composite
def items(draw: st.DrawFn, sequence: int, codes: tuple[str, ...] = tuple(CODES)) -> dict[str, Any]:
    """An item whose modifiers stand in the code, beside it, or in both places."""
    text = draw(st.sampled_from(codes))
    mark = draw(st.sampled_from([":", "-"]))
    modifiers = draw(st.lists(st.sampled_from(["26", "TC", "59", "LT", "XU"]), unique=True, max_size=3))
    inside = draw(st.integers(0, len(modifiers)))
    coding = concept(mark.join([text, *modifiers[:inside]]), draw(systems))
    if draw(st.booleans()):
        coding["coding"][0]["display"] = "our own label"
    if draw(st.booleans()):
        coding["coding"].insert(draw(st.integers(0, 1)), draw(local))
    made = {"sequence": sequence, "productOrService": coding, "servicedDate": "2023-05-08"} | draw(others)
    if modifiers[inside:]:
        made["modifier"] = [concept(m, draw(systems)) for m in modifiers[inside:]]
    if draw(st.booleans()):
        made["quantity"] = {"value": draw(st.integers(1, 9)), "unit": "unit"}
    return made


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    return claim(*(draw(items(n + 1)) for n in range(draw(st.integers(1, 5)))), **draw(others))


def read(item: dict[str, Any]) -> tuple[str, list[str]]:
    """Code and modifiers of an item, wherever they are written."""
    texts = [re.split("[:-]", c["code"]) for c in item["productOrService"]["coding"]]
    (found,) = [t for t in texts if t[0] in CODES or t[0] == "77014"]
    return found[0], found[1:] + [m["coding"][0]["code"] for m in item.get("modifier", [])]


def lines_of(resource: dict[str, Any]) -> list[LineRef]:
    return [
        LineRef("Claim/c1", n + 1, *_code(item), "2023-05-08", f"Claim.item[{n}]")
        for n, item in enumerate(resource["item"])
    ]


def _code(item: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    code, modifiers = read(item)
    return code, tuple(modifiers)


def touched(resource: dict[str, Any], made: dict[str, Any], chosen: set[int], allowed: str) -> None:
    for path in differences(resource, made):
        found = re.fullmatch(rf"item\[(\d+)\]\.{allowed}", path)
        assert found, path
        assert int(found[1]) in chosen, path


IN_CODE = r"productOrService\.coding\[\d\]\.(code|system|display)"
IN_MODIFIER = r"modifier(\[\d\](\.coding\[0\]\.(code|system))?)?"


@UNHURRIED
@given(claims(), st.sampled_from(CODES), st.sampled_from(["77014", "77014-26", "77014-TC", "77014-59"]))
def test_replace(resource: dict[str, Any], code: str, to: str) -> None:
    before = copy.deepcopy(resource)
    lines = lines_of(resource)
    chosen = {n for n, line in enumerate(lines) if line.code == code}
    made = correct(resource, Remedy("replace", code, to=to), lines)
    assert resource == before
    assert (made is not None) == bool(chosen)
    if made is None:
        return
    touched(resource, made, chosen, f"({IN_CODE}|{IN_MODIFIER})")
    for n in chosen:
        new_code, new = read(made["item"][n])
        kept = [m for m in lines[n].modifiers if m not in COMPONENTS]
        assert new_code == "77014"
        assert sorted(new) == sorted({*kept, *to.split("-")[1:]})
        assert [m for m in new if m in kept] == kept


@UNHURRIED
@given(claims(), st.sampled_from(CODES))
def test_remove_line(resource: dict[str, Any], code: str) -> None:
    before = copy.deepcopy(resource)
    lines = lines_of(resource)
    kept = [item for item, line in zip(resource["item"], lines, strict=True) if line.code != code]
    made = correct(resource, Remedy("remove-line", code), lines)
    assert resource == before
    if len(kept) == len(lines):
        assert made is None
    else:
        expected = {name: value for name, value in before.items() if name != "item"}
        assert made == (expected | {"item": kept} if kept else expected)


@UNHURRIED
@given(claims(), st.sampled_from(CODES), st.sampled_from(["26", "XU"]))
def test_adding_a_modifier_and_taking_it_off_again(
    resource: dict[str, Any], code: str, modifier: str
) -> None:
    lines = [line for line in lines_of(resource) if line.code == code]
    made = correct(resource, Remedy("add-modifier", code, modifier=modifier), lines)
    if not lines or any(modifier in line.modifiers for line in lines):
        assert made is None
        return
    assert made is not None
    chosen = {(line.sequence or 0) - 1 for line in lines}
    touched(resource, made, chosen, f"({IN_CODE}|{IN_MODIFIER})")
    assert all(
        sorted(read(made["item"][n])[1]) == sorted([*_code(resource["item"][n])[1], modifier]) for n in chosen
    )
    back = correct(made, Remedy("remove-modifier", code, modifier=modifier), lines)
    assert back is not None
    assert all(path.endswith(".display") for path in differences(resource, back))


@UNHURRIED
@given(claims(), st.sampled_from(CODES), st.integers(0, 9))
def test_reduce_units(resource: dict[str, Any], code: str, to: int) -> None:
    lines = [line for line in lines_of(resource) if line.code == code]
    values = [resource["item"][(line.sequence or 0) - 1].get("quantity", {}).get("value") for line in lines]
    made = correct(resource, Remedy("reduce-units", code, to=to), lines)
    possible = bool(lines) and to >= 1 and all(value is not None and value > to for value in values)
    assert (made is not None) == possible
    if made is not None:
        chosen = {(line.sequence or 0) - 1 for line in lines}
        touched(resource, made, chosen, r"quantity\.value")
        assert all(made["item"][n]["quantity"]["value"] == to for n in chosen)


@UNHURRIED
@given(st.data(), st.permutations(CODES))
def test_remedies_that_belong_together_are_done_together(data: st.DataObject, codes: list[str]) -> None:
    order = data.draw(st.permutations([*codes[:3], *codes[2:]]))
    resource = claim(*(data.draw(items(n + 1, (code,))) for n, code in enumerate(order)))
    lines = lines_of(resource)
    removed, replaced, marked = codes[:3]
    steps = [
        (Remedy("remove-line", removed), ""),
        (Remedy("replace", replaced, to="77014"), ""),
        (Remedy("add-modifier", marked, modifier="GY"), ""),
    ]
    made = carry_out(resource, steps, lines)
    assert made is not None
    assert [i["sequence"] for i in made.resource["item"]] == [
        line.sequence for line in lines if line.code != removed
    ]
    for item in made.resource["item"]:
        was = lines[item["sequence"] - 1]
        code, modifiers = read(item)
        assert code == ("77014" if was.code == replaced else was.code)
        assert ("GY" in modifiers) == (was.code == marked)
    assert carry_out(resource, [*steps, (Remedy("remove-line", marked), "")], lines) is None
    assert carry_out(resource, [*steps, (Remedy("review"), "")], lines) is None
