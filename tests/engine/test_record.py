"""A record is to equality, hash, copies and the type checker what a frozen dataclass is."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from cds_service.engine.model import LineRef
from cds_service.engine.record import record, refined


@record(frozen=True, slots=True)
class Made:
    one: int
    two: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frozen:
    one: int
    two: tuple[str, ...] = ()


def test_equality_and_hash_are_those_of_the_members() -> None:
    assert Made(1, ("a",)) == Made(1, ("a",))
    assert Made(1) != Made(2)
    assert hash(Made(1, ("a",))) == hash(Frozen(1, ("a",)))
    assert repr(Made(1)) == "Made(one=1, two=())"


def test_copies_are_others() -> None:
    made = Made(1, ("a",))
    assert replace(made, one=2) == Made(2, ("a",))
    assert made == Made(1, ("a",))
    ref = LineRef("Claim/c", 1, "77387", (), "2024-06-03", "Claim.item[0]")
    assert pickle.loads(pickle.dumps(ref)) == ref  # noqa: S301 - our own bytes


def test_there_is_no_room_for_other_members() -> None:
    with pytest.raises(AttributeError):
        Made(1).three = 3  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        Frozen(1).one = 2  # type: ignore[misc]


def test_what_was_just_made_may_be_completed() -> None:
    assert refined(Made(1), two=("b",)) == Made(1, ("b",))
