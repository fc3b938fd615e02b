"""From findings to rows: what was found, on which lines, for how much, and whose they are."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from cards.escape import cut
from cards.model import SUMMARY_LIMIT
from cards.wording import fill
from cds_service.audit.amounts import Amounts, item_of, written
from cds_service.audit.judge import UNREAD, Judged
from cds_service.audit.numbered import known_as
from cds_service.audit.rows import Row, RowCite, RowLine, RowRemedy
from cds_service.audit.second_bills import amounts_of_claim
from cds_service.audit.shared import Everybody
from cds_service.audit.sites import payer_name, site_of
from cds_service.engine.model import KINDS, UNKNOWN, Finding, LineRef, Remedy, Source, Text, Unknown
from cds_service.facts.case import Line, Unit

_ORDER = {kind: number for number, kind in enumerate(KINDS)}


def rows_of(
    judged: Judged, everybody: Everybody, with_patient: bool, elsewhere: frozenset[int] = frozenset()
) -> list[Row]:
    """The rows of a claim, strictest first; no amount of a line is at stake in two of them.

    Args:
        elsewhere: positions of items whose amount counts on another claim.
    """
    unit, claim = judged.unit, judged.claim
    amounts = amounts_of_claim(judged)
    lines = {(line.path, line.code): line for line in unit.lines}
    site, site_name = site_of(claim, judged.pool, everybody)
    payer = payer_name(claim, judged.pool)
    number = known_as(judged.part.raw)
    counted: set[int] = set()
    rows: list[Row] = []
    for finding in sorted(judged.findings, key=_place):
        items = {n for ref in finding.lines if (n := item_of(ref.path)) is not None}
        billed, paid, currency = amounts.of_lines(items)
        at_stake = set() if finding.elsewhere else items - counted - elsewhere
        stake = amounts.of_lines(at_stake)[0] if billed is not None else None
        if billed is not None and not at_stake:
            stake = Decimal(0)
        counted |= at_stake if billed is not None else set()  # what states no amount has counted none
        found = [lines[ref.path, ref.code] for ref in finding.lines if (ref.path, ref.code) in lines]
        first = min((line.start for line in found), default=unit.start).isoformat()
        rows.append(
            Row(
                claim=unit.ref,
                severity=finding.severity.name,
                kind=finding.kind,
                title=_title(finding.summary),
                rules=list(finding.rules),
                policy=list(finding.rule_names),
                lines=[_line(ref, lines.get((ref.path, ref.code)), amounts) for ref in finding.lines],
                cites=_cites(finding.sources),
                payer=unit.member.payer,
                payer_name=payer,
                line_of_business=_known(unit.member.line_of_business),
                state=_known(unit.member.state),
                state_assumed=unit.member.state_assumed,
                claim_type=_known(unit.claim_type),
                place_of_service=_place_of_service(found, unit),
                site=site,
                site_name=site_name,
                date=first,
                month=first[:7],
                billed=written(billed),
                stake=written(stake),
                paid=written(paid),
                currency=currency,
                remedies=[_remedy(remedy) for remedy in finding.remedies],
                all_of=finding.all_of,
                document=finding.document,
                missing=[*finding.missing, *([UNREAD] if judged.unread else [])],
                patient=judged.patient.key if with_patient else "",
                number=len(rows) + 1,
                known_as=number,
                by_hand=finding.by_hand,
            )
        )
    return rows


def _place(finding: Finding) -> tuple[object, ...]:
    lines = tuple((line.date, line.path, line.code) for line in finding.lines)
    return -finding.severity, _ORDER.get(finding.kind, 99), finding.rules, lines, finding.document


def _line(ref: LineRef, line: Line | None, amounts: Amounts) -> RowLine:
    item = item_of(ref.path)
    billed, paid, _ = amounts.of_lines([item] if item is not None else [])
    return RowLine(
        sequence=ref.sequence,
        code=ref.code,
        modifiers=list(ref.modifiers),
        date=ref.date,
        units=line.units if line else None,
        billed=written(billed),
        paid=written(paid),
    )


def _place_of_service(found: list[Line], unit: Unit) -> str:
    told = [line.place_of_service for line in (*found, *unit.lines)]
    return next((place for place in told if not isinstance(place, Unknown)), "")


def _remedy(remedy: Remedy) -> RowRemedy:
    return RowRemedy(
        action=remedy.action,
        code=remedy.code,
        to=remedy.to,
        modifier=remedy.modifier,
        document=remedy.document,
        indications=list(remedy.indications),
        modalities=list(remedy.modalities),
        sequence=remedy.sequence,
    )


def _known(value: str | Unknown) -> str:
    return "" if value is UNKNOWN else str(value)


@lru_cache(maxsize=4096)
def _title(text: Text) -> str:
    return cut(fill(text), SUMMARY_LIMIT)


@lru_cache(maxsize=4096)
def _cites(sources: tuple[Source, ...]) -> list[RowCite]:
    """Shared between rows, which nobody changes."""
    return [RowCite(s.statement, s.title, s.section, s.edition, s.owner, s.url) for s in sources]
