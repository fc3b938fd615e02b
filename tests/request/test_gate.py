"""The gate lets through what a strict reading of RFC 8259 does, as the same value, and says where it does not."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.request import gate
from cds_service.request.errors import Refusal
from cds_service.request.gate import Limits
from fhir_fixtures import stories
from scripts.fuzz.strict_json import Refused, strict_parse

BODIES = [story.path.read_bytes() for story in stories()]
SMALL = Limits(size=4000, depth=4, nodes=12, digits=8)
often = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def agree(body: bytes, limits: Limits) -> bool:
    """Whether the gate let the body pass, once gate and strict reading say the same of it."""
    try:
        wanted = strict_parse(body, limits)
    except Refused:
        with pytest.raises(Refusal) as caught:
            gate.check(body, limits)
        (problem,) = caught.value.problems
        assert caught.value.status == (413 if len(body) > limits.size else 400)
        assert "or not plainly so" not in problem.what, "the place was not found"
        return False
    got = gate.parse(body, limits)
    assert got == wanted
    assert json.dumps(got) == json.dumps(wanted)  # 1, 1.0 and True differ, and so do 0.0 and -0.0
    return True


PARTS = rb"""
{ } [ ] , : " \ \\ \" 0 1 - . e E+ e-9 99 1e400 1e-400 0.0 -0.0 0e9999 12345678 111111111
true null NaN tru "a": "b": "\u0061": "a" "" "[{" "]" \u0000 \ud83d \ud83d\ude00 \u00e9
"""
TOKENS = st.sampled_from(
    [*PARTS.split(), b" ", b"\n", b"\x00", b"\x1f", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf"]
)


@often
@given(st.lists(TOKENS, max_size=24).map(b"".join))
def test_texts_of_json_s_own_parts(body: bytes) -> None:
    agree(body, SMALL)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\0", "[", '"', "\\", "{,:"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=14,
)


@often
@given(VALUES, st.booleans(), st.booleans())
def test_values_of_any_shape(value: Any, ascii_only: bool, spaced: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if spaced else None)
    agree(text.encode("utf-8", "surrogatepass"), SMALL)


@often
@given(st.sampled_from(BODIES), st.data())
def test_real_bodies_with_a_few_changes(body: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(TOKENS) + body[at + data.draw(st.integers(0, 3)) :]
    agree(body, gate.DEFAULT)


@often
@given(
    st.from_regex(r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?([eE][-+]?[0-9]{1,6})?", fullmatch=True),
    st.booleans(),
)
def test_numbers_of_any_form(number: str, inside: bool) -> None:
    agree(f"[1.0, {number}]".encode() if inside else number.encode(), gate.DEFAULT)


@pytest.mark.parametrize("number", [b"9e0000", b"0e0000", b"[1.5, 5e-0000]", b"0e0999"])
def test_an_exponent_may_begin_with_zeros(number: bytes) -> None:
    assert agree(number, gate.DEFAULT)


def test_real_bodies_pass() -> None:
    assert all(agree(body, gate.DEFAULT) for body in BODIES)


@often
@given(st.sampled_from(BODIES), st.integers(0, 10_000))
def test_a_member_repeated_anywhere_is_refused_by_its_pointer(body: bytes, which: int) -> None:
    """Written once more at the end of its object, with the same value: even then two readers may differ."""
    spots: list[str] = []

    def write(value: Any, path: str) -> str:
        if isinstance(value, list):
            return f"[{','.join(write(v, f'{path}/{i}') for i, v in enumerate(value))}]"
        if not isinstance(value, dict):
            return json.dumps(value)
        members = [f"{json.dumps(k)}:{write(v, f'{path}/{k}')}" for k, v in value.items()]
        for number, name in enumerate(value):
            if len(spots) == which % 40:
                members.append(members[number])
            spots.append(f"{path}/{name}")
        return f"{{{','.join(members)}}}"

    text = write(json.loads(body), "")
    with pytest.raises(Refusal) as caught:
        gate.check(text.encode())
    assert [p.where for p in caught.value.problems] == [spots[which % 40]]


@pytest.mark.parametrize(
    ("limits", "fits", "breaks"),
    [
        (Limits(depth=3), b'{"a":[{}]}', b'{"a":[{"b":[]}]}'),
        (Limits(nodes=5), b'[1,[],{"a":"[,{"}]', b'[1,[],{"a":"[,{"},2]'),
        (Limits(digits=5), b'["123456-7.8",-1.25,1e+25]', b'["",-1.255]'),
        (Limits(digits=5), b"[0.0,12345]", b"[0.0,1e+255]"),
        (Limits(size=4), b"[11]", b"[111]"),
    ],
    ids=["depth", "nodes", "digits", "digits of an exponent", "size"],
)
def test_bounds_hold_to_the_last(limits: Limits, fits: bytes, breaks: bytes) -> None:
    assert agree(fits, limits)
    assert not agree(breaks, limits)


@pytest.mark.parametrize("digits", [5, 7, 8, 15, 16, 63, 64])
@pytest.mark.parametrize("before", range(9))
def test_a_long_number_is_found_wherever_it_stands(digits: int, before: int) -> None:
    for number in ("1" * digits, f"-{'1' * (digits - 3)}.1", f"{'1' * (digits - 3)}e-1"):
        assert agree(f"[{' ' * before}{number}]".encode(), Limits(digits=digits))
        assert not agree(f"[{' ' * before}{number}1]".encode(), Limits(digits=digits))
        assert agree(f'["{" " * before}{number}1"]'.encode(), Limits(digits=digits))


def test_names_that_are_no_words_stand_as_question_marks() -> None:
    body = json.dumps({"Jane Doe, *1950": {"12345": {"é": [{"a/b": {"name": "Doe"}}]}}}).encode()
    with pytest.raises(Refusal) as caught:
        gate.check(body.replace(b'"Doe"', b"NaN"))
    assert [p.where for p in caught.value.problems] == ["/?/?/?/0/?/name"]


@pytest.mark.parametrize(
    "bomb", [b"[", b'{"a":', b'"a",', b"0,", b'[{"":', b'"', b"\\", b'\\"', b"[]", b'"[" ']
)
def test_bombs_cost_little_memory(bomb: bytes) -> None:
    """T12: what is refused for its shape is refused before a parser builds anything of it."""
    body = bomb * (gate.DEFAULT.size // len(bomb))
    tracemalloc.start()
    try:
        with pytest.raises(Refusal):
            gate.check(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_a_strict_reading_is_what_it_says() -> None:
    """The oracle itself, where a lenient parser would do."""
    for body in (
        b'{"a":1,"a":1}',
        b"NaN",
        b"1e400",
        b"1e-400",
        b"[[[[[1]]]]]",
        b"\xef\xbb\xbf1",
        rb'"\ud800"',
        b"1 1",
    ):
        with pytest.raises(Refused):
            strict_parse(body, SMALL)
    assert strict_parse(b'{"a":[1,2.5e3,"\\u00e9",null]}', SMALL) == {"a": [1, 2500.0, "é", None]}
    assert math.copysign(1, strict_parse(b"-0.0", SMALL)) == -1
