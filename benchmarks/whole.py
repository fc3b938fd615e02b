"""The whole run of `make bench`: the hook on a server, what grows with what, and the page of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.bodies import end_to_end
from benchmarks.growth import analysis, series
from benchmarks.hook import PEER, measure
from benchmarks.load import LoadError, wrk
from benchmarks.report import Results, page
from benchmarks.timing import Cost


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
    return page(results)


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
