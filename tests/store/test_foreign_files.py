"""A SQLite file that is another program's is left as it is, and a damaged one is not told as a server that is away."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cds_service.settings import SettingError
from cds_service.store.database import Store, StoreDamaged, StoreUnavailable, default_url
from cds_service.store.health import store_check
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import HEAD, look_at, make_ready, missing_tables, prepare, upgrade
from tests.cli.conftest import Igrt, igrt

__all__ = ["igrt"]
NAME = "igrt-cds.db"
MINE = ("CREATE TABLE orders (x)",)
CLASHING = ("CREATE TABLE decisions (x)",)
ALEMBIC = (
    "CREATE TABLE alembic_version (version_num)",
    "INSERT INTO alembic_version VALUES ('f2a9b7c01d3e')",
    "CREATE TABLE orders (x)",
)
NUMBERED = (ALEMBIC[0], "INSERT INTO alembic_version VALUES ('0001')", ALEMBIC[2])
NO_VERSION = ("CREATE TABLE alembic_version (version_num)", "CREATE TABLE orders (x)")
FOREIGN = pytest.mark.parametrize(
    "statements",
    [MINE, CLASHING, ALEMBIC, NUMBERED, NO_VERSION],
    ids=[
        *("other-tables", "a-table-of-our-name"),
        *("alembic-of-another", "alembic-numbered-as-ours", "alembic-without-version"),
    ],
)
DAMAGED = pytest.mark.parametrize("how", ["no-database", "cut-off", "a-table-dropped", "version-lost"])
WORDS = "is damaged, or no SQLite database"


def made(folder: Path, statements: tuple[str, ...]) -> Path:
    file = folder / NAME
    with closing(sqlite3.connect(file)) as raw:
        for statement in statements:
            raw.execute(statement)
        raw.commit()
    return file


def damaged(folder: Path, how: str) -> Path:
    file = folder / NAME
    if how == "no-database":
        file.write_bytes(b"not a database of any kind" * 100)
        return file
    store = Store(default_url(folder))
    upgrade(store)
    if how == "a-table-dropped":
        with store.writing(durable=True) as connection:
            connection.exec_driver_sql("DROP TABLE feedback")
    store.close()
    if how == "version-lost":
        made(folder, ("DELETE FROM alembic_version",))
    if how == "cut-off":
        file.write_bytes(file.read_bytes()[:6000])
    return file


@FOREIGN
def test_another_programs_file_is_refused_and_left_as_it_is(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    file = made(tmp_path, statements)
    before = file.read_bytes()
    store = Store(default_url(tmp_path))
    for ready in (prepare, upgrade, make_ready):
        with pytest.raises(SettingError, match="none of igrt-cds"):
            ready(store)
    store.close()
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", [None, b""], ids=["not-there", "empty"])
def test_a_file_that_is_not_there_or_empty_becomes_ours(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    store = Store(default_url(tmp_path))
    assert prepare(store) == ""
    assert missing_tables(store) == []
    store.close()


def test_an_upgrade_that_ended_before_its_first_table_is_begun_again(tmp_path: Path) -> None:
    made(tmp_path, NO_VERSION[:1])
    store = Store(default_url(tmp_path))
    assert prepare(store) == ""
    assert missing_tables(store) == []
    store.close()


def test_a_table_of_the_sites_own_beside_ours_does_no_harm(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    upgrade(store)
    store.close()
    made(tmp_path, MINE)
    assert upgrade(store) == (HEAD, HEAD)
    store.close()


@DAMAGED
def test_a_damaged_file_is_told_as_one_and_the_service_starts(tmp_path: Path, how: str) -> None:
    damaged(tmp_path, how)
    store = Store(default_url(tmp_path))
    said = prepare(store)
    assert WORDS in said
    assert "Restore a backup or move it away" in said
    assert "Cards come all the same" in said
    assert "until it is back" not in said
    with pytest.raises(StoreDamaged):
        make_ready(store)
    store.close()


@pytest.mark.parametrize("how", ["no-database", "cut-off"])
def test_readiness_tells_a_damaged_file(tmp_path: Path, how: str) -> None:
    damaged(tmp_path, how)
    keeping = Keeping(Store(default_url(tmp_path)))
    told = store_check(keeping)()
    assert (told.level, WORDS in told.what, "Restore a backup" in told.remedy) == ("warn", True, True)
    keeping.close()


def test_a_folder_in_place_of_the_file_will_not_come_back_by_itself(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    store = Store(default_url(tmp_path))
    look_at(store)
    with pytest.raises(StoreUnavailable) as raised:
        make_ready(store)
    assert raised.type is StoreDamaged
    store.close()


COMMANDS = (("store", "upgrade"), ("store", "purge"), ("feedback", "report"), ("replay", "x"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@DAMAGED
def test_commands_tell_a_damaged_file(
    tmp_path: Path, igrt: Igrt, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], how: str
) -> None:
    damaged(tmp_path, how)
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", default_url(tmp_path))
    done = igrt(*words)
    assert done.code == 3
    assert WORDS in done.err
    assert "Restore a backup, or move it away" in done.err
    assert "does not answer" not in done.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_tell_another_programs_file(
    tmp_path: Path, igrt: Igrt, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    made(tmp_path, MINE)
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", default_url(tmp_path))
    done = igrt(*words)
    assert done.code == 3
    assert "none of igrt-cds: it holds other tables. Name another file" in done.err


def doctor(igrt: Igrt) -> tuple[str, str, str]:
    rows = json.loads(igrt("doctor", "--json").out)["checks"]
    row = next(row for row in rows if row["check"] == "database")
    return row["level"], row["what"], row["remedy"]


@pytest.fixture(params=["named", "default"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the store, named in the environment or that of the user's own data."""
    if request.param == "named":
        monkeypatch.setenv("IGRT_CDS_DATABASE_URL", default_url(tmp_path))
        return tmp_path
    monkeypatch.delenv("IGRT_CDS_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    made = tmp_path / "igrt-cds"
    made.mkdir()
    return made


@DAMAGED
def test_doctor_tells_a_damaged_file(place: Path, igrt: Igrt, how: str) -> None:
    damaged(place, how)
    level, what, remedy = doctor(igrt)
    assert level == "fail"
    assert WORDS in what
    assert remedy.startswith("Restore a backup")


@FOREIGN
def test_doctor_tells_another_programs_file_and_leaves_it(
    place: Path, igrt: Igrt, statements: tuple[str, ...]
) -> None:
    file = made(place, statements)
    before = file.read_bytes()
    level, what, remedy = doctor(igrt)
    assert (level, "none of igrt-cds" in what) == ("fail", True)
    assert remedy.startswith("Name another file")
    assert file.read_bytes() == before


def test_doctor_is_content_with_ours(place: Path, igrt: Igrt) -> None:
    assert doctor(igrt)[0] == "ok"
    (place / NAME).write_bytes(b"")
    assert doctor(igrt)[0] == "ok"
    store = Store(default_url(place))
    upgrade(store)
    store.close()
    assert doctor(igrt)[0] == "ok"
