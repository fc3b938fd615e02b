"""Seeded random claims and orders of Medicare members around an IMRT course: planning, treatment, history, chart."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.oracle.lcd_charts import ROLES, with_chart
from tests.oracle.lcd_model import DEVICES, TREATMENTS, LcdLine, LcdPast, LcdScenario
from tests.oracle.lcd_reasons import CONDITIONS
from tests.oracle.lcd_themes import theme
from tests.oracle.model import CONV_G, IGRT, Document, Record, era

BOUNDARIES = (
    date(2015, 9, 30),
    date(2015, 10, 1),
    date(2019, 12, 31),
    date(2020, 1, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
)
_PAYERS = {
    "medicare-ffs": 8,
    "medicare-advantage": 3,
    "other-payer-medicare": 1,
    "florida-blue-ma": 3,
    "molina-medicare": 2,
    "other": 0.4,
    "florida-blue": 0.3,
}
_DIAGNOSES: tuple[tuple[str, ...], ...] = (
    *[("C61",)] * 6,
    *[("C50.911",)] * 5,
    ("C50.912",),
    ("C79.51",),
    ("C40.21",),
    ("C83.31",),
    ("C61", "C79.51"),
    ("Z51.0", "C50.911"),
    ("C50.911", "Z92.3"),
    ("C79.51", "C50.911"),
    (),
)
_PLANNING = """77301 9, 77263 3, 77290 4, 77300 2, 77295 3, 77338 2, 77334 4, 77332 1, 77333 1, 77331 2, 77370 2,
77306 2, 77307 1, 77321 1, 77316 1, 77318 1, 77293 2, 77336 2, 77470 2, 99213 1.5, 99243 0.5, 77280 0.5, 77262 0.3"""
_TREATMENT = """imrt 9, guidance 4, 77336 3, 77427 4, other 2.5, 77331 1.5, 77334 1.5, 77370 0.7, 77470 0.8, 77301 0.7,
77290 2, 77332 0.4, 77417 0.3, 77306 0.4, brachy 0.3"""
_GUIDANCE = ("77014", "77014", "G6001", "G6002", "G6002", "G6017", "77387")
_MODALITIES = (
    *(
        "external-beam-boost",
        "proton",
        "electron",
        "superficial",
        "neutron",
        "brachytherapy",
        "tbi",
        "hemibody",
    ),
    *("per-oral", "endocavitary", "intraoperative"),
)


@dataclass(frozen=True)
class Plot:
    """What the lines of a scenario share: setting, days of the plan and of the treatment, the delivery family."""

    side: str
    plan: date
    first: date
    family: str
    marks: bool
    diagnoses: tuple[str, ...]


def _weighted(text: str) -> dict[str, float]:
    """Codes or kinds of lines with their weights."""
    pairs = (entry.split() for entry in text.split(","))
    return {name: float(weight) for name, weight in pairs}


def random_scenario(name: str) -> LcdScenario:
    """The scenario of a name such as `lcd/1234`."""
    rng = random.Random(name)
    return _order(rng, name) if rng.random() < 0.12 else _claim(rng, name)


def _start(rng: random.Random) -> date:
    roll = rng.random()
    if roll < 0.12:
        return rng.choice(BOUNDARIES)
    if roll < 0.16:
        return date(2015, 2, 1) + timedelta(days=rng.randrange(240))
    if roll < 0.28:
        return date(2026, 1, 2) + timedelta(days=rng.randrange(250))
    return date(2015, 10, 2) + timedelta(days=rng.randrange(3640))


def _payer(rng: random.Random) -> str:
    return rng.choices(list(_PAYERS), list(_PAYERS.values()))[0]


def _state(rng: random.Random) -> tuple[str | None, str]:
    place = rng.choices(("FL", "GA", None), (90, 5, 5))[0]
    return place, rng.choices(("FL", "GA"), (3, 1))[0]


def _imrt_code(rng: random.Random, plot: Plot, day: date) -> str:
    if plot.family == "stereotactic":
        return rng.choice(("77372", "77373", "G0339", "G0340"))
    if plot.family == "proton":
        return rng.choice(("77520", "77523"))
    if plot.family == "conventional" or era(day) == "new":
        office = plot.side == "office" and era(day) == "mid"
        return rng.choice(sorted(CONV_G)) if office else rng.choice(("77402", "77407", "77412"))
    if plot.side == "office":
        return rng.choices(("G6015", "G6016", "77385"), (6, 3, 1))[0]
    return rng.choices(("77385", "77386", "G6015"), (5, 5, 1))[0]


def _other_code(rng: random.Random, plot: Plot, day: date) -> str:
    """A delivery of another kind: a boost, a superficial or a proton field."""
    codes = [
        "77401",
        "77423",
        "77372",
        "77373",
        "77523",
        *rng.sample(sorted(CONV_G), 5),
        "77402",
        "77412",
        "77422",
    ]
    if era(day) == "new":
        codes = ["77437", "77373", "77423", "77523", "77402"]
    return rng.choice(codes)


def _modifiers(rng: random.Random, plot: Plot, code: str) -> tuple[str, ...]:
    found: list[str] = []
    split = code in IGRT - {"G6017"} | {"77301", "77295", "77338"} | DEVICES
    if split or rng.random() < 0.02:
        usual = {"physician": "26", "hospital": ""}.get(plot.side, "")
        component = rng.choices((usual, "26", "TC", ""), (8, 1.5, 1, 2))[0]
        if code in DEVICES and rng.random() < 0.4:
            component = rng.choice(("26", ""))
        found += [component] if component else []
    if code in DEVICES and rng.random() < 0.35:
        found.append(rng.choice(("59", "59", "XU", "XU", "XE", "XS", "76")))
    elif rng.random() < 0.04:
        found.append(rng.choice(("59", "XU", "XS", "76")))
    return tuple(found)


def _line(rng: random.Random, plot: Plot, part: str, place: str | None, days: list[date]) -> LcdLine:
    pool = _weighted(_PLANNING if part == "plan" else _TREATMENT)
    code = rng.choices(list(pool), list(pool.values()))[0]
    day = rng.choice(days) if part == "treat" else plot.plan
    if part == "plan":
        if code in {"77290", "77263"}:
            day += timedelta(days=rng.choice((-7, -2, 0, 0, 1)))
        elif code not in {"77301"}:
            day += timedelta(days=rng.choice((0, 0, 0, -1, 1, 3, 6)))
    if code == "imrt":
        code = _imrt_code(rng, plot, day)
    elif code == "other":
        code = _other_code(rng, plot, day)
    elif code == "guidance":
        code = "77387" if era(day) == "new" else rng.choice(_GUIDANCE)
    elif code == "brachy":
        code = rng.choice(("77770", "77778"))
    units = rng.choices((1, 2, 3), (22, 2, 0.6))[0]
    if code in {"77336", "77427"}:
        units = rng.choices((1, 2, 3, 5), (10, 3, 1, 1))[0]
    if code in DEVICES:
        units = rng.choices((1, 2, 4, 7), (6, 3, 2, 2))[0]
    end = None
    if code in {"77336", "77427", "G6015", "G6016", "77385", "77386"} and rng.random() < 0.06:
        end = day + timedelta(days=rng.choice((4, 10, 25)))
        units = rng.choice((1, 2, 5))
    return LcdLine(
        code,
        day,
        _modifiers(rng, plot, code),
        units,
        place,
        end=end,
        rendering=rng.choice(("anna", "bert", None, None)) if code in {"77263", "99213", "99243"} else None,
        performer=rng.choice((*ROLES, "nurse")) if code in IGRT and rng.random() < 0.1 else None,
        level=rng.choice(("none", "general", "direct")) if code in IGRT and rng.random() < 0.1 else None,
        fractions=rng.choice((1, 1, 2)) if code in IGRT | TREATMENTS and rng.random() < 0.08 else None,
    )


def _lines(rng: random.Random, plot: Plot, part: str, count: int) -> list[LcdLine]:
    """Lines of one claim. No guidance beside a delivery with a span: which days it was given on is not known."""
    place = {"physician": rng.choice(("19", "21", "22")), "office": rng.choice(("11", "49"))}.get(plot.side)
    if plot.side == "elsewhere":
        place = rng.choice((None, "24"))
    week = plot.first + timedelta(days=7 * rng.randrange(4))
    days = [week + timedelta(days=rng.randrange(5)) for _ in range(rng.choice((1, 2, 2, 3)))]
    parts = (part,) if part != "mixed" else ("plan", "treat")
    lines = [_line(rng, plot, rng.choice(parts), place, days) for _ in range(count)]
    spans = any(line.spans for line in lines)
    lines = [line for line in lines if line.code not in IGRT or not spans]
    if plot.marks:
        lines = [replace(line, course=rng.choice(("A", "A", "A", "B"))) for line in lines]
    if len(plot.diagnoses) > 1 and rng.random() < 0.6:
        lines = [replace(line, pointers=rng.choice(((1,), (1,), (2,), (1, 2)))) for line in lines]
    lines = lines or [LcdLine("77300", plot.plan, pos=place)]
    return [replace(line, sequence=n) for n, line in enumerate(lines, 1)]


def _claim(rng: random.Random, name: str) -> LcdScenario:
    start = _start(rng)
    payer = _payer(rng)
    plot = Plot(
        side=rng.choices(("hospital", "physician", "office", "elsewhere"), (5, 5, 6, 0.7))[0],
        plan=start,
        first=start + timedelta(days=rng.choice((0, 1, 4, 7, 10))),
        family=rng.choices(("imrt", "conventional", "stereotactic", "proton"), (14, 1.5, 1.5, 1))[0],
        marks=rng.random() < 0.1,
        diagnoses=rng.choice(_DIAGNOSES),
    )
    if rng.random() < 0.4:
        return _themed(rng, name, payer, plot)
    part = rng.choice(("plan", "plan", "treat", "treat", "mixed"))
    lines = _lines(rng, plot, part, rng.choice((1, 2, 3, 3, 4, 5)))
    place, home = _state(rng)
    scenario = LcdScenario(
        name=name,
        payer=payer,
        lines=tuple(lines),
        claim_type="institutional" if plot.side == "hospital" else "professional",
        bill=rng.choice(("0131", "131", "0851", None)) if plot.side == "hospital" else None,
        history=_history(rng, plot, part),
        place=place,
        home=home,
        diagnoses=plot.diagnoses,
        complete=rng.choices((True, None, False), (7, 12, 1))[0],
        modalities=tuple(rng.sample(_MODALITIES, rng.choice((1, 1, 2)))) if rng.random() < 0.12 else (),
        course_fractions=None if plot.marks or rng.random() < 0.85 else rng.choice((1, 4, 5, 6, 10, 16)),
        fractions=None if plot.marks or rng.random() < 0.85 else rng.choice((1, 1, 2, 5, 6, 10)),
        level=rng.choice(("none", "none", "general", "general", "direct", "personal"))
        if rng.random() < 0.4
        else None,
        performer=rng.choice(("nurse", *ROLES)) if rng.random() < 0.25 else None,
        records=_records(rng, lines),
        spine=rng.random() < 0.05,
    )
    return with_chart(rng, scenario)


def _themed(rng: random.Random, name: str, payer: str, plot: Plot) -> LcdScenario:
    """A claim about one matter, see `lcd_themes`."""
    matter = theme(rng, plot.side, plot.plan)
    guided = not any(line.spans for line in (*matter.lines, *matter.past))
    mine = _numbered(rng, plot.side, matter.lines, guided=guided)
    past = _numbered(rng, matter.past_side, matter.past, guided=guided)
    kind = "institutional" if matter.past_side == "hospital" else "professional"
    diagnoses = plot.diagnoses if rng.random() < 0.85 else rng.choice((("C50.919",), (), ("C34.11",)))
    place, home = _state(rng)
    scenario = LcdScenario(
        name=name,
        payer=payer,
        lines=tuple(mine),
        claim_type="institutional" if plot.side == "hospital" else "professional",
        bill=rng.choice(("0131", "0851", None)) if plot.side == "hospital" else None,
        history=(LcdPast(kind, matter.past_own, tuple(past), diagnoses),) if past else (),
        place=place,
        home=home,
        diagnoses=plot.diagnoses,
        complete=rng.choice((True, None, None)),
        course_fractions=rng.choice((None, None, None, 1, 5, 6, 11)),
        fractions=rng.choice((None, None, None, None, 1, 5, 6)),
        level=rng.choice((None, None, "none", "general", "direct")),
        performer=rng.choice((None, None, None, "nurse")),
        indications=("narrow-margins",) if rng.random() < 0.7 else (),
    )
    roll = rng.random()
    if roll < 0.4:
        return scenario
    more = with_chart(rng, scenario).papers if roll < 0.7 else ()
    unmapped = (Document("28626-0", plot.plan),) if roll > 0.95 else ()
    return replace(scenario, documents=unmapped, papers=() if unmapped else (*matter.papers, *more))


def _numbered(rng: random.Random, side: str, lines: tuple[LcdLine, ...], *, guided: bool) -> list[LcdLine]:
    place = {"physician": rng.choice(("19", "22")), "office": "11", "hospital": None}.get(side, "24")
    kept = [line for line in lines if line.code not in IGRT or guided]
    if lines and not kept:
        kept = [LcdLine("77300", lines[0].date)]
    return [replace(line, sequence=n, pos=place) for n, line in enumerate(kept, 1)]


def _history(rng: random.Random, plot: Plot, part: str) -> tuple[LcdPast, ...]:
    found = []
    for _ in range(rng.choices((0, 1, 2), (4, 6, 2))[0]):
        own = rng.random() < 0.6
        side = plot.side if own else rng.choice(("hospital", "physician", "office"))
        shift = timedelta(days=rng.choices((0, -20, -59, -60, -61, -90, 5), (9, 2, 1, 1, 1, 1, 1))[0])
        diagnoses = plot.diagnoses
        if rng.random() < 0.25:
            diagnoses = rng.choice((("C50.919",), ("C79.52",), ("C34.11",), (), ("C61",)))
        there = replace(
            plot, side=side, plan=plot.plan + shift, first=plot.first + shift, diagnoses=diagnoses
        )
        other = rng.choice(("plan", "treat")) if part == "mixed" or rng.random() < 0.3 else None
        lines = _lines(rng, there, other or ("treat" if part == "plan" else "plan"), rng.choice((1, 2, 3)))
        if rng.random() < 0.3:  # services of the plan that are billed before it
            lines = [line for line in lines if line.code != "77301"] or lines
        reasons = (rng.choice(CONDITIONS),) if rng.random() < 0.1 else ()
        kind = "institutional" if side == "hospital" else "professional"
        found.append(LcdPast(kind, own, tuple(lines), diagnoses, reasons))
    return tuple(found)


def _records(rng: random.Random, lines: list[LcdLine]) -> tuple[Record, ...]:
    roll = rng.random()
    if roll < 0.12:
        return (Record("course", None, (), ("imrt",)),)
    if roll < 0.15:
        return (Record("course", None, (), (rng.choice(("3dcrt", "sbrt")),)),)
    if roll < 0.25:
        days = sorted({line.date for line in lines})
        return tuple(Record("fraction", day) for day in days for _ in range(rng.choice((1, 1, 2))))
    return ()


def _order(rng: random.Random, name: str) -> LcdScenario:
    day = _start(rng)
    code = rng.choice(
        (
            *(
                "77301",
                "77301",
                "77385",
                "G6015",
                "77412",
                "77014",
                "G6001",
                "G6002",
                "77387",
                "77427",
                "77336",
            ),
            *("77470", "77306", "77316", "77370", "77334", "77300", "77263", "77290", "G6012", "77373"),
            *("77295", "77331", "G6017", "77401"),
        )
    )
    techniques = rng.choice((("imrt",), ("imrt",), (), ("3dcrt",), ("sbrt",)))
    modifiers = ("26",) if code == "77301" and rng.random() < 0.1 else ()
    if code == "77334" and rng.random() < 0.5:
        modifiers = (rng.choice(("59", "XU", "26")),)
    place, home = _state(rng)
    payer = _payer(rng)
    scenario = LcdScenario(
        name=name,
        payer=payer,
        hook="order",
        lines=(LcdLine(code, day, modifiers, sequence=1),),
        records=(Record("course", None, (), techniques),) if techniques else (),
        place=place,
        home=home,
        diagnoses=rng.choice(_DIAGNOSES),
    )
    if rng.random() < 0.5:
        side = rng.choice(("hospital", "physician", "office"))
        first = day + timedelta(days=rng.choice((-3, 0, 3)))
        plan = day - timedelta(days=rng.choice((0, 9, 59)))
        plot = Plot(side, plan, first, "imrt", marks=False, diagnoses=scenario.diagnoses)
        history = _history(rng, plot, rng.choice(("plan", "treat", "mixed")))
        scenario = replace(scenario, history=history)
    return with_chart(rng, scenario)
