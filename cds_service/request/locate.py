"""Says where a body breaks the rules of the gate, and which. Runs only on what is refused, without recursion."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field

from cds_service.request.errors import Problem

_SPACE = re.compile(rb"[ \t\n\r]*+")
_TEXT = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"')
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][-+]?\d++)?(?![-+.\w])")
_CONSTANT = re.compile(rb"(?:true|false|null)\b")
_NO_NUMBER = re.compile(rb"-?(?:NaN|Infinity)\b")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")

_SYNTAX = "The body is not JSON in UTF-8"
_MEND = "Send one JSON object, written by a JSON library."


def beyond_doubles(number: bytes) -> bool:
    """Whether a number of JSON is infinite or nothing as a double, or has an exponent of 1000 or beyond."""
    mantissa, _, exponent = number.lower().partition(b"e")
    if len(exponent.lstrip(b"+-").lstrip(b"0")) > 3:
        return True
    try:
        value = float(number)
    except ValueError:
        return True
    return math.isinf(value) or (value == 0 and mantissa.strip(b"-0.") != b"")


class _Fault(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(slots=True)
class _Level:
    """An object or list that is being read: names seen, and at which of its members the reader stands."""

    is_object: bool
    names: set[str] = field(default_factory=set)
    step: str | int | None = None

    @property
    def end(self) -> bytes:
        return b"}" if self.is_object else b"]"


def locate(body: bytes, *, depth: int, nodes: int, digits: int) -> Problem:
    """The first fault of a body that the gate refused; bounds as in `gate.Limits`."""
    levels: list[_Level] = []
    try:
        _read(body, levels, depth, nodes, digits)
    except _Fault as fault:
        return Problem(_pointer(levels), fault.what, fault.remedy)
    return Problem("", f"{_SYNTAX}, or not plainly so.", _MEND)


def _read(body: bytes, levels: list[_Level], depth: int, nodes: int, digits: int) -> None:
    if body[:3] == b"\xef\xbb\xbf" or b"\x00" in body[:4] or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Fault(f"{_SYNTAX}: it begins as another encoding does.", "Send UTF-8, no byte order mark.")
    at, count = 0, 0
    while levels or not count:
        if levels and levels[-1].is_object:
            at = _name(body, at, levels[-1])
        count += 1
        if count > nodes:
            levels.clear()
            raise _Fault(f"The JSON has more than {nodes} values.", "Send fewer resources.")
        at = _skip(body, at)
        if body[at : at + 1] not in (b"{", b"["):
            at = _after(body, _scalar(body, at, digits), levels)
            continue
        if len(levels) == depth:
            raise _Fault(f"The JSON is nested deeper than {depth} levels.", "Send plain FHIR R4.")
        levels.append(_Level(is_object=body[at : at + 1] == b"{"))
        at = _skip(body, at + 1)
        if body[at : at + 1] == levels[-1].end:
            at = _after(body, at, levels)
        elif not levels[-1].is_object:
            levels[-1].step = 0


def _name(body: bytes, at: int, level: _Level) -> int:
    """Past the name and the colon of an object's next member."""
    text, at = _text(body, _skip(body, at))
    level.step = text
    if text in level.names:
        raise _Fault("This name stands twice in its object.", "Send each member once.")
    level.names.add(text)
    at = _skip(body, at)
    if body[at : at + 1] != b":":
        raise _broken(body, at)
    return at + 1


def _after(body: bytes, at: int, levels: list[_Level]) -> int:
    """Past the comma behind a value, or past the ends of all that end here."""
    while levels:
        level = levels[-1]
        at = _skip(body, at)
        sign = body[at : at + 1]
        if sign == b",":
            level.step = level.step + 1 if isinstance(level.step, int) else None
            return at + 1
        if sign != level.end:
            raise _broken(body, at)
        levels.pop()
        at += 1
    if _skip(body, at) != len(body):
        raise _Fault(f"{_SYNTAX}: something stands behind its end.", _MEND)
    return at


def _scalar(body: bytes, at: int, digits: int) -> int:
    """Past a text, a number or a constant."""
    if body[at : at + 1] == b'"':
        return _text(body, at)[1]
    if _NO_NUMBER.match(body, at):
        raise _Fault(f"{_SYNTAX}: NaN and Infinity are no JSON.", "Leave the member out.")
    found = _CONSTANT.match(body, at)
    if found:
        return found.end()
    found = _NUMBER.match(body, at)
    if not found:
        raise _broken(body, at)
    if len(found[0]) > digits:
        raise _Fault(f"This number has more than {digits} characters.", "Send a number of FHIR.")
    if beyond_doubles(found[0]):
        raise _Fault("This number is too large or too small.", "Send a number of FHIR.")
    return found.end()


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A text and where it ends."""
    found = _TEXT.match(body, at)
    if not found:
        raise _broken(body, at)
    try:
        text = str(json.loads(found[0].decode()))
        text.encode()
    except UnicodeDecodeError:
        raise _Fault(f"{_SYNTAX}: this text is not UTF-8.", "Send UTF-8.") from None
    except UnicodeEncodeError:
        raise _Fault(f"{_SYNTAX}: half a surrogate pair stands here.", "Send whole characters.") from None
    if "\0" in text:
        raise _Fault("The character U+0000 stands in this text.", "Leave it out.")
    return text, found.end()


def _skip(body: bytes, at: int) -> int:
    found = _SPACE.match(body, at)
    return found.end() if found else at


def _broken(body: bytes, at: int) -> _Fault:
    where = "it ends too soon" if at >= len(body) else f"it breaks at byte {at}"
    return _Fault(f"{_SYNTAX}: {where}.", _MEND)


def _pointer(levels: list[_Level]) -> str:
    """The JSON pointer (RFC 6901) of where the reader stands."""
    return "".join(f"/{_shown(level.step)}" for level in levels if level.step is not None)


def _shown(step: str | int) -> str:
    """A name as a pointer shows it; one that is no plain word could be anybody's, and stands as `?`."""
    return str(step) if isinstance(step, int) or _WORD.fullmatch(step) else "?"
