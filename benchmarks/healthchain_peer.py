"""HealthChain doing the simplest equivalent job: one order-sign service that answers with a card it has ready.

Runs in a virtual environment of its own (`make bench` makes it); nothing of ours is imported here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSRequest, CDSResponse

_SIZE = len(Path(os.environ["IGRT_BENCH_REPLY"]).read_bytes())
_CARD = Card(summary="Ready", indicator="info", source={"label": "peer"}, detail="")
_CARD.detail = "x" * max(_SIZE - len(json.dumps({"cards": [_CARD.model_dump(exclude_none=True)]})), 0)

cds = CDSHooksService()


@cds.hook("order-sign", id="igrt-order-sign")
def review(request: CDSRequest) -> CDSResponse:
    """The card, whatever the request says."""
    return CDSResponse(cards=[_CARD])


app = HealthChainAPI()
app.register_service(cds, path="/cds")
