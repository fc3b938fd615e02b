"""The service or PostgreSQL ends at any moment: what was acknowledged is there, once, and cards keep coming.

A few kills here; `python -m scripts.kill_feedback --kills 200` is the campaign (CONTRIBUTING.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from cds_service.clock import now
from cds_service.store.database import Store, StoreUnavailable
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare, upgrade
from fhir_fixtures import load as load_fixture
from scripts.feedback_load import FIXTURE, Load, faults
from scripts.kill_feedback import campaign
from tests.store.build import card, decision
from tests.store.conftest import BACKENDS
from tests.store.postgres import own_postgres
from tests.store.served import serving

KILLS = 8


@pytest.mark.slow
@pytest.mark.parametrize("kind", BACKENDS)
def test_no_acknowledged_row_is_lost_or_doubled_when_processes_are_killed(kind: str) -> None:
    seen = campaign(kind, KILLS)
    assert seen.faults == []
    assert seen.kills + seen.postmasters == KILLS
    assert seen.postmasters == (KILLS // 5 if kind == "postgresql" else 0)
    assert seen.acknowledged > KILLS


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


@pytest.mark.slow
def test_postgresql_stops_and_starts_under_load() -> None:
    with own_postgres() as server:
        url = server.url("load")
        store = Store(url)
        upgrade(store)
        keeping = Keeping(store)
        with serving(keeping) as site:
            load = Load(lambda: site.address, clients=4)
            load.start()
            try:
                until(lambda: len(load.acknowledged) > 20)
                server.stop()
                before = load.answers.copy()
                until(lambda: load.answers["feedback: 503"] > before["feedback: 503"])
                answer = site.ask(
                    "igrt-claim-review", {**load_fixture(FIXTURE), "hookInstance": "while it is down"}
                )
                assert answer.status_code == 200
                (shown, *_) = answer.json()["cards"]
                at = now().isoformat(timespec="microseconds")
                item = {"card": shown["uuid"], "outcome": "overridden", "outcomeTimestamp": at}
                refused = site.ask("igrt-claim-review/feedback", {"feedback": [item]})
                assert refused.status_code == 503
                assert refused.headers["Retry-After"] == "5"
                assert refused.json()["issue"][0]["code"] == "transient"
                server.start()
                acknowledged = len(load.acknowledged)
                until(lambda: len(load.acknowledged) > acknowledged + 20)
                # The card of the time without a database is known by now.
                again = site.ask("igrt-claim-review/feedback", {"feedback": [item]})
                assert again.status_code == 200, again.text
                load.acknowledged.add((shown["uuid"], at))
            finally:
                load.stop()
        assert {name for name in load.answers if name.startswith("hook")} == {"hook: 200"}
        assert load.answers["feedback: 422"] == 0
        assert keeping.ledger.dropped == 0
        assert faults(load.acknowledged, store) == []
        keeping.close()


def test_the_service_starts_without_its_database() -> None:
    store = Store("postgresql://igrt@127.0.0.1:9/igrt")
    assert "does not answer" in prepare(store)
    keeping = Keeping(store)
    started = time.monotonic()
    for _ in range(100):
        keeping.ledger.put(decision(card()))
    assert time.monotonic() - started < 20  # a hundred connections in vain would take much longer
    assert keeping.ledger.waiting == 100
    assert keeping.tokens.first_use("https://a", "1", int(time.time()) + 60)
    assert not keeping.tokens.first_use("https://a", "1", int(time.time()) + 60)
    with pytest.raises(StoreUnavailable), store.reading():
        pass
    keeping.ledger.close(0.1)
    store.close()
