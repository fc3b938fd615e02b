"""Circuits and places: what a bad server costs is paid by its own client."""

from __future__ import annotations

import threading

from cds_service.fhir_client.circuits import Circuits, Slots


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_the_limit_a_kind_rests_and_others_do_not() -> None:
    circuits = Circuits(failures=3, rest=10.0, clock=Clock())
    for _ in range(3):
        assert circuits.allows("Claim")
        circuits.failed("Claim")
    assert not circuits.allows("Claim")
    assert circuits.allows("Coverage")
    assert not circuits.healthy()


def test_one_success_starts_the_count_anew() -> None:
    circuits = Circuits(failures=2, rest=10.0, clock=Clock())
    for _ in range(5):
        circuits.failed("Claim")
        circuits.succeeded("Claim")
    assert circuits.allows("Claim")
    assert circuits.healthy()


def test_a_failure_of_long_ago_is_no_bad_health_though_nobody_has_asked_again() -> None:
    clock = Clock()
    circuits = Circuits(failures=2, rest=10.0, clock=clock)
    circuits.failed("Organization")
    clock.now = 9.9
    assert not circuits.healthy()
    clock.now = 10.0
    assert circuits.healthy()


def test_after_the_rest_one_asker_tries_and_decides() -> None:
    clock = Clock()
    circuits = Circuits(failures=1, rest=10.0, clock=clock)
    circuits.failed("Claim")
    clock.now = 9.9
    assert not circuits.allows("Claim")
    clock.now = 10.0
    assert [circuits.allows("Claim") for _ in range(3)] == [True, False, False]
    circuits.failed("Claim")
    clock.now = 19.9
    assert not circuits.allows("Claim")
    clock.now = 20.0
    assert circuits.allows("Claim")
    circuits.succeeded("Claim")
    assert circuits.allows("Claim")
    assert circuits.allows("Claim")


def test_a_place_is_free_when_its_last_holder_has_left() -> None:
    slots = Slots(1)
    slot = slots.take(0)
    assert slot is not None
    slot.share()
    assert slots.take(0) is None
    slot.leave()
    assert slots.take(0) is None
    slot.leave()
    again = slots.take(0)
    assert again is not None


def test_waiting_for_a_place_ends_when_it_gets_free() -> None:
    slots = Slots(1)
    slot = slots.take(0)
    assert slot is not None
    threading.Timer(0.05, slot.leave).start()
    assert slots.take(10.0) is not None
