"""Every command that a page shows exists, and does what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cds_service.app import create_app
from cds_service.books import POLICIES, load_library
from cds_service.cli import serve
from cds_service.cli.main import app
from cds_service.environment import table as settings
from cds_service.fhir_client.limits import ReadLimits
from cds_service.settings import Settings
from tests.conftest import ROOT
from tests.docs.pages import DOCS, EXAMPLES, Command, all_blocks, commands

OURS = list(commands("igrt-cds"))
BIN = Path(sys.executable).parent


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "IGRT_CDS_POLICY_PATH"}
    return subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analyst's folder: the example payer as `my-policies`, and its request."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(EXAMPLES, folder / "my-policies")
    shutil.copy(EXAMPLES / "gulf-palms" / "request.json", folder / "request.json")
    return folder


@pytest.mark.parametrize("command", OURS, ids=lambda c: f"{c.place} {c.text}")
def test_the_command_and_its_options_exist(command: Command) -> None:
    current = typer.main.get_command(app)
    words = list(command.words[1:])
    while words and hasattr(current, "commands"):
        name = words.pop(0)
        assert name in current.commands, f"{command.place}: igrt-cds has no `{name}`"
        current = current.commands[name]
    known = {opt for param in current.params for opt in (*param.opts, *param.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known
    assert set(command.variables) <= {row.variable for row in settings()}


def test_inline_commands_exist() -> None:
    """`igrt-cds policies x` in running text, too."""
    found = {command.words[2] for command in OURS if command.words[1] == "policies"}
    for page in sorted(DOCS.glob("*.md")):
        found |= set(re.findall(r"`igrt-cds policies ([a-z-]+)", page.read_text("utf-8")))
    assert found == _commands_of("policies")


def test_inline_catalogue_commands_exist() -> None:
    found = {command.words[2] for command in OURS if command.words[1] == "catalogue"}
    assert found == _commands_of("catalogue")


def _commands_of(group: str) -> set[str | None]:
    (made,) = (g.typer_instance for g in app.registered_groups if g.name == group)
    assert made is not None
    return {command.name for command in made.registered_commands}


def test_only_known_programs_are_shown() -> None:
    firsts = set()
    for block in all_blocks("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            firsts.add(re.sub(r"^([A-Z_]+=\S+ )+", "", line.strip()).partition(" ")[0])
    assert firsts <= {"igrt-cds", "curl", "docker", "make", "mkdir", "openssl", "printf", "chmod", "cp"}


def test_a_new_payer_and_the_example_pass_the_whole_test(tmp_path: Path) -> None:
    made = run(["igrt-cds", "policies", "new-payer", "sunrise-health", "--folder", "mine"], tmp_path)
    assert made.returncode == 0, made.stderr
    names = sorted(path.name for path in (tmp_path / "mine" / "sunrise-health").iterdir())
    assert names == ["guidance.cases.yaml", "guidance.policy.yaml", "payer.yaml", "sources.yaml"]
    folders = ["--policies", str(tmp_path / "mine"), "--policies", "docs/examples"]
    tested = run(["igrt-cds", "policies", "test", *folders], ROOT)
    assert tested.returncode == 0, tested.stderr[-2000:]
    assert ", 0 problem(s)." in tested.stdout


def test_exit_codes_of_the_policy_commands(desk: Path, tmp_path: Path) -> None:
    assert run(["igrt-cds", "policies", "coverage", "--policies", "my-policies"], desk).returncode == 0
    broken = tmp_path / "broken"
    shutil.copytree(EXAMPLES, broken)
    cases = broken / "gulf-palms" / "scope.cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("severity: info", "severity: warning"), "utf-8")
    failed = run(["igrt-cds", "policies", "test", "--policies", str(broken)], desk)
    assert failed.returncode == 1
    assert "gulf-palms/scope.cases.yaml:2" in failed.stderr
    policy = broken / "gulf-palms" / "scope.policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("for_each: unit", "for_each: claim"), "utf-8")
    refused = run(["igrt-cds", "policies", "check", "--policies", str(broken)], desk)
    assert refused.returncode == 3
    assert "Use one of: line, unit." in refused.stderr
    serving = run(["igrt-cds", "serve", "--port", "0"], desk, IGRT_CDS_POLICY_PATH=str(broken))
    assert serving.returncode == 3
    assert "Use one of: line, unit." in serving.stderr


def test_the_two_ways_to_a_folder_lead_to_the_same_book(desk: Path) -> None:
    by_option = run(["igrt-cds", "policies", "check", "--policies", "my-policies"], desk)
    words = ["igrt-cds", "policies", "check", "--policies", "my-policies"]
    by_both = run(words, desk, IGRT_CDS_POLICY_PATH="my-policies")
    health = create_app(
        Settings(development=True), load_library((POLICIES, desk / "my-policies"))
    ).test_client()
    assert f"Book {health.get('/healthz').get_json()['policies']}." in by_option.stdout
    assert by_both.stdout == by_option.stdout


def test_check_shows_the_cards_of_the_folder(desk: Path) -> None:
    done = run(["igrt-cds", "check", "request.json"], desk, IGRT_CDS_POLICY_PATH="my-policies")
    assert done.returncode == 2, done.stderr
    assert "GPHP-03" in done.stdout
    without = run(["igrt-cds", "check", "request.json"], desk)
    assert without.returncode == 1
    assert "Payer not identified" in without.stdout


def test_explain_shows_conditions_and_values(desk: Path) -> None:
    command = next(c for c in OURS if c.words[1:3] == ("policies", "explain"))
    done = run(list(command.words), desk)
    assert done.returncode == 0, done.stderr
    assert "? techniques_of_date only" in done.stdout
    assert "✓ indications has none" in done.stdout


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("fhir_fixtures/claims/check-claim-hospital-conventional-clean.json", 0),
        ("fhir_fixtures/claims/check-claims-bundle.json", 1),
        ("fhir_fixtures/claims/check-claim-hospital-imrt-double-billed.json", 2),
        ("pyproject.toml", 3),
        ("no-such-file.json", 3),
    ],
)
def test_exit_codes_of_check(file: str, code: int) -> None:
    done = run(["igrt-cds", "check", "--json", file], ROOT)
    assert done.returncode == code
    assert [entry["file"] for entry in json.loads(done.stdout)["files"]] == [file]


def test_sizes_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of docs/deploy.md are what `serve` gives to its server."""
    given: dict[str, Any] = {}

    monkeypatch.setattr(serve, "create_server", lambda application, **options: given.update(options))
    monkeypatch.setattr(serve, "run_until_stopped", lambda server, drain: None)
    monkeypatch.setattr(serve, "configure", lambda level: None)
    assert serve.serve(host="127.0.0.1", port=0, pages=True) == 0
    for bound in given["sockets"]:
        bound.close()
    page = (DOCS / "deploy.md").read_text("utf-8")
    assert f"| threads that answer | {given['threads']} in each process |" in page
    assert f"| threads that read from FHIR servers | {ReadLimits().threads} in each process" in page
    assert f"| open connections | {given['connection_limit']} |" in page
    assert given["channel_timeout"] == 60
    assert f"| request body | {Settings().max_body // 2**20} MiB at most" in page
