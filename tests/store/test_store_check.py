"""What /readyz and `igrt-cds doctor` say of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.store.database import Store, default_url
from cds_service.store.health import store_check
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare
from tests.store.build import decision


@pytest.mark.parametrize(
    ("state", "level", "said"),
    [
        ("well", "ok", "Migration"),
        ("away", "warn", "does not answer"),
        ("of another version", "warn", "not those of this version"),
        ("empty", "warn", "not those of this version"),
        ("refuses", "warn", "given up"),
    ],
)
def test_each_state_has_its_words(tmp_path: Path, state: str, level: str, said: str) -> None:
    store = Store("postgresql://igrt@127.0.0.1:9/igrt" if state == "away" else default_url(tmp_path))
    if state not in ("away", "empty"):
        prepare(store)
    if state == "of another version":
        with store.writing(durable=False) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    keeping = Keeping(store)
    if state == "refuses":
        keeping.ledger.put(decision(id=None))
        assert keeping.ledger.flush(20)
    told = store_check(keeping)()
    assert told.level == level
    assert said in told.what
    keeping.close()
