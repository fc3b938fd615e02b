"""Cards issued, feedback, tokens seen, decisions with their inputs and readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cds_service.store.tables import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _card() -> list[sa.Column[str]]:
    """The columns that name a card."""
    widths = (("client", 200), ("service", 100), ("card", 36))
    return [sa.Column(name, sa.String(width), nullable=False) for name, width in widths]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("book", sa.String(64), nullable=False),
        sa.Column("setup", sa.Text, nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("answer_sha256", sa.String(64), nullable=False),
        sa.Column("reads", sa.Integer, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("cards", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"])
    op.create_index("ix_decisions_input_sha256", "decisions", ["input_sha256"])
    op.create_table(
        "issued_cards",
        *_card(),
        sa.Column("decision", sa.String(36), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("statements", sa.Text, nullable=False),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("book", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("client", "service", "card", name="pk_issued_cards"),
    )
    op.create_index("ix_issued_cards_at", "issued_cards", ["at"])
    names = ["client", "service", "card"]
    issued = [f"issued_cards.{name}" for name in names]
    op.create_table(
        "card_rules",
        *_card(),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("version", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint(*names, "rule", "version", name="pk_card_rules"),
        sa.ForeignKeyConstraint(names, issued, ondelete="CASCADE", name="fk_card_rules_issued_cards"),
    )
    op.create_table(
        "feedback",
        *_card(),
        sa.Column("outcome_at", Utc, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("reason_system", sa.String(200), nullable=False),
        sa.Column("reason_code", sa.String(60), nullable=False),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("received_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint(*names, "outcome_at", name="pk_feedback"),
        sa.ForeignKeyConstraint(names, issued, ondelete="CASCADE", name="fk_feedback_issued_cards"),
        sa.CheckConstraint("outcome IN ('accepted', 'overridden')", name=op.f("ck_feedback_outcome")),
    )
    op.create_index("ix_feedback_outcome_at", "feedback", ["outcome_at"])
    op.create_table(
        "seen_tokens",
        sa.Column("issuer_sha256", sa.String(64), nullable=False),
        sa.Column("jti_sha256", sa.String(64), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("issuer_sha256", "jti_sha256", name="pk_seen_tokens"),
    )
    op.create_index("ix_seen_tokens_expires", "seen_tokens", ["expires"])
    op.create_table(
        "decision_inputs",
        sa.Column("decision", sa.String(36), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("delete_after", Utc, nullable=False),
        sa.PrimaryKeyConstraint("decision", name="pk_decision_inputs"),
        sa.ForeignKeyConstraint(
            ["decision"], ["decisions.id"], ondelete="CASCADE", name="fk_decision_inputs_decisions"
        ),
    )
    op.create_index("ix_decision_inputs_delete_after", "decision_inputs", ["delete_after"])
    op.create_table(
        "decision_reads",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("decision", sa.String(36), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_decision_reads"),
    )
    op.create_index("ix_decision_reads_decision", "decision_reads", ["decision"])


def downgrade() -> None:
    """Remove the tables and all that they hold."""
    for table in (
        "decision_reads",
        "decision_inputs",
        "seen_tokens",
        "feedback",
        "card_rules",
        "issued_cards",
        "decisions",
    ):
        op.drop_table(table)
