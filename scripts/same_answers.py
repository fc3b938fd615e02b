"""`python -m scripts.same_answers FILE`: what this tree answers to many points, to compare two trees line by line.

Points are every fixture, fixtures with codes, modifiers, dates and places changed at random, and claims and orders
made of random facts; the same seed gives the same points. Run it in both trees and compare the files:

    python -m scripts.same_answers before.txt      (in the old tree)
    python -m scripts.same_answers after.txt       (in the new one)
    cmp before.txt after.txt
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fhir_fixtures
from cds_service.books import standard_library
from cds_service.facts.given import build_case
from cds_service.facts.given_edits import build_edits
from cds_service.facts.registry import METHODS, MODALITIES, TECHNIQUES
from cds_service.facts.views import CaseView
from cds_service.service import Advisor

DAY = date(2026, 11, 22)
_DATE = re.compile(r'"20[12][0-9]-[01][0-9]-[0-3][0-9]')
_CODE = re.compile(r'"code":"([0-9]{5}|G[0-9]{4})((?:[-:][A-Z0-9]{2})*)"')
_ERAS = (
    "2014-12-31",
    "2015-01-01",
    "2016-05-01",
    "2020-11-19",
    "2020-11-20",
    "2023-06-05",
    "2025-12-31",
    "2026-02-03",
)
_MODIFIERS = ("26", "TC", "59", "XE", "XU", "76", "GY")
_DIAGNOSES = ("C61", "C50.912", "C34.11", "C71.9", "C79.31", "D05.12", "Z51.0", "M79.1")
_DOCUMENTS = ("18776-5", "11488-4", "treatment-plan", "igrt-order", "physician-order", "imrt-statement")
_PAYERS = ("medicare-ffs", "molina", "florida-blue", "other", "unknown")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one line for each point: its name and the digest of what was answered."""
    parser = argparse.ArgumentParser(prog="python -m scripts.same_answers", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--points", type=int, default=20_000, help="random cases (default: %(default)s)")
    parser.add_argument(
        "--changed", type=int, default=6, help="changes of each fixture (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--whole", action="store_true", help="write the answers themselves, not their digests"
    )
    options = parser.parse_args(arguments)
    counts = dict.fromkeys(("fixtures", "changed fixtures", "random cases"), 0)
    spoke = 0
    with options.file.open("w", encoding="utf-8") as out:
        for kind, name, answer, speaks in points(options.points, options.changed, options.seed):
            shown = answer if options.whole else hashlib.sha256(answer.encode()).hexdigest()
            out.write(f"{name} {shown}\n")
            counts[kind] += 1
            spoke += speaks
    print(
        ", ".join(f"{number} {kind}" for kind, number in counts.items()), f"- {spoke} of them with findings"
    )


def points(random_cases: int, changed: int, seed: int) -> Iterator[tuple[str, str, str, bool]]:
    """Kind, name and answer of each point, and whether anything was found."""
    library = standard_library()
    advisor = Advisor(library)
    draw = random.Random(seed)  # noqa: S311 - points to compare, no secrets
    codes = sorted(library.knowledge.catalogue.codes)
    for story in fhir_fixtures.stories():
        body = json.dumps(story.request(), separators=(",", ":"))
        for number in range(changed + 1):
            text = _changed(body, codes, draw) if number else body
            answer = advisor.advise(story.service, text.encode(), DAY)
            kind = "changed fixtures" if number else "fixtures"
            yield kind, f"{story.name}/{number}", answer.encode().decode(), bool(answer.issued)
    for number in range(random_cases):
        given = _given(codes, draw)
        knowledge = replace(library.knowledge, edits=build_edits(given))
        found = library.engine.evaluate(CaseView(build_case(given), knowledge))
        yield "random cases", f"case/{number}", repr(found), bool(found)


def _changed(body: str, codes: Sequence[str], draw: random.Random) -> str:
    """One of a few things in a body is another one."""

    def code(match: re.Match[str]) -> str:
        return f'"code":"{draw.choice(codes)}{match[2]}"' if draw.random() < 0.3 else match[0]

    def day(match: re.Match[str]) -> str:
        if draw.random() > 0.3:
            return match[0]
        moved = date.fromisoformat(draw.choice(_ERAS)) + timedelta(days=draw.randrange(-40, 40))
        return f'"{moved.isoformat()}'

    text = _CODE.sub(code, body)
    text = _DATE.sub(day, text) if draw.random() < 0.5 else text
    if draw.random() < 0.3:
        place = draw.choice(("11", "19", "22", "49", "81"))
        text = re.sub(r'("code":)"(?:11|19|21|22|49)"', rf'\1"{place}"', text)
    if draw.random() < 0.2:
        text = re.sub(r'"(26|TC)"', lambda _: f'"{draw.choice(_MODIFIERS)}"', text)
    if draw.random() < 0.2:
        text = text.replace('"institutional"', '"professional"')
    return text


def _given(codes: Sequence[str], draw: random.Random) -> Mapping[str, Any]:
    """A claim or order of random facts, near each other in time, so that rules meet."""
    era = date.fromisoformat(draw.choice(_ERAS))
    some = draw.sample(codes, 4)

    def line() -> dict[str, Any]:
        first = era + timedelta(days=draw.choice((0, 0, 0, 1, 7, 40, 70)))
        made: dict[str, Any] = {
            "code": "-".join((draw.choice(some), *_few(_MODIFIERS, draw))),
            "date": first.isoformat(),
        }
        made |= {"units": str(draw.choice((1, 1, 1, 2, 3, 6)))}
        for key, values in (
            ("through", ((first + timedelta(days=5)).isoformat(),)),
            ("provider", ("one", "two")),
            ("course", ("c1", "c2")),
            ("rendering", ("r1", "r2")),
            ("fractions", ("1", "2")),
            ("supervision", ("none", "general", "direct", "personal")),
            ("performer_role", ("physician", "physicist")),
        ):
            if draw.random() < 0.15:
                made[key] = draw.choice(values)
        if draw.random() < 0.3:
            made["diagnoses"] = _few(_DIAGNOSES, draw)
        return made

    made: dict[str, Any] = {
        "hook": draw.choice(("claim", "claim", "order")),
        "payer": draw.choice(_PAYERS),
        "lines": [line() for _ in range(draw.randint(1, 5))],
        "history": [line() for _ in range(draw.choice((0, 0, 1, 4)))],
        "diagnoses": _few(_DIAGNOSES, draw),
    }
    for key, values in _MAY.items():
        if draw.random() < 0.4:
            made[key] = draw.choice(values)
    for key, members in _MAY_SEVERAL.items():
        if draw.random() < 0.3:
            made[key] = _few(members, draw)
    for key in ("documents", "attached"):
        if draw.random() < 0.4:
            days = (era - timedelta(days=300), era - timedelta(days=20), era)
            types = _few(_DOCUMENTS, draw)
            made[key] = [{"type": t, "date": draw.choice(days).isoformat()} for t in types]
    if draw.random() < 0.2:
        made["edits"] = [{"pairs": [f"{draw.choice(some)} {draw.choice(some)} {draw.choice('01')}"]}]
    return made


_MAY: Mapping[str, Sequence[str]] = {
    "line_of_business": (
        "commercial",
        "medicare-advantage",
        "medicare",
        "medicaid",
        "marketplace",
        "fep",
        "sao",
    ),
    "state": ("FL", "GA"),
    "claim_type": ("institutional", "professional"),
    "place_of_service": ("11", "19", "22", "49", "81"),
    "type_of_bill": ("131", "851"),
    "breath_hold": ("yes", "no"),
    "fractions": ("1", "5", "28"),
    "fractions_delivered": ("5", "28"),
    "history_complete": ("yes", "no"),
    "supervision": ("none", "general", "direct", "personal"),
    "performer_role": ("physician", "physicist"),
    "lcd_confirmed": ("yes",),
}
_MAY_SEVERAL: Mapping[str, Sequence[str]] = {
    "programs": ("cvs-radonc",),
    "indications": ("obese-patient", "hypofractionation", "organ-motion", "imrt-adjacent-organ"),
    "technique": TECHNIQUES,
    "method": METHODS,
    "intent": ("curative", "palliative"),
    "body_site": ("brain", "spine", "whole-brain"),
    "other_modalities": MODALITIES,
}


def _few(values: Sequence[str], draw: random.Random) -> list[str]:
    return draw.sample(values, draw.choice((0, 1, 1, 2))) if len(values) > 1 else list(values)


if __name__ == "__main__":
    main()
