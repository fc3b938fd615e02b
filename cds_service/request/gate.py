"""The strict gate for JSON: whatever comes from outside passes here before anything else reads it.

RFC 8259 leaves open what a name that stands twice means, or a number that no double can hold, and parsers
differ: what one of them checks another would not see (threats T11 and T12, OWASP ASVS 1.5.3). The gate lets
through only what every parser reads alike: UTF-8 without byte order mark, no name twice in an object, no NaN,
no Infinity, no number outside the doubles, no half surrogate pair, no U+0000 (a FHIR string may not hold it,
and PostgreSQL cannot), nothing after the end, all within bounds.

It looks at the bytes first, in a dozen passes that run in C, so that a bound is found before a parser recurses
or allocates. Only a body that is refused is read step by step, to say where (`locate`). What the alternatives
cost stands in docs/decisions/0007.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from cds_service.request.errors import Problem, Refusal
from cds_service.request.locate import beyond_doubles, locate

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_LISTS = bytes.maketrans(b"{}", b"[]")
_NO_MARK = bytes(byte for byte in range(256) if byte not in b'{}[]"')
_DIGITS = bytes.maketrans(b"123456789.+-eE", b"0" * 14)
_STEP = 8
_ZEROS = (b":0.0", b"[0.0", b",0.0", b"-0.0")
_WITH_EXPONENT = re.compile(rb"[-+.\d]+[eE][-+.\d]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one body: `size` in bytes, `depth` of objects and lists in each other, `nodes` (values of any
    kind, the outermost included), `digits` (characters of one number).
    """

    size: int = 8 * 1024 * 1024
    depth: int = 64
    nodes: int = 200_000
    digits: int = 64


DEFAULT = Limits()


def check(body: bytes, limits: Limits = DEFAULT) -> None:
    """Let the body pass, or refuse it.

    Raises:
        Refusal: 413 when it is larger than `limits.size`, else 400. The issue's expression is the JSON pointer
            (RFC 6901) of the fault, absent for the body as a whole. It holds names of members, those that are
            no plain words as `?`, and no value.
    """
    parse(body, limits)


def parse(body: bytes, limits: Limits = DEFAULT) -> Any:
    """As `check`; returns the value as dict, list, str, int, float, bool or None.

    Raises:
        Refusal: as `check`.
    """
    if len(body) > limits.size:
        problem = Problem("", f"The JSON is larger than {limits.size} bytes.", "Send fewer resources.")
        raise Refusal(413, [problem], code="too-long")
    try:
        plain = _without_escapes(body)
        signs = plain.translate(_LISTS, _NO_MARK)
        marks = signs.count(b'"')
        if _within(plain, signs, marks, limits):
            body.decode()
            value = _DECODER.decode(body)
            again = _ENCODER.encode(value)
            # A name that stands twice is lost here, and two quotation marks with it.
            if _without_escapes(again).count(b'"') == marks and not _vanished(plain, again):
                return value
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    raise Refusal(400, [locate(body, depth=limits.depth, nodes=limits.nodes, digits=limits.digits)])


def _within(plain: bytes, signs: bytes, marks: int, limits: Limits) -> bool:
    """Whether a body without escapes (`_without_escapes`) keeps the bounds, so that a parser may have it.

    `signs` are its quotation marks and its brackets, all of them square, and `marks` counts the former.
    What texts hold is counted as well where that cannot hide anything; they are cut out only when a bound seems
    broken. Up to its first fault a body is seen here as a parser sees it. What follows a fault may be misread:
    that does no harm, since nothing that stands later takes back a bracket that was opened.
    """
    if b"\\" in plain and b"\\u0000" in plain:
        return False
    if marks > 4 * limits.nodes:  # of each value a name and a text, two marks each
        return False
    # Deleting neighbouring marks in pairs leaves every bracket inside or outside a text, as it was.
    brackets = _bare(signs.replace(b'""', b"")).replace(b'"', b"")
    opened = brackets.count(b"[")
    if 2 * opened != len(brackets) or opened > limits.nodes:
        return False
    # Two values stand two bytes apart at least, so that a short body need not be counted.
    if len(plain) > limits.nodes and 1 + plain.count(b",") + opened > limits.nodes < _values(plain):
        return False
    if _has_run(plain, limits.digits + 1) and _has_run(_bare(plain), limits.digits + 1):
        return False
    for _ in range(limits.depth):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return not brackets


def _has_run(text: bytes, length: int) -> bool:
    """Whether so many characters of which numbers are made stand in a row."""
    # Of such a run every eighth byte of the text meets an eighth at least: mostly there is none.
    few = text[::_STEP].translate(_DIGITS)
    return b"0" * (length // _STEP) in few and b"0" * length in text.translate(_DIGITS)


def _values(plain: bytes) -> int:
    """How many values stand in a body: one more than there are commas in each object or list that is not empty."""
    bare = _bare(plain).translate(_LISTS, b" \t\n\r")
    return 1 + bare.count(b",") + bare.count(b"[") - bare.count(b"[]")


def _vanished(plain: bytes, again: bytes) -> bool:
    """Whether a number that is not nothing was read as 0.0; infinite ones the decoder refuses."""
    if b"0.0" not in again or not (again.endswith(b"0.0") or any(zero in again for zero in _ZEROS)):
        return False
    return any(beyond_doubles(number) for number in _WITH_EXPONENT.findall(_bare(plain)))


def _without_escapes(body: bytes) -> bytes:
    """The body without escaped backslashes and quotation marks; other escapes stay."""
    return body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body


def _bare(plain: bytes) -> bytes:
    """One quotation mark in place of each text."""
    return b'"'.join(plain.split(b'"')[::2]) if b'"' in plain else plain
