"""What an operator mistypes gets a letter: where, what, what to do; never a stack trace or an inner word."""

from __future__ import annotations

import errno
import json
import socket
from importlib.metadata import version
from pathlib import Path

import pytest
import requests

from cds_service.books import POLICIES, load_library
from tests.cli.conftest import Igrt
from tests.conftest import ROOT
from tests.trust import tokens

REQUEST = ROOT / "fhir_fixtures" / "hook_requests" / "order-palliative-2d-florida-blue.json"


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry, so that the service may listen off loopback."""
    trust = tmp_path / "trust.yaml"
    trust.write_text(
        "clients:\n  - name: example-ehr\n    profile: generic\n    issuer: https://ehr.example.org\n"
        f"    keys:\n      - {json.dumps(tokens.key().jwk())}\n"
    )
    monkeypatch.setenv("IGRT_CDS_TRUST", str(trust))
    monkeypatch.setenv("IGRT_CDS_PUBLIC_URL", tokens.PUBLIC_URL)
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'igrt-cds.db'}")


@pytest.mark.parametrize("port", ["99999", "70000", "-1"])
def test_a_port_that_cannot_be(igrt: Igrt, port: str) -> None:
    shown = igrt("serve", f"--port={port}")
    assert shown.code == 3
    assert "--port" in shown.err
    assert "65535" in shown.err or "0" in shown.err


def refuse_to_bind(monkeypatch: pytest.MonkeyPatch, number: int, text: str) -> list[int]:
    """Let no port be taken; the ports asked for."""
    asked: list[int] = []

    def refuse(self: socket.socket, address: tuple[str, int]) -> None:
        asked.append(address[1])
        raise OSError(number, text)

    monkeypatch.setattr(socket.socket, "bind", refuse)
    return asked


def test_the_next_free_port_is_looked_for_up_to_the_last_one(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = refuse_to_bind(monkeypatch, errno.EADDRINUSE, "Address already in use")
    shown = igrt("serve", "--port", "65530")
    assert (shown.code, asked) == (3, [*range(65530, 65536)])
    assert "No port from 65530 to 65535 is free on 127.0.0.1." in shown.err


def test_a_port_that_is_the_administrators(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_bind(monkeypatch, errno.EACCES, "Permission denied")
    shown = igrt("serve", "--port", "80")
    assert shown.code == 3
    assert shown.err.startswith("--port: this user may not take 80. Name one from 1024 on")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("host", "what"),
    [
        ("203.0.113.9", "is no address of this machine."),
        ("no-such-host.invalid", "is no address, and no name that is known here."),
        ("a..b", "is no address, and no name that is known here."),
    ],
    ids=["foreign", "unknown name", "no name"],
)
def test_a_host_that_is_at_fault_is_named(igrt: Igrt, host: str, what: str) -> None:
    shown = igrt("serve", "--host", host)
    assert shown.code == 3
    assert shown.err.startswith(f"--host: {host} {what} Name an address of this machine")
    assert "--port" not in shown.err


NOT_WRITABLE = {
    "a file": ("file", "File exists|Not a directory"),
    "below a file": ("file/below", "Not a directory"),
    "where nothing can be made": ("/proc/igrt-cds", "No such file or directory"),
}


@pytest.mark.parametrize(("folder", "why"), NOT_WRITABLE.values(), ids=NOT_WRITABLE)
@pytest.mark.parametrize("command", ["audit", "policies new-payer"])
def test_a_folder_that_cannot_be_written(
    igrt: Igrt, tmp_path: Path, folder: str, why: str, command: str
) -> None:
    (tmp_path / "file").write_text("mine")
    place = tmp_path / folder
    option = {"audit": "--sample", "policies new-payer": "--folder"}[command]
    words = {"audit": ("audit", "--patients", "2"), "policies new-payer": ("policies", "new-payer", "zz")}
    shown = igrt(*words[command], option, place)
    assert shown.code == {"audit": 2, "policies new-payer": 3}[command]
    assert said(shown.err).startswith(f"{place}: the ")
    assert any(each in shown.err for each in why.split("|"))
    assert f"Name another folder with {option}." in shown.err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_sample_of_too_many_patients_is_not_begun(igrt: Igrt, tmp_path: Path) -> None:
    shown = igrt("audit", "--sample", tmp_path / "sample", "--patients", "10000001")
    assert shown.code == 3
    assert "--patients" in shown.err
    assert "10000000" in shown.err
    assert not (tmp_path / "sample").exists()


def test_a_sample_is_not_written_over_files(igrt: Igrt, tmp_path: Path) -> None:
    (tmp_path / "sample" / "empty").mkdir(parents=True)
    assert igrt("audit", "--sample", tmp_path / "sample", "--patients", "1").code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "sample").glob("*.*")}
    shown = igrt("audit", "--sample", tmp_path / "sample", "--patients", "2")
    assert shown.code == 2
    assert said(shown.err) == (
        f"{tmp_path / 'sample'}: files lie here already. Name a new or an empty folder with --sample."
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "sample").glob("*.*")} == before


@pytest.mark.parametrize("variable", ["IGRT_CDS_TRUST", "IGRT_CDS_DOCUMENT_TYPES"])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gone.yaml", "does not exist. Check the path."),
        ("file/below.yaml", "does not exist. Check the path."),
        ("folder", "is a folder, where a file is meant. Name the file itself."),
    ],
    ids=["gone", "below a file", "folder"],
)
def test_a_file_that_is_not_there_is_not_told_to_be_saved_anew(
    igrt_process: Igrt, tmp_path: Path, variable: str, name: str, what: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    shown = igrt_process("serve", "--port", "0", **{variable: str(tmp_path / name)})
    assert shown.code == 3
    assert f"{tmp_path / name}: {what}" in shown.err
    assert "Errno" not in shown.err
    assert "UTF-8" not in shown.err


def test_a_registry_that_may_not_be_read(igrt: Igrt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *given: object, **named: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", refuse)
    shown = igrt("trust", "check", "--no-fetch", "--file", tmp_path / "trust.yaml")
    assert shown.code == 3
    assert f"{tmp_path / 'trust.yaml'}: cannot be read (Permission denied). See that" in shown.err


def test_a_registry_that_is_no_text_is_left_as_it_is(igrt: Igrt, tmp_path: Path) -> None:
    (tmp_path / "trust.yaml").write_bytes(b"\xff\xfe")
    shown = igrt("trust", "add", "x", "--profile", "inferno", "--file", tmp_path / "trust.yaml")
    assert shown.code == 3
    assert "is no UTF-8 text. Name another with --file." in shown.err
    assert (tmp_path / "trust.yaml").read_bytes() == b"\xff\xfe"


@pytest.mark.parametrize("command", ["check", "policies explain"])
def test_a_file_to_judge_that_is_not_there(igrt: Igrt, tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone.json"
    shown = igrt(*command.split(), gone)
    assert shown.code == 3
    assert said(shown.err) == (
        f"{gone}: This file cannot be read (No such file or directory). Check the path."
    )


def test_what_explain_refuses_says_where_and_what_to_do(igrt: Igrt, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"hook": "patient-view"}')
    shown = igrt("policies", "explain", file)
    assert shown.code == 3
    assert said(shown.err).startswith(f"{file}: hook No service answers this hook. Known: order-select")
    assert "400" not in shown.err


@pytest.mark.parametrize("at", ["foo", "localhost:8080", "ftp://x", "http://", "http://x:99999", "http://[1"])
def test_what_is_no_address_of_a_service(igrt: Igrt, at: str) -> None:
    shown = igrt("check", "--at", at, REQUEST)
    assert shown.code == 3
    assert "--at This is no address of a service. Write it as http://127.0.0.1:8080." in said(shown.err)


@pytest.mark.parametrize(
    ("error", "letter"),
    [
        (requests.ConnectionError("inner words"), "cannot be reached. Is it running?"),
        (requests.Timeout("inner words"), "does not answer within 30 seconds. Is it running?"),
        (requests.exceptions.SSLError("inner words"), "shows no certificate that is trusted here."),
        (ValueError("inner words"), "does not answer as a CDS service. Check the address."),
    ],
    ids=["connection", "time", "certificate", "no JSON"],
)
def test_a_service_that_does_not_answer(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, error: Exception, letter: str
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "get", fail)
    shown = igrt("check", "--at", "http://127.0.0.1:9", REQUEST)
    assert shown.code == 3
    assert f"http://127.0.0.1:9 {letter}" in said(shown.err)
    assert "inner words" not in shown.err
    assert type(error).__name__ not in shown.err


def test_a_setting_that_is_neither_true_nor_false(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGRT_CDS_OPEN_DISCOVERY", "maybe")
    shown = igrt("serve")
    assert shown.code == 3
    assert shown.err.startswith("IGRT_CDS_OPEN_DISCOVERY: 'maybe' is not true or false. ")


def test_the_version_names_the_policies_in_force(igrt: Igrt) -> None:
    shown = igrt("--version")
    assert shown.code == 0
    book = load_library([POLICIES]).engine.book
    assert shown.out == f"igrt-cds {version('igrt-cds')}\npolicy book {book.fingerprint}\n"
