"""Tables, decisions, tokens and feedback, on both databases."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, select

from cds_service.clock import now
from cds_service.request.errors import Refusal
from cds_service.service import Seen
from cds_service.settings import SettingError
from cds_service.store import decisions, tables
from cds_service.store.database import Store, StoreUnavailable, default_url
from cds_service.store.feedback import Stored, store_feedback
from cds_service.store.migrate import HEAD, prepare, revision, upgrade
from cds_service.store.purge import purge
from cds_service.store.records import Decision, Input
from cds_service.store.sealing import CannotOpen, Sealed, Sealer, new_key
from cds_service.store.tokens import SeenTokens
from tests.store.build import EHR, OTHER, SERVICE, accepted, card, decision, overridden
from tests.store.postgres import Postgres
from tests.store.token_user import use


def write(store: Store, *batch: Decision, sealer: Sealer | None = None) -> None:
    with store.writing(durable=False) as connection:
        decisions.write(connection, batch, sealer, timedelta(days=30))


def rows(store: Store, table: Table) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(table)).all())


# --- tables


def test_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    assert revision(store) == HEAD


def test_the_newest_migration_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", "cds_service.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_upgrading_again_changes_nothing(store: Store) -> None:
    write(store, decision(card()))
    assert upgrade(store) == (HEAD, HEAD)
    assert rows(store, tables.issued_cards) == 1


def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    with store.writing(durable=False) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(SettingError, match="newer version"):
            prepare(store)
        with pytest.raises(SettingError, match="newer version"):
            upgrade(store)
    finally:
        with store.writing(durable=False) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")


def test_several_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    stores = [Store(default_url(tmp_path / "new")) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(upgrade, stores))
    assert sorted(done, key=str) == [(HEAD, HEAD)] * 7 + [(None, HEAD)]
    for each in stores:
        each.close()


def test_sqlite_is_upgraded_by_serve_and_postgresql_is_not(tmp_path: Path, postgres: Postgres) -> None:
    file = Store(default_url(tmp_path))
    assert prepare(file) == ""
    assert revision(file) == HEAD
    file.close()
    server = Store(postgres.url("igrt_empty"))
    with pytest.raises(SettingError, match="igrt-cds store upgrade"):
        prepare(server)
    server.close()


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "", "oracle://x"])
def test_other_databases_are_refused_with_a_letter(url: str) -> None:
    with pytest.raises(SettingError, match="IGRT_CDS_DATABASE_URL"):
        Store(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://igrt:geheim@db.example.org/igrt",
        "postgresql://db.example.org/igrt?user=igrt&password=geheim",
        "postgresql://igrt@db.example.org/igrt?sslmode=verify-full&sslpassword=geheim",
        "postgresql://igrt:x@db.example.org/igrt?options=-c%20app.key%3Dgeheim",
    ],
)
def test_the_password_is_never_shown(url: str) -> None:
    made = Store(url)
    assert "geheim" not in made.shown
    assert "db.example.org" in made.shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://igrt:a@geheim@db.example.org/igrt",
        "postgresql://igrt:x@db.example.org:geheim/igrt",
        "postgresql://igrt:geheim@[::1/igrt",
    ],
)
def test_a_url_that_is_read_otherwise_than_it_was_meant_is_refused(url: str) -> None:
    """A password with an @ in it was taken for a part of the host, and shown as such."""
    with pytest.raises(SettingError, match="IGRT_CDS_DATABASE_URL") as refused:
        Store(url)
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


# --- decisions


def test_a_decision_comes_back_and_its_reading_is_logged(store: Store) -> None:
    given = decision(card(), findings='[{"kind":"bundling"}]')
    write(store, given)
    kept = decisions.read(store, given.id, "auditor", "replay", now())
    assert kept is not None
    assert kept.row["findings"] == given.findings
    assert kept.row["at"] == given.at
    assert kept.row["client"] == EHR
    assert kept.sealed is None
    ((at, who, what),) = decisions.readings(store, given.id)
    assert (who, what) == ("auditor", "replay")
    assert abs(at - now()) < timedelta(minutes=1)


def test_what_is_not_there_leaves_no_trace(store: Store) -> None:
    assert decisions.read(store, "nothing", "auditor", "replay", now()) is None
    assert rows(store, tables.decision_reads) == 0


def test_the_same_call_again_keeps_its_card_once(store: Store) -> None:
    shown = card()
    write(store, decision(shown))
    write(store, decision(shown), decision(shown))
    assert rows(store, tables.decisions) == 3
    assert rows(store, tables.issued_cards) == 1
    assert rows(store, tables.card_rules) == 1


def test_an_input_is_sealed_and_opens_with_its_key_and_decision_only(store: Store) -> None:
    sealer = Sealer(new_key())
    given = decision(input=Input(b"CANARY in the input", (), Seen()))
    write(store, given, sealer=sealer)
    kept = decisions.read(store, given.id, "a", "replay", now())
    assert kept is not None
    assert kept.sealed is not None
    assert b"CANARY" not in kept.sealed.data
    assert Input.decode(sealer.open(given.id, kept.sealed)) == given.input
    with pytest.raises(CannotOpen, match="with the key"):
        Sealer(new_key()).open(given.id, kept.sealed)
    with pytest.raises(CannotOpen, match="changed"):
        sealer.open("another decision", kept.sealed)
    bad = Sealed(kept.sealed.key_id, kept.sealed.nonce, kept.sealed.data[:-1] + b"\0")
    with pytest.raises(CannotOpen, match="changed"):
        sealer.open(given.id, bad)


@pytest.mark.parametrize("key", ["", "short", "A" * 43, "ÄÖ" * 22, "A" * 40])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(SettingError, match="new-key"):
        Sealer(key)


def test_purging_deletes_what_is_over_and_nothing_else(store: Store) -> None:
    sealer, old = Sealer(new_key()), now() - timedelta(days=40)
    quiet, spoken = card(), card()
    write(store, decision(quiet, at=old), decision(spoken, at=old), decision(card()), sealer=sealer)
    store_feedback(store, EHR, SERVICE, [accepted(spoken)], now())
    done = purge(store, now())
    assert (done.inputs, done.decisions, done.cards) == (2, 0, 0)
    done = purge(store, now(), now() - timedelta(days=35))
    assert (done.inputs, done.decisions, done.cards) == (0, 2, 1)
    assert rows(store, tables.feedback) == 1
    assert rows(store, tables.decision_inputs) == 1
    assert rows(store, tables.issued_cards) == 2


# --- tokens


def test_a_token_is_new_once(store: Store) -> None:
    tokens, later = SeenTokens(store), int(time.time()) + 60
    assert tokens.first_use("https://a", "1", later)
    assert not tokens.first_use("https://a", "1", later)
    assert tokens.first_use("https://a", "2", later)
    assert tokens.first_use("https://b", "1", later)
    restarted = SeenTokens(store)
    assert not restarted.first_use("https://a", "1", later)
    assert restarted.first_use("https://a", "3\ud800\0", later)


def test_issuer_and_token_do_not_run_together(store: Store) -> None:
    tokens, later = SeenTokens(store), int(time.time()) + 60
    assert tokens.first_use("ab", "c", later)
    assert tokens.first_use("a", "bc", later)


def test_of_many_uses_in_several_processes_exactly_one_is_the_first(url: str, store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    counted: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    jtis = [str(n) for n in range(100)]
    workers = [context.Process(target=use, args=(url, jtis, counted)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [counted.get() for _ in workers]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert sum(found) == len(jtis)
    assert rows(store, tables.seen_tokens) == len(jtis)


def test_expired_tokens_are_forgotten(store: Store) -> None:
    tokens = SeenTokens(store)
    assert tokens.first_use("https://a", "old", int(time.time()) - 10)
    assert SeenTokens(store).first_use("https://a", "new", int(time.time()) + 60)
    assert rows(store, tables.seen_tokens) == 1


def test_no_value_of_a_token_is_stored(store: Store) -> None:
    SeenTokens(store).first_use("https://issuer.example", "secret-jti", int(time.time()) + 60)
    with store.reading() as connection:
        assert "secret" not in str(connection.execute(select(tables.seen_tokens)).all())


# --- feedback


def test_feedback_is_stored_once_however_often_it_comes(store: Store) -> None:
    one, two = card(), card()
    write(store, decision(one, two))
    items = [accepted(one), overridden(two, reason="data-wrong")]
    assert store_feedback(store, EHR, SERVICE, items, now()) == Stored(2, 0)
    for _ in range(5):
        assert store_feedback(store, EHR, SERVICE, items, now()) == Stored(0, 2)
    assert store_feedback(store, EHR, SERVICE, [*items, accepted(one)], now()) == Stored(1, 2)
    assert rows(store, tables.feedback) == 3


def test_an_item_twice_in_one_call_counts_once(store: Store) -> None:
    one = card()
    write(store, decision(one))
    item = accepted(one)
    assert store_feedback(store, EHR, SERVICE, [item, item], now()) == Stored(1, 1)


@pytest.mark.parametrize(
    ("client", "service"), [(OTHER, SERVICE), (EHR, "igrt-order-sign"), (EHR.upper(), SERVICE)]
)
def test_a_card_of_another_client_or_service_is_foreign(store: Store, client: str, service: str) -> None:
    own, foreign = card(), card()
    write(store, decision(own, client=client, service=service), decision(foreign))
    with pytest.raises(Refusal) as refused:
        store_feedback(store, client, service, [accepted(own), accepted(foreign)], now())
    assert refused.value.status == 422
    assert [problem.where for problem in refused.value.problems] == ["feedback[1].card"]
    assert rows(store, tables.feedback) == 0


def test_while_cards_may_still_have_to_be_written_known_ones_take_feedback(store: Store) -> None:
    known, unknown = card(), card()
    write(store, decision(known))
    with pytest.raises(StoreUnavailable):
        store_feedback(store, EHR, SERVICE, [accepted(known), accepted(unknown)], now(), settled=False)
    assert rows(store, tables.feedback) == 0
    assert store_feedback(store, EHR, SERVICE, [accepted(known)], now(), settled=False) == Stored(1, 0)


def test_a_card_issued_to_two_clients_belongs_to_both(store: Store) -> None:
    shared = card()
    write(store, decision(shared), decision(shared, client=OTHER))
    for client in (EHR, OTHER):
        assert store_feedback(store, client, SERVICE, [accepted(shared)], now()).stored == 1


def test_suggestions_have_to_be_those_of_the_card(store: Store) -> None:
    one, two = card(), card()
    write(store, decision(one, two))
    wrong = replace(accepted(one), suggestions=two.suggestions)
    with pytest.raises(Refusal) as refused:
        store_feedback(store, EHR, SERVICE, [wrong], now())
    assert refused.value.problems[0].where == "feedback[0].acceptedSuggestions"


def test_an_outcome_does_not_come_before_its_card(store: Store) -> None:
    one = card()
    write(store, decision(one))
    with pytest.raises(Refusal) as refused:
        store_feedback(store, EHR, SERVICE, [accepted(one, now() - timedelta(days=2))], now())
    assert refused.value.status == 422
    assert store_feedback(store, EHR, SERVICE, [accepted(one, now() - timedelta(hours=20))], now()).stored


def test_a_contradiction_is_refused_and_the_first_stays(store: Store) -> None:
    one, two, at = card(), card(), now()
    write(store, decision(one, two))
    store_feedback(store, EHR, SERVICE, [accepted(one, at)], now())
    with pytest.raises(Refusal) as refused:
        store_feedback(store, EHR, SERVICE, [overridden(two), overridden(one, at)], now())
    assert refused.value.status == 409
    assert refused.value.problems[0].where == "feedback[1]"
    assert rows(store, tables.feedback) == 1


def test_calls_about_the_same_cards_at_once_neither_double_nor_block(url: str, store: Store) -> None:
    cards = [card() for _ in range(20)]
    write(store, decision(*cards))
    at = now()
    items = [accepted(each, at) for each in cards]
    others = [Store(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        orders = [items if n % 2 else items[::-1] for n in range(16)]
        done = [pool.submit(store_feedback, others[n % 4], EHR, SERVICE, o, at) for n, o in enumerate(orders)]
        assert sum(each.result().stored for each in done) == len(cards)
    assert rows(store, tables.feedback) == len(cards)
    for each in others:
        each.close()


def test_instants_come_back_to_the_microsecond_in_utc(store: Store) -> None:
    one = card()
    at = datetime(2026, 11, 24, 23, 59, 59, 123456, UTC)
    write(store, decision(one, at=at))
    store_feedback(store, EHR, SERVICE, [accepted(one, at)], at)
    with store.reading() as connection:
        assert connection.execute(select(tables.feedback.c.outcome_at)).scalar_one() == at


def test_a_full_disk_is_no_acknowledgement(tmp_path: Path) -> None:
    full = Store(default_url(tmp_path))
    upgrade(full)
    cards = [card(suggestions=0) for _ in range(3000)]
    write(full, decision(*cards))
    with full.writing(durable=False) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are, no more
    items = [overridden(each) for each in cards]
    with pytest.raises(StoreUnavailable):
        store_feedback(full, EHR, SERVICE, items, now())
    with full.writing(durable=False) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert rows(full, tables.feedback) == 0
    assert store_feedback(full, EHR, SERVICE, items, now()).stored == len(cards)
    full.close()
