"""Damages a body in its bytes or in its structure; the same random state gives the same damage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

TOKENS = (
    *rb'{ } [ ] , : " \ null true 0 -1 1e400 1e-400 NaN "a": \u0000 \ud83d \ud83d\ude00 [[ {"a":'.split(),
    *(
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xae",
        b"9" * 70,
        b"[" * 70,
        b'{"a":' * 70,
    ),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 10**40, 0.1, -1e300, "", " ", "\x00", "\x1f", "é\u202e\U0001f480"),
    *(
        "2024",
        "2024-02-30",
        "0001-01-01",
        "9999-12-31",
        "2024-13",
        "24:00",
        "77387:26-TC",
        "77387-",
        "G6017 26",
    ),
    *(
        "#",
        "#c",
        "/",
        "?",
        "Patient/",
        "ServiceRequest/1/_history/2",
        "urn:uuid:x",
        "http://[::1",
        "x" * 3000,
    ),
    *([], {}, [[]], [None], [{}], {"coding": [{}]}, {"reference": "#"}, {"value": "one"}, {"start": "2024"}),
    *({"resourceType": "Bundle", "entry": [{}]}, {"resourceType": "ServiceRequest"}, {"resourceType": 7}),
)
"""Values that are wrong, empty, extreme, or right in another place."""

Place = tuple[Any, Any]


def damaged(body: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to four acts of damage on the bytes, on the structure of a JSON body, or on both."""
    way = random.random()
    if way < 0.6:
        body = reshaped(body, random)
    if way > 0.5:
        for _ in range(random.randint(1, 4)):
            body = scratched(body, others, random)
    return body


def scratched(body: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """The bytes with one act: written over, cut, repeated, moved, joined with another body, or ended early."""
    act = random.randrange(7)
    at = random.randint(0, len(body))
    end = min(len(body), at + random.choice((1, 1, 2, 4, 16, 200, 4000)))
    if act == 0:
        return body[:at] + random.choice(TOKENS) + body[at:]
    if act == 1:
        return body[:at] + random.choice(TOKENS) + body[end:]
    if act == 2:
        return body[:at] + body[end:]
    if act == 3:
        return body[:end] + body[at:end] * random.choice((1, 2, 40)) + body[end:]
    if act == 4:
        other = random.choice(others)
        return body[:at] + other[random.randint(0, len(other)) :]
    if act == 5 and at < len(body):
        return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]
    return body[:at]


def reshaped(body: bytes, random: Random) -> bytes:
    """A JSON body with one to four acts on its members; other bodies are returned as they are.

    A first line that is no JSON, such as the address of a target's input, stays in front as it is.
    """
    line, root = _root(body)
    if not root:
        return body
    for _ in range(random.randint(1, 4)):
        places = _places(root)
        (holder, key), (other, other_key) = random.choice(places), random.choice(places)
        act = random.randrange(8)
        if act == 0:
            del holder[key]
        elif act == 1:
            holder[key] = _copy(random.choice(VALUES))
        elif act == 2:
            holder[key] = _copy(other[other_key])
        elif act == 3:
            holder[key] = [holder[key]]
        elif act == 4:
            for _ in range(random.choice((2, 20, 100))):
                holder[key] = {"extension": [holder[key]]}
        elif act == 5 and isinstance(holder[key], list):
            holder[key] = holder[key] * random.choice((2, 3, 40))
        elif act == 6 and isinstance(holder, dict):
            holder[str(other_key)] = holder.pop(key)
        else:
            holder[key] = str(holder[key])[:2000] if not isinstance(holder[key], str) else 1
        if not root:
            return line
    return line + json.dumps(root[0], ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _root(body: bytes) -> tuple[bytes, list[Any]]:
    """What stands before the JSON of a body, and its value in a list: an empty one where there is no JSON."""
    first, newline, rest = body.partition(b"\n")
    for line, text in ((b"", body), (first + newline, rest)):
        try:
            return line, [json.loads(text)]
        except (ValueError, RecursionError):
            continue
    return b"", []


def _places(root: list[Any]) -> list[Place]:
    found: list[Place] = []
    waiting: list[Any] = [root]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
