"""`python -m benchmarks [--rounds N]`: what a decision costs, in units of plain JSON parsing."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from benchmarks.decision import Decider, bodies, jobs
from benchmarks.timing import Cost, Spread, compare
from cds_service.memory import keep_what_is_loaded


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; ratios are firm, absolute times belong to this machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=40, help="rounds, three at least (default: %(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="the hook on a server, what grows and audits, too")
    parser.add_argument(
        "--server-rounds", type=int, default=5, help="rounds on the server (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of load, each (default: %(default)s)")
    parser.add_argument(
        "--audit-patients", type=int, default=8000, help="in the audited export (default: %(default)s)"
    )
    parser.add_argument("--audit-rounds", type=int, default=3, help="of audits (default: %(default)s)")
    parser.add_argument("--healthchain", type=Path, help="virtual environment with HealthChain in it")
    parser.add_argument("--write", type=Path, help="file for the page, as docs/performance.md")
    options = parser.parse_args(arguments)
    if min(options.rounds, options.server_rounds, options.audit_rounds) < 3:
        parser.error("--rounds: a spread needs 3 rounds at least.")

    decider = Decider()
    requests = bodies()
    keep_what_is_loaded()  # as a serving process does
    found = sum(len(decider.findings(body)) for body in requests)
    size = sum(map(len, requests)) / len(requests) / 1000

    console = Console()
    console.print(
        f"{len(requests)} claim reviews of the fixtures, {size:.1f} kB each on average; "
        f"{len(decider.engine.book.rules)} rules, {found} findings; "
        f"Python {platform.python_version()}, {options.rounds} rounds."
    )
    decision = compare(jobs(decider, requests), options.rounds)
    console.print(table(decision, len(requests)))
    if not options.all:
        return
    # Imported late: it takes seconds, and the steps of a decision need none of it.
    from benchmarks.whole import whole

    text = whole(options, decision, len(requests), console)
    console.print(Markdown(text))
    if options.write:
        options.write.write_text(text, encoding="utf-8")


def table(costs: Sequence[Cost], requests: int) -> Table:
    """Ratio to the first row, and microseconds a request; quartiles in brackets."""
    made = Table(caption="Medians, in brackets the quartiles. The ratio is formed within each round.")
    made.add_column("step")
    made.add_column(f"ratio to {costs[0].name}", justify="right")
    made.add_column("µs a request", justify="right")
    for cost in costs:
        made.add_row(cost.name, _text(cost.ratio, 1, 2), _text(cost.seconds, 1e6 / requests, 0))
    return made


def _text(spread: Spread, scale: float, digits: int) -> str:
    low, median, high = (f"{value * scale:.{digits}f}" for value in (spread.low, spread.median, spread.high))
    return f"{median} ({low}–{high})"


if __name__ == "__main__":
    main()
