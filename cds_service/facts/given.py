"""A case written down by hand: the short form of `*.cases.yaml`, for people who write policies, not FHIR."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import beams
from cds_service.facts.case import Case, Chart, DayRecord, Document, Line, Member, Radiotherapy, Signer, Unit
from cds_service.facts.diagnosis import course_diagnosis

GIVEN_KEYS = frozenset(
    {
        "hook",
        "codings",
        "payer",
        "line_of_business",
        "programs",
        "state",
        "claim_type",
        "place_of_service",
        "type_of_bill",
        "provider",
        "date",
        "service_start",
        "lines",
        "history",
        "diagnoses",
        "indications",
        "technique",
        "method",
        "breath_hold",
        "records",
        "documents",
        "attached",
        "fractions",
        "fractions_delivered",
        "intent",
        "body_site",
        "other_modalities",
        "history_complete",
        "supervision",
        "performer_role",
        "lcd_confirmed",
        "edits",
    }
)
LINE_KEYS = frozenset(
    {
        "code",
        "date",
        "through",
        "units",
        "claim_type",
        "place_of_service",
        "provider",
        "diagnoses",
        "fractions",
        "rendering",
        "course",
        "claim",
        "indications",
        "supervision",
        "performer_role",
    }
)
_EVER = (date.min, date.max)


class CaseError(ValueError):
    """The case cannot be built; the text says what and how to mend it."""


def build_case(given: Mapping[str, Any], day: date | None = None) -> Case:
    """The case that `given` describes; `day` takes the place of its `date`.

    Raises:
        CaseError: for a key or value that the short form does not know.
    """
    _known(given, GIVEN_KEYS, "given")
    hook = given.get("hook", "claim")
    if hook not in ("claim", "order"):
        raise CaseError(f"hook is {hook!r}. Write claim or order.")
    default_day = day or _day(given.get("date", "2024-06-03"))
    ref = "Claim/case" if hook == "claim" else "ServiceRequest/case"
    lines = tuple(
        _line(raw, given, default_day, ref, n, hook) for n, raw in enumerate(given.get("lines", ()), start=1)
    )
    history = tuple(
        _line(raw, given, default_day, _earlier(raw, n), 1, "claim")
        for n, raw in enumerate(given.get("history", ()), start=1)
    )
    diagnoses = tuple(given.get("diagnoses", ()))
    unit = Unit(
        ref=ref,
        kind=hook,
        start=_day(given["service_start"]) if "service_start" in given else _first(lines, default_day),
        lines=lines,
        member=Member(
            payer=given.get("payer", "other"),
            line_of_business=given.get("line_of_business", UNKNOWN),
            programs=frozenset(given.get("programs", ())),
            state=given.get("state", UNKNOWN),
        ),
        diagnoses=diagnoses,
        principal=diagnoses[0] if diagnoses else "",
        indications=frozenset(given.get("indications", ())),
        radiotherapy=Radiotherapy(
            techniques=beams.together([frozenset(given.get("technique", ()))]),
            methods=_methods(given.get("method")),
            breath_hold=_yes_no(given, "breath_hold"),
            intents=frozenset(given.get("intent", ())),
            sites=frozenset(given.get("body_site", ())),
            other_modalities=frozenset(given.get("other_modalities", ())),
            fractions_delivered=_number(given, "fractions_delivered"),
        ),
        day_records=tuple(_record(raw, default_day) for raw in given.get("records", ())),
        attached=_documents(given.get("attached", ()), attached=True),
        claim_type=given.get("claim_type", UNKNOWN),
        type_of_bill=given.get("type_of_bill", UNKNOWN),
        fractions=_number(given, "fractions"),
        supervision=given.get("supervision", UNKNOWN),
        performer_role=given.get("performer_role", UNKNOWN),
        history_complete=_yes_no(given, "history_complete"),
        provider=given.get("provider", ""),
    )
    documents = given.get("documents", "not-visible")
    chart = Chart(False) if documents == "not-visible" else Chart(True, _documents(documents))
    return Case(
        hook=hook,
        as_of=max([default_day, *(line.end for line in (*lines, *history))]),
        units=(unit,),
        history=history,
        chart=chart,
        lcd_in_force=_EVER if given.get("lcd_confirmed") == "yes" else None,
    )


def given_documents(given: Mapping[str, Any]) -> list[str]:
    """The types of the documents that `given` has on file or attached."""
    listed = (given[key] for key in ("documents", "attached") if isinstance(given.get(key), list))
    return [entry["type"] for entries in listed for entry in entries]


def _earlier(raw: Any, number: int) -> str:
    named = raw.get("claim", "") if isinstance(raw, Mapping) else ""
    return f"Claim/{named or f'earlier-{number}'}"


def _yes_no(given: Mapping[str, Any], key: str) -> bool | Unknown:
    return given[key] == "yes" if key in given else UNKNOWN


def _number(given: Mapping[str, Any], key: str) -> float | Unknown:
    return float(given[key]) if key in given else UNKNOWN


def _known(raw: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    for key in raw:
        if key not in keys:
            raise CaseError(f"`{where}` has no `{key}`. It may hold: {', '.join(sorted(keys))}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CaseError(f"{text!r} is no date. Write YYYY-MM-DD.") from None


def _first(lines: tuple[Line, ...], default: date) -> date:
    return min((line.start for line in lines), default=default)


def _line(raw: Any, given: Mapping[str, Any], day: date, ref: str, number: int, hook: str) -> Line:
    spec: Mapping[str, Any] = {"code": raw} if isinstance(raw, str) else raw
    _known(spec, LINE_KEYS, "lines")
    code, *modifiers = spec["code"].split("-")
    start = _day(spec["date"]) if "date" in spec else day
    place = spec.get("place_of_service", given.get("place_of_service", UNKNOWN))
    return Line(
        resource=ref,
        sequence=number if hook == "claim" else None,
        code=code,
        modifiers=tuple(modifiers),
        units=float(spec.get("units", "1")),
        start=start,
        end=_day(spec["through"]) if "through" in spec else start,
        path=f"Claim.item[{number - 1}]" if hook == "claim" else f"ServiceRequest.code.coding[{number - 1}]",
        claim_type=spec.get("claim_type", given.get("claim_type", UNKNOWN)) if hook == "claim" else UNKNOWN,
        place_of_service=place,
        diagnoses=tuple(spec.get("diagnoses", given.get("diagnoses", ()))),
        provider=spec.get("provider", given.get("provider", "")),
        fractions=_number(spec, "fractions"),
        rendering=spec.get("rendering", ""),
        course=spec.get("course", ""),
        course_diagnosis=course_diagnosis((*spec.get("diagnoses", ()), *given.get("diagnoses", ()))),
        indications=frozenset(spec.get("indications", ())),
        pointed=tuple(spec.get("diagnoses", ())),
        supervision=spec.get("supervision", UNKNOWN),
        performer_role=spec.get("performer_role", UNKNOWN),
        alternative=hook == "order" and given.get("codings") == "yes",
        type_of_bill=given.get("type_of_bill", UNKNOWN),
    )


def _methods(raw: Any) -> frozenset[str] | Unknown:
    if raw is None:
        return UNKNOWN
    return frozenset(raw) - {"none"}


def _record(raw: Mapping[str, Any], day: date) -> DayRecord:
    return DayRecord(
        day=_day(raw["date"]) if "date" in raw else day,
        methods=_methods(raw.get("method")),
        techniques=beams.together([frozenset(raw.get("technique", ()))]),
        fraction=raw.get("fraction", "yes") == "yes",
        path="Procedure",
    )


def _documents(raw: Any, attached: bool = False) -> tuple[Document, ...]:
    return tuple(
        Document(
            types=frozenset({entry["type"]}),
            day=_day(entry["date"]) if "date" in entry else None,
            path="DocumentReference",
            attached=attached,
            signers=tuple(Signer(*_signer(text, n)) for n, text in enumerate(entry.get("signed_by", ()))),
        )
        for entry in raw
    )


def _signer(text: str, number: int) -> tuple[str, str]:
    """`role`, `name:role` or `name:` for a person without a role; a role alone stands for a person of its own."""
    name, colon, role = text.rpartition(":")
    return (name, role) if colon else (f"signer-{number}", role)
