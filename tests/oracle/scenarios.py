"""Seeded random claims and orders in the vocabulary of the rules: plausible ones, and ones with everything wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tests.oracle.coverage import SLUGS, six_months_before
from tests.oracle.model import CONV_G, IGRT, PAYERS, Document, Line, PastClaim, Record, Scenario, era

BOUNDARIES = (
    date(2014, 12, 31),
    date(2015, 1, 1),
    date(2016, 4, 30),
    date(2016, 5, 1),
    date(2017, 12, 31),
    date(2018, 1, 1),
    date(2023, 5, 15),
    date(2025, 12, 30),
    date(2025, 12, 31),
    date(2026, 1, 1),
)
_MID_DELIVERY = {
    "imrt": ("77385", "77386", "G6015", "G6016"),
    "conventional": ("77402", "77407", "77412", *sorted(CONV_G)),
    "srs": ("77371", "77372"),
    "sbrt": ("77373", "G0339", "G0340"),
    "superficial": ("77401",),
    "proton": ("77520", "77522", "77523", "77525"),
    "neutron": ("77423", "77422"),
    "brachytherapy": ("77767", "77770", "77778", "0394T", "0395T"),
}
_OLD_DELIVERY = {"imrt": ("77418", "0073T"), "conventional": ("77403", "77413", "77412")}
_NEW_DELIVERY = {
    "imrt": ("77407", "77412", "77385"),
    "conventional": ("77402", "77407", "77412", "G6012"),
    "superficial": ("77437", "77438", "77401"),
}
_CODED = {
    "imrt": ("imrt",),
    "conventional": ("3dcrt", "2d", "electron"),
    "srs": ("srs",),
    "sbrt": ("sbrt",),
    "superficial": ("superficial",),
    "proton": ("proton",),
    "neutron": ("neutron",),
    "brachytherapy": ("brachytherapy",),
}
_METHODS = ("ct", "ultrasound", "stereoscopic-xray", "intrafraction-tracking", "mri", "planar", "fluoroscopy")
_GUIDANCE = ("77387", "77387", "77387", "77014", "77014", "G6001", "G6002", "G6002", "G6017")
_SIDE_CODES = (
    *(
        "77427",
        "77427",
        "77301",
        "77295",
        "77338",
        "77435",
        "77432",
        "77290",
        "77280",
        "77263",
        "77336",
        "77417",
    ),
    *("77306", "77334", "77370", "77470", "77431", "77300"),
)
_LOINC = ("28626-0", "34117-2", "18741-9", "18733-6", "11506-3", "18776-5", "80785-9", "18842-5")


def random_scenarios(seed: int, count: int) -> Iterator[Scenario]:
    """`count` scenarios; the same seed gives the same ones. The name holds seed and number."""
    for number in range(count):
        yield random_scenario(f"{seed}/{number}")


def random_scenario(name: str) -> Scenario:
    """The scenario of a name such as `7/1234`."""
    rng = random.Random(name)
    return _order(rng, name) if rng.random() < 0.15 else _claim(rng, name)


def _first_day(rng: random.Random) -> date:
    roll = rng.random()
    if roll < 0.14:
        return rng.choice(BOUNDARIES)
    if roll < 0.20:
        return date(2014, 1, 10) + timedelta(days=rng.randrange(340))
    if roll < 0.42:
        return date(2026, 1, 2) + timedelta(days=rng.randrange(300))
    return date(2015, 1, 2) + timedelta(days=rng.randrange(4000))


def _payer(rng: random.Random) -> str:
    weights = {
        "medicare-ffs": 5,
        "florida-blue": 5,
        "florida-blue-ma": 3,
        "medicare-advantage": 3,
        "other": 3,
    }
    keys = list(PAYERS)
    return rng.choices(keys, [weights.get(key, 1) for key in keys])[0]


def _delivery_code(rng: random.Random, technique: str, day: date) -> str:
    table = {"old": _OLD_DELIVERY, "mid": {}, "new": _NEW_DELIVERY}[era(day)]
    if rng.random() < 0.03:
        table = rng.choice(({}, _OLD_DELIVERY, _NEW_DELIVERY))
    return rng.choice(table.get(technique, _MID_DELIVERY[technique]))


def _guidance(rng: random.Random, day: date, side: str) -> tuple[str, tuple[str, ...]]:
    roll = rng.random()
    code = rng.choice(_GUIDANCE)
    if era(day) == "old":
        code = rng.choice(("77014", "77421", "76950", "0197T", code))
    elif era(day) == "new" and roll < 0.6:
        code = rng.choice(("77387", "77387", "77439"))
    elif roll < 0.04:
        code = rng.choice(("77421", "76950", "0197T"))
    usual = {"physician": "26", "hospital": "TC"}.get(side)
    modifiers: tuple[str, ...] = ()
    if usual and code != "G6017" and rng.random() < 0.55:
        modifiers = (usual,)
    elif rng.random() < 0.25:
        modifiers = (rng.choice(("26", "TC")),)
    if rng.random() < 0.06:
        modifiers = (*modifiers, rng.choice(("59", "XU", "76")))
    return code, modifiers


def _claim(rng: random.Random, name: str) -> Scenario:
    first = _first_day(rng)
    days = [first + timedelta(days=n) for n in range(rng.choice((1, 1, 1, 2, 3)))]
    side = rng.choices(("hospital", "physician", "office", "elsewhere"), (5, 5, 5, 1))[0]
    pos = {"physician": ("19", "21", "22"), "office": ("11", "49"), "elsewhere": (None, "24")}.get(
        side, (None,)
    )
    place = rng.choice(pos)
    technique = rng.choices(
        ("imrt", "conventional", "srs", "sbrt", "superficial", "proton", "neutron", "brachytherapy"),
        (6, 6, 1, 3, 2, 2, 0.5, 0.7),
    )[0]
    lines: list[Line] = []
    own: list[Line] = []
    others: list[Line] = []
    for day in days:
        if rng.random() < 0.05:
            technique = rng.choice(("imrt", "conventional"))
        if rng.random() < {"physician": 0.12, "elsewhere": 0.4}.get(side, 0.8):
            lines.append(Line(_delivery_code(rng, technique, day), day, pos=place))
        elif rng.random() < 0.6:
            others.append(Line(_delivery_code(rng, technique, day), day, pos=place))
        if era(day) == "new" and rng.random() < 0.1:  # before, AST-23 beside another delivery is open
            others.append(
                Line(_delivery_code(rng, rng.choice(("conventional", technique)), day), day, pos=place)
            )
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2))):
            code, modifiers = _guidance(rng, day, side)
            units = rng.choices((1, 2, 3), (20, 2, 1))[0]
            fractions = rng.choice((1, 1, 2)) if rng.random() < 0.15 else None
            lines.append(Line(code, day, modifiers, units, place, fractions))
        if rng.random() < 0.05:
            own.append(Line(*_swap(_guidance(rng, day, side), day), pos=place))
        if rng.random() < 0.05:
            others.append(Line(*_swap(_guidance(rng, day, "hospital"), day), pos=place))
        if rng.random() < 0.25:
            modifiers = ("26",) if side == "physician" and rng.random() < 0.3 else ()
            lines.append(Line(rng.choice(_SIDE_CODES), day, modifiers, pos=place))
    if not lines:
        lines.append(Line("77427", days[0], pos=place))
    lines = [replace(line, sequence=n) for n, line in enumerate(lines, 1)]
    own_type = "institutional" if side == "hospital" else "professional"
    history = []
    if own:
        history.append(PastClaim(own_type, True, tuple(own)))
    if others:
        other_type = (
            "institutional" if own_type == "professional" else rng.choice(("institutional", "professional"))
        )
        history.append(PastClaim(other_type, False, tuple(others)))
    scenario = Scenario(
        name=name,
        payer=_payer(rng),
        lines=tuple(lines),
        claim_type=own_type,
        bill=rng.choice(("0131", "0131", "131", "0851", None)) if side == "hospital" else None,
        history=tuple(history),
        records=_records(rng, technique, days),
    )
    return _with_reasons(rng, scenario)


def _swap(guidance: tuple[str, tuple[str, ...]], day: date) -> tuple[str, date, tuple[str, ...]]:
    return guidance[0], day, guidance[1]


def _records(rng: random.Random, technique: str, days: list[date]) -> tuple[Record, ...]:
    found = []
    if rng.random() < 0.3:
        techniques = [rng.choice(_CODED[technique])]
        if rng.random() < 0.1:
            techniques.append(rng.choice(("imrt", "3dcrt", "electron", "sbrt", "photon")))
        methods = (rng.choice(_METHODS),) if rng.random() < 0.3 else ()
        found.append(Record("course", None, methods, tuple(dict.fromkeys(techniques))))
    elif rng.random() < 0.15:
        found.append(Record("course", None, tuple(rng.sample(_METHODS, rng.choice((1, 1, 2)))), ()))
    for day in days:
        if rng.random() < 0.25:
            seen = tuple(rng.sample(_METHODS, rng.choice((1, 1, 1, 2)))) if rng.random() < 0.8 else ()
            found.append(Record(rng.choice(("fraction", "fraction", "dated")), day, seen, ()))
    return tuple(found)


def _with_reasons(rng: random.Random, bare: Scenario) -> Scenario:
    """The scenario with indications, diagnosis, breath hold, chart, attached documents, a number of fractions and a
    billable period that starts before the first line."""
    start = min(line.date for line in bare.lines)
    documents: tuple[Document, ...] | None = None
    edge = six_months_before(start)
    days = (start, start - timedelta(days=20), edge, edge - timedelta(days=1), start + timedelta(days=1))
    if rng.random() < 0.5:
        documents = tuple(Document(rng.choice(_LOINC), rng.choice(days)) for _ in range(rng.randrange(6)))
    attached: tuple[Document, ...] = ()
    if bare.hook == "claim" and rng.random() < 0.1:
        attached = (Document(rng.choice(_LOINC), rng.choice(days)),)
    slugs: tuple[str, ...] = ()
    if rng.random() < 0.25:
        slugs = (rng.choice((*SLUGS, "concave-convex-target", "hippocampal-sparing")),)
    claim = bare.hook == "claim"
    return replace(
        bare,
        documents=documents,
        attached=attached,
        indications=slugs,
        diagnosis=rng.choice(("C61", "C61", "C50.412", "C79.51")),
        breath_hold=rng.random() < 0.1,
        fractions=rng.choice((1, 1, 2)) if claim and rng.random() < 0.05 else None,
        start=start - timedelta(days=rng.choice((1, 3))) if claim and rng.random() < 0.05 else None,
    )


def _order(rng: random.Random, name: str) -> Scenario:
    day = _first_day(rng)
    technique = rng.choice(sorted(_CODED))
    code, modifiers = _guidance(rng, day, "order")
    if rng.random() < 0.1:
        code = _delivery_code(rng, technique, day)
    if code not in IGRT or rng.random() < 0.6:
        modifiers = ()
    techniques: tuple[str, ...] = (rng.choice(_CODED[technique]),) if rng.random() < 0.6 else ()
    methods = tuple(rng.sample(_METHODS, rng.choice((1, 1, 2)))) if rng.random() < 0.4 else ()
    scenario = Scenario(
        name=name,
        payer=_payer(rng),
        hook="order",
        lines=(Line(code, day, modifiers, sequence=1),),
        records=(Record("course", None, methods, techniques),) if techniques or methods else (),
    )
    return _with_reasons(rng, scenario)
