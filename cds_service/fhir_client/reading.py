"""All reads of one call: in parallel, within one budget, one server, and over when the call is over."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from cds_service.fhir_client.addresses import Target, is_type
from cds_service.fhir_client.circuits import Circuits, Slot, Slots
from cds_service.fhir_client.exchange import Allowance, Fault, ReadFailed, fetch
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.threads import Threads
from cds_service.fhir_client.transport import open_session
from cds_service.fhir_client.watch import Watch
from cds_service.trust.bases import Base, registered
from cds_service.trust.model import Client

READ = "ok"
"""What is counted of a read that gave what was asked for; of any other it is the name of its fault."""

_WAIT_SHARE = 2
"""A call waits for a free slot for one part of so many of its budget, and only while the server is well."""

_READING = 0.95
"""Share of the budget for reading; the rest is for the answer, which many calls work out at the same moment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a read gave: the body, or the reason why there is none."""

    key: Hashable
    body: bytes = b""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    key: Hashable
    target: Target


class FhirReader:
    """Reads from the FHIR servers of clients. Shared by all calls: holds slots and circuits of each client, and the
    places of all threads.

    `counted` hears of each read what became of it: `READ`, or the name of a fault.
    """

    def __init__(
        self, limits: ReadLimits | None = None, counted: Callable[[str], object] = lambda outcome: None
    ) -> None:
        self.limits = limits or ReadLimits()
        self._counted = counted
        self._threads = Threads(self.limits.threads, self.limits.first_threads)
        self._clients: dict[str, tuple[Slots, Circuits]] = {}
        self._lock = threading.Lock()

    def base_of(self, client: Client, server: str | None) -> Base | None:
        """The server of a request if it is registered for its caller, else None (threat T1)."""
        if not server:
            return None
        return registered(server, client.fhir_bases, http_on_loopback=self.limits.http_on_loopback)

    def count(self, fault: Fault | None) -> None:
        """To be called once for each outcome, when it is known whether its body is what was asked for."""
        self._counted(fault.name if fault else READ)

    def open(self, client: Client, base: Base, token: str, started: float | None = None) -> Reading:
        """Begin to read for one call of `client`; `started` is when its budget began (monotonic seconds)."""
        with self._lock:
            state = self._clients.get(client.name)
            if state is None:
                circuits = Circuits(self.limits.failures, self.limits.rest)
                state = self._clients[client.name] = Slots(self.limits.calls), circuits
        slots, circuits = state
        begun = time.monotonic() if started is None else started
        return Reading(base, token, self.limits, slots, circuits, self._threads, begun)


class Reading:
    """The reads of one call, used as a context: leaving it ends every socket and every thread of it.

    The thread of the call is its own watchdog: it waits for outcomes until the deadline and then shuts the sockets
    down, so that no thread of a read outlives the call by more than a name look-up.
    """

    def __init__(
        self,
        base: Base,
        token: str,
        limits: ReadLimits,
        slots: Slots,
        circuits: Circuits,
        places: Threads,
        started: float,
    ) -> None:
        self.base, self._limits, self._circuits = base, limits, circuits
        self._token = token
        self._watch = Watch(started + limits.budget * _READING)
        self._allowance = Allowance(limits)
        self._session = open_session(base, self._watch, limits.parallel, limits.ca_file)
        self._slots, self._places = slots, places
        self._slot: Slot | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._pending: dict[Hashable, Target] = {}
        self._threads = 0
        self.asked = 0

    def __enter__(self) -> Reading:
        wait = self._watch.remaining() / _WAIT_SHARE if self._circuits.healthy() else 0.0
        self._slot = self._slots.take(wait)
        return self

    def __exit__(self, *error: object) -> None:
        self._watch.cut()
        for _ in range(self._threads):
            self._jobs.put(None)
        self._session.close()
        if self._slot is not None:
            self._slot.leave()

    def __repr__(self) -> str:
        return f"Reading({self.base.origin}, asked={self.asked})"

    def ask(self, key: Hashable, target: Target) -> None:
        """Ask for `target`; its outcome comes under `key`. What may not be asked fails at once."""
        fault = self._hindrance(target)
        self._pending[key] = target
        if fault is not None:
            self._done.put(Outcome(key, fault=fault))
            return
        if self._threads < min(self._limits.parallel, len(self._pending)) and self._slot is not None:
            self._start(self._slot)
        if not self._threads:
            self._done.put(Outcome(key, fault=Fault.busy))
            return
        self.asked += 1
        self._jobs.put(_Job(key, target))

    def outcomes(self) -> Iterator[Outcome]:
        """Outcomes as they come, until nothing is pending; asking for more meanwhile is allowed.

        When the budget ends, what is pending comes as timed out.
        """
        while self._pending:
            try:
                outcome = self._done.get(timeout=self._watch.remaining() or 0.001)
            except queue.Empty:
                self._watch.cut()
                for key in list(self._pending):
                    del self._pending[key]
                    yield Outcome(key, fault=Fault.timeout)
                continue  # what was asked for on hearing so has its outcome waiting
            if self._pending.pop(outcome.key, None) is not None:
                yield outcome

    def _start(self, slot: Slot) -> None:
        """One more thread, if the process may have it and the machine has it; if not, those that there are do its
        work."""
        if not self._places.take(first=not self._threads):
            return
        slot.share()
        try:
            threading.Thread(target=self._work, args=(slot,), name="fhir-read", daemon=True).start()
        except RuntimeError:
            self._left(slot)
        else:
            self._threads += 1

    def _left(self, slot: Slot) -> None:
        self._places.leave()
        slot.leave()

    def _hindrance(self, target: Target) -> Fault | None:
        if self._slot is None:
            return Fault.busy
        if self._watch.over:
            return Fault.timeout
        if self.asked >= self._limits.reads:
            return Fault.too_many
        return None if self._circuits.allows(self._kind(target)) else Fault.resting

    def _kind(self, target: Target) -> Hashable:
        """What a circuit is kept for: one kind of resource at one server; pages at addresses of their own, which never
        come again, count to the server."""
        return self.base, next((name for name in target.segments[:1] if is_type(name)), "")

    def _work(self, slot: Slot) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self._done.put(self._read(job))
        finally:
            self._left(slot)

    def _read(self, job: _Job) -> Outcome:
        started = time.monotonic()
        kind = self._kind(job.target)
        try:
            body = fetch(self._session, job.target, self._token, self._watch, self._allowance)
        except ReadFailed as failed:
            if not failed.fault.servers:
                self._circuits.succeeded(kind)
            elif failed.fault is not Fault.timeout or self._had_time(started):
                self._circuits.failed(kind)
            return Outcome(job.key, fault=failed.fault)
        except Exception:  # whatever it is, it ends this read and must not end the thread
            return Outcome(job.key, fault=Fault.otherwise)
        self._circuits.succeeded(kind)
        return Outcome(job.key, body)

    def _had_time(self, started: float) -> bool:
        """Whether a read that began then could have been answered: only so its failure tells of the server."""
        return self._watch.deadline - started >= self._limits.budget / 2
