"""The hook end to end beside a no-op endpoint on the same server: CPU, rate, latency and memory, in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.apps import REPLY, STORE
from benchmarks.bodies import MARK, Body
from benchmarks.load import Measured, Server, granian, healthchain, load, serving
from benchmarks.timing import Spread
from cds_service.books import standard_library
from cds_service.service import Advisor

CLIENTS = 16
LATENCY_CLIENTS = (1, 16, 64)
YARDSTICK = "no-op"
SERVICE = "service"
STRICT = "service, --strict"
PEER = "HealthChain"
_FACTORIES = {YARDSTICK: "noop", SERVICE: "service", STRICT: "strict"}
_PEER_SERVICE = "igrt-order-sign"
_PEER_PATH = f"/cds/cds-services/{_PEER_SERVICE}"
_WARM = 1.0


@dataclass(frozen=True, slots=True)
class HookCost:
    """One application on one body: microseconds of CPU a request and requests a second, and both as ratios to the
    no-op, formed within each round.
    """

    application: str
    cpu: Spread
    cpu_ratio: Spread
    rate: Spread
    rate_ratio: Spread


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds with so many clients at once; `tail` is p99/p50, round by round."""

    application: str
    clients: int
    p50: Spread
    p99: Spread
    tail: Spread


@dataclass(frozen=True, slots=True)
class HookResult:
    """What was measured with one body."""

    body: Body
    reply: int
    costs: Sequence[HookCost]
    latencies: Sequence[Latency]
    memory: dict[str, float]


def measure(body: Body, rounds: int, seconds: float, latency: bool, peer: Path | None = None) -> HookResult:
    """All applications in turn within each round, `seconds` each; `peer` is HealthChain's virtual environment, asked
    where it takes the hook.
    """
    peer = peer if body.service == _PEER_SERVICE else None
    reply = Advisor(standard_library()).advise(body.service, body.data).encode()
    with _running(body, reply, peer) as (servers, file):
        counted = 0

        def run(name: str, clients: int, time: float) -> Measured:
            nonlocal counted
            counted += 1_000_000  # no hook instance twice
            path = _PEER_PATH if name == PEER else body.path
            return load(servers[name], path, file, MARK, clients, time, counted)

        for name in servers:
            run(name, CLIENTS, _WARM)
        series: dict[str, list[Measured]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name in servers:
                series[name].append(run(name, CLIENTS, seconds))
        latencies = [
            _latency(name, clients, [run(name, clients, seconds) for _ in range(rounds)])
            for clients in (LATENCY_CLIENTS if latency else ())
            for name in (YARDSTICK, SERVICE)
        ]
        memory = {name: server.memory for name, server in servers.items()}
    base = series[YARDSTICK]
    return HookResult(body, len(reply), [_cost(n, s, base) for n, s in series.items()], latencies, memory)


def _cost(name: str, series: Sequence[Measured], base: Sequence[Measured]) -> HookCost:
    pairs = list(zip(series, base, strict=True))
    return HookCost(
        name,
        Spread.of([each.cpu for each in series]),
        Spread.of([own.cpu / other.cpu for own, other in pairs]),
        Spread.of([each.rate for each in series]),
        Spread.of([own.rate / other.rate for own, other in pairs]),
    )


def _latency(name: str, clients: int, series: Sequence[Measured]) -> Latency:
    return Latency(
        name,
        clients,
        Spread.of([each.p50 for each in series]),
        Spread.of([each.p99 for each in series]),
        Spread.of([each.p99 / each.p50 for each in series]),
    )


@contextmanager
def _running(body: Body, reply: bytes, peer: Path | None) -> Iterator[tuple[dict[str, Server], Path]]:
    with TemporaryDirectory(prefix="igrt-cds-bench-") as folder, ExitStack() as stack:
        place = Path(folder)
        file, answer = place / "body.json", place / "reply.json"
        file.write_bytes(body.data)
        answer.write_bytes(reply)
        servers = {
            name: stack.enter_context(
                serving(granian(factory), {REPLY: str(answer), STORE: f"sqlite:///{place / factory}.db"})
            )
            for name, factory in _FACTORIES.items()
        }
        if peer is not None:
            servers[PEER] = stack.enter_context(serving(healthchain(peer), {REPLY: str(answer)}))
        yield servers, file
