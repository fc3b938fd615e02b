"""Running the command as `igrt-cds …`: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cds_service.cli.main import run
from tests.conftest import ROOT


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Igrt = Callable[..., Ran]


@pytest.fixture
def igrt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Igrt:
    """The command in this process, 200 columns wide."""
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["igrt-cds", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, said.out, said.err)

    return command


@pytest.fixture
def igrt_process() -> Igrt:
    """The installed command, in a process of its own that writes to pipes."""

    def command(*arguments: str | Path, **environment: str) -> Ran:
        done = subprocess.run(
            [Path(sys.executable).parent / "igrt-cds", *map(str, arguments)],
            env=os.environ | {"COLUMNS": "200"} | environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return command
