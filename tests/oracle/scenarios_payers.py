"""Seeded random claims and orders for Molina (`molina/...`) and the CVS programme (`cvs/...`).

They take a scenario of `scenarios` and add what only these rules look at: lines of business, the day on which Molina's
policy began, intent, body site, several diagnoses with pointers, coded techniques of single days, a second coverage.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from tests.oracle.coverage import SLUGS
from tests.oracle.model import DELIVERY, IGRT, MOLINA_FROM, PAYERS, Line, PastClaim, Record, Scenario, era
from tests.oracle.scenarios import random_scenario
from tests.oracle.technique import all_lines

MOLINA = [key for key, payer in PAYERS.items() if payer.molina]
_DIAGNOSES = (
    ("C61",),
    ("C61", "C79.51"),
    ("C79.51",),
    ("C79.51",),
    ("C79.51", "C61"),
    ("Z51.0", "C79.51"),
    ("Z51.0", "C50.412", "C79.51"),
    ("C79.31",),
    ("C79.31", "C79.51"),
    ("C79.51", "C78.00"),
    ("C79.52", "C79.51"),
    ("C79.52",),
    ("D05.12", "C61"),
    ("D32.0",),
    ("M61.9", "Z51.0"),
    ("D32.0", "C61"),
    ("Z51.0",),
)
_CODED = (
    "3dcrt",
    "3dcrt",
    "3dcrt",
    "2d",
    "2d",
    "electron",
    "electron",
    "imrt",
    "sbrt",
    "neutron",
    "superficial",
    "photon",
)
_REASONS = (*SLUGS, "hippocampal-sparing", "close-to-critical-structure", "prior-irradiation-adjacent")


def payer_scenario(name: str) -> Scenario:
    """The scenario of a name such as `molina/7/12` or `cvs/7/12`; the same name gives the same one."""
    rng = random.Random(f"payer {name}")
    scenario = _elsewhere(rng, random_scenario(name))
    if name.startswith("span/"):
        return _with_spans(rng, scenario)
    if name.startswith("molina/"):
        scenario = replace(scenario, payer=rng.choice(MOLINA))
        if rng.random() < 0.15:
            scenario = _at_the_start_of_the_policy(rng, scenario)
    else:
        scenario = _programme(rng, scenario)
    # The contractor's text for Medicare members in Florida is not this evaluator's.
    in_florida = rng.random() < 0.25 and not scenario.facts.medicare
    return replace(scenario, state="FL") if in_florida else scenario


def _with_spans(rng: random.Random, bare: Scenario) -> Scenario:
    """The claim with some lines over several days, each of which has the delivery of the first day, billed by another:
    whose technique holds for a span with different days is open in 1.3."""
    delivered = {line.date: line.code for line in all_lines(bare) if line.code in DELIVERY}
    lines = tuple(_spanning(rng, line, delivered) for line in bare.lines)
    more = []
    for line in lines:
        days = (line.end - line.date).days if line.end and line.date in delivered else 0
        later = [line.date + timedelta(days=n) for n in range(1, days + 1)]
        more += [Line(delivered[line.date], day) for day in later if day not in delivered]
    past = (PastClaim("institutional", False, tuple(dict.fromkeys(more))),) if more else ()
    return replace(bare, lines=lines, history=(*bare.history, *past), records=())


def _spanning(rng: random.Random, line: Line, delivered: dict[date, str]) -> Line:
    """The same line over several days of its era. Deliveries stay on their day: whether one that spans a week is a
    delivery of each of its days is open in 1.3."""
    end = line.date + timedelta(days=rng.choice((1, 3, 4)))
    if rng.random() < 0.5 or line.code in DELIVERY or era(end) != era(line.date):
        return line
    if any(line.date < day <= end and code != delivered.get(line.date) for day, code in delivered.items()):
        return line
    return replace(line, end=end)


def _elsewhere(rng: random.Random, scenario: Scenario) -> Scenario:
    """Another state, and a second coverage that the claim is not sent to."""
    other, programme = None, False
    if scenario.hook == "claim" and rng.random() < 0.15:
        other, programme = rng.choice(list(PAYERS)), rng.random() < 0.3
    return replace(scenario, state=rng.choice(("GA", "TX")), other_coverage=other, other_programme=programme)


def _at_the_start_of_the_policy(rng: random.Random, scenario: Scenario) -> Scenario:
    first = min(line.date for line in scenario.lines)
    if any(era(line.date) != "mid" for line in scenario.lines):
        return scenario
    return _moved(scenario, MOLINA_FROM - first - timedelta(days=rng.choice((0, 1, 1, 2))))


def _moved(scenario: Scenario, by: timedelta) -> Scenario:
    """The same story on other days. Documents keep their distance to the service."""

    def later(day: date | None) -> date | None:
        return day + by if day else None

    def lines(found: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(replace(line, date=line.date + by, end=later(line.end)) for line in found)

    past = tuple(PastClaim(claim.claim_type, claim.own, lines(claim.lines)) for claim in scenario.history)
    seen = scenario.documents
    return replace(
        scenario,
        lines=lines(scenario.lines),
        history=past,
        records=tuple(replace(record, date=later(record.date)) for record in scenario.records),
        documents=seen and tuple(replace(document, date=document.date + by) for document in seen),
        attached=tuple(replace(document, date=document.date + by) for document in scenario.attached),
        start=later(scenario.start),
    )


def _programme(rng: random.Random, bare: Scenario) -> Scenario:
    codes = rng.choice(_DIAGNOSES)
    slugs: tuple[str, ...] = ()
    if rng.random() < 0.25:
        slugs = (rng.choice(_REASONS),)
    scenario = replace(
        bare,
        payer=rng.choice((bare.payer, bare.payer, rng.choice(list(PAYERS)))),
        programme=rng.random() < 0.95,
        intent=rng.choice(("curative", "palliative", "palliative", None)),
        whole_brain=rng.random() < 0.15,
        diagnosis=codes[0],
        more_diagnoses=codes[1:],
        indications=slugs,
        records=_records(rng, bare),
    )
    if bare.hook == "order":
        return scenario
    return replace(scenario, lines=tuple(_pointing(rng, line, len(codes)) for line in bare.lines))


def _pointing(rng: random.Random, line: Line, count: int) -> Line:
    everything = tuple(range(1, count + 1))
    some = (rng.randint(1, count),)
    return replace(line, points=rng.choice(((), some, some, everything)))


def _records(rng: random.Random, bare: Scenario) -> tuple[Record, ...]:
    """Mostly a coded technique of the course; now and then one of a single day."""
    records = list(bare.records)
    if bare.hook == "claim":
        for day in sorted({line.date for line in bare.lines if line.code in IGRT}):
            if rng.random() < 0.12:
                records.append(Record(rng.choice(("fraction", "dated")), day, (), (rng.choice(_CODED),)))
    if rng.random() < 0.5:
        techniques = [rng.choice(_CODED)]
        if rng.random() < 0.15:
            techniques.append(rng.choice(_CODED))
        records = [record for record in records if record.what != "course"]
        records.append(Record("course", None, (), tuple(dict.fromkeys(techniques))))
    course = [technique for record in records if record.what == "course" for technique in record.techniques]
    if "electron" not in course:
        return tuple(records)
    # Open in CVS-17: a course of electron and a technique with delivery codes of its own, seen on a conventional day;
    # and whether the record of a day in photons is one of the "other deliveries" of the course.
    if not set(course) <= {"electron", "3dcrt", "2d", "photon"}:
        course = ["electron"]
    records = [record for record in records if record.what != "course" and not record.techniques]
    records.append(Record("course", None, (), tuple(course)))
    return tuple(records)
