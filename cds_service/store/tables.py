"""The tables, for SQLite and PostgreSQL alike. docs/what-is-stored.md explains each of them to a reviewer.

A change here needs a migration under `migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Utc(TypeDecorator[datetime]):
    """An instant. Aware datetimes in and out, in UTC; SQLite, which knows no zone, holds them without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC.

        Raises:
            ValueError: the datetime has no zone: nobody knows which instant is meant.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone is no instant")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant, in UTC."""
        if value is None:
            return None
        read: datetime = value
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)

CLIENT: Final = String(200)
SERVICE: Final = String(100)
UUID: Final = String(36)
DIGEST: Final = String(64)

decisions = Table(
    "decisions",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("service", SERVICE, nullable=False),
    Column("client", CLIENT, nullable=False),
    Column("status", Integer, nullable=False),
    Column("day", String(10), nullable=False),
    Column("book", DIGEST, nullable=False),
    Column("setup", Text, nullable=False),
    Column("input_sha256", DIGEST, nullable=False, index=True),
    Column("answer_sha256", DIGEST, nullable=False),
    Column("reads", Integer, nullable=False),
    Column("findings", Text, nullable=False),
    Column("cards", Text, nullable=False),
)

issued_cards = Table(
    "issued_cards",
    metadata,
    Column("client", CLIENT, primary_key=True),
    Column("service", SERVICE, primary_key=True),
    Column("card", UUID, primary_key=True),
    Column("decision", UUID, nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("kind", String(60), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("statements", Text, nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("book", DIGEST, nullable=False),
)

_CARD: Final = ("client", "service", "card")
_ISSUED: Final = [f"issued_cards.{name}" for name in _CARD]

card_rules = Table(
    "card_rules",
    metadata,
    Column("client", CLIENT, primary_key=True),
    Column("service", SERVICE, primary_key=True),
    Column("card", UUID, primary_key=True),
    Column("rule", String(200), primary_key=True),
    Column("version", String(10), primary_key=True),
    ForeignKeyConstraint(_CARD, _ISSUED, ondelete="CASCADE"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("client", CLIENT, primary_key=True),
    Column("service", SERVICE, primary_key=True),
    Column("card", UUID, primary_key=True),
    Column("outcome_at", Utc, primary_key=True),
    Column("outcome", String(10), nullable=False),
    Column("reason_system", String(200), nullable=False),
    Column("reason_code", String(60), nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    ForeignKeyConstraint(_CARD, _ISSUED, ondelete="CASCADE"),
    CheckConstraint("outcome IN ('accepted', 'overridden')", name="outcome"),
    Index(None, "outcome_at"),
)

seen_tokens = Table(
    "seen_tokens",
    metadata,
    Column("issuer_sha256", DIGEST, primary_key=True),
    Column("jti_sha256", DIGEST, primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)

decision_inputs = Table(
    "decision_inputs",
    metadata,
    Column("decision", UUID, ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("delete_after", Utc, nullable=False, index=True),
)

decision_reads = Table(
    "decision_reads",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("decision", UUID, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(40), nullable=False),
)
