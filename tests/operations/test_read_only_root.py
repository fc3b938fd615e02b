"""The wheel, installed, as the image runs it: an unprivileged user without capabilities, only two folders writable.

The test suite builds no image. What an image takes away, Linux takes away here: a mount namespace of its own in which
the whole tree is read-only, and a user without capabilities who cannot get any back.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from fhir_fixtures import load
from tests.conftest import ROOT
from tests.contract.calls import ORDER, SERVICE_OF
from tests.operations.shape import free_port, wait_for
from tests.trust.tokens import token, write_registry

URL = "https://cds.example.org"
USERS = (10001, 65534)
"""That of the image, and one that cluster policies like to put in its place."""


@dataclass(frozen=True)
class Place:
    """The installed wheel, and beside it the two folders that a service may write to."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a command inside; nothing of this process's own."""
        return {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.folder / "wheel"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.folder / "data"),
            "TMPDIR": str(self.folder / "tmp"),
            "IGRT_CDS_TRUST": str(self.folder / "trust.yaml"),
            "IGRT_CDS_PUBLIC_URL": URL,
        }

    def command(self, user: int, *words: str) -> list[str]:
        """These words, confined; the process that is started becomes theirs."""
        rights = (
            f"--reuid {user} --regid {user} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
        )
        steps = [
            *(f"mount --bind {path} {path}" for path in self._writable()),
            *(f"mount -o remount,bind,ro {path}" for path in _mounts(self.folder)),
            f"exec setpriv {rights} {shlex.join(words)}",
        ]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", "\n".join(steps)]

    def hand_over(self, user: int) -> None:
        """Fresh folders that belong to this user."""
        for path in self._writable():
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(mode=0o750)
            os.chown(path, user, user)

    def _writable(self) -> tuple[Path, ...]:
        return (self.folder / "data", self.folder / "tmp")


def _mounts(folder: Path) -> list[str]:
    """Where the file systems of the root, of the folder and of this checkout are mounted."""
    found = {"/"}
    for path in (folder, ROOT, Path(sys.executable).resolve()):
        while not path.is_mount():
            path = path.parent
        found.add(str(path))
    return sorted(found)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="igrt-read-only-") as name:
        made = Place(Path(name))
        made.folder.chmod(0o755)
        made.hand_over(USERS[0])
        _require(made)
        run = {"cwd": ROOT, "check": True, "capture_output": True}
        wheels = made.folder / "wheels"
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels], **run)  # type: ignore[call-overload]
        (wheel,) = wheels.glob("*.whl")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        subprocess.run([*pip, "--target", made.folder / "wheel", wheel], **run)  # type: ignore[call-overload]
        write_registry(made.folder / "trust.yaml")
        yield made


def _require(place: Place) -> None:
    """Skip, with the reason, where the machine does not let a test do this."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a tree read-only for one process")
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("unshare and setpriv (util-linux) are not installed")
    tried = confined(place, USERS[0], sys.executable, "-c", "import flask")
    if tried.returncode != 0:
        pytest.skip(f"this machine does not allow it: {tried.stderr.strip()[-200:]}")


def confined(place: Place, user: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        place.command(user, *words),
        env=place.variables,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextmanager
def serving(place: Place, user: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`igrt-cds serve --production`, confined."""
    place.hand_over(user)
    port, log = free_port(), place.folder / "service.log"
    serve = (sys.executable, str(place.folder / "wheel" / "bin" / "igrt-cds"), "serve", "--production")
    command = place.command(user, *serve, "--port", str(port))
    with log.open("wb") as lines:
        process = subprocess.Popen(command, env=place.variables, cwd="/", stdout=lines, stderr=lines)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
            yield f"http://127.0.0.1:{port}", process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=40)


@pytest.mark.parametrize("user", USERS)
def test_calls_and_feedback_are_answered_and_it_stops_in_order(place: Place, user: int) -> None:
    call = f"/cds-services/{SERVICE_OF[ORDER]}"
    with serving(place, user) as (address, process), requests.Session() as session:
        session.trust_env = False
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert f"Uid:\t{user}\t{user}\t{user}\t{user}" in status
        assert "CapEff:\t0000000000000000" in status
        assert "CapBnd:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status

        def post(path: str, body: object) -> requests.Response:
            signed = {"Authorization": f"Bearer {token(URL + path)}"}
            return session.post(address + path, json=body, headers=signed, timeout=30)

        answer = post(call, load(ORDER))
        assert answer.status_code == 200
        card = answer.json()["cards"][0]["uuid"]
        given = {"card": card, "outcome": "overridden", "outcomeTimestamp": datetime.now(UTC).isoformat()}
        stored = post(f"{call}/feedback", {"feedback": [given]})
        assert (stored.status_code, stored.json().get("stored")) == (200, 1), stored.text
        assert session.get(f"{address}/readyz", timeout=30).json()["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    written = [path for path in (place.folder / "data").rglob("*") if path.is_file()]
    assert {path.parent.name for path in written} == {"igrt-cds"}, "the store, and nothing else"
    assert {path.stat().st_uid for path in written} == {user}
    assert list((place.folder / "tmp").iterdir()) == []


def test_doctor_finds_nothing_wrong_there(place: Place) -> None:
    place.hand_over(USERS[0])
    igrt = str(place.folder / "wheel" / "bin" / "igrt-cds")
    shown = confined(place, USERS[0], sys.executable, igrt, "doctor", "--production")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"Not root (user {USERS[0]})" in shown.stdout


def test_it_is_the_wheel_and_the_tree_is_read_only(place: Place) -> None:
    """A control: without it the tests above might show nothing."""
    told = confined(place, USERS[0], sys.executable, "-c", "import cds_service; print(cds_service.__file__)")
    assert told.stdout.startswith(str(place.folder / "wheel")), told.stderr
    for folder in (place.folder, place.folder / "wheel", ROOT, Path("/")):
        tried = confined(place, USERS[0], "touch", str(folder / "not-here"))
        assert "Read-only file system" in tried.stderr
    tried = confined(place, USERS[0], "touch", str(place.folder / "data" / "here"))
    assert tried.returncode == 0
