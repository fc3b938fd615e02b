"""A database that answers, or never will, is not told as one that is away: each cause has its words and its remedy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from cds_service.clock import now
from cds_service.request.feedback import Feedback
from cds_service.store.database import Store, StoreDamaged, StoreReadOnly
from cds_service.store.health import store_check
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare, upgrade
from cds_service.store.purge import expired
from cds_service.store.rights import NEEDED, lacking
from cds_service.store.sealing import Sealer, new_key
from cds_service.store.tables import metadata, seen_tokens
from tests.cli.conftest import Igrt, igrt
from tests.operations.test_doctor import report
from tests.store.build import EHR, SERVICE, accepted, card, decision
from tests.store.postgres import Postgres, own_postgres

__all__ = ["igrt"]
ROLE = "served"


@pytest.fixture
def owner(postgres: Postgres) -> Iterator[Store]:
    """A database of this test with tables, and a user `served` who may see them and no more."""
    store = Store(postgres.url(f"causes_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"))
    with store.writing(durable=True) as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
        if not connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = 'served'").all():
            connection.exec_driver_sql(f"CREATE ROLE {ROLE} LOGIN")
        connection.exec_driver_sql(f"ALTER ROLE {ROLE} RESET ALL")
    upgrade(store)
    run(store, f"GRANT USAGE ON SCHEMA public TO {ROLE}", f"GRANT SELECT ON alembic_version TO {ROLE}")
    yield store
    store.close()


def run(store: Store, *statements: str) -> None:
    with store.writing(durable=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def url_of(store: Store, user: str = ROLE) -> str:
    return store.url.set(username=user).render_as_string(hide_password=False)


def grant_what_is_needed(store: Store) -> None:
    run(store, *(f"GRANT {', '.join(rights)} ON {name} TO {ROLE}" for name, rights in NEEDED.items()))


def serve_with(store: Store) -> None:
    """All that answering calls does with the database."""
    keeping = Keeping(store, Sealer(new_key()))
    shown = card()
    assert keeping.ledger.put(decision(shown)) or keeping.ledger.flush(10)
    assert keeping.feedback(EHR, SERVICE, Feedback((accepted(shown),), 0)).stored == 1
    assert keeping.tokens.first_use("iss", "jti", int(time.time()) + 300)
    with store.writing(durable=False) as connection:
        expired(connection, now())
        connection.execute(delete(seen_tokens).where(seen_tokens.c.expires < int(time.time())))
    assert store_check(keeping)().level == "ok"
    keeping.close()


def test_the_rights_that_doctor_asks_for_are_enough(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store
) -> None:
    grant_what_is_needed(owner)
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(owner))
    assert (code, rows["database"]["what"]) == (0, "postgresql answers.")
    serve_with(Store(url_of(owner)))


@pytest.mark.parametrize("right", [f"{r} on {name}" for name, rights in NEEDED.items() for r in rights])
def test_each_right_that_is_missing_is_named(owner: Store, right: str) -> None:
    grant_what_is_needed(owner)
    run(owner, f"REVOKE {right} FROM {ROLE}")
    served = Store(url_of(owner))
    with served.reading() as connection:
        assert [*lacking(connection)] == [right]
    served.close()


def test_doctor_says_what_a_user_who_may_only_read_lacks(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store
) -> None:
    run(owner, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(owner))
    assert code == 1
    assert "lacks rights: INSERT on decisions, INSERT on issued_cards" in rows["database"]["what"]
    assert "Grant them" in rows["database"]["remedy"]


def test_doctor_tells_a_user_whose_transactions_only_read(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store
) -> None:
    grant_what_is_needed(owner)
    run(owner, f"ALTER ROLE {ROLE} SET default_transaction_read_only = on")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(owner))
    assert code == 1
    assert "set to read only" in rows["database"]["what"]


def test_a_standby_is_told_by_doctor_and_by_an_upgrade(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_postgres() as server:
        fresh, ready = Store(server.url("fresh")), Store(server.url("ready"))
        upgrade(ready)
        fresh.close()
        ready.close()
        server.stop()
        data = Path(server.server.pgdata)
        (data / "standby.signal").touch()
        server.start()
        code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(ready, "postgres"))
        assert code == 1
        assert "it is a standby" in rows["database"]["what"]
        monkeypatch.setenv("IGRT_CDS_DATABASE_URL", url_of(fresh, "postgres"))
        refused = igrt("store", "upgrade")
        assert refused.code == 3
        assert "the database may be read, but not written (ReadOnlySqlTransaction)" in refused.err
        server.stop()
        (data / "standby.signal").unlink()
        server.start()


def test_a_user_without_rights_on_the_tables_is_not_told_as_a_server_that_is_away(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store
) -> None:
    run(owner, "REVOKE SELECT ON alembic_version FROM served")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(owner))
    assert code == 1
    assert "does not allow its user what is needed (InsufficientPrivilege)" in rows["database"]["what"]
    assert "grant it what it lacks" in rows["database"]["remedy"]
    for words in (("store", "upgrade"), ("store", "purge"), ("feedback", "report")):
        told = igrt(*words)
        assert told.code == 3, words
        assert "does not allow its user what is needed (InsufficientPrivilege)" in told.err, words
    served = Store(url_of(owner))
    assert "does not allow its user what is needed" in prepare(served)
    keeping = Keeping(served)
    assert "does not allow its user" in store_check(keeping)().what
    keeping.close()


@pytest.mark.parametrize("usage", [True, False], ids=["may look into it", "may not look into it"])
def test_an_upgrade_by_a_user_who_may_make_no_tables_names_the_rights(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store, usage: bool
) -> None:
    run(owner, *(f"DROP TABLE {name} CASCADE" for name in (*metadata.tables, "alembic_version")))
    run(owner, *([] if usage else [f"REVOKE USAGE ON SCHEMA public FROM {ROLE}"]))
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", url_of(owner))
    told = igrt("store", "upgrade")
    assert told.code == 3
    assert "does not allow its user what is needed" in told.err
    assert "Make this user the owner of the database" in told.err


def test_tables_that_may_not_be_seen_are_not_told_as_missing(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, owner: Store
) -> None:
    run(owner, f"REVOKE USAGE ON SCHEMA public FROM {ROLE}")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url_of(owner))
    assert code == 1
    assert "may look into none of its schemas" in rows["database"]["what"]
    assert "GRANT USAGE" in rows["database"]["remedy"]


def test_a_database_that_its_server_does_not_have_is_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    wrong = postgres.url().replace("/postgres?", "/no_such_database?")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=wrong)
    assert code == 1
    assert "The database no_such_database does not exist on its server" in rows["database"]["what"]
    assert "createdb" in rows["database"]["remedy"]
    told = igrt("store", "upgrade")
    assert told.code == 3
    assert "does not exist on its server" in told.err


def test_a_folder_in_place_of_the_file_is_told_everywhere(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "igrt-cds.db"
    folder.mkdir()
    url = f"sqlite:///{folder}"
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url)
    assert code == 1
    assert "damaged, or no SQLite database (it is a folder)" in rows["database"]["what"]
    for words in (("store", "upgrade"), ("store", "purge"), ("feedback", "report"), ("replay", "x")):
        told = igrt(*words)
        assert told.code == 3, words
        assert "(it is a folder)" in told.err, words
    store = Store(url)
    assert "(it is a folder). Restore a backup or move it away" in prepare(store)
    keeping = Keeping(store)
    assert "is damaged, or no SQLite database" in store_check(keeping)().what
    keeping.close()
    with pytest.raises(StoreDamaged), store.writing(durable=False):
        pass
    assert list(folder.iterdir()) == []


def test_a_file_that_is_read_only_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    made = Store(f"sqlite:///{file}")
    upgrade(made)
    made.close()
    store = Store(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StoreReadOnly), store.writing(durable=False) as connection:
        connection.execute(delete(seen_tokens))
    store.close()
