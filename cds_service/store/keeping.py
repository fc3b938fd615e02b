"""The store as the web application uses it: one object that records answers, takes feedback and knows used tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cds_service.books import Library
from cds_service.clock import now
from cds_service.cms_files.store import default_file
from cds_service.logs import log_event
from cds_service.request.feedback import Feedback
from cds_service.service import Answer
from cds_service.settings import Settings
from cds_service.store.database import MEMORY, Store, StoreUnavailable, default_url
from cds_service.store.feedback import Stored, store_feedback
from cds_service.store.ledger import Ledger
from cds_service.store.migrate import prepare
from cds_service.store.records import decision_of
from cds_service.store.sealing import Sealer
from cds_service.store.token_files import TokenFiles
from cds_service.store.tokens import SeenTokens
from cds_service.trust.model import Client

DECISION_HEADER: Final = "IGRT-CDS-Decision"
"""Header of an answer that names its record, for `igrt-cds replay`."""
_CATCH_UP: Final = 1.0
"""Seconds that feedback waits for decisions that are still on their way into the store."""
_UNSETTLED: Final = 30.0
"""Seconds after a trouble in which an unknown card may be one that another process has still to write."""


class Keeping:
    """What the service keeps. Safe to share between threads; made in each process for itself.

    Args:
        store: the database; its tables are there, or it is down.
        sealer: encrypts inputs for replay; none are kept without it.
        days: how long inputs are kept.
        files: used tokens that the processes of this machine share besides the database.
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer | None = None,
        days: int = 30,
        files: TokenFiles | None = None,
    ) -> None:
        self.store = store
        self.ledger = Ledger(store, sealer, timedelta(days=days))
        self.tokens = SeenTokens(store, files)

    def record(
        self,
        library: Library,
        service: str,
        client: Client,
        body: bytes,
        answer: Answer,
        encoded: bytes,
        before_waiting: Callable[[], object] = lambda: None,
    ) -> str:
        """Keep an answer that is about to be sent. Returns the identifier of its decision; never waits long, and
        calls `before_waiting` first.
        """
        decision = decision_of(library, service, client, body, answer, encoded, now())
        self.ledger.put(decision, before_waiting)
        return decision.id

    def feedback(self, client: str, service: str, given: Feedback) -> Stored:
        """Store feedback; it is on the disk when this returns.

        Raises:
            Refusal: as `store_feedback`.
            StoreUnavailable: it is to be sent again; also when a card is unknown that may still be written.
        """
        if self.ledger.waiting and not self.ledger.flush(_CATCH_UP):
            raise StoreUnavailable("cards are waiting to be written")
        # The call's own token has just been written, or not: a process that has answered nothing yet learns it so.
        troubled = self.ledger.troubled(_UNSETTLED) or self.tokens.troubled(_UNSETTLED)
        return store_feedback(self.store, client, service, given.items, now(), settled=not troubled)

    def close(self) -> None:
        """Write what is waiting and close the connections."""
        self.ledger.close()
        self.store.close()


def store_of(settings: Settings) -> Store:
    """The store that the settings name; a SQLite file in the user's data folder when they name none.

    Raises:
        SettingError: the URL names no database that can be used.
    """
    url = settings.database_url
    return Store(url.reveal() if url else default_url(default_file().parent))


def sealer_of(settings: Settings) -> Sealer | None:
    """What encrypts inputs; None when none are to be kept.

    Raises:
        SettingError: the key cannot be used.
    """
    return Sealer(settings.input_key.reveal()) if settings.input_key else None


def open_keeping(settings: Settings, store: Store | None = None, files: TokenFiles | None = None) -> Keeping:
    """What a process keeps by these settings, in `store` or the one that they name; its tables are made ready.
    `files` as in `Keeping`.

    Raises:
        SettingError: a setting cannot be used, or the database has to be upgraded.
    """
    store = store or store_of(settings)
    if prepare(store):
        log_event("the database does not answer; cards come without it", level=logging.WARNING)
    return Keeping(store, sealer_of(settings), settings.input_days, files)


def keeping_in_memory(settings: Settings) -> Keeping:
    """As `open_keeping`, but without a database named in the settings nothing outlives the process."""
    return open_keeping(settings, None if settings.database_url else Store(MEMORY))
