"""A process that uses tokens, for the test that several do."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import SimpleQueue

from cds_service.store.database import Store
from cds_service.store.tokens import SeenTokens


def use(url: str, jtis: list[str], counted: SimpleQueue[int]) -> None:
    """Use each token twice, from four threads, and tell how many uses were the first."""
    own = Store(url)
    tokens, later = SeenTokens(own), int(time.time()) + 600
    with ThreadPoolExecutor(4) as pool:
        counted.put(sum(pool.map(lambda jti: tokens.first_use("https://a", jti, later), jtis * 2)))
    own.close()
