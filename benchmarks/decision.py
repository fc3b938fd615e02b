"""The cost of a decision and of its steps, over the bodies of all valid claim reviews among the fixtures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files

import msgspec

import fhir_fixtures
from benchmarks.timing import Job
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.evaluate import Engine
from cds_service.engine.loader import load_book
from cds_service.engine.model import Finding
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble
from cds_service.facts.knowledge import Knowledge, load_knowledge
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.views import CaseView
from cds_service.facts.vocabulary import VOCABULARY

SERVICE = "igrt-claim-review"
AS_OF = date(2026, 11, 22)


class Context(msgspec.Struct):
    """What the decision needs of a hook's context."""

    patientId: str
    claims: fhir.Bundle


class Envelope(msgspec.Struct):
    """What the decision needs of a hook request."""

    context: Context
    prefetch: dict[str, msgspec.Raw] = {}


ENVELOPE = msgspec.json.Decoder(Envelope)


@dataclass(frozen=True, slots=True)
class Read:
    """A decoded request."""

    review: list[Entry]
    pool: Pool
    documents_visible: bool


class Decider:
    """The rulebook made ready, and the steps from a request's body to its findings."""

    def __init__(self) -> None:
        with (
            as_file(files("cds_service").joinpath("catalogues")) as catalogues,
            as_file(files("cds_service").joinpath("policies")) as policies,
        ):
            catalogue = load_catalogue(catalogues)
            book = load_book([policies], catalogue, VOCABULARY)
            self.knowledge: Knowledge = load_knowledge(catalogues, catalogue, book.payers)
        self.engine = Engine(book)

    def read(self, body: bytes) -> Read:
        """Body to resources: the typed decoding of everything that rules read."""
        envelope = ENVELOPE.decode(body)
        pool = Pool(envelope.context.patientId)
        review = pool.add_bundle(envelope.context.claims, "context.claims")
        for key, raw in envelope.prefetch.items():
            if bytes(raw) != b"null":
                pool.add(raw, f"prefetch.{key}")
        return Read(review, pool, "documents" in envelope.prefetch)

    def facts(self, read: Read) -> CaseView:
        """Resources to the case that rules ask about; derived answers are worked out when asked."""
        given = Given("claim", AS_OF, read.review, read.documents_visible)
        return CaseView(assemble(given, read.pool, self.knowledge), self.knowledge)

    def findings(self, body: bytes) -> tuple[Finding, ...]:
        """The whole decision: body to findings."""
        return self.engine.evaluate(self.facts(self.read(body)))


def bodies() -> list[bytes]:
    """The requests' bodies as a client sends them, without indentation."""
    return [
        json.dumps(story.request(), separators=(",", ":")).encode()
        for story in fhir_fixtures.stories()
        if story.service == SERVICE and story.valid_r4 and story.expected.status == 200
    ]


def jobs(decider: Decider, requests: Sequence[bytes]) -> dict[str, Job]:
    """One job a step, each over all requests; `json.loads` first, as the yardstick."""
    reads = [decider.read(body) for body in requests]
    return {
        "json.loads": lambda: [json.loads(body) for body in requests],
        "typed decoding": lambda: [decider.read(body) for body in requests],
        "facts": lambda: [decider.facts(read) for read in reads],
        "whole decision (decoding, facts, rules, merging)": lambda: [decider.findings(b) for b in requests],
    }
