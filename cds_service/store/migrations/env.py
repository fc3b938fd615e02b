"""Runs the migrations on the connection, and in the transaction, of whoever asks for them."""

from __future__ import annotations

from alembic import context

from cds_service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
