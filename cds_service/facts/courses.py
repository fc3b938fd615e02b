"""Which lines are one course of treatment: by the mark they carry, else derived (contract section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from cds_service.engine.record import record
from cds_service.facts.case import Line
from cds_service.facts.periods import chained

GAP = timedelta(days=60)
"""The longest time without any radiotherapy line that a derived course can hold."""


@record(frozen=True, slots=True)
class Membership:
    """Numbers of the lines of one course: those that surely belong to it, and those that may.

    A line is doubtful when only time and the three-character category, or time alone, link it.
    """

    sure: tuple[int, ...]
    doubtful: tuple[int, ...]


class Partition(Mapping[int, Membership]):
    """The course of each line, by the line's number. All lines are radiotherapy lines of one patient.

    What may belong to a course is sought when the course is asked for: many orders in one call ask for few.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        groups = _Groups(len(lines))
        groups.join_all(_same_mark(lines))
        groups.join_all(_same_claim(lines))
        groups.join_all(_same_diagnosis_in_time(lines))
        self._lines = lines
        self._members = {number: members for members in groups.members() for number in members}
        self._found: dict[int, Membership] = {}

    def __getitem__(self, number: int) -> Membership:
        members = self._members[number]
        found = self._found.get(members[0])
        if found is None:
            found = self._found[members[0]] = Membership(members, _doubtful(members, self._lines))
        return found

    def __iter__(self) -> Iterator[int]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def _same_mark(lines: Sequence[Line]) -> Iterable[list[int]]:
    by_mark: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.course:
            by_mark[line.course].append(number)
    return by_mark.values()


def _same_claim(lines: Sequence[Line]) -> Iterable[list[int]]:
    """Unmarked lines of one claim with one diagnosis are one course, whatever lies between their dates."""
    by_claim: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if not line.course and line.course_diagnosis:
            by_claim[line.resource, line.course_diagnosis].append(number)
    return by_claim.values()


def _same_diagnosis_in_time(lines: Sequence[Line]) -> Iterable[list[int]]:
    by_diagnosis: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.course_diagnosis and not _anywhere(line):
            by_diagnosis[line.course_diagnosis].append(number)
    for numbers in by_diagnosis.values():
        for run in _runs(numbers, lines):
            if len({lines[n].course for n in run} - {""}) > 1:  # two marked courses at one time stay two
                run = [n for n in run if not lines[n].course]
            yield run


def _anywhere(line: Line) -> bool:
    """Whether the line's date, a year, leaves open what it is near to."""
    return line.begins_by is not None and line.begins_by - line.start > GAP


def _runs(numbers: Iterable[int], lines: Sequence[Line]) -> Iterable[list[int]]:
    ordered = sorted(numbers, key=lambda n: lines[n].start)
    run = [ordered[0]]
    reached = lines[ordered[0]].end
    for number in ordered[1:]:
        if lines[number].start - reached > GAP:
            yield run
            run = []
        run.append(number)
        reached = max(reached, lines[number].end)
    yield run


def _doubtful(members: tuple[int, ...], lines: Sequence[Line]) -> tuple[int, ...]:
    own = set(members)
    marked = any(lines[n].course for n in members)
    diagnoses = {lines[n].course_diagnosis for n in members}
    categories = {code[:3] for code in diagnoses if code}
    may = [
        n
        for n, line in enumerate(lines)
        if n not in own
        and not (marked and line.course)
        and ("" in diagnoses or not line.course_diagnosis or line.course_diagnosis[:3] in categories)
    ]
    around = (min(lines[n].start for n in members), max(lines[n].end for n in members))
    return tuple(may[k] for k in chained([(lines[n].start, lines[n].end) for n in may], around, GAP))


class _Groups:
    """Numbers joined into groups."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def join_all(self, groups: Iterable[Sequence[int]]) -> None:
        for group in groups:
            for number in group[1:]:
                self._parent[self._root(number)] = self._root(group[0])

    def members(self) -> Iterable[tuple[int, ...]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._parent)):
            found[self._root(number)].append(number)
        return (tuple(numbers) for numbers in found.values())
