"""The space of a book: its questions, the classes of each dimension, the core product and the written cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.engine.cases import Report, read_case_files
from cds_service.engine.evaluate import Engine
from cds_service.engine.loader import case_files
from cds_service.engine.rules import Rule
from cds_service.facts.case import Member
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.anchors import written_points
from cds_service.proof.classes import Class, codes
from cds_service.proof.core import Slice
from cds_service.proof.dimensions import Dimensions
from cds_service.proof.givens import Given
from cds_service.proof.members import MemberClasses
from cds_service.proof.probes import Probes
from cds_service.proof.questions import Questions, boundaries, questions_of
from cds_service.proof.shapes import values_in_use
from cds_service.proof.slices import Core

_GUIDANCE = ("77387", "77014", "G6002", "G6017", "77421", "77439")
"""Codes that facts are asked about to see on what they depend."""


@dataclass(frozen=True)
class Plain:
    """The part of a space that takes long to work out and is plain data: it is handed to other processes."""

    only: frozenset[str]
    days: tuple[date, ...]
    everyone: tuple[Member, ...]
    members: tuple[Class, ...]
    codes: tuple[Class, ...]
    slices: tuple[Slice, ...]
    written: Mapping[tuple[str, str], list[Given]]


@dataclass(frozen=True)
class Space:
    """What the rules of one book can tell apart."""

    plain: Plain
    rules: tuple[Rule, ...]
    asked: Questions
    dimensions: Dimensions


def space_of(
    engine: Engine, knowledge: Knowledge, folders: Sequence[Path], only: frozenset[str] = frozenset()
) -> Space:
    """The space of the active rules; with `only`, of the neighbourhoods of these rules, without the core.

    Args:
        engine: the book, compiled.
        knowledge: what facts need to know.
        folders: policy folders, whose cases give points to start from.
        only: ids of rules, or policy.id; empty for the whole book.
    """
    book = engine.book
    rules = _active(engine)
    asked = questions_of(book, rules)
    days = tuple(boundaries(rules, asked.days))
    probes = Probes(book, knowledge, _GUIDANCE)
    members = MemberClasses(asked, book, knowledge, days, probes)
    by_code = codes(asked, book, knowledge, days)
    core = () if only else tuple(Core(book, knowledge, asked, members, by_code, probes).slices(rules))
    written = written_points(read_case_files(case_files(folders), engine, Report()))
    plain = Plain(only, days, tuple(members.everyone), members.of(rules), by_code, core, written)
    return space_from(engine, plain)


def space_from(engine: Engine, plain: Plain) -> Space:
    """The space whose plain part is known."""
    rules = _active(engine)
    asked = questions_of(engine.book, rules)
    in_use = values_in_use(point for points in plain.written.values() for point in points)
    return Space(
        plain=plain,
        rules=tuple(r for r in rules if not plain.only or not plain.only.isdisjoint(r.called)),
        asked=asked,
        dimensions=Dimensions(engine.book, asked, plain.members, plain.codes, plain.days, in_use),
    )


def _active(engine: Engine) -> tuple[Rule, ...]:
    return tuple(r for r in engine.book.rules if r.status == "active")
