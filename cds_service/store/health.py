"""How the store stands, for /readyz and `igrt-cds doctor`."""

from __future__ import annotations

from collections.abc import Callable

from cds_service.health import Health
from cds_service.store.database import StoreBarred, StoreDamaged, StoreUnavailable
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import HEAD, revision


def store_check(keeping: Keeping) -> Callable[[], Health]:
    """Whether feedback can be stored. Without it the service still answers calls: that is a warning."""

    def check() -> Health:
        try:
            reached = revision(keeping.store)
        except StoreDamaged:
            return Health(
                "warn",
                "The database is damaged, or no SQLite database: cards come, feedback is answered with 503.",
                "Restore a backup or move it away, and start again.",
            )
        except StoreBarred:
            return Health(
                "warn",
                "The database does not allow its user what is needed: cards come, feedback is answered with 503.",
                "See `igrt-cds doctor`.",
            )
        except StoreUnavailable:
            return Health(
                "warn",
                "The database does not answer: cards come, feedback is answered with 503.",
                "Check that it runs and may be reached; what is waiting is written when it is back.",
            )
        if reached != HEAD:
            return Health(
                "warn", "The tables are not those of this version.", "Run `igrt-cds store upgrade`."
            )
        if keeping.ledger.stuck:
            return Health(
                "warn",
                "The database can be read, but not written: cards come, feedback is answered with 503.",
                "Is its disk full, or is it read-only? What is waiting is written when it can be.",
            )
        if keeping.ledger.dropped:
            return Health("warn", "Records of answers were given up while the database was down.")
        return Health("ok", f"Migration {HEAD}.")

    return check
