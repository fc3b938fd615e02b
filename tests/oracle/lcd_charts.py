"""Random charts: documents with dates and signers around a claim, attached ones, and indications."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from tests.oracle.lcd_model import LcdScenario, Paper
from tests.oracle.lcd_reasons import CONDITIONS, UNSEEN
from tests.oracle.model import Document
from tests.oracle.product import CALL_DAY

SLUGS = (
    "imrt-need-statement",
    "prescription-constraints",
    "image-review",
    "dvh-review",
    "portal-description",
    "dosimetric-verification",
    "compensator-design",
    "anatomy-change",
    "repeat-planning-ct",
    "independent-dose-check",
    "device-necessity",
    "special-physics-request",
    "igrt-physician-review",
    "simulation-note",
    "planning-work-itemised",
)
ROLES = ("radiation-oncologist", "medical-physicist", "radiation-therapist", None)
# One role for each person: what a person is who signs with a role here and without one there is open in LCD-77.
PEOPLE: dict[str, str | None] = {
    "anna": "radiation-oncologist",
    "bert": "medical-physicist",
    "cora": "radiation-therapist",
    "dora": None,
    "emil": None,
}


def paper(rng: random.Random, slug: str, start: date, days: list[date]) -> Paper:
    day: date | None = rng.choice((*days, *days, start - timedelta(days=rng.choice((10, 60, 61, 200)))))
    day = min(day, CALL_DAY) if day else None
    if rng.random() < 0.08:
        day = None
    people = rng.sample(sorted(PEOPLE), rng.choice((0, 1, 1, 2)))
    return Paper(slug, day, tuple((person, PEOPLE[person]) for person in people))


def with_chart(rng: random.Random, bare: LcdScenario) -> LcdScenario:
    """The scenario with its chart, attached documents and indications."""
    start = min(line.date for line in bare.lines)
    last = max(line.date for line in bare.lines)
    days = [start, last, last + timedelta(days=1), start + timedelta(days=3)]
    days += [line.date for claim in bare.history for line in claim.lines]
    roll = rng.random()
    documents: tuple[Document, ...] | None = None
    papers: tuple[Paper, ...] = ()
    if roll > 0.45:
        documents = ()
        if rng.random() < 0.25:
            documents = (Document(rng.choice(("28626-0", "18741-9", "18776-5")), start),)
        if rng.random() < 0.75:
            count = rng.choice((1, 3, 6, 9, 12))
            papers = tuple(paper(rng, rng.choice(SLUGS), start, days) for _ in range(count))
            if rng.random() < 0.35:
                papers = tuple(paper(rng, slug, start, days) for slug in SLUGS if rng.random() < 0.85)
    attached: tuple[Paper, ...] = ()
    if bare.hook == "claim" and rng.random() < 0.15:
        attached = (paper(rng, rng.choice(SLUGS), start, days),)
    slugs: tuple[str, ...] = ()
    if rng.random() < 0.5:
        slugs = tuple(
            rng.sample((*CONDITIONS, *sorted(UNSEEN), "normal-structure-sparing"), rng.choice((1, 2)))
        )
    return replace(bare, documents=documents, papers=papers, attached_papers=attached, indications=slugs)
