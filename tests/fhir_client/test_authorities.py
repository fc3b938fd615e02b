"""The site's own authorities are read at the start: later they could only be told as a server that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from cds_service.app import create_app
from cds_service.fhir_client.authorities import authorities_of
from cds_service.settings import SettingError, Settings
from tests.cli.conftest import Igrt, igrt

__all__ = ["igrt"]


def wrong_files(folder: Path) -> list[Path]:
    texts = {
        "empty.pem": "",
        "words.pem": "no certificate",
        "open.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / "gone.pem", folder, *(folder / name for name in texts)]


def test_a_file_that_is_none_is_a_letter(tmp_path: Path) -> None:
    for file in wrong_files(tmp_path):
        with pytest.raises(SettingError, match=f"IGRT_CDS_FHIR_CA_FILE: {file} "):
            authorities_of(Settings(fhir_ca_file=file))
        with pytest.raises(SettingError, match="IGRT_CDS_FHIR_CA_FILE"):
            create_app(Settings(development=True, fhir_ca_file=file))


def test_certificates_are_taken() -> None:
    assert authorities_of(Settings()) == ""
    assert authorities_of(Settings(fhir_ca_file=Path(DEFAULT_CA_BUNDLE_PATH))) == DEFAULT_CA_BUNDLE_PATH


@pytest.mark.parametrize(("command", "code"), [("serve", 3), ("doctor", 1)])
def test_start_and_doctor_tell_it(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, code: int
) -> None:
    monkeypatch.setenv("IGRT_CDS_FHIR_CA_FILE", str(tmp_path / "gone.pem"))
    monkeypatch.setattr("cds_service.cli.serve._bind", lambda *_: None)
    shown = igrt(command)
    assert shown.code == code
    assert f"IGRT_CDS_FHIR_CA_FILE: {tmp_path}/gone.pem is no file." in shown.out + shown.err
