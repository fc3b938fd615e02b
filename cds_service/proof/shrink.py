"""Makes the example of a fault small: whatever can be left out or made plain, while the fault stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from cds_service.proof.changes import first_day
from cds_service.proof.faults import Fault
from cds_service.proof.givens import DEFAULT_DAY, Given, key_of, moved_by, normal

At = Callable[[Given], list[Fault]]
_PLAIN = {"payer": "other", "place_of_service": "22", "line_of_business": "commercial"}
_KEPT = frozenset({"date", "lines"})


def shrunk(fault: Fault, at: At, tries: int = 400) -> Fault:
    """The same fault at the smallest point found; `at` gives the faults of a point."""
    if fault.given is None:
        return fault
    best, point = fault, normal(fault.given)
    going = True
    while going and tries > 0:
        going = False
        for smaller in _smaller(point):
            tries -= 1
            same = next((f for f in at(smaller) if f.key == fault.key), None)
            if same is not None:
                best, point, going = same.at(smaller), smaller, True
                break
            if tries <= 0:
                break
    return best


def _smaller(given: Given) -> Iterator[Given]:
    """Points that are simpler in one respect, the greatest simplifications first."""
    for where in ("history", "lines", "records", "documents", "attached"):
        entries = given.get(where)
        for index in range(len(entries) if isinstance(entries, list) else 0):
            made = normal(given)
            del made[where][index]
            if where != "lines" or made["lines"]:
                yield made
    for key in sorted(set(given) - _KEPT):
        made = normal(given)
        del made[key]
        yield made
    for key, plain in _PLAIN.items():
        if given.get(key, plain) != plain:
            yield normal(given) | {key: plain}
    for where in ("lines", "history"):
        for index, line in enumerate(given.get(where, [])):
            for key in sorted(set(line) - {"code"}):
                made = normal(given)
                del made[where][index][key]
                yield made
            code, *modifiers = line["code"].split("-")
            for modifier in modifiers:
                made = normal(given)
                made[where][index]["code"] = "-".join((code, *(m for m in modifiers if m != modifier)))
                yield made
    if first_day(given).isoformat() != DEFAULT_DAY:
        made = moved_by(given, date.fromisoformat(DEFAULT_DAY) - first_day(given))
        if key_of(made) != key_of(given):
            yield made
