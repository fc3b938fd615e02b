"""`igrt-cds replay`: an answer of the past once more, with what has changed since."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cards.escape import plain
from cds_service.books import standard_library
from cds_service.cli.store import unavailable
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error, show_cards
from cds_service.clock import now
from cds_service.environment import read_settings
from cds_service.replay import CannotReplay, Replayed
from cds_service.replay import replay as replay_decision
from cds_service.service import Advisor
from cds_service.store.database import StoreUnavailable
from cds_service.store.decisions import readings
from cds_service.store.keeping import sealer_of, store_of
from cds_service.store.migrate import prepare

CODE_OTHER = 1
"""Exit code when the answer differs from the one that was sent."""


def replay(
    decision: Annotated[
        str, typer.Argument(metavar="ID", help="Identifier from the header IGRT-CDS-Decision of the answer.")
    ],
    input: Annotated[
        Path | None, typer.Option(help="The body of the call, byte for byte, where it is not kept here.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the answer, byte for byte as it would be sent.")
    ] = False,
) -> int:
    """Give an answer again, and say whether it and the policies are those of the call. The reading is logged."""
    settings = read_settings()
    store = store_of(settings)
    try:
        body = input.read_bytes() if input else None
        prepare(store)
        advisor = Advisor(standard_library(), settings.claim_hook)
        made = replay_decision(
            store, advisor, decision, body=body, sealer=sealer_of(settings), who=_user(), at=now()
        )
        read_before = len(readings(store, decision)) - 1
    except OSError as error:
        console_error(
            f"{input}: this cannot be read ({error.strerror}). Name the file with the body of the call."
        )
        return CODE_UNREADABLE
    except CannotReplay as error:
        console_error(str(error))
        return CODE_UNREADABLE
    except StoreUnavailable as error:
        return unavailable(store.shown, error)
    finally:
        store.close()
    if raw:
        sys.stdout.buffer.write(made.encoded)
        sys.stdout.flush()
    else:
        _show(made, read_before)
    return 0 if made.same_answer else CODE_OTHER


def _show(made: Replayed, read_before: int) -> None:
    row, setup = made.row, json.loads(made.row["setup"])
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("decision", row["id"])
    table.add_row(
        "given", f"{row['at']:%Y-%m-%d %H:%M:%S} UTC, to {plain(row['client'])}, by {row['service']}"
    )
    table.add_row("book", _change(row["book"], made.book))
    for name, label in (("version", "version"), ("edits", "CMS edits"), ("lcdInForce", "LCD confirmed")):
        table.add_row(label, _change(_words(setup.get(name)), _words(made.setup.get(name))))
    table.add_row("read before", f"{read_before} times" if read_before != 1 else "once")
    console.print(table)
    console.print()
    show_cards("The answer", made.answer.body.get("cards", ()))
    if made.same_answer:
        console.print(Text("The same answer, byte for byte.", style="bold green"))
        return
    console.print(Text("Another answer than the one that was sent.", style="bold red"))
    if made.same_book:
        console.print("The policies are the same: tell the maintainers, and give this decision's identifier.")
    if row["reads"] and made.seen_is_gone:
        console.print(
            f"It also rested on {row['reads']} reads from the caller's FHIR server, which are not kept here."
        )
    console.print(_compared(made.then, made.now))


def _compared(then: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Findings", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "severity", "kind", "codes", "rules", "statements"):
        table.add_column(heading, overflow="fold")
    left = [*new]
    for finding in then:
        if finding in left:
            left.remove(finding)
            table.add_row("both", *_cells(finding))
        else:
            table.add_row(Text("then", style="red"), *_cells(finding))
    for finding in left:
        table.add_row(Text("now", style="green"), *_cells(finding))
    return table


def _cells(finding: dict[str, Any]) -> tuple[str, ...]:
    lists = (", ".join(finding.get(name, ())) or "–" for name in ("codes", "rules", "statements"))
    return (finding["severity"], finding["kind"], *lists)


def _change(then: str, new: str) -> str:
    return f"{then} (the same now)" if then == new else f"{then} then, {new} now"


def _words(value: Any) -> str:
    return ("/".join(value) or "none") if isinstance(value, list) else str(value)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
