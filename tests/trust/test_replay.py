"""One token opens one call, however many ask at once (threat T5). IGRT_CDS_TEST_REPLAYS=10000 for the long run."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

from cds_service.store.database import Store
from cds_service.store.migrate import upgrade
from cds_service.trust.keys import KeyRing
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.replay import MemoryLedger
from cds_service.trust.verify import Verifier
from tests.trust.replayer import replay
from tests.trust.tokens import ISSUER, PUBLIC_URL, key, key_set, registry, token

URL = f"{PUBLIC_URL}/cds-services"
REPLAYS = int(os.environ.get("IGRT_CDS_TEST_REPLAYS", "1000"))
PROCESSES = 4


def test_a_token_replayed_over_several_processes_is_accepted_once(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/seen.db"
    store = Store(database)
    upgrade(store)
    store.close()
    signer = key("rsa", "RS384")
    call = (token(URL, signer=signer, exp=int(time.time()) + 900), URL)
    context = multiprocessing.get_context("spawn")
    counted = context.SimpleQueue()
    given = (database, ISSUER, key_set(signer), call, REPLAYS // PROCESSES, counted)
    workers = [context.Process(target=replay, args=given) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=300)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert sum(counted.get() for _ in workers) == 1


def test_a_token_replayed_by_many_threads_is_accepted_once() -> None:
    verifier = Verifier(registry(), KeyRing(), MemoryLedger())
    text, accepted, refusals, start = token(URL), [], [], threading.Barrier(16)

    def run() -> None:
        start.wait()
        for _ in range(10):
            try:
                accepted.append(verifier.verify(text, [URL]))
            except TokenRefused as refused:
                refusals.append(refused.reason)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 1
    assert refusals == [Reason.replay] * 159


def test_the_memory_forgets_only_what_is_over() -> None:
    now = [1000.0]
    ledger = MemoryLedger(lambda: now[0])
    assert ledger.first_use(ISSUER, "a", 1100)
    assert ledger.first_use(ISSUER, "b", 1300)
    assert ledger.first_use("https://other.example.org", "a", 1100)
    now[0] = 1200.0
    assert not ledger.first_use(ISSUER, "b", 1300)
    assert len(ledger._seen) == 1
