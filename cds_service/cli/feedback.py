"""`igrt-cds feedback report`: what users did with the cards, by rule, version, reason and week."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cards.escape import plain
from cds_service.cli.store import unavailable
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.csv_safe import write_csv
from cds_service.environment import read_settings
from cds_service.store.database import StoreUnavailable
from cds_service.store.keeping import store_of
from cds_service.store.migrate import make_ready
from cds_service.store.report import Report, Row
from cds_service.store.report import report as make_report

app = typer.Typer(help="What users did with the cards.", no_args_is_help=True)

_DETAIL = ("rule", "version", "week", "reason")
_OFTEN = 0.6
"""Override rate from which a rule deserves a look."""


@app.callback()
def feedback() -> None:
    """What users did with the cards."""


@app.command("report")
def report(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of outcomes, in UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of outcomes, in UTC.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All numbers as JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="One row for each rule, version, week and reason.")
    ] = False,
) -> int:
    """Accepted and overridden cards, and the override rate, by rule, version, reason and week."""
    first, last = (day.date() if day else None for day in (since, until))
    if as_json and as_csv:
        console_error("--json and --csv were both given. Choose one of them.")
        return CODE_UNREADABLE
    if first and last and last < first:
        console_error(f"--until {last} lies before --since {first}. Exchange them.")
        return CODE_UNREADABLE
    store = store_of(read_settings())
    try:
        make_ready(store)
        made = make_report(store, first, last)
    except StoreUnavailable as error:
        return unavailable(store, error)
    finally:
        store.close()
    if as_json:
        sys.stdout.write(json.dumps(_as_json(made), indent=2) + "\n")
    elif as_csv:
        rows = ((*row.what, row.accepted, row.overridden, _decimal(row.override_rate)) for row in made.detail)
        write_csv(sys.stdout, (*_DETAIL, "accepted", "overridden", "override_rate"), rows)
    else:
        _show(made)
    return 0


def _show(made: Report) -> None:
    period = f"{made.since or 'the beginning'} to {made.until or 'today'}"
    cards = made.cards
    console.print(Text(f"Feedback from {period} (UTC)", style="bold"))
    rate = cards.override_rate
    told = cards.accepted + cards.overridden
    console.print(
        f"{cards.issued} cards issued, {told} outcomes: {cards.accepted} accepted, {cards.overridden} overridden"
        + (f" ({rate:.0%})." if rate is not None else ".")
        + " Ignored cards are not reported.\n",
        soft_wrap=True,
    )
    # What users set aside most is what wants to be looked at.
    rules = sorted(made.rules, key=lambda row: (-row.overridden, row.what))
    tables = [
        (rules, _table("By rule", ("rule", "version from"), rules, issued=True)),
        (made.reasons, _table("Reasons given", ("reason",), made.reasons, outcomes=False)),
        (made.weeks, _table("By week", ("week",), made.weeks)),
    ]
    for rows, table in tables:
        if rows:
            console.print(table)
            console.print()


def _table(
    title: str, headings: Sequence[str], rows: Sequence[Row], issued: bool = False, outcomes: bool = True
) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    numbers = [
        *(["issued"] if issued else []),
        *(["accepted"] if outcomes else []),
        "overridden",
        *(["override rate"] if outcomes else []),
    ]
    for heading in numbers:
        table.add_column(heading, justify="right")
    for row in rows:
        cells: list[str | Text] = [*([str(row.issued)] if issued else [])]
        cells += [str(row.accepted)] if outcomes else []
        cells.append(str(row.overridden))
        cells += [_rate(row.override_rate)] if outcomes else []
        table.add_row(*(Text(plain(part) or "–") for part in row.what), *cells)
    return table


def _rate(rate: float | None) -> Text:
    if rate is None:
        return Text("–", style="dim")
    return Text(f"{rate:.0%}", style="bold yellow" if rate >= _OFTEN else "")


def _decimal(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.4f}"


def _as_json(made: Report) -> dict[str, Any]:
    return {
        "since": _day(made.since),
        "until": _day(made.until),
        "cards": _numbers(made.cards),
        "rules": [_named(("rule", "version"), row) for row in made.rules],
        "reasons": [_named(("reason",), row) for row in made.reasons],
        "weeks": [_named(("week",), row) for row in made.weeks],
        "detail": [_named(_DETAIL, row) for row in made.detail],
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _named(headings: Sequence[str], row: Row) -> dict[str, Any]:
    return dict(zip(headings, row.what, strict=True)) | _numbers(row)


def _numbers(row: Row) -> dict[str, Any]:
    rate = row.override_rate
    issued = {} if row.issued is None else {"issued": row.issued}
    return issued | {
        "accepted": row.accepted,
        "overridden": row.overridden,
        "overrideRate": None if rate is None else round(rate, 4),
    }
