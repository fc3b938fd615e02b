"""The whole run of `make bench`: the hook on a server, what grows with what, bulk audits, and the page of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.audit import SPARK, AuditResult, has_spark
from benchmarks.audit import measure as measure_audit
from benchmarks.bodies import end_to_end
from benchmarks.growth import analysis, series
from benchmarks.hook import PEER, measure
from benchmarks.load import LoadError, wrk
from benchmarks.report import Results, page
from benchmarks.timing import Cost

OTHERS = 93
"""Further claims a patient beside which 6 % of all claims are of radiotherapy."""


def whole(options: argparse.Namespace, decision: Sequence[Cost], requests: int, console: Console) -> str:
    """Measure everything that was not measured yet, and return the page; what cannot be measured is said there."""
    results = Results(decision=decision, decision_requests=requests)
    peer = _peer(options.healthchain, results, console)
    try:
        wrk()
    except LoadError as error:
        _say(f"No end-to-end figures: {error}", results, console)
    else:
        hooks = []
        for number, body in enumerate(end_to_end()):
            console.print(f"{body.name} ...", style="dim")
            hooks.append(
                measure(body, options.server_rounds, options.seconds, latency=number == 2, peer=peer)
            )
        results.hook = hooks
    console.print("what grows with what ...", style="dim")
    results.analysis = analysis()
    results.growth = series(max(options.rounds // 2, 3))
    results.audits = _audits(options.audit_patients, options.audit_rounds, results, console)
    return page(results)


def _audits(patients: int, rounds: int, results: Results, console: Console) -> list[AuditResult]:
    """An export of radiotherapy only, and one of a larger office, most of whose claims no rule speaks of."""
    spark = has_spark()
    if not spark:
        _say(f"{SPARK} is left out: PySpark or Java is not installed.", results, console)
    console.print("bulk audits ...", style="dim")
    practice = measure_audit("a radiotherapy practice", patients, 0, rounds, spark)
    return [practice, measure_audit("a hospital", max(patients // 10, 1), OTHERS, rounds, False)]


def _peer(environment: Path | None, results: Results, console: Console) -> Path | None:
    if environment is not None and (environment / "bin" / "uvicorn").exists():
        return environment.resolve()
    _say(
        f"{PEER} is left out: `make bench` could not install it.",
        results,
        console,
    )
    return None


def _say(what: str, results: Results, console: Console) -> None:
    results.notes.append(what)
    console.print(what, style="yellow")
