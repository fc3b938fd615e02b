"""Orders that a hook only names: order-dispatch and appointment-book (contract section 1).

Their content comes from the prefetch, under any key, or from the FHIR server: `wanted` says which orders a call
needs, `missing` which of them are not here yet, `under_review` takes them or refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from cds_service.facts import fhir
from cds_service.facts.dates import ServiceDays, day, together
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.request.envelope import Context
from cds_service.request.errors import Problem, Refusal

ORDER = "ServiceRequest"
_ANY = msgspec.json.Decoder()
_OVER = frozenset({"cancelled", "noshow", "entered-in-error"})
_NONE = (b"", b"null")
_MOST = 20
"""Letters of one refusal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order that a call needs: `reference` as it is looked for (`ServiceRequest/1`), where it is named, the
    resource that names it, for references to what that one contains, and `text`, the reference as it was written: it
    may name another server, which is not asked, nor its id asked for here.
    """

    reference: str
    where: str
    holder: fhir.Resource
    text: str


def wanted(context: Context, appointments: Sequence[Entry] | None, pool: Pool) -> tuple[Wanted, ...]:
    """The orders that a call names, each once, in its order. References to other types are left out.

    Args:
        context: the context of the request.
        appointments: the entries of `context.appointments`, or None on order-dispatch.
        pool: takes orders that the context holds itself (`order` as a resource).

    Raises:
        Refusal: 400 when order-dispatch names no order, or something that is no reference.
    """
    named = _dispatched(context, pool) if appointments is None else _booked(appointments)
    found: dict[tuple[str, int], Wanted] = {}
    for each in named:
        found.setdefault((each.reference, id(each.holder) if each.reference[:1] in ("#", "") else 0), each)
    return tuple(found.values())


def missing(orders: Iterable[Wanted], pool: Pool) -> tuple[Wanted, ...]:
    """Those of the orders that are not here: to be fetched, if a FHIR server may be asked."""
    return tuple(each for each in orders if _order(each, pool) is None)


def under_review(orders: Sequence[Wanted], pool: Pool) -> list[Entry]:
    """The entries of the orders.

    Raises:
        Refusal: 412 when one of them is not here (CDS Hooks 2.0, Prefetch Template: required data that the service
            can get neither from the prefetch nor from the FHIR server).
    """
    problems = [
        Problem(
            each.where,
            "This order was not supplied, cannot be fetched from here, or is not the patient's.",
            "Send the prefetch key `serviceRequests` (the order may stand under any key).",
        )
        for each in missing(orders, pool)
    ]
    if problems:
        raise Refusal(412, problems[:_MOST], code="required")
    return present(orders, pool)


def present(orders: Sequence[Wanted], pool: Pool) -> list[Entry]:
    """The entries of those orders that are here."""
    entries = {id(entry.resource): entry for entry in pool.entries(ORDER)}
    found: dict[int, Entry] = {}
    for each in orders:
        order = _order(each, pool)
        if order is not None:
            # What stands inside another resource cannot be corrected by itself: its card has words only.
            found.setdefault(id(order), entries.get(id(order)) or Entry(order, each.where, b""))
    return list(found.values())


def _order(each: Wanted, pool: Pool) -> fhir.ServiceRequest | None:
    return pool.find(fhir.Reference(reference=each.reference), each.holder, fhir.ServiceRequest)


def _booked(appointments: Sequence[Entry]) -> Iterator[Wanted]:
    for entry in appointments:
        appointment = entry.resource
        if isinstance(appointment, fhir.Appointment) and appointment.status not in _OVER:
            for index, reference in enumerate(appointment.basedOn):
                yield from _of(reference, f"{entry.path}.basedOn[{index}]", appointment)


def booked_days(appointments: Sequence[Entry], pool: Pool) -> dict[int, ServiceDays]:
    """The days from the first to the last on which an appointment of an order begins, where one says when, by `id` of
    the order."""
    found: dict[int, ServiceDays] = {}
    for each in _booked(appointments):
        order = _order(each, pool)
        start = day(each.holder.start) if isinstance(each.holder, fhir.Appointment) else None
        if order is not None and start is not None:
            one = ServiceDays(start, start, start)
            found[id(order)] = together((one, found.get(id(order), one)))
    return found


def _of(reference: fhir.Reference, where: str, holder: fhir.Resource) -> Iterator[Wanted]:
    """The order of a Reference; one without a literal reference is wanted all the same, and never found."""
    text = (reference.reference or "").strip()
    if not text and (reference.type or ORDER) != ORDER:
        return
    yield from _named(text, where, holder)


def _named(text: str, where: str, holder: fhir.Resource) -> Iterator[Wanted]:
    short = text if text.startswith(("#", "urn:")) else relative(text)
    kind, slash, _ = short.partition("/")
    if not slash or kind == ORDER:
        yield Wanted(short, where, holder, text)


def _dispatched(context: Context, pool: Pool) -> Iterator[Wanted]:
    """`dispatchedOrders` or the older `order`; where neither is given, what the tasks are about."""
    given = [
        (where, item)
        for member, raw in (
            ("dispatchedOrders", context.dispatchedOrders),
            ("dispatched-orders", context.dispatched_orders),
            ("order", context.order),
        )
        for where, item in _items(member, raw)
    ]
    for where, item in given:
        yield from _given(item, where, pool)
    about = [] if given else [each for where, task in _tasks(context) for each in _about(task, where)]
    for reference, where, task in about:
        yield from _of(reference, where, task)
    if not given and not about:
        what = "context.dispatchedOrders is missing."
        remedy = "The hook order-dispatch requires it: a list of references to the orders."
        raise Refusal(400, [Problem("context.dispatchedOrders", what, remedy)])


def _about(task: fhir.Task, where: str) -> Iterator[tuple[fhir.Reference, str, fhir.Task]]:
    if task.focus:
        yield task.focus, f"{where}.focus", task
    for index, reference in enumerate(task.basedOn):
        yield reference, f"{where}.basedOn[{index}]", task


def _items(member: str, raw: msgspec.Raw) -> Iterator[tuple[str, bytes]]:
    """Where and what: the items of a list, or the one that stands there alone."""
    text = bytes(raw).strip()
    if text in _NONE:
        return
    if not text.startswith(b"["):
        yield f"context.{member}", text
        return
    for index, item in enumerate(msgspec.json.decode(text, type=list[msgspec.Raw])):
        yield f"context.{member}[{index}]", bytes(item)


def _given(item: bytes, where: str, pool: Pool) -> Iterator[Wanted]:
    """A reference as text, a Reference, or the order itself."""
    value = _ANY.decode(item)
    if isinstance(value, dict) and "resourceType" in value:
        yield from _held(item, where, pool)
        return
    text = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text, str) or not text.strip():
        what = f"{where} is no reference to an order."
        raise Refusal(400, [Problem(where, what, "Send texts such as ServiceRequest/1.")])
    yield from _named(text.strip(), where, fhir.Resource())


def _held(item: bytes, where: str, pool: Pool) -> Iterator[Wanted]:
    """An order that stands in the context itself; it goes before any copy in the prefetch."""
    try:
        kind = fhir.peek(item).resourceType
        fhir.decode(item)
    except fhir.Unreadable as error:
        what = f"This order cannot be read ({error})."
        raise Refusal(400, [Problem(where, what, "Send FHIR R4 JSON.")], code="structure") from None
    address = f"urn:igrt-cds:{where}"
    pool.add(item, where, address)
    if kind == ORDER:
        yield Wanted(address, where, fhir.Resource(), address)


def _tasks(context: Context) -> Iterator[tuple[str, fhir.Task]]:
    patient = context.patientId.rpartition("/")[2].strip()
    for member, raw in (
        ("fulfillmentTasks", context.fulfillmentTasks),
        ("fulfillment-tasks", context.fulfillment_tasks),
        ("task", context.task),
    ):
        for where, item in _items(member, raw):
            try:
                task = fhir.decode(item)
            except fhir.Unreadable:
                continue
            if isinstance(task, fhir.Task):
                subject = task.for_.reference if task.for_ else None
                if subject is None or relative(subject) == f"Patient/{patient}":
                    yield where, task
