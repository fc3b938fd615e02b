"""CMS's rationale of an edit, put into a few words of our own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Reason:
    """One category: its name in the catalogue, the marks by which CMS's text is known, and our words."""

    name: str
    marks: tuple[str, ...]
    words: str


@cache
def reasons(table: str) -> tuple[Reason, ...]:
    """The categories of `ptp` or `mue`, in the order in which they are tried; the last one has no mark."""
    text = files("cds_service").joinpath("catalogues", "edit_reasons.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["table"] == table]
    return tuple(Reason(row["reason"], tuple(row["marks"].split("|")), row["words"]) for row in rows)


def reason_of(table: str, rationale: str) -> str:
    """The category of a rationale; `other` for one that nobody knows, and for none."""
    text = " ".join(rationale.lower().split())
    for reason in reasons(table):
        if any(mark and mark in text for mark in reason.marks):
            return reason.name
    return "other"


@cache
def words(table: str) -> Mapping[str, str]:
    """Category -> our words."""
    return {reason.name: reason.words for reason in reasons(table)}
