"""A second reading of RFC 8259 and of the gate's bounds, on the standard library's parser: the oracle of the gate."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from cds_service.request.gate import Limits

SURROGATE = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """The body is not to be let through."""


def strict_parse(body: bytes, limits: Limits) -> Any:
    """The value of a body.

    Raises:
        Refused: when it is not strict JSON, or beyond a bound.
    """
    if len(body) > limits.size:
        raise Refused("size")
    count = 0

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise Refused("a name stands twice")
        return made

    def number(text: str) -> int | float:
        if len(text) > limits.digits:
            raise Refused("digits")
        value: int | float = int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        mantissa, _, exponent = text.lower().partition("e")
        if (
            math.isinf(value)
            or (value == 0 and re.search("[1-9]", mantissa))
            or len(exponent.strip("+-").lstrip("0")) > 3
        ):
            raise Refused("out of range")
        return value

    def constant(text: str) -> Any:
        raise Refused(text)

    try:
        text = body.decode()
        if text.startswith("\ufeff"):
            raise Refused("byte order mark")
        value = json.loads(
            text, object_pairs_hook=once, parse_int=number, parse_float=number, parse_constant=constant
        )
    except (ValueError, RecursionError) as error:
        raise Refused(type(error).__name__) from None
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if isinstance(each, dict | list) and depth == limits.depth:
            raise Refused("depth")
        if isinstance(each, dict):
            for name in each:
                _check_text(name)
            waiting += [(member, depth + 1) for member in each.values()]
        elif isinstance(each, list):
            waiting += [(member, depth + 1) for member in each]
        elif isinstance(each, str):
            _check_text(each)
    if count > limits.nodes:
        raise Refused("nodes")
    return value


def _check_text(text: str) -> None:
    if SURROGATE.search(text) or "\0" in text:
        raise Refused("text")
