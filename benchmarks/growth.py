"""What a decision costs as orders, prefetch and policies grow; in one process, without a server."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import fhir_fixtures
from benchmarks.bodies import Body, end_to_end, grown, with_orders
from benchmarks.made_up import library_of
from benchmarks.timing import Cost, Job, compare
from cds_service.books import Library, standard_library
from cds_service.engine.checks import check_book
from cds_service.engine.conflict_report import conflict_report
from cds_service.memory import keep_what_is_loaded
from cds_service.service import Advisor

DAY = date(2026, 11, 22)
ORDERS = (1, 2, 5, 10, 50)
SIZES = (7_000, 17_000, 50_000, 200_000)
TIMES = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Growth:
    """One series; its first row is the yardstick of its ratios."""

    title: str
    costs: Sequence[Cost]
    sizes: Mapping[str, int]
    calls: int = 1


def series(rounds: int) -> list[Growth]:
    """Cost against the number of orders, the bytes of prefetch and the number of policies."""
    advisor = Advisor(standard_library())
    orders = [with_orders(number) for number in ORDERS]
    sizes = [grown(f"{size // 1000} kB", size) for size in SIZES]
    found = [
        Growth("orders in one call", _compared(orders, advisor, rounds), _bytes(orders)),
        Growth("prefetch", _compared(sizes, advisor, rounds), _bytes(sizes)),
    ]
    libraries = {times: library_of(times) for times in TIMES}
    keep_what_is_loaded()  # as a serving process does
    for body in end_to_end():
        jobs = {
            f"{len(library.engine.book.rules)} rules": _job(Advisor(library), body)
            for library in libraries.values()
        }
        found.append(Growth(f"policies, {body.name}", compare(jobs, rounds), {}))
    jobs, calls = _rules_jobs(libraries)
    found.append(Growth("rules alone, a claim or order", compare(jobs, rounds), {}, calls))
    return found


def analysis() -> dict[str, float]:
    """Seconds of the static analyses of the rulebook: its checks, and the comparison of its documents."""
    book = standard_library().engine.book
    taken = {}
    for name, run in (("checks", lambda: check_book(book)), ("conflicts", lambda: conflict_report(book))):
        started = time.perf_counter()
        run()
        taken[name] = time.perf_counter() - started
    return taken


def _compared(bodies: Sequence[Body], advisor: Advisor, rounds: int) -> list[Cost]:
    return compare({body.name: _job(advisor, body) for body in bodies}, rounds)


def _job(advisor: Advisor, body: Body) -> Job:
    return lambda: advisor.advise(body.service, body.data, DAY)


def _bytes(bodies: Sequence[Body]) -> dict[str, int]:
    return {body.name: len(body.data) for body in bodies}


def _rules_jobs(libraries: Mapping[int, Library]) -> tuple[dict[str, Job], int]:
    """The engine over all valid fixtures, facts asked before: what matching and settling cost by themselves."""
    advisor = Advisor(standard_library())
    stories = [s for s in fhir_fixtures.stories() if s.valid_r4 and s.expected.status == 200]
    bodies = [(story.service, json.dumps(story.request()).encode()) for story in stories]
    views = [advisor.review(service, body, DAY).view for service, body in bodies]

    def job(library: Library) -> Job:
        return lambda: [library.engine.evaluate(view) for view in views]

    return {f"{len(lib.engine.book.rules)} rules": job(lib) for lib in libraries.values()}, len(views)
