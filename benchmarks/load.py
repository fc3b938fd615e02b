"""A server of its own for each application (granian, WSGI, two blocking threads), and load on it (wrk)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

THREADS = 2
_SCRIPT = Path(__file__).with_name("requests.lua")
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
_READY = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one stretch of load showed: milliseconds of latency, CPU of the server in microseconds a request."""

    requests: int
    rate: float
    cpu: float
    p50: float
    p99: float
    worst: float


class LoadError(Exception):
    """The measurement cannot be used: what went wrong, and what to do."""


class Server:
    """A running application."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    @property
    def cpu(self) -> float:
        """CPU seconds that the server and its worker have used."""
        return sum(_cpu(pid) for pid in self._pids())

    @property
    def memory(self) -> float:
        """Megabytes resident in the worker."""
        return max(_resident(pid) for pid in self._pids())

    def _pids(self) -> list[int]:
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return [own, *map(int, children)]


def granian(factory: str) -> list[str]:
    """The command that serves `benchmarks.apps:FACTORY`; the port is to be added."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-log"]
    command += ["--blocking-threads", str(THREADS), "--host", "127.0.0.1"]
    return [*command, "--factory", f"benchmarks.apps:{factory}", "--port"]


def healthchain(environment: Path) -> list[str]:
    """The command that serves the peer from its virtual environment; the port is to be added."""
    command = [str(environment / "bin" / "python"), "-m", "uvicorn", "healthchain_peer:app"]
    return [*command, "--app-dir", str(Path(__file__).parent), "--log-level", "error", "--port"]


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    """A server on a free port of this machine, until the block ends.

    Raises:
        LoadError: it does not come up.
    """
    port = _free_port()
    given = {**os.environ, **environment}
    silent = subprocess.DEVNULL
    with subprocess.Popen([*command, str(port)], env=given, stdout=silent, stderr=silent) as process:
        try:
            _wait(process, port, " ".join(command))
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def load(
    server: Server, path: str, body: Path, mark: str, clients: int, seconds: float, first: int = 0
) -> Measured:
    """Load on `path` by so many clients at once. `mark` is what stands in the body for the hook instance.

    Raises:
        LoadError: an answer was not 200, or wrk failed.
    """
    environment = {**os.environ, "BENCH_BODY": str(body), "BENCH_MARK": mark, "BENCH_FIRST": str(first)}
    url = f"http://127.0.0.1:{server.port}{path}"
    command = [wrk(), "-t", "1", "-c", str(clients), "-d", f"{max(1, round(seconds))}s", "--timeout", "30s"]
    cpu = server.cpu
    done = subprocess.run(
        [*command, "-s", str(_SCRIPT), url], env=environment, capture_output=True, text=True, check=False
    )
    cpu = server.cpu - cpu
    line = next((text for text in done.stdout.splitlines() if text.startswith("MEASURED ")), "")
    if not line:
        raise LoadError(f"wrk measured nothing: {done.stderr.strip() or done.stdout.strip()}")
    found = json.loads(line.removeprefix("MEASURED "))
    if found["not_ok"] or found["lost"] or not found["requests"]:
        raise LoadError(f"{path}: {found['not_ok']} answers were not 200 and {found['lost']} were lost.")
    number = found["requests"]
    return Measured(
        number, number / found["seconds"], cpu / number * 1e6, found["p50"], found["p99"], found["worst"]
    )


def wrk() -> str:
    """The path of wrk.

    Raises:
        LoadError: it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise LoadError("wrk is not in PATH. Install it: scripts/ensure_tool.sh wrk")
    return found


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, command: str) -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise LoadError(f"Nothing came up on port {port}. Start it by hand to see why: {command} {port}")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
