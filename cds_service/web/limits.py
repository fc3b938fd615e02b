"""Limits: calls under way at once (503), and calls a second of one client (429), both with Retry-After (T23).

Health and metrics are exempt: a busy service has to be able to say so. Each worker process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time

from flask import Flask, Response, g, request
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from cds_service import metrics
from cds_service.request.errors import Problem, Refusal
from cds_service.settings import Settings
from cds_service.web.watch import current_call

WINDOW = 10
"""Seconds over which calls are counted: a burst may use all of them at once."""
_BUSY_RETRY = 1
EXEMPT = frozenset({"health.healthz", "health.readyz", "health.metrics"})


class Limits:
    """The limits of one process."""

    def __init__(self, settings: Settings) -> None:
        self._places = threading.BoundedSemaphore(settings.max_concurrent)
        self._rate = _item(settings.rate_limit * WINDOW)
        self._refused = self._rate  # many clients may share an address, and one of them be wrongly set up
        self._counter = MovingWindowRateLimiter(MemoryStorage())
        # The storage starts a timer now and then, and two threads that do it at once start one timer twice.
        self._turn = threading.Lock()

    def enter(self) -> bool:
        """Take a place for a call; False when none is free."""
        return self._places.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    def count(self, client: str, address: str) -> None:
        """Count a call of this client, or of this address where the caller has no name.

        Raises:
            Refusal: 429 when it has had its calls.
        """
        key = ("client", client) if client else ("address", address)
        if self._rate is not None and not self._hit(self._rate, *key):
            raise self._too_many(self._rate, *key)

    def count_refused(self, address: str) -> None:
        """Count a call whose token was refused."""
        if self._refused is not None:
            self._hit(self._refused, "refused", address)

    def require_patience(self, address: str) -> None:
        """Before a token is looked at.

        Raises:
            Refusal: 429 when too many calls of this address had tokens that were refused.
        """
        if self._refused is not None and not self._counter.test(self._refused, "refused", address):
            raise self._too_many(self._refused, "refused", address)

    def _hit(self, item: RateLimitItem, *key: str) -> bool:
        with self._turn:
            try:
                return self._counter.hit(item, *key)
            except (
                RuntimeError
            ):  # no thread for the timer: the call is judged by those before it, and not counted
                return self._counter.test(item, *key)

    def _too_many(self, item: RateLimitItem, *key: str) -> Refusal:
        reset = self._counter.get_window_stats(item, *key).reset_time
        wait = min(WINDOW, max(1, math.ceil(reset - time.time())))
        problem = Problem("", "This client calls too often.", f"Wait {wait} s, then call less often.")
        return Refusal(429, [problem], code="throttled", retry_after=wait)


def _item(most: int) -> RateLimitItem | None:
    return RateLimitItemPerSecond(most, WINDOW) if most else None


def register_limits(app: Flask, limits: Limits) -> None:
    """Places for calls, and patience with refused tokens: before the caller is known."""

    @app.before_request
    def enter() -> None:
        if request.endpoint in EXEMPT:
            return
        limits.require_patience(request.remote_addr or "")
        if request.method != "POST":
            return
        if not limits.enter():
            problem = Problem(
                "", "The service has all the calls that it can answer.", "Call again in a second."
            )
            raise Refusal(503, [problem], code="transient", retry_after=_BUSY_RETRY)
        g.holds_place = True
        metrics.UNDER_WAY.inc()

    @app.after_request
    def count_refused(response: Response) -> Response:
        if response.status_code == 401:
            limits.count_refused(request.remote_addr or "")
        return response

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("holds_place", False):
            limits.leave()
            metrics.UNDER_WAY.dec()


def register_rate(app: Flask, limits: Limits) -> None:
    """Calls a second; register it after the check of tokens, which says who calls."""

    @app.before_request
    def count() -> None:
        if request.endpoint not in EXEMPT and request.method != "OPTIONS":
            limits.count(current_call().client, request.remote_addr or "")
