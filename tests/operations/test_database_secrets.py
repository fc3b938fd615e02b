"""No command prints the password of the database, wherever in its URL it stands and however the URL is broken."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Igrt, igrt

__all__ = ["igrt"]
SECRET = "hunter2secret"
AWAY = "127.0.0.1:1/x"
URLS = (
    f"postgresql+psycopg://u:{SECRET}@{AWAY}",
    f"postgres://u:{SECRET}@{AWAY}",
    f"postgresql://{AWAY}?user=u&password={SECRET}",
    f"postgresql://u@{AWAY}?sslpassword={SECRET}",
    f"postgresql://u:a@{SECRET}@{AWAY}",
    f"postgresql://u:{SECRET}/a@{AWAY}",
    f"postgresql://u:x@127.0.0.1:{SECRET}/x",
    f"postgresql://u:{SECRET}@[::1/x",
    f"mysql://u:{SECRET}@{AWAY}",
    f"u:{SECRET}@{AWAY}",
)
COMMANDS = (
    ("store", "upgrade"),
    ("store", "purge", "--days", "3"),
    ("feedback", "report"),
    ("replay", "4866ee57-7a0a-4420-b871-1e0e217ccd77"),
    ("doctor",),
    ("doctor", "--json"),
    ("serve", "--port", "0"),
)


@pytest.mark.parametrize("url", URLS)
def test_no_command_prints_it(url: str, igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", url)
    # What `serve` says is said by then.
    monkeypatch.setattr("cds_service.cli.serve._run_one", lambda bound, *_: bound.close())
    monkeypatch.setattr("cds_service.cli.serve.configure", lambda _: None)
    for command in COMMANDS:
        shown = igrt(*command)
        assert SECRET not in shown.out + shown.err, command
        assert "Traceback" not in shown.out + shown.err, command
        assert shown.code in ((0, 3) if command[0] == "serve" else (1, 3)), command
