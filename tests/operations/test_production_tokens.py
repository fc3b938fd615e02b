"""Several workers without their database: a token opens one call all the same, and cards keep coming (T5, T20)."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from fhir_fixtures import load
from tests.contract.calls import ORDER, SERVICE_OF
from tests.operations.shape import free_port, service
from tests.trust.tokens import bearer

PATH = f"/cds-services/{SERVICE_OF[ORDER]}"
TOKENS, REPLAYS = 5, 40


def test_a_token_opens_one_call_over_all_workers_while_the_database_is_down(tmp_path: Path) -> None:
    port = free_port()
    nowhere = "postgresql://igrt@127.0.0.1:9/igrt"
    body = json.dumps(load(ORDER)).encode()

    def call(headers: dict[str, str]) -> int:
        # A connection of its own, so that any worker may get it.
        answer = requests.post(
            f"http://127.0.0.1:{port}{PATH}",
            data=body,
            headers={**headers, "Content-Type": "application/json", "Connection": "close"},
            timeout=30,
        )
        return answer.status_code

    with (
        service(tmp_path, port, IGRT_CDS_DATABASE_URL=nowhere, IGRT_CDS_WORKERS="2"),
        ThreadPoolExecutor(8) as pool,
    ):
        for _ in range(TOKENS):
            statuses = Counter(pool.map(call, [bearer(PATH)] * REPLAYS))
            assert statuses == {200: 1, 401: REPLAYS - 1}
    assert not list((tmp_path / "tmp").glob("igrt-cds-tokens-*")), "the folder outlives the service"
