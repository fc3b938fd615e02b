"""Random claims about one matter each: those that the general generator meets too seldom."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.lcd_model import LcdLine, Paper
from tests.oracle.model import CONV_G, era


@dataclass(frozen=True)
class Theme:
    """Lines of the claim, lines of one earlier claim (its side and whether it is the own biller's), documents."""

    lines: tuple[LcdLine, ...]
    past: tuple[LcdLine, ...]
    past_side: str
    past_own: bool
    papers: tuple[Paper, ...] = ()


def theme(rng: random.Random, side: str, start: date) -> Theme:
    """One of the matters below, its lines in the setting of a side."""
    lines, papers = rng.choice((_replan, _devices, _visit, _watched, _same_day, _simulations, _weeks))(
        rng, side, start
    )
    mine = tuple(line for line in lines if rng.random() < 0.75) or (lines[0],)
    past = tuple(line for line in lines if line not in mine)
    return Theme(mine, past, rng.choice((side, side, "hospital", "physician")), rng.random() < 0.6, papers)


def _at(start: date, number: int) -> date:
    return start + timedelta(days=number)


def _component(rng: random.Random, side: str) -> tuple[str, ...]:
    usual = {"physician": ("26",)}.get(side, ())
    return rng.choices((usual, ("26",), ("TC",), ()), (8, 1, 1, 1))[0]


def _delivery(rng: random.Random, side: str, day: date) -> str:
    if era(day) == "new":
        return "77412"
    return rng.choice(("G6015", "G6015", "G6016")) if side == "office" else rng.choice(("77385", "77386"))


def _replan(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Two or three plans, documents and simulations around their dates."""
    days = [0, rng.choice((10, 20))]
    if rng.random() < 0.3:
        days.append(days[-1] + rng.choice((0, 15)))
    lines = [
        LcdLine("77301", _at(start, n), _component(rng, side), rng.choice((1, 1, 1, 1, 2))) for n in days
    ]
    around = (-1, 0, 1, 9, days[1] - 1, days[1], days[1] + 1, days[-1])
    for _ in range(rng.choice((0, 1, 2))):
        lines.append(LcdLine("77290", _at(start, rng.choice(around))))
    if rng.random() < 0.3:
        lines.append(LcdLine("77334", _at(start, rng.choice(around)), ("26",), rng.choice((4, 6, 7))))
    papers = [
        Paper(slug, None if rng.random() < 0.1 else _at(start, rng.choice(around)))
        for slug in ("anatomy-change", "anatomy-change", "repeat-planning-ct", "repeat-planning-ct")
        if rng.random() < 0.6
    ]
    return lines, tuple(papers)


def _devices(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Devices with and without modifiers, a plan, 77338, sometimes a boost."""
    lines = [
        LcdLine("77301", start, _component(rng, side)),
        LcdLine(_delivery(rng, side, start), _at(start, 7)),
    ]
    for _ in range(rng.choice((1, 2, 3))):
        modifiers = rng.choice((("26",), ("26",), ("26", "59"), ("59",), ("XU",), ("XE",), ("TC",), ()))
        day = _at(start, rng.choice((0, 3, 7, 8, 12, 19, 20, 21)))
        lines.append(
            LcdLine(rng.choice(("77332", "77333", "77334")), day, modifiers, rng.choice((1, 2, 3, 5, 7)))
        )
    if rng.random() < 0.3:
        lines.append(LcdLine("77338", _at(start, rng.choice((0, 3, 8))), _component(rng, side)))
    if rng.random() < 0.3:
        code = "77373" if era(start) == "new" else rng.choice(("G6012", "77412"))
        lines.append(LcdLine(code, _at(start, rng.choice((28, 40, 41)))))
    papers = (Paper("device-necessity", start),) if rng.random() < 0.3 else ()
    return lines, (*papers, Paper("dvh-review", start))


def _visit(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Clinical planning around the plan, with a visit of the same or another day."""
    day = _at(start, rng.choice((-2, 0, 1, 3)))
    who = (None, "anna", "anna", "bert")
    lines = [
        LcdLine("77301", start, _component(rng, side)),
        LcdLine(rng.choice(("77263", "77263", "77262")), day, rendering=rng.choice(who)),
        LcdLine(
            rng.choice(("99213", "99204", "99245", "99231")),
            _at(day, rng.choice((0, 0, 0, 1))),
            rendering=rng.choice(who),
        ),
    ]
    if rng.random() < 0.3:
        lines.append(LcdLine("77263", _at(day, rng.choice((0, 2))), rendering=rng.choice(who)))
    return lines, ()


def _watched(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Guidance on days of delivery, with supervision of the line, and a review of the images."""
    lines = []
    for number in rng.sample((0, 1, 2, 7), rng.choice((1, 2))):
        day = _at(start, number)
        code = "77387" if era(day) == "new" else rng.choice(("G6001", "G6002", "77014", "77014", "G6017"))
        lines.append(LcdLine(_delivery(rng, side, day), day))
        level = rng.choice((None, "none", "general", "direct", "personal"))
        performer = rng.choice((None, None, "nurse", "radiation-therapist"))
        lines.append(LcdLine(code, day, _component(rng, side), level=level, performer=performer))
    review = Paper("igrt-physician-review", rng.choice((None, start, _at(start, 1), _at(start, 7))))
    return lines, (review, Paper("dvh-review", start)) if rng.random() < 0.5 else (
        Paper("dvh-review", start),
    )


def _same_day(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Two deliveries of a day or of neighbouring days."""
    other = rng.choice((*rng.sample(sorted(CONV_G), 3), "77401", "77423", "77422", "77373", "77372", "G0339"))
    modifiers = rng.choice(((), (), ("59",), ("XS",), ("76",)))
    end = _at(start, 4) if rng.random() < 0.1 else None
    lines = [
        LcdLine(rng.choice(("G6015", "G6015", "G6016", "77385")), start, (), rng.choice((1, 1, 2)), end=end),
        LcdLine(other, _at(start, rng.choice((0, 0, 0, 1))), modifiers),
    ]
    if rng.random() < 0.3:
        lines.append(LcdLine(rng.choice(("77307", "77470", "77334")), start))
    if rng.random() < 0.2:
        lines.append(LcdLine("G6015", start, ("76",), fractions=rng.choice((None, 1, 2))))
    return lines, ()


def _simulations(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Simulations before, on and after the first delivery."""
    lines = [
        LcdLine("77290", start),
        LcdLine("77301", _at(start, rng.choice((0, 2)))),
        LcdLine(_delivery(rng, side, start), _at(start, 7)),
        LcdLine("77290", _at(start, rng.choice((6, 7, 8, 12)))),
    ]
    slugs = ("simulation-note", "repeat-planning-ct", "anatomy-change", "dvh-review")
    return lines, tuple(Paper(slug, start) for slug in slugs if rng.random() < 0.4)


def _weeks(rng: random.Random, side: str, start: date) -> tuple[list[LcdLine], tuple[Paper, ...]]:
    """Deliveries over some weeks with physics checks and management."""
    first = rng.randrange(7)
    days = [first, *sorted(rng.sample(range(first + 1, first + 24), rng.choice((1, 2, 4))))]
    lines = [LcdLine(_delivery(rng, side, _at(start, n)), _at(start, n)) for n in days]
    for code in rng.choice((("77336",), ("77427",), ("77336", "77427"))):
        for _ in range(rng.choice((1, 2, 2, 3))):
            day = _at(start, rng.choice((*days, 0, 0)))
            end = _at(day, 6) if rng.random() < 0.1 else None
            lines.append(LcdLine(code, day, (), rng.choice((1, 1, 2, 3)), end=end))
    if rng.random() < 0.5:
        lines.append(LcdLine("77301", start, _component(rng, side)))
    return lines, ()
