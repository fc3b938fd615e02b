"""What is wrong with a file or folder that a setting names: a letter, whatever the system says of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.letters import PolicyError
from cds_service.files import why_no_file, why_no_folder
from tests.cli.conftest import Igrt, igrt

__all__ = ["igrt"]
LONG = Path("/" + "x" * 5000)


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file in a folder that the user may not enter, whoever runs the tests."""
    stat, file = Path.stat, tmp_path / "shut" / "trust.yaml"

    def refusing(path: Path, **more: Any) -> os.stat_result:
        if path == file:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **more)

    monkeypatch.setattr(Path, "stat", refusing)
    return file


def test_what_is_wrong_with_a_file(tmp_path: Path, shut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    assert why_no_file(file) == why_no_folder(tmp_path) == ""
    for none in (tmp_path, tmp_path / "gone", file / "below", Path("/dev/null")):
        assert why_no_file(none) == "is no file", none
    assert why_no_folder(file) == why_no_folder(tmp_path / "gone") == "is no folder"
    assert why_no_file(LONG).startswith("cannot be read (File name too long")
    assert why_no_file(shut) == f"cannot be read (Permission denied, for user {os.getuid()})"
    monkeypatch.setattr(os, "access", lambda path, rights: False)
    assert why_no_file(file).startswith("cannot be read (Permission denied")
    assert why_no_folder(tmp_path).startswith("cannot be read (Permission denied")


@pytest.mark.parametrize("variable", ["TRUST", "CATALOGUE", "POLICY_PATH", "DOCUMENT_TYPES", "FHIR_CA_FILE"])
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_path_that_may_not_be_entered_is_a_letter(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, shut: Path, variable: str, command: str
) -> None:
    """A stack trace at the start, and in `doctor` a check that failed itself."""
    monkeypatch.setenv(f"IGRT_CDS_{variable}", str(shut))
    monkeypatch.setattr("cds_service.cli.serve._bind", lambda *_: None)
    monkeypatch.setattr("cds_service.cli.serve.standard_library", standard_library_anew)
    shown = igrt(command, "--production") if variable == "TRUST" else igrt(command)
    assert shown.code == {"serve": 3, "doctor": 1}[command]
    said = shown.out + shown.err
    assert str(shut) in said
    assert "Traceback" not in said
    assert "check itself failed" not in said


def standard_library_anew() -> Any:
    from cds_service.books import standard_library

    standard_library.cache_clear()
    return standard_library()


def test_a_folder_of_policies_that_cannot_be_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its payers would be judged by the general rules, and nobody would know."""
    shut, scandir = tmp_path / "payer-b", os.scandir
    for name in ("payer-a", "payer-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "payer.yaml").write_text("x: y\n")

    def refusing(path: Any = ".") -> Iterator[os.DirEntry[str]]:
        if Path(path) == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(PolicyError) as refused:
        load_library((POLICIES, tmp_path))
    (letter,) = map(str, refused.value.problems)
    assert letter.startswith(f"{shut}: cannot be looked into (Permission denied).")


def test_names_that_begin_with_a_dot_are_left_to_editors_and_mounts(tmp_path: Path) -> None:
    """Kubernetes mounts a volume of files as links into a folder `..2026_…`, so that each file is there twice."""
    payer = tmp_path / "florida-blue"
    real = payer / "..2026_11_24"
    real.mkdir(parents=True)
    text = (POLICIES / "florida-blue" / "payer.yaml").read_text("utf-8")
    (real / "payer.yaml").write_text(text, "utf-8")
    (payer / "payer.yaml").symlink_to(real / "payer.yaml")
    (payer / ".#payer.yaml").symlink_to("user@host.1:2")
    library = load_library((POLICIES, tmp_path))
    assert library.engine.book.payers
    (real / "payer.yaml").unlink()
    with pytest.raises(PolicyError, match="does not exist"):
        load_library((POLICIES, tmp_path))
