"""docs/performance.md: the machine, what was measured, and which goals hold by it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.audit import ONE, SPARK, TWO, AuditResult
from benchmarks.growth import Growth
from benchmarks.hook import CLIENTS, PEER, SERVICE, STRICT, HookResult
from benchmarks.timing import Cost, Spread

_HEAD = """# Performance

Made by `make bench`; do not edit. Ratios are formed round by round within one run and are firm, absolute figures belong
to the machine. Given are medians, in brackets the quartiles.

The yardstick is a Flask endpoint that parses the same body with `json` and returns ready cards of the same size, on
the same server: granian, WSGI, one worker, two blocking threads. The service runs there with its whole rulebook, log
lines to nowhere, metrics, and a SQLite file in which it keeps every answer; without tokens and without a limit of
calls. Load is wrk on the same machine, each call with a new hook instance. CPU is user and system time of server and
worker from /proc. All requests are synthetic.
"""
_AUDIT = """## Bulk audit

A made-up Bulk Data export is decoded, and audited by one process and by two, in turn, each audit in a process of its
own. Yardstick is the bare typed decoding of the same files: every line into the struct of its type. CPU is that of all
processes of an audit, from the moment at which the rulebook is loaded; a radiotherapy claim has nine lines. Spark
audits the first export afterwards, in one session, and once before it is measured: then Java has started, and its
Python workers have the rulebook. What each of its audits takes beside the work, some seconds, weighs less the larger
the export is.
"""


@dataclass
class Results:
    """Everything that one run measured."""

    hook: Sequence[HookResult] = ()
    growth: Sequence[Growth] = ()
    analysis: Mapping[str, float] = field(default_factory=dict)
    decision: Sequence[Cost] = ()
    decision_requests: int = 1
    audits: Sequence[AuditResult] = ()
    notes: list[str] = field(default_factory=list)


def page(results: Results) -> str:
    """The page as Markdown."""
    parts = [_HEAD, _machine(), *results.notes, *_goals(results), *_hook(results.hook)]
    parts += [
        *_growth(results.growth),
        *_analysis(results.analysis),
        *_decision(results),
        *_audits(results.audits),
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "granian", "msgspec", "sqlalchemy"))
    cpu = _cpu_model()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"Machine: {os.cpu_count()} cores ({cpu}), {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {packages}. Load average at the end {os.getloadavg()[1]:.1f}."
    )


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _goals(results: Results) -> Iterator[str]:
    rows = []
    for hook in results.hook:
        found = {cost.application: cost for cost in hook.costs}
        own = found[SERVICE]
        ratio = own.cpu_ratio.median
        rows.append((f"CPU of {hook.body.name} at most 1.25 × the no-op", f"{ratio:.2f} ×", ratio <= 1.25))
        faster = own.rate.median / found[STRICT].rate.median
        rows.append((f"rate of {hook.body.name} at least 10 × `--strict`", f"{faster:.1f} ×", faster >= 10))
        if PEER in found:
            faster = own.rate.median / found[PEER].rate.median
            rows.append(
                (f"rate of {hook.body.name} at least 3 × HealthChain", f"{faster:.1f} ×", faster >= 3)
            )
        for each in hook.latencies:
            if each.application == SERVICE and each.clients == CLIENTS:
                tail = each.tail.median
                rows.append((f"p99/p50 at most 3 with {CLIENTS} clients", f"{tail:.1f}", tail <= 3))
    for growth in results.growth:
        if growth.title.startswith("policies"):
            most = growth.costs[-1].ratio.median
            rows.append((f"100 × as many {growth.title} at most 1.3 ×", f"{most:.2f} ×", most <= 1.3))
    if results.analysis:
        seconds = sum(results.analysis.values())
        rows.append(("static analysis of the rulebook under a second", f"{seconds:.2f} s", seconds < 1))
    for audited in results.audits:
        rows += _audit_goals(audited)
    if rows:
        yield "## Goals\n"
        shown = ((goal, figure, "yes" if holds else "**no**") for goal, figure, holds in rows)
        yield _table(("goal", "measured", "holds"), shown)


def _audit_goals(found: AuditResult) -> Iterator[tuple[str, str, bool]]:
    one, two, spark = found.row(ONE), found.row(TWO), found.row(SPARK)
    if one and one.ratio:
        ratio = one.ratio.median
        yield f"audit of {found.title} at most 1.5 × bare decoding", f"{ratio:.1f} ×", ratio <= 1.5
    if two and two.gain:
        gain = two.gain.median
        yield f"audit of {found.title}, 2 processes at least 1.6 × 1", f"{gain:.2f} ×", gain >= 1.6
    if two and two.gain and spark and spark.gain:
        gain = spark.gain.median / two.gain.median
        yield f"audit of {found.title}, Spark at least 0.7 × 2 processes", f"{gain:.2f} ×", gain >= 0.7
    memory = max((row.memory for row in found.rows if row.memory), default=None)
    if memory is not None:
        yield f"audit of {found.title}, at most 200 MB a worker", f"{memory:.0f} MB", memory <= 200


def _hook(found: Sequence[HookResult]) -> Iterator[str]:
    for each in found:
        yield f"## {each.body.name}: {len(each.body.data):,} bytes in, {each.reply:,} bytes out\n"
        yield f"{CLIENTS} clients.\n"
        yield _table(
            (
                "application",
                "CPU, × the no-op",
                "CPU, µs a request",
                "rate, × the no-op",
                "calls a second",
                "MB",
            ),
            (
                (
                    cost.application,
                    _spread(cost.cpu_ratio, 2),
                    _spread(cost.cpu, 0),
                    _spread(cost.rate_ratio, 2),
                    _spread(cost.rate, 0),
                    f"{each.memory[cost.application]:.0f}",
                )
                for cost in each.costs
            ),
        )
        if each.latencies:
            yield _table(
                ("application", "clients", "p50, ms", "p99, ms", "p99/p50"),
                (
                    (x.application, str(x.clients), _spread(x.p50, 1), _spread(x.p99, 1), _spread(x.tail, 1))
                    for x in each.latencies
                ),
            )


def _growth(found: Sequence[Growth]) -> Iterator[str]:
    if found:
        yield "## What grows with what\n"
        yield "The decision with its cards in one process, without server and store; the first row is 1.\n"
    for each in found:
        sizes = each.sizes
        yield _table(
            (each.title, "bytes", "ratio", "µs"),
            (
                (
                    c.name,
                    f"{sizes[c.name]:,}" if c.name in sizes else "",
                    _spread(c.ratio, 2),
                    _micro(c, each.calls),
                )
                for c in each.costs
            ),
        )


def _analysis(found: Mapping[str, float]) -> Iterator[str]:
    if found:
        yield "## Static analysis of the rulebook\n"
        yield _table(("analysis", "seconds"), ((name, f"{seconds:.3f}") for name, seconds in found.items()))


def _decision(results: Results) -> Iterator[str]:
    if results.decision:
        yield "## The steps of a decision\n"
        yield f"Claim reviews of the fixtures ({results.decision_requests}), one after the other in one process.\n"
        yield _table(
            ("step", "× json.loads", "µs a request"),
            ((c.name, _spread(c.ratio, 2), _micro(c, results.decision_requests)) for c in results.decision),
        )


def _audits(found: Sequence[AuditResult]) -> Iterator[str]:
    if not found:
        yield "## Bulk audit\n\nNot measured in this run.\n"
        return
    yield _AUDIT
    for each in found:
        yield (
            f"### {each.title}: {each.size / 1e6:,.0f} MB, {each.claims:,} claims, "
            f"{each.radiotherapy:.0%} of them of radiotherapy\n"
        )
        yield _table(
            ("job", "CPU, × decoding", "CPU, s", "claims a second", "rate, × 1 process", "MB a worker"),
            (
                (
                    row.name,
                    _spread(row.ratio, 2) if row.ratio else "",
                    _spread(row.cpu, 2) if row.cpu else "",
                    _spread(row.rate, 0),
                    _spread(row.gain, 2) if row.gain else "",
                    f"{row.memory:.0f}" if row.memory else "",
                )
                for row in each.rows
            ),
        )
        stages = (f"{stage} {_spread(ratio, 2)}" for stage, ratio in each.stages.items())
        yield f"Of one process, CPU × decoding: {', '.join(stages)}.\n"


def _micro(cost: Cost, calls: int) -> str:
    scale = 1e6 / calls
    return _spread(
        Spread(cost.seconds.low * scale, cost.seconds.median * scale, cost.seconds.high * scale), 0
    )


def _spread(spread: Spread, digits: int) -> str:
    low, median, high = (f"{value:.{digits}f}" for value in (spread.low, spread.median, spread.high))
    return f"{median} ({low}–{high})"


def _table(heads: Sequence[str], rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
