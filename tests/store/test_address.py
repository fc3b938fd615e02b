"""Which URLs name a store: what could never work is refused at the start, and nothing is made beside the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.production import missing
from cds_service.settings import Secret, SettingError, Settings
from cds_service.store.address import checked, is_memory
from cds_service.store.database import Store
from cds_service.store.migrate import HEAD, prepare, revision

AWAY = "postgresql://u:hunter2@127.0.0.1:1/x"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////data/x.db ", "blanks"),
        ("sqlite:////data/x.db\n", "blanks"),
        ("sqlite://data/x.db", "no host"),
        ("sqlite://u:hunter2@data/x.db", "no host"),
        ("sqlite://:5/data/x.db", "no host"),
        ("sqlite:////data/x.db?mode=ro", "uri=true"),
        ("sqlite:////data/x.db?timeout=abc", "uri=true"),
        ("sqlite:///file:/data/x.db", "uri=true"),
        ("sqlite:///file:x?mode=memory&cache=shared&uri=true", "in memory"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "in memory"),
        ("postgresql://u:hunter2@127.0.0.1:99999/x", "no port"),
        ("postgresql://u:hunter2@one,other/x", "?host="),
        ("postgresql://u:hunter2@%2Fvar%2Frun%2Fpostgresql/x", "?host="),
        (f"{AWAY}?hunter2=1", "no option"),
        (f"{AWAY}?sslmode=hunter2", "sslmode"),
        (f"{AWAY}?connect_timeout=hunter2", "connect_timeout"),
    ],
)
def test_what_could_never_work_is_refused(url: str, said: str) -> None:
    with pytest.raises(SettingError, match="IGRT_CDS_DATABASE_URL: ") as told:
        Store(url)
    assert said in str(told.value)
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "query", ["", "?sslmode=verify-full&sslrootcert=/ca.pem", "?connect_timeout=3&target_session_attrs=any"]
)
def test_options_of_postgresql_are_taken(query: str) -> None:
    assert checked(AWAY + query).get_backend_name() == "postgresql"


@pytest.mark.parametrize("host", ["", "db", "192.0.2.1", "[2001:db8::1]", "[fe80::1%eth0]"])
def test_hosts_of_postgresql_are_taken(host: str) -> None:
    assert checked(f"postgresql://u:hunter2@{host}/x").get_backend_name() == "postgresql"


def test_a_store_with_a_wrong_option_of_sqlite_is_a_letter(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="behind the question mark"):
        Store(f"sqlite:///file:{tmp_path}/x.db?uri=true&timeout=abc")


def test_a_uri_makes_its_file_and_no_folder_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    store = Store(f"sqlite:///file:{data}/x.db?uri=true")
    assert prepare(store) == ""
    assert revision(store) == HEAD
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (data / "x.db").is_file()


def test_a_plain_path_gets_its_folder(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/a/b/x.db")
    assert prepare(store) == ""
    store.close()
    assert (tmp_path / "a" / "b" / "x.db").is_file()


def test_a_store_in_memory_is_not_for_several_workers() -> None:
    """Each worker would have one of its own: feedback that reaches another one than the call did is refused."""
    assert is_memory(checked("sqlite://"))
    for url in ("sqlite://", "sqlite:///:memory:"):
        letters = [*missing(Settings(production=True, database_url=Secret(url)))]
        assert any(letter.startswith("IGRT_CDS_DATABASE_URL: ") for letter in letters), letters
    letters = [*missing(Settings(production=True, database_url=Secret("sqlite:////data/x.db")))]
    assert not any(letter.startswith("IGRT_CDS_DATABASE_URL: ") for letter in letters), letters
    assert [*missing(Settings(production=True, database_url=Secret("nothing")))], "told where it is opened"
