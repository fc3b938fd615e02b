"""The two servers: waitress for `serve`, gunicorn for `serve --production`. Both finish what is under way (SIGTERM)."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from waitress import wasyncore

from cds_service.cli.cores import core_for, cores, stay_on
from cds_service.cli.workers import Worker
from cds_service.logs import log_event
from cds_service.metric_files import metric_files
from cds_service.settings import SettingError, Settings

_BACKLOG = 1024
_SHM = Path("/dev/shm")  # noqa: S108 - heartbeats of workers, nothing else; a disk could hold them up  # nosec B108
_LONGER_THAN_PROXY = 75
"""Seconds that an idle connection stays open: longer than nginx keeps it (60), or a call could meet its end."""

_LONGEST_HEADER = 16 * 1024
"""Bytes of one header: what the proxy passes on (`large_client_header_buffers`)."""
_LONGEST_LINE = 8190
"""Bytes of the request line: the most that gunicorn can be told."""


def run_until_stopped(server: Any, drain: int) -> None:
    """Run a waitress server until SIGTERM or SIGINT; then take no more calls and end those under way.

    Calls under way get `drain` seconds; a second signal ends the wait. Half-sent requests are not waited for.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        server.trigger.pull_trigger()

    with _signals(stop):
        with suppress(KeyboardInterrupt):
            while not stopping.is_set():
                wasyncore.loop(timeout=1, map=server._map, count=1)
            under_way = [*_under_way(server)]
            log_event("stopping", count=len(under_way))
            wasyncore.dispatcher.close(server)  # the listening socket; the open connections stay
            end = time.monotonic() + drain
            while under_way and time.monotonic() < end:
                wasyncore.loop(timeout=0.1, map=server._map, count=1)
                under_way = [*_under_way(server)]
        server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(server._map, ignore_all=True)


def _under_way(server: Any) -> Iterator[Any]:
    """Connections with a request that came in whole, or with an answer that is not out yet."""
    for channel in [*server.active_channels.values()]:
        if channel.requests or channel.total_outbufs_len:
            yield channel


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's lines go where ours go, and lose their texts there (`cds_service.logs`)."""

    def setup(self, cfg: Any) -> None:
        """No handlers of gunicorn's own."""
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)  # its start and end are told by our own events

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """As gunicorn's, with the place that speaks; so the other two."""
        self.error_log.warning(msg, *args, stacklevel=2, **kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """See `warning`."""
        self.error_log.error(msg, *args, stacklevel=2, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """See `warning`."""
        self.error_log.exception(msg, *args, stacklevel=2, **kwargs)


class _Arbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's, which shuts the listening socket when it stops.

    Closing it here does not do that: each worker has it too, until its last call has ended. New callers would get a
    connection then, and wait in it for nothing as long as calls under way may take.
    """

    def __init__(self, app: Any, bound: socket.socket) -> None:
        self._bound = bound.dup()  # gunicorn closes the one that it is given, once it has its own
        super().__init__(app)

    def kill_workers(self, sig: int) -> None:
        """As gunicorn's; the first time in a stop, new callers are refused from here on."""
        super().kill_workers(sig)
        if not self.LISTENERS:
            with suppress(OSError):  # shut before
                self._bound.shutdown(socket.SHUT_RDWR)

    def handle_hup(self) -> None:
        """gunicorn's would put new workers with what was read at the start in place of the old ones, which looks as if
        policies or settings had been read again."""
        log_event(
            "SIGHUP changes nothing: restart to read policies and settings again", level=logging.WARNING
        )

    def reap_workers(self) -> None:
        """As gunicorn's, which says how a worker ended in a text that our log leaves out."""
        for worker in [*self.WORKERS.values()]:
            with suppress(ChildProcessError):
                ended = os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is not None:
                    _tell_end(worker.pid, ended)
        super().reap_workers()


def _tell_end(pid: int, ended: os.waitid_result) -> None:
    """Nothing of a worker that ended in order, which has said so itself."""
    if ended.si_code == os.CLD_EXITED:
        if ended.si_status:
            log_event(f"a worker ended with code {ended.si_status}", pid, logging.ERROR)
        return
    name = signal.Signals(ended.si_status).name
    why = ", as when memory runs out" if ended.si_status == signal.SIGKILL else ""
    log_event(f"a worker was killed by {name}{why}", pid, logging.ERROR)


class Production(BaseApplication):  # type: ignore[misc]
    """gunicorn with threads: `make` builds the application in each worker, so that nothing open crosses a fork."""

    def __init__(self, make: Callable[[], Any], bound: socket.socket, settings: Settings) -> None:
        self._make, self._bound, self.settings = make, bound, settings
        super().__init__()

    def load_config(self) -> None:
        """Our settings in gunicorn's names."""
        given = {
            "bind": f"fd://{self._bound.fileno()}",
            "backlog": _BACKLOG,
            "workers": self.settings.workers,
            "worker_class": Worker,
            "threads": self.settings.threads,
            "limit_request_line": _LONGEST_LINE,
            "limit_request_field_size": _LONGEST_HEADER,
            "graceful_timeout": self.settings.drain,
            "keepalive": _LONGER_THAN_PROXY,
            "worker_tmp_dir": str(_SHM) if os.access(_SHM, os.W_OK) else None,
            "control_socket_disable": True,
            "logger_class": _Log,
            "proc_name": "igrt-cds",
            "pre_fork": self._give_core,
            "post_fork": lambda arbiter, worker: stay_on(worker.core),
            "when_ready": lambda arbiter: log_event("ready"),
            "post_worker_init": lambda worker: log_event("worker ready", count=worker.pid),
            "worker_exit": lambda arbiter, worker: log_event("worker ended", count=worker.pid),
            "on_exit": lambda arbiter: log_event("stopped"),
            "child_exit": _forget,
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def _give_core(self, arbiter: Any, worker: Any) -> None:
        """Before each fork, in the parent, which knows who lives."""
        taken = [living.core for living in arbiter.WORKERS.values()]
        worker.core = core_for(cores(), self.settings.workers, taken) if self.settings.pin_workers else None

    def load(self) -> Any:
        """The application of one worker."""
        return self._make()

    def run(self) -> None:
        """Until it is stopped; gunicorn ends the process itself."""
        _Arbiter(self, self._bound).run()


def _forget(_: Any, worker: Any) -> None:
    """The calls under way of a worker that is gone are none."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


@contextmanager
def counted_together() -> Iterator[None]:
    """A folder in which the workers add up their metrics; of this run alone.

    To be entered before prometheus-client is imported, which looks for the folder only then.

    Raises:
        SettingError: PROMETHEUS_MULTIPROC_DIR names what cannot be written.
    """
    variable = "PROMETHEUS_MULTIPROC_DIR"
    master = os.getpid()
    given = os.environ.get(variable)
    folder = Path(given) if given else Path(tempfile.mkdtemp(prefix="igrt-cds-metrics-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in metric_files(folder):
            old.unlink()
    except OSError as error:
        raise SettingError(
            f"{variable}: {folder} cannot be written ({error.strerror}). Name a folder that can, or leave it unset."
        ) from None
    os.environ[variable] = str(folder)
    try:
        yield
    finally:
        if os.getpid() == master and not given:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def tokens_together() -> Iterator[Path]:
    """A folder in which the workers of this run remember used tokens for each other, should the database go down."""
    master = os.getpid()
    folder = Path(tempfile.mkdtemp(prefix="igrt-cds-tokens-"))
    try:
        yield folder
    finally:
        if os.getpid() == master:
            shutil.rmtree(folder, ignore_errors=True)
