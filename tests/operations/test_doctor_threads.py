"""`igrt-cds doctor --production` compares the threads that are allowed with those that the settings may need."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.cli.doctor_threads import threads, threads_needed, threads_of_a_worker
from cds_service.environment import table
from cds_service.fhir_client.limits import ReadLimits
from cds_service.settings import Settings
from tests.cli.conftest import Igrt, igrt
from tests.operations.test_doctor import report

__all__ = ["igrt"]
NEEDED = threads_needed(Settings())


def group(root: Path, line: str, **limits: str) -> Path:
    """A made-up /proc and /sys: the line of this process, and `pids.max` by folder (`__` is a slash)."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(f"{line}\n")
    for folder, limit in limits.items():
        inside = root / "sys" / "fs" / "cgroup" / folder.replace("top", ".").replace("__", "/")
        inside.mkdir(parents=True, exist_ok=True)
        (inside / "pids.max").write_text(f"{limit}\n")
    return root


@pytest.mark.parametrize(
    ("line", "limits", "level"),
    [
        pytest.param("0::/", {"top": f"{NEEDED - 1}"}, "warn", id="a container whose limit is one too low"),
        pytest.param("0::/", {"top": f"{NEEDED}"}, "ok", id="a container with just enough"),
        pytest.param("0::/", {"top": "max"}, "ok", id="a container without a limit"),
        pytest.param("0::/a/b", {"a__b": "max", "a": "9"}, "warn", id="a limit of the group around"),
        pytest.param("0::/a/b", {"a__b": "9"}, "warn", id="a unit of systemd"),
        pytest.param("0::/a/b", {"c": "9"}, "ok", id="a limit of others"),
        pytest.param("0::/../x", {"top": "9"}, "warn", id="a path outside of what is seen"),
        pytest.param("5:cpu,pids:/docker/x", {"pids__docker__x": "9"}, "warn", id="version 1"),
        pytest.param("5:cpu,pids:/docker/x", {"pids": "9"}, "warn", id="version 1, seen from inside"),
        pytest.param(
            "4:memory:/docker/x", {"pids__docker__x": "9"}, "ok", id="version 1, another controller"
        ),
    ],
)
def test_limit_and_need(tmp_path: Path, line: str, limits: dict[str, str], level: str) -> None:
    told = threads(Settings(), group(tmp_path, line, **limits))
    assert told.level == level
    assert str(NEEDED) in told.what
    assert bool(told.remedy) is (level == "warn")


def test_a_system_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert threads(Settings(), tmp_path).level == "ok"


def test_the_need_grows_with_workers_and_threads() -> None:
    assert threads_of_a_worker(Settings()) > Settings().threads + ReadLimits().threads
    assert threads_needed(Settings(workers=3)) - NEEDED == threads_of_a_worker(Settings())
    assert threads_needed(Settings(threads=50)) - NEEDED == 2 * 10


def test_the_setting_tells_what_a_worker_needs() -> None:
    (workers,) = [row for row in table() if row.name == "workers"]
    assert f"need {threads_of_a_worker(Settings())} threads" in (workers.meta.description or "")


def test_production_is_judged_and_a_trial_is_not(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.cli.doctor_threads._limits", lambda root: iter([9]))
    _, rows, _ = report(igrt, monkeypatch, "--production")
    assert rows["threads"]["level"] == "warn"
    assert "pids_limit" in rows["threads"]["remedy"]
    _, rows, _ = report(igrt, monkeypatch)
    assert rows["threads"]["level"] == "ok"
