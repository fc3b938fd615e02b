"""Files for `check`: a hook request, a Claim, a ServiceRequest or a Bundle becomes something to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from cds_service.books import Library
from cds_service.facts import fhir
from cds_service.facts.assemble import Given
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.request import gate
from cds_service.request.copies import asked, without_copies
from cds_service.request.errors import Problem, Refusal
from cds_service.request.services import services
from cds_service.service import Advisor, Reviewed, review_given


class _Peek(msgspec.Struct):
    hook: str | None = None
    resourceType: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One file and what it is."""

    name: str
    body: bytes


def read_input(path: Path) -> Input:
    """Read a file.

    Raises:
        Refusal: when it cannot be read.
    """
    try:
        return Input(path.name, path.read_bytes())
    except OSError as error:
        what = f"This file cannot be read ({error.strerror})."
        raise Refusal(400, [Problem("", what, "Check the path.")]) from None


def review_input(given: Input, library: Library, as_of: date) -> Reviewed:
    """Review one file by the same code as the service.

    Raises:
        Refusal: with what is wrong with the file and what to do.
    """
    gate.check(given.body)
    try:
        seen = msgspec.json.decode(given.body, type=_Peek)
    except msgspec.ValidationError:
        what = "This is no JSON object of a kind that is read here."
        raise Refusal(400, [Problem("", what, "Give a hook request or a FHIR R4 resource.")]) from None
    if seen.hook is not None:
        advisor = Advisor(library)
        service_id = next((s.id for s in services().values() if s.hook == seen.hook), None)
        if service_id is None:
            known = ", ".join(s.hook for s in services().values())
            raise Refusal(400, [Problem("hook", "No service answers this hook.", f"Known: {known}.")])
        return advisor.review(service_id, given.body, as_of)
    return _review_resource(given, seen.resourceType or "", library, as_of)


def _review_resource(given: Input, kind: str, library: Library, as_of: date) -> Reviewed:
    pool = Pool()
    entries: Sequence[Entry]
    if kind == "Bundle":
        try:
            bundle = fhir.decode(given.body)
        except fhir.Unreadable as error:
            what = f"This Bundle cannot be read ({error})."
            raise Refusal(400, [Problem("", what, "Give FHIR R4 JSON.")]) from None
        entries = pool.add_bundle(bundle, "Bundle") if isinstance(bundle, fhir.Bundle) else []
    elif kind in ("Claim", "ServiceRequest"):
        entry = pool.add(given.body, kind)
        entries = [entry] if entry else []
    else:
        raise Refusal(
            400,
            [
                Problem(
                    "resourceType",
                    "This is neither a hook request nor a Claim, ServiceRequest or Bundle.",
                    "Give one of these.",
                )
            ],
        )
    entries = without_copies(entries)
    claims = [e for e in entries if e.resource.resourceType == "Claim"]
    orders = [e for e in entries if e.resource.resourceType == "ServiceRequest"]
    review = claims or orders
    if not review:
        what = "; ".join(f"{t.path}: {t.what}" for t in pool.troubles)
        raise Refusal(
            400, [Problem("", f"No Claim or ServiceRequest could be read. {what}".strip(), "Check the file.")]
        )
    pool.prefer(review)
    _require_one_patient(review, pool)
    review = asked(review, pool)
    documents = any(e.resource.resourceType == "DocumentReference" for e in entries)
    situation = Given(
        hook="claim" if claims else "order", as_of=as_of, review=review, documents_visible=documents
    )
    return review_given(library, situation, pool, coverage_needed=False)


def _require_one_patient(review: Sequence[Entry], pool: Pool) -> None:
    """The claims or orders of one file see each other: those of two patients must not.

    Raises:
        Refusal: where they name several patients.
    """
    whose = set()
    for entry in review:
        resource = entry.resource
        named = resource.patient if isinstance(resource, fhir.Claim) else None
        named = resource.subject if isinstance(resource, fhir.ServiceRequest) else named
        patient = pool.find(named, resource, fhir.Patient)
        text = (named.reference or "").strip() if named else ""
        whose.add(f"Patient/{patient.id}" if patient and patient.id else relative(text))
    if len(whose - {""}) > 1:
        what = "The claims or orders of this file are of several patients."
        remedy = "Give one patient's at a time; `igrt-cds audit` reads many."
        raise Refusal(400, [Problem("", what, remedy)])
