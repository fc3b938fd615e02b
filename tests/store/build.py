"""Decisions and feedback for the tests of the store."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cds_service.clock import now
from cds_service.request.feedback import Item
from cds_service.service import Seen
from cds_service.store.records import Decision, Input, IssuedCard, sha256

EHR = "mercy"
OTHER = "st-mary"
SERVICE = "igrt-claim-review"
RULE = ("astro.components.technical-guidance", "2015-01-01")
MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def card(*rules: tuple[str, str], suggestions: int = 1) -> IssuedCard:
    """A card that these rules gave."""
    return IssuedCard(
        card=str(uuid.uuid4()),
        kind="bundling",
        severity="critical",
        statements=("AST-15",),
        rules=rules or (RULE,),
        suggestions=tuple(str(uuid.uuid4()) for _ in range(suggestions)),
    )


def decision(*cards: IssuedCard, **more: Any) -> Decision:
    """An answer with these cards, given a minute ago."""
    made = Decision(
        id=str(uuid.uuid4()),
        at=now() - timedelta(minutes=1),
        service=SERVICE,
        client=EHR,
        status=200,
        day="2026-11-24",
        book="0123456789abcdef",
        setup="{}",
        input_sha256=sha256(b"{}"),
        answer_sha256=sha256(b"{}"),
        findings="[]",
        cards=cards,
        reads=0,
        input=Input(b"{}", (), Seen()),
    )
    return replace(made, **more)


def accepted(of: IssuedCard, at: datetime | None = None) -> Item:
    """The first suggestion of a card was accepted."""
    return Item(of.card, at or now(), "accepted", ("", ""), of.suggestions[:1])


def overridden(of: IssuedCard, at: datetime | None = None, reason: str = "") -> Item:
    """A card was set aside."""
    system = "urn:igrt-cds:override-reason" if reason else ""
    return Item(of.card, at or now(), "overridden", (system, reason), ())
