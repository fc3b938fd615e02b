"""Positions of statements and resolutions of their conflicts, read from positions.yaml and resolutions.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from cds_service.engine.catalogue import Catalogue
from cds_service.engine.letters import Problem
from cds_service.engine.points import DIMENSIONS, POINTS, Dimension, Point
from cds_service.engine.registers import read_span
from cds_service.engine.rules import Span
from cds_service.engine.textyaml import TextYaml
from cds_service.engine.vocabulary import Vocabulary

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """The values to which a dimension is limited; with `but`, everything except them."""

    values: frozenset[str]
    but: bool = False

    def meet(self, other: Bound) -> Bound | None:
        """What both allow; None when they have nothing in common."""
        if self.but and other.but:
            return Bound(self.values | other.values, but=True)
        if self.but or other.but:
            named, left_out = (other, self) if self.but else (self, other)
            common = named.values - left_out.values
        else:
            common = self.values & other.values
        return Bound(common) if common else None


@dataclass(frozen=True, slots=True)
class Position:
    """What a statement answers on a point, and where. `effective` None: on every day of its document."""

    statement: str
    point: str
    stance: frozenset[str]
    says: str
    where: Mapping[str, Bound]
    effective: Span | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How conflicts between statements are resolved, on the points that it names."""

    id: str
    about: str
    between: tuple[str, ...]
    against: tuple[str, ...]
    points: tuple[str, ...]
    resolved: str
    rules: tuple[str, ...]
    no_rule: str
    file: str
    line: int

    @property
    def statements(self) -> tuple[str, ...]:
        """All statements that it names, each once."""
        return tuple(dict.fromkeys((*self.between, *self.against)))

    def covers(self, one: str, other: str, point: str) -> bool:
        """Whether it speaks of this pair on this point."""
        if point not in self.points:
            return False
        return (one in self.between and other in self.against) or (
            other in self.between and one in self.against
        )


class PositionReader:
    """Reads positions files against the catalogue and the vocabulary; every trouble becomes a letter."""

    def __init__(self, catalogue: Catalogue, vocabulary: Vocabulary, problems: list[Problem]) -> None:
        self._catalogue, self._problems = catalogue, problems
        self._answers = {name: answers_of(each, vocabulary) for name, each in DIMENSIONS.items()}

    def read(self, text: TextYaml) -> list[Position]:
        """The positions of a file whose shape has passed the schema, but for those with a letter."""
        data: Any = text.data
        found = []
        for i, raw in enumerate(data["positions"]):
            before = len(self._problems)
            position = self._position(text, raw, ("positions", i))
            if position is not None and len(self._problems) == before:
                found.append(position)
        return found

    def _position(self, text: TextYaml, raw: Any, path: Path) -> Position | None:
        point = POINTS.get(raw["point"])
        if point is None:
            what = f"there is no point `{raw['point']}`."
            self._letter(text, (*path, "point"), raw, what, _nearest(raw["point"], POINTS))
            return None
        stance = self._members(text, raw, (*path, "stance"), raw["stance"])
        self._check_stance(text, raw, path, point, stance)
        where = {}
        for name, written in raw.get("where", {}).items():
            bound = self._bound(text, raw, (*path, "where", name), name, written)
            if bound is not None:
                where[name] = bound
        span = None
        if "effective" in raw:
            span = read_span(text, raw["effective"], (*path, "effective"), self._problems)
        return Position(
            statement=raw["statement"],
            point=raw["point"],
            stance=stance,
            says=raw.get("says", ""),
            where=where,
            effective=span,
            file=text.name,
            line=text.line(*path),
        )

    def _check_stance(
        self, text: TextYaml, raw: Any, path: Path, point: Point, stance: frozenset[str]
    ) -> None:
        if point.lists == "codes":
            self._check_codes(text, raw, (*path, "stance"), stance)
        elif not point.lists:
            for word in sorted(stance - set(point.stances)):
                what = f"`{raw['point']}` has no stance `{word}`."
                remedy = f"It is one of: {', '.join(point.stances)}."
                self._letter(text, (*path, "stance"), raw, what, remedy)

    def _bound(self, text: TextYaml, raw: Any, path: Path, name: str, written: Any) -> Bound | None:
        dimension = DIMENSIONS.get(name)
        if dimension is None:
            what = f"there is no dimension `{name}`."
            self._letter(text, path, raw, what, _nearest(name, DIMENSIONS))
            return None
        but = isinstance(written, dict) and "but" in written
        values = self._members(text, raw, path, written["but"] if but else written)
        if dimension.codes:
            self._check_codes(text, raw, path, values)
        closed = self._answers[name]
        for value in sorted(values - closed) if closed else ():
            what = f"`{name}` is never `{value}`."
            self._letter(text, path, raw, what, f"It is one of: {', '.join(sorted(closed))}.")
        if but and closed:
            if closed <= values:
                what = f"`{name}` leaves nothing: every answer is excepted."
                self._letter(text, path, raw, what, "Except fewer, or leave the dimension out.")
            return Bound(closed - values)
        return Bound(values, but)

    def _members(self, text: TextYaml, raw: Any, path: Path, written: Any) -> frozenset[str]:
        if isinstance(written, dict):
            name = written["set"]
            if name not in self._catalogue.sets:
                what = f"there is no set `{name}`."
                self._letter(text, path, raw, what, _nearest(name, self._catalogue.sets))
            return self._catalogue.sets.get(name, frozenset())
        return frozenset({written} if isinstance(written, str) else written)

    def _check_codes(self, text: TextYaml, raw: Any, path: Path, codes: Iterable[str]) -> None:
        for code in sorted(c for c in codes if self._catalogue.code(c) is None):
            what = f"speaks of {code}, which codes.csv does not list."
            self._letter(
                text,
                path,
                raw,
                what,
                "Check it; a code that is missing has to be added to the package, with its dates.",
            )

    def _letter(self, text: TextYaml, path: Path, raw: Any, what: str, remedy: str) -> None:
        self._problems.append(Problem(text.name, text.line(*path), raw["statement"], what, remedy))


def read_resolutions(text: TextYaml, problems: list[Problem]) -> list[Resolution]:
    """The resolutions of a file whose shape has passed the schema, but for those with a letter."""
    data: Any = text.data
    found = []
    for i, raw in enumerate(data["resolutions"]):
        letters = list(_shape(raw))
        line = text.line("resolutions", i)
        problems += [Problem(text.name, line, raw["id"], what, remedy) for what, remedy in letters]
        if letters:
            continue
        among = tuple(raw.get("among", ()))
        found.append(
            Resolution(
                id=raw["id"],
                about=raw["about"],
                between=tuple(raw.get("between", among)),
                against=tuple(raw.get("and", among)),
                points=tuple(raw["points"]),
                resolved=raw["resolved"],
                rules=tuple(raw.get("rules", ())),
                no_rule=raw.get("no_rule", ""),
                file=text.name,
                line=line,
            )
        )
    return found


def _shape(raw: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    pairs = {"between", "and"} & set(raw)
    if len(pairs) == 1 or bool(pairs) == ("among" in raw):
        yield "needs `between` and `and`, or `among` alone.", "Say which statements stand against which."
    if "rules" in raw and "no_rule" in raw:
        yield "names `rules` and says `no_rule`.", "Remove one of the two."
    if "rules" not in raw and "no_rule" not in raw:
        yield "has neither `rules` nor `no_rule`.", "Name the rules that carry it out, or say why none does."
    for point in raw["points"]:
        if point not in POINTS:
            yield f"there is no point `{point}`.", _nearest(point, POINTS)


def answers_of(dimension: Dimension, vocabulary: Vocabulary) -> frozenset[str]:
    """All answers of a dimension; empty when any word may stand."""
    fact = vocabulary.get(dimension.fact)
    return frozenset(dimension.values) | frozenset(fact.values if fact else ())


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else "See docs/add-a-payer.md for the list."
