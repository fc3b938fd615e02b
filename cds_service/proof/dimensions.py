"""The dimensions of the space around one point: every value that the point could have instead of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cds_service.engine.conditions import codes_of
from cds_service.engine.rules import Book, Rule
from cds_service.proof.changes import ABSENT, Change, Edit, first_day
from cds_service.proof.classes import Class, choice_classes, document_classes, modifier_classes
from cds_service.proof.givens import Given
from cds_service.proof.parts import as_given, sides
from cds_service.proof.questions import Questions
from cds_service.proof.shapes import shapes

LINE_DAYS = (1, -1, 7, -7, -45, -61, 90, -200)
"""Days by which a line is moved away from the others: the same week, the same course, another course."""
_JOINT = frozenset(
    {"hook", "payer", "line_of_business", "programs", "state", "claim_type", "place_of_service", "date"}
    | {"service_start", "lines", "history", "documents", "attached", "records"}
)
_LINE_JOINT = frozenset({"code", "date", "through", "units"})


@dataclass
class Dimensions:
    """The values of every dimension, for the whole book; `around` turns them into changes of one point."""

    book: Book
    asked: Questions
    members: Sequence[Class]
    codes: Sequence[Class]
    days: Sequence[date]
    in_use: Mapping[tuple[str, str], list[Any]] = field(default_factory=dict)

    def around(self, given: Given, rule: Rule) -> dict[str, tuple[Change, ...]]:
        """Dimension -> the changes that give `given` each of its other values."""
        made: dict[str, tuple[Change, ...]] = {}
        for change in self._all(given, rule):
            made[change.dimension] = (*made.get(change.dimension, ()), change)
        return made

    def _all(self, given: Given, rule: Rule) -> Iterator[Change]:
        yield from self._whole(given, rule)
        for key, shape in shapes("given").items():
            if key not in _JOINT:
                for words, value in self._values(key, shape.kind, shape.values, "given"):
                    if given.get(key) != value:
                        yield Change(key, words, (Edit("set", key, value),))
        yield from self._papers(given)
        yield from self._records(given, first_day(given).isoformat())
        for where in ("lines", "history"):
            for index in range(len(given.get(where, []))):
                yield from self._of_line(given, where, index)
        yield from self._ends_of_codes(given, rule)
        yield from self._more_lines(given)
        if len(given.get("lines", [])) > 1:
            yield Change("order of the lines", "turned round", (Edit("turn"),))

    def _whole(self, given: Given, rule: Rule) -> Iterator[Change]:
        for hook in ("claim", "order"):
            if given.get("hook", "claim") != hook:
                yield Change("hook", hook, (Edit("set", "hook", hook),))
        for member in self.members:
            wanted = as_given(member.first)
            keys = ("payer", "line_of_business", "programs", "state")
            if {k: given[k] for k in keys if k in given} != wanted:
                edits = tuple(Edit("set", k, wanted.get(k, ABSENT)) for k in keys)
                yield Change("member", " ".join(map(str, wanted.values())), edits)
        for side in sides():
            if (given.get("claim_type"), given.get("place_of_service")) != (side.claim_type, side.place):
                edits = (
                    Edit("set", "claim_type", side.claim_type),
                    Edit("set", "place_of_service", side.place),
                )
                yield Change("side", side.words, edits)
        here = first_day(given)
        for day in dict.fromkeys((*_ends(rule), *self._stretches())):
            if day != here:
                yield Change("day", day.isoformat(), (Edit("move", value=day.isoformat()),))
        for by in (-30, -200):
            start = (here + timedelta(days=by)).isoformat()
            yield Change("service start", f"{-by} days earlier", (Edit("set", "service_start", start),))
        if "service_start" in given:
            yield Change("service start", "the first line's", (Edit("set", "service_start", ABSENT),))

    def _stretches(self) -> Iterator[date]:
        """A day in each stretch of time in which the same rules are in force."""
        for first, following in zip(self.days, (*self.days[1:], date(2027, 7, 1)), strict=True):
            yield first + (following - first) // 2

    def _values(self, key: str, kind: str, closed: Sequence[str], place: str) -> Iterator[tuple[str, Any]]:
        yield "not told", ABSENT
        used = self.in_use.get((place, key), [])
        if kind == "choice":
            yield from ((v, v) for v in closed)
        elif kind == "choices":
            firsts = [c.first for c in choice_classes(closed, self.asked, self.book)]
            yield from ((v, [v]) for v in firsts)
            yield from ((" and ".join(v), v) for v in used if len(v) > 1)
        elif kind == "number":
            yield from ((n, n) for n in _numbers(self.asked.numbers, used))
        else:
            yield from ((str(v), v) for v in used[:12])

    def _papers(self, given: Given) -> Iterator[Change]:
        if not self.asked.documents:
            return
        start = first_day(given)
        recent, old = (start - timedelta(days=by) for by in (10, 400))
        classes = document_classes(self.asked)
        every = [c.first for c in classes]

        def pile(types: Iterable[str], day: date, **more: Any) -> list[dict[str, Any]]:
            return [{"type": t, "date": day.isoformat(), **more} for t in types]

        piles: list[tuple[str, Any]] = [("every document, recent", pile(every, recent))]
        for t in every if len(every) > 1 else ():
            piles.append((f"only {t}", pile([t], recent)))
            piles.append((f"all but {t}", pile([e for e in every if e != t], recent)))
        charts: list[tuple[str, Any]] = [
            ("chart not visible", ABSENT),
            ("chart visible and empty", []),
            *piles,
        ]
        charts += [
            ("every document, old", pile(every, old)),
            ("every document, of the day", pile(every, start)),
        ]
        for signed_by in self.in_use.get(("entry", "signed_by"), [])[:6]:
            charts.append((f"every document, signed {signed_by}", pile(every, start, signed_by=signed_by)))
        for words, value in charts:
            if given.get("documents") != value:
                yield Change("documents", words, (Edit("set", "documents", value),))
        for words, value in (("none", ABSENT), *piles):
            if given.get("attached") != value:
                yield Change("attached documents", words, (Edit("set", "attached", value),))

    def _records(self, given: Given, day: str) -> Iterator[Change]:
        entries: list[tuple[str, Any]] = [("none", ABSENT)]
        methods = [c.first for c in choice_classes(shapes("given")["method"].values, self.asked, self.book)]
        techniques = [
            c.first for c in choice_classes(shapes("given")["technique"].values, self.asked, self.book)
        ]
        entries += [(f"of the day, {m}", [{"date": day, "method": [m]}]) for m in methods]
        entries += [(f"of the day, {t}", [{"date": day, "technique": [t]}]) for t in techniques]
        entries += [("of the day", [{"date": day}]), ("two of the day", [{"date": day}, {"date": day}])]
        for words, value in entries:
            if given.get("records") != value:
                yield Change("treatment record", words, (Edit("set", "records", value),))

    def _of_line(self, given: Given, where: str, index: int) -> Iterator[Change]:
        line = given[where][index]
        name = f"{'line' if where == 'lines' else 'earlier line'} {index + 1}"
        code, *modifiers = line["code"].split("-")

        def edit(dimension: str, words: str, key: str, value: Any) -> Change:
            return Change(f"{dimension} of {name}", words, (Edit("line", key, value, where, index),))

        for c in self.codes:
            if code not in c.values:
                yield edit("code", c.first, "code", "-".join((c.first, *modifiers)))
        for mods in self._modifiers():
            if list(mods) != modifiers:
                yield edit("modifiers", "-".join(mods) or "none", "code", "-".join((code, *mods)))
        for units in _numbers(self.asked.numbers, self.in_use.get(("line", "units"), [])):
            if line.get("units", "1") != units:
                yield edit("units", units, "units", units)
        own = date.fromisoformat(line.get("date", given["date"]))
        for by in LINE_DAYS:
            yield edit("date", f"{by:+d} days", "date", (own + timedelta(days=by)).isoformat())
        end = (own + timedelta(days=4)).isoformat() if "through" not in line else ABSENT
        yield edit("span", "five days" if end else "one day", "through", end)
        for key, shape in shapes("line").items():
            if key not in _LINE_JOINT:
                for words, value in self._values(key, shape.kind, shape.values, "line"):
                    if line.get(key) != value:
                        yield edit(key.replace("_", " "), words, key, value)
        if where == "history" or len(given["lines"]) > 1:
            yield Change(f"presence of {name}", "left out", (Edit("drop", where=where, index=index),))

    def _modifiers(self) -> list[tuple[str, ...]]:
        others = [c.first for c in modifier_classes(self.asked)]
        return [(), ("26",), ("TC",), *((m,) for m in others), *(("26", m) for m in others[:1])]

    def _ends_of_codes(self, given: Given, rule: Rule) -> Iterator[Change]:
        """The rule's own codes on the days around their first and last day."""
        lines = given.get("lines", [])
        codes = codes_of(rule.when) if rule.for_each == "line" else None
        index = next((n for n, o in enumerate(lines) if codes and o["code"].partition("-")[0] in codes), None)
        if index is None or not codes:
            return
        _, *modifiers = lines[index]["code"].split("-")
        for code in sorted(codes):
            entry = self.book.catalogue.code(code)
            for day in _around(entry.first if entry else None, entry.last if entry else None):
                if rule.effective.holds(day):
                    edits = (
                        Edit("line", "code", "-".join((code, *modifiers)), "lines", index),
                        Edit("move", value=day.isoformat()),
                    )
                    yield Change("code and its ends", f"{code} on {day}", edits)

    def _more_lines(self, given: Given) -> Iterator[Change]:
        own = first_day(given)
        day, later = own.isoformat(), (own + timedelta(days=1)).isoformat()
        earlier = (own - timedelta(days=30)).isoformat()
        provider = given.get("provider", "")
        places: list[tuple[str, str, dict[str, Any]]] = [
            ("same claim and date", "lines", {"date": day}),
            ("same claim, next day", "lines", {"date": later}),
            (
                "hospital's claim, same date",
                "history",
                {"date": day, "claim_type": "institutional", "provider": "elsewhere"},
            ),
            (
                "same biller's earlier claim, same date",
                "history",
                {"date": day, "provider": provider or "elsewhere"},
            ),
            ("earlier claim, 30 days before", "history", {"date": earlier}),
        ]
        for c in self.codes:
            for place, where, rest in places:
                spec = {"code": c.first, **rest}
                yield Change("one line more", f"{c.first}, {place}", (Edit("add", where=where, value=spec),))


def _numbers(asked: Iterable[float], used: Iterable[Any]) -> list[str]:
    near = {n + by for n in asked for by in (0, 1)} | {1.0, 2.0}
    near |= {float(u) for u in used}
    return [f"{n:g}" for n in sorted(near) if n >= 1]


def _ends(rule: Rule) -> Iterator[date]:
    yield from _around(rule.effective.first, rule.effective.last)


def _around(first: date | None, last: date | None) -> Iterator[date]:
    """Both days, and those just outside."""
    if first:
        yield from (first, first - timedelta(days=1))
    if last:
        yield from (last, last + timedelta(days=1))
