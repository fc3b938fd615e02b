"""Alembic migrations of the store; `igrt-cds store upgrade` runs them."""
