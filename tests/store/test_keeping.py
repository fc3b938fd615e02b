"""What a process keeps goes by its settings, and feedback waits for cards that are on their way."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service.books import Library, standard_library
from cds_service.clock import now
from cds_service.request.errors import Refusal
from cds_service.request.feedback import Feedback
from cds_service.service import Advisor
from cds_service.settings import Secret, Settings
from cds_service.store import keeping as module
from cds_service.store import ledger, tables
from cds_service.store.database import Store, StoreUnavailable, default_url
from cds_service.store.decisions import count
from cds_service.store.keeping import Keeping, keeping_in_memory, open_keeping
from cds_service.store.sealing import new_key
from cds_service.store.token_files import TokenFiles
from cds_service.trust.model import Client
from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, SERVICE_OF
from tests.store.build import EHR, SERVICE, accepted, card, decision
from tests.store.test_database import opened

LIBRARY: Library = standard_library()


def record(keeping: Keeping, **more: Any) -> str:
    """The record of an answer."""
    body, service = json.dumps(load(DOUBLE_BILLED)).encode(), SERVICE_OF[DOUBLE_BILLED]
    answer = Advisor(LIBRARY).advise(service, body, date(2026, 11, 24))
    return keeping.record(LIBRARY, service, Client(EHR, ""), body, answer, answer.encode(), **more)


def test_inputs_are_kept_for_the_days_of_the_settings(tmp_path: Path) -> None:
    url, key = Secret(default_url(tmp_path)), Secret(new_key())
    keeping = open_keeping(Settings(database_url=url, input_key=key, input_days=5))
    made = record(keeping)
    assert keeping.ledger.flush(20)
    with keeping.store.reading() as connection:
        (row,) = connection.execute(select(tables.decision_inputs)).all()
        (at,) = connection.execute(select(tables.decisions.c.at)).scalars()
    assert (row.decision, row.delete_after - at) == (made, timedelta(days=5))
    keeping.close()


def test_without_a_key_no_input_is_kept(tmp_path: Path) -> None:
    keeping = open_keeping(Settings(database_url=Secret(default_url(tmp_path))))
    record(keeping)
    assert count(keeping.store) == 1
    with keeping.store.reading() as connection:
        assert connection.execute(select(tables.decision_inputs)).all() == []
    keeping.close()


def test_a_database_that_is_named_outlives_the_process_and_another_one_does_not(tmp_path: Path) -> None:
    settings = Settings(database_url=Secret(default_url(tmp_path)))
    for _ in range(2):
        keeping = keeping_in_memory(settings)
        record(keeping)
        keeping.close()
    store = Store(default_url(tmp_path))
    assert count(store) == 2
    store.close()
    keeping = keeping_in_memory(Settings())
    record(keeping)
    assert keeping.ledger.flush(20)
    assert (keeping.store.in_memory, count(keeping.store)) == (True, 1)
    keeping.close()


def test_closing_writes_what_waits_and_lets_go_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = open_keeping(Settings(database_url=Secret(default_url(tmp_path))))
    waited: list[str] = []
    monkeypatch.setattr("cds_service.store.ledger.decisions.write_at_once", lambda *_: False)
    monkeypatch.setattr(ledger, "PATIENCE", 0.0)
    for _ in range(20):
        record(keeping, before_waiting=lambda: waited.append("so"))
    keeping.close()
    assert waited == ["so"] * 20
    assert opened(tmp_path) == []
    store = Store(default_url(tmp_path))
    assert count(store) == 20
    store.close()


def test_that_the_database_does_not_answer_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(module, "log_event", lambda what, **_: told.append(what))
    open_keeping(Settings(database_url=Secret(default_url(tmp_path)))).close()
    assert not told
    open_keeping(Settings(database_url=Secret("postgresql://igrt@127.0.0.1:9/igrt"))).close()
    assert told == ["the database does not answer; cards come without it"]


def test_tokens_are_taken_once_by_processes_that_share_a_folder(tmp_path: Path) -> None:
    settings = Settings(database_url=Secret("postgresql://igrt@127.0.0.1:9/igrt"))
    one, other = (open_keeping(settings, files=TokenFiles(tmp_path)) for _ in range(2))
    end = int(time.time()) + 60
    assert one.tokens.first_use("iss", "jti", end)
    assert not other.tokens.first_use("iss", "jti", end)
    one.close()
    other.close()


def test_after_a_trouble_an_unknown_card_may_be_one_of_another_process(tmp_path: Path) -> None:
    keeping = open_keeping(Settings(database_url=Secret(default_url(tmp_path))))
    known, unknown = card(), card()
    assert keeping.ledger.put(decision(known))
    keeping.ledger._trouble = time.monotonic() - 25
    with pytest.raises(StoreUnavailable):
        keeping.feedback(EHR, SERVICE, Feedback((accepted(unknown),), 0))
    assert keeping.feedback(EHR, SERVICE, Feedback((accepted(known, now()),), 0)).stored == 1
    keeping.ledger._trouble = time.monotonic() - 35
    with pytest.raises(Refusal):
        keeping.feedback(EHR, SERVICE, Feedback((accepted(unknown),), 0))
    keeping.close()
