"""Whether the service may have as many threads as its settings can make it need (`pids_limit` of a container)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cds_service.fhir_client.limits import ReadLimits
from cds_service.health import Health
from cds_service.settings import Settings

_OTHERS = 8
"""Of each worker, beside those that answer and those that read: its loop, the one that writes answers down, and
those that a name, a key set, the limits or the traces need for a moment."""
_BESIDE = 32
"""Beside the workers: what starts them, health checks, and a command such as `igrt-cds doctor`."""


def threads_of_a_worker(settings: Settings) -> int:
    """The most threads of one worker process."""
    return settings.threads + ReadLimits().threads + _OTHERS


def threads_needed(settings: Settings) -> int:
    """The most threads of `serve --production`, processes included: what a container has to allow."""
    return settings.workers * threads_of_a_worker(settings) + _BESIDE


def threads(settings: Settings, root: Path = Path("/")) -> Health:
    """How the limit of this control group stands to what the settings need. `root` is where /proc and /sys are."""
    needed, allowed = threads_needed(settings), min(_limits(root), default=None)
    if allowed is None:
        return Health("ok", f"No limit of threads; {needed} may be needed.")
    if allowed >= needed:
        return Health("ok", f"{allowed} are allowed, {needed} may be needed.")
    what = (
        f"{allowed} are allowed, {needed} may be needed: while FHIR servers are slow, calls will lack some."
    )
    remedy = "Raise pids_limit (Docker) or TasksMax (systemd), or lower IGRT_CDS_WORKERS or IGRT_CDS_THREADS."
    return Health("warn", what, remedy)


def _limits(root: Path) -> Iterator[int]:
    """`pids.max` of this process's control group and of those around it, where they are set."""
    for group in _groups(root):
        with suppress(OSError, ValueError):  # `max` is no limit
            yield int((group / "pids.max").read_text())


def _groups(root: Path) -> Iterator[Path]:
    """Folders of the group and of those around it: version 2, or the controller `pids` of version 1."""
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    mounted = root / "sys" / "fs" / "cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "pids" not in controllers.split(","):
            continue
        top = mounted / "pids" if controllers else mounted
        inner = top / path.strip("/")
        # A container sees its own group as the top one, whatever the path says.
        yield from {top, inner, *(each for each in inner.parents if each.is_relative_to(top))}
