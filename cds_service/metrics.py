"""Prometheus metrics. Labels come from our own closed sets, never from what a caller wrote (T17).

With several worker processes the files in PROMETHEUS_MULTIPROC_DIR add them up; prometheus-client looks for that
variable when it is first imported, so `serve --production` imports this module late.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.engine.model import KINDS, Severity
from cds_service.fhir_client.exchange import Fault
from cds_service.fhir_client.reading import READ
from cds_service.metric_files import metric_files

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()

STANDARD_DEADLINE = 5.0
DEADLINES: Mapping[str, float] = {"appointment-book": 10.0}
"""Seconds in which CRD wants 90 % of the calls of a hook answered (CRD 2.2.1 found-2); 5 where none is named.

Signing and dispatch have 10 seconds only when no hook came within a day before, which a service cannot know: 5.
"""
FHIR_OUTCOMES = frozenset({READ, *(fault.name for fault in Fault)})
REFUSED_FROM = 400
FAILED_FROM = 500

REQUESTS = Counter(
    "igrt_cds_requests", "Requests by service and status.", ("service", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "igrt_cds_request_seconds",
    "Time from the arrival of a request in our code to its answer.",
    ("service",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10),
    registry=REGISTRY,
)
CRD_CALLS = Counter(
    "igrt_cds_crd_calls",
    "Calls that CRD's deadline speaks of: answered, or failed by us.",
    ("service",),
    registry=REGISTRY,
)
CRD_IN_TIME = Counter(
    "igrt_cds_crd_calls_in_time",
    "Of these, answered with cards within 5 s (10 s).",
    ("service",),
    registry=REGISTRY,
)
CARDS = Counter("igrt_cds_cards", "Cards by kind and severity.", ("kind", "severity"), registry=REGISTRY)
REFUSALS = Counter("igrt_cds_refusals", "Refused requests by status.", ("status",), registry=REGISTRY)
FHIR_READS = Counter(
    "igrt_cds_fhir_reads", "Reads from FHIR servers by outcome.", ("outcome",), registry=REGISTRY
)
UNDER_WAY = Gauge(
    "igrt_cds_calls_under_way", "Calls under way now.", registry=REGISTRY, multiprocess_mode="livesum"
)


def count_request(service: str, hook: str, status: int, seconds: float) -> None:
    """A request that was answered. `service` is an id of ours, `hook` the standard name of a call's hook or empty."""
    observe, counted, in_time = _counters(service, hook, status)
    observe(seconds)
    for count in counted:
        count()
    if in_time is not None:
        late = seconds > DEADLINES.get(hook, STANDARD_DEADLINE)
        in_time(0 if late or status >= FAILED_FROM else 1)


@cache
def _counters(
    service: str, hook: str, status: int
) -> tuple[Callable[[float], None], tuple[Callable[[], None], ...], Callable[[float], None] | None]:
    """What takes the seconds of such a request, what counts it, and what counts whether it was in time."""
    counted = [_series(REQUESTS, service, str(status)).inc]
    if status >= REFUSED_FROM:
        counted.append(_series(REFUSALS, str(status)).inc)
    in_time = None
    if hook and (status < REFUSED_FROM or status >= FAILED_FROM):  # the caller's own faults are not counted
        counted.append(_series(CRD_CALLS, service).inc)
        in_time = _series(CRD_IN_TIME, service).inc
    return _series(SECONDS, service).observe, tuple(counted), in_time


@cache
def _series(metric: Any, *labels: str) -> Any:
    """The series of these labels; they come from closed sets, so that there are few."""
    return metric.labels(*labels)


def count_cards(cards: Sequence[Mapping[str, Any]]) -> None:
    """The cards of an answer, by the kind of their finding."""
    found: dict[tuple[str, str], int] = {}
    for card in cards:
        key = _kind(card), str(card.get("indicator"))
        found[key] = found.get(key, 0) + 1
    for (kind, severity), number in found.items():
        _series(CARDS, kind, severity if severity in _SEVERITIES else "other").inc(number)


_SEVERITIES = frozenset(Severity.__members__)


def _kind(card: Mapping[str, Any]) -> str:
    topic = card.get("source", {}).get("topic", {}).get("code", "")
    return topic if topic in KINDS else "other"


def count_fhir_read(outcome: str) -> None:
    """A read from a FHIR server; `outcome` is one of FHIR_OUTCOMES."""
    _series(FHIR_READS, outcome if outcome in FHIR_OUTCOMES else "other").inc()


def exposition() -> bytes:
    """All metrics in Prometheus' text format, of all worker processes together."""
    if not os.environ.get(MULTIPROCESS):
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    _Together(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


class _Together(MultiProcessCollector):
    """prometheus-client's, which takes every `*.db` of the folder for its own."""

    def collect(self) -> Any:
        """The metrics of all processes."""
        files = [str(file) for file in metric_files(Path(self._path))]
        return self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
