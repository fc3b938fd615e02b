"""Used tokens while the database is down: one call for each, whichever process of a machine is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cds_service.store.database import Store, StoreBusy, StoreUnavailable, default_url
from cds_service.store.migrate import prepare
from cds_service.store.token_files import TokenFiles
from cds_service.store.tokens import SeenTokens

KEY, OTHER = ("a" * 64, "b" * 64), ("a" * 64, "c" * 64)
ISSUER = "https://ehr.example.org"


def soon() -> int:
    return int(time.time()) + 600


@pytest.fixture
def down() -> Iterator[Store]:
    store = Store("postgresql://igrt@127.0.0.1:9/igrt")
    yield store
    store.close()


def test_of_many_that_take_a_token_at_once_exactly_one_gets_it(tmp_path: Path) -> None:
    for expires in range(soon(), soon() + 20):
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: TokenFiles(tmp_path).take(KEY, expires), range(8)))  # noqa: B023
        assert sum(taken) == 1
    assert TokenFiles(tmp_path).take(OTHER, soon())


def test_only_what_has_expired_is_forgotten(tmp_path: Path) -> None:
    files = TokenFiles(tmp_path)
    files.take(KEY, 1000)
    files.take(OTHER, 2000)
    (tmp_path / "somebody else's").touch()
    files.forget(1500)
    assert files.take(KEY, 1000)
    assert not files.take(OTHER, 2000)
    assert (tmp_path / "somebody else's").exists()


def test_a_folder_that_is_gone_refuses_nobody(tmp_path: Path) -> None:
    files = TokenFiles(tmp_path / "gone")
    files.forget(1)
    assert files.take(KEY, soon())


def test_without_a_database_one_process_knows_what_another_has_accepted(down: Store, tmp_path: Path) -> None:
    one, other = SeenTokens(down, TokenFiles(tmp_path)), SeenTokens(down, TokenFiles(tmp_path))
    end = soon()
    assert one.first_use(ISSUER, "1", end)
    assert not other.first_use(ISSUER, "1", end)
    assert not one.first_use(ISSUER, "1", end)
    assert other.first_use(ISSUER, "2", end)


def test_a_token_used_before_the_database_went_down_is_used(down: Store, tmp_path: Path) -> None:
    up, end = Store(default_url(tmp_path)), soon()
    prepare(up)
    assert SeenTokens(up, TokenFiles(tmp_path)).first_use(ISSUER, "1", end)
    assert not SeenTokens(down, TokenFiles(tmp_path)).first_use(ISSUER, "1", end)
    up.close()


def test_a_token_used_while_it_was_down_is_used_when_it_is_back(down: Store, tmp_path: Path) -> None:
    up, end = Store(default_url(tmp_path)), soon()
    prepare(up)
    assert SeenTokens(down, TokenFiles(tmp_path)).first_use(ISSUER, "1", end)
    assert not SeenTokens(up, TokenFiles(tmp_path)).first_use(ISSUER, "1", end)
    up.close()


def test_a_token_of_another_machine_is_refused_by_the_database(tmp_path: Path) -> None:
    shared, end = Store(default_url(tmp_path)), soon()
    prepare(shared)
    for machine in ("one", "other"):
        (tmp_path / machine).mkdir()
    assert SeenTokens(shared, TokenFiles(tmp_path / "one")).first_use(ISSUER, "1", end)
    assert not SeenTokens(shared, TokenFiles(tmp_path / "other")).first_use(ISSUER, "1", end)
    shared.close()


def test_a_long_time_without_database_does_not_fill_the_memory(
    down: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.store.tokens._PURGE_EVERY", 0.0)
    tokens = SeenTokens(down, TokenFiles(tmp_path))
    for number in range(50):
        assert tokens.first_use(ISSUER, str(number), int(time.time()) - 5)
    assert len(tokens._own) + len(tokens._unwritten) + len(list(tmp_path.iterdir())) < 6


def test_a_token_that_never_gets_its_turn_to_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_self: Store, *, durable: bool) -> None:
        raise StoreBusy("others write")

    store = Store(default_url(tmp_path))
    prepare(store)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "writing", busy)
        assert not SeenTokens(store).first_use(ISSUER, "1", soon())
    assert SeenTokens(store).first_use(ISSUER, "1", soon())
    store.close()


def test_what_was_used_while_it_was_down_is_owed_no_longer_once_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_self: Store, *, durable: bool) -> None:
        raise StoreUnavailable("it is away")

    store = Store(default_url(tmp_path))
    prepare(store)
    tokens = SeenTokens(store)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "writing", down)
        assert tokens.first_use(ISSUER, "1", soon())
    assert tokens.troubled(0)
    assert tokens.first_use(ISSUER, "2", soon())
    assert not tokens.troubled(0)
    assert not SeenTokens(store).first_use(ISSUER, "1", soon())
    store.close()


def test_expired_tokens_are_looked_for_once_in_a_while_only(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    prepare(store)
    tokens, over = SeenTokens(store), int(time.time()) - 5
    for jti in "123":
        assert tokens.first_use(ISSUER, jti, over)
    with store.reading() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM seen_tokens").scalar_one()
    assert kept == 2
    store.close()
