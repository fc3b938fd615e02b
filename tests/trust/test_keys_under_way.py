"""Calls that come while an issuer's keys are being fetched: who waits, and who goes on (threats T2, T15)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from cds_service.trust.keys import PAUSE, KeyRing
from cds_service.trust.reasons import Reason
from tests.trust.test_keys import NEW, OLD, Publisher, reason


class Slow(Publisher):
    """Answers when it is let go."""

    def __init__(self, *keys: Any) -> None:
        super().__init__(*keys)
        self.reached, self.go = threading.Event(), threading.Event()

    def fetch(self, url: str) -> bytes:
        body = super().fetch(url)
        self.reached.set()
        assert self.go.wait(10)
        return body


def asking(ring: KeyRing, *kids: str) -> tuple[list[threading.Thread], list[Reason | None]]:
    """A thread for each of these keys, and what they hear."""
    heard: list[Reason | None] = []
    threads = [threading.Thread(target=lambda k=kid: heard.append(reason(ring, k))) for kid in kids]
    for thread in threads:
        thread.start()
    return threads, heard


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


def renewing() -> tuple[Slow, KeyRing]:
    """An issuer with a new key whose next answer is slow, and keys from before."""
    ehr = Slow(OLD)
    ehr.go.set()
    ring = ehr.ring()
    assert reason(ring, "old") is None
    ehr.go.clear()
    ehr.reached.clear()
    ehr.publish(OLD, NEW)
    ehr.now += PAUSE
    return ehr, ring


def test_all_calls_at_the_start_wait_for_a_slow_set() -> None:
    ehr = Slow(OLD)
    threads, heard = asking(ehr.ring(), *["old"] * 12)
    assert ehr.reached.wait(10)
    time.sleep(0.2)  # the others come to where they wait
    assert heard == []
    ehr.go.set()
    for thread in threads:
        thread.join(10)
    assert heard == [None] * 12
    assert len(ehr.asked) == 1


def test_while_a_new_key_is_fetched_another_call_waits_for_it_and_known_keys_go_on() -> None:
    ehr, ring = renewing()
    first, heard = asking(ring, "new")
    assert ehr.reached.wait(10)
    second, too = asking(ring, "new")
    assert reason(ring, "old") is None
    time.sleep(0.2)  # the second comes to where it waits
    assert (heard, too) == ([], [])
    ehr.go.set()
    for thread in (*first, *second):
        thread.join(10)
    assert heard == too == [None]
    assert len(ehr.asked) == 2


def test_few_calls_wait_for_keys_that_nobody_knows() -> None:
    ehr, ring = renewing()
    threads, heard = asking(ring, *["unknown"] * 12)
    assert ehr.reached.wait(10)
    until(lambda: len(heard) == 8)
    ehr.go.set()
    for thread in threads:
        thread.join(10)
    assert heard == [Reason.key] * 12
    assert len(ehr.asked) == 2
