"""The space of a book: its questions, the classes of each dimension, the core product and the written cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.engine.cases import Report, read_case_files
from cds_service.engine.evaluate import Engine
from cds_service.engine.loader import case_files
from cds_service.engine.rules import Rule
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.anchors import written_points
from cds_service.proof.classes import Class, codes
from cds_service.proof.core import Core, Slice
from cds_service.proof.dimensions import Dimensions
from cds_service.proof.givens import Given
from cds_service.proof.members import MemberClasses
from cds_service.proof.questions import Questions, boundaries, questions_of
from cds_service.proof.shapes import values_in_use


@dataclass(frozen=True)
class Space:
    """What the rules of one book can tell apart."""

    rules: tuple[Rule, ...]
    asked: Questions
    days: tuple[date, ...]
    members: MemberClasses
    member_classes: tuple[Class, ...]
    codes: tuple[Class, ...]
    dimensions: Dimensions
    written: dict[tuple[str, str], list[Given]]
    slices: tuple[Slice, ...]


def space_of(
    engine: Engine, knowledge: Knowledge, folders: Sequence[Path], only: frozenset[str] = frozenset()
) -> Space:
    """The space of the active rules; with `only`, of the neighbourhoods of these rules, without the core.

    Args:
        engine: the book, compiled.
        knowledge: what facts need to know.
        folders: policy folders, whose cases give points to start from.
        only: ids of rules; empty for the whole book.
    """
    book = engine.book
    rules = tuple(r for r in book.rules if r.status == "active")
    asked = questions_of(book, rules)
    days = tuple(boundaries(rules, asked.days))
    members = MemberClasses(asked, book, knowledge, days)
    classes = members.of(rules)
    by_code = codes(asked, book, knowledge, days)
    written = written_points(read_case_files(case_files(folders), engine, Report()))
    in_use = values_in_use(point for points in written.values() for point in points)
    core = () if only else tuple(Core(book, knowledge, asked, members, by_code).slices(rules))
    return Space(
        rules=tuple(r for r in rules if not only or r.id in only),
        asked=asked,
        days=days,
        members=members,
        member_classes=classes,
        codes=by_code,
        dimensions=Dimensions(book, asked, classes, by_code, days, in_use),
        written=written,
        slices=core,
    )
