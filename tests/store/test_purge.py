"""What goes when it has been kept long enough, beside what `test_store` shows of cards and feedback."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from cds_service.clock import now
from cds_service.service import Seen
from cds_service.store import decisions, tables
from cds_service.store.database import Store
from cds_service.store.feedback import store_feedback
from cds_service.store.purge import Purged, purge
from cds_service.store.records import Input
from cds_service.store.sealing import Sealer, new_key
from cds_service.store.tokens import SeenTokens
from tests.store.build import EHR, SERVICE, accepted, card, decision


def test_inputs_of_old_decisions_go_with_them_though_their_days_are_not_over(store: Store) -> None:
    old, young = decision(at=now() - timedelta(days=40)), decision(card())
    with store.writing(durable=False) as connection:
        decisions.write(connection, [old, young], Sealer(new_key()), timedelta(days=100))
    assert purge(store, now()) == Purged(0, 0, 0, 0)
    assert purge(store, now(), now() - timedelta(days=35)) == Purged(1, 0, 1, 0)
    with store.reading() as connection:
        left = connection.execute(select(tables.decision_inputs.c.decision)).scalars().all()
    assert left == [young.id]


def test_traces_of_readings_stay_until_they_are_old_themselves(store: Store) -> None:
    kept = decision(at=now() - timedelta(days=90))
    with store.writing(durable=False) as connection:
        decisions.write(connection, [kept], None, timedelta(days=1))
    for days in (80, 2):
        assert decisions.read(store, kept.id, "auditor", "replay", now() - timedelta(days=days)) is not None
    assert purge(store, now(), now() - timedelta(days=30)).decisions == 1
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.decision_reads)).scalar_one() == 1
    assert len(decisions.readings(store, kept.id)) == 1


def test_tokens_go_when_their_time_is_over(store: Store) -> None:
    tokens, moment = SeenTokens(store), int(now().timestamp())
    for number, end in enumerate((moment - 5, moment + 600)):
        assert tokens.first_use("https://a", str(number), end)
    assert purge(store, now()).tokens <= 1  # the purge of the first use may have been quicker
    with store.reading() as connection:
        assert connection.execute(select(tables.seen_tokens.c.expires)).scalars().all() == [moment + 600]


def test_what_is_just_as_old_as_the_limit_stays(store: Store) -> None:
    moment = now().replace(microsecond=0)
    limit, one = moment - timedelta(days=30), card()
    made = decision(one, at=limit, input=Input(b"", (), Seen()))
    with store.writing(durable=False) as connection:
        decisions.write(connection, [made], Sealer(new_key()), timedelta(days=30))
        connection.execute(
            tables.seen_tokens.insert(),
            {"issuer_sha256": "a", "jti_sha256": "b", "expires": int(moment.timestamp())},
        )
    assert decisions.read(store, made.id, "auditor", "replay", limit) is not None
    assert purge(store, moment, limit) == Purged(0, 0, 0, 0)
    assert len(decisions.readings(store, made.id)) == 1
    assert store_feedback(store, EHR, SERVICE, [accepted(one)], limit).stored == 1
    assert purge(store, moment, limit + timedelta(seconds=1)).cards == 1


def test_feedback_that_came_at_the_limit_keeps_its_card(store: Store) -> None:
    limit, one = now() - timedelta(days=30), card()
    with store.writing(durable=False) as connection:
        decisions.write(connection, [decision(one, at=limit - timedelta(days=1))], None, timedelta(days=1))
    assert store_feedback(store, EHR, SERVICE, [accepted(one)], limit).stored == 1
    assert purge(store, now(), limit).cards == 0
