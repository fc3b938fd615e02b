"""Damages a JSON value in the ways that real and hostile senders do; the same steps give the same damage."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Container = dict[str, Any] | list[Any]
Place = tuple[Container, Any]

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**70,
    -0.5,
    1e300,
    "",
    " ",
    "\x00",
    "é\u202e\U0001f480",
    "<img src=x onerror=alert(1)>",
    "0001-01-01",
    "0001-03-01T00:00:00Z",
    "9999-12-31",
    "2024-02-30",
    "2024",
    "77387:26",
    "77387-26-TC",
    "77001-76937-36561",
    "G6017 26",
    "#",
    "#c1",
    "/",
    "Patient/",
    "Claim/a/_history/2",
    "urn:uuid:x",
    "entered-in-error",
    "none",
    "x" * 3000,
    [],
    {},
    [[]],
    [None],
    {"coding": [{}]},
    {"coding": [None]},
    {"reference": "#"},
    {"resourceType": "Bundle"},
    {"resourceType": "Claim"},
    {"start": "9999-12-31", "end": "0001-01-01"},
    {"value": 1e308},
)
"""Values that are wrong, empty, extreme or right in another place."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act of damage: what is done, at which of all places (modulo their number), and with what."""

    act: str
    place: int
    other: int
    value: Any


def steps(most: int = 4) -> st.SearchStrategy[list[Step]]:
    """Some steps, drawn by Hypothesis."""
    number = st.integers(0, 100_000)
    values = st.one_of(
        st.sampled_from(ODD_VALUES),
        st.text(max_size=12),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.dates().map(lambda day: day.isoformat()),
    )
    step = st.builds(Step, st.sampled_from(sorted(ACTS)), number, number, values)
    return st.lists(step, min_size=1, max_size=most)


def damaged(value: Any, given: Sequence[Step]) -> Any:
    """A copy of `value` with the steps carried out, one after the other."""
    root = [copy.deepcopy(value)]
    for step in given:
        places = _places(root)
        ACTS[step.act](places[step.place % len(places)], places[step.other % len(places)], step.value)
    return root[0] if root else None


def _places(root: list[Any]) -> list[Place]:
    found: list[Place] = []
    waiting: list[Container] = [root]
    while waiting:
        container = waiting.pop(0)
        for key in _keys(container):
            found.append((container, key))
            inner = _get((container, key))
            if isinstance(inner, dict | list):
                waiting.append(inner)
    return found or [(root, 0)]


def _drop(place: Place, other: Place, value: Any) -> None:
    container, key = place
    if isinstance(container, dict) or len(container) > 1:
        del container[key]


def _put(place: Place, other: Place, value: Any) -> None:
    _set(place, copy.deepcopy(value))


def _retype(place: Place, other: Place, value: Any) -> None:
    now = _get(place)
    spelled = {str: [now], int: str(now), float: str(now), bool: str(now), list: {"0": now}, dict: [now]}
    _set(place, spelled.get(type(now), 1))


def _nest(place: Place, other: Place, value: Any) -> None:
    now = _get(place)
    _set(place, {"extension": [now]} if isinstance(value, str) else [now])


def _repeat(place: Place, other: Place, value: Any) -> None:
    container, key = place
    if isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    elif isinstance(container[key], list):
        container[key] = container[key] + copy.deepcopy(container[key])


def _swap(place: Place, other: Place, value: Any) -> None:
    one, two = copy.deepcopy(_get(place)), copy.deepcopy(_get(other))
    _set(place, two)
    if other[1] in _keys(other[0]):
        _set(other, one)


def _rename(place: Place, other: Place, value: Any) -> None:
    container, key = place
    if isinstance(container, dict):
        container[str(other[1])] = container.pop(key)


def _keys(container: Container) -> Sequence[Any]:
    return list(container) if isinstance(container, dict) else range(len(container))


def _get(place: Place) -> Any:
    container, key = place
    return container[key]


def _set(place: Place, value: Any) -> None:
    container, key = place
    container[key] = value


ACTS: dict[str, Callable[[Place, Place, Any], None]] = {
    "drop": _drop,
    "put": _put,
    "retype": _retype,
    "nest": _nest,
    "repeat": _repeat,
    "swap": _swap,
    "rename": _rename,
}
