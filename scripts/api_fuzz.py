"""Schemathesis against the service's own OpenAPI description, in process.

`.venv/bin/python -m scripts.api_fuzz --examples 2000` makes up that many calls for each operation, half of them as
described and half against the description, and checks each answer: no 5xx, and status, media type and body as
described. It prints the counts, and exits with 1 when there is a fault.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_service.app import create_app
from cds_service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@dataclass
class Report:
    """What a run has seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds of the slowest call."""

    @property
    def calls(self) -> int:
        """Calls made."""
        return self.statuses.total()


def run(examples: int, seed: int = 0) -> Report:
    """Make up calls for every operation of the description and check the answers.

    Args:
        examples: calls for each operation, shared between data as described and data against the description.
        seed: the same seed makes up the same calls.
    """
    app = create_app(Settings(development=True))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", _from_this_machine(app))
    report = Report()
    for result in schema.get_all_operations():
        if not isinstance(result, Ok):
            raise ValueError(f"The description cannot be used: {result.err()}")
        operation = result.ok()
        for mode in MODES:
            if mode is schemathesis.GenerationMode.NEGATIVE and not len(operation.body):
                continue  # nothing to spoil in an operation without a body
            _ask(operation, mode, max(1, examples // 2), seed, report)
    return report


def _from_this_machine(app: WSGIApplication) -> WSGIApplication:
    """In development callers of this machine need no token; calls in process come from nowhere."""

    def local(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return app({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)

    return local


def _ask(operation: Any, mode: schemathesis.GenerationMode, examples: int, seed: int, report: Report) -> None:
    @seeded(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        begun = time.perf_counter()
        response = case.call()
        report.slowest = max(report.slowest, time.perf_counter() - begun)
        report.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as fault:
            report.faults.append(f"{operation.label}: {str(fault).splitlines()[0][:300]}")

    ask()


def main() -> int:
    """The command: prints the counts."""
    parser = argparse.ArgumentParser(
        description="Schemathesis against the service's own OpenAPI description."
    )
    parser.add_argument("--examples", type=int, default=500, help="calls for each operation")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    report = run(asked.examples, asked.seed)
    by_status = ", ".join(f"{count} x {status}" for status, count in sorted(report.statuses.items()))
    print(f"{report.calls} calls: {by_status}; slowest {report.slowest:.2f} s; {len(report.faults)} faults")
    for fault in dict.fromkeys(report.faults):
        print(f"  {fault}")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
