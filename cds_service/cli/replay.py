"""`igrt-cds replay`: an answer of the past once more, with what has changed since."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cards.escape import plain
from cds_service.books import standard_library
from cds_service.cli.store import unavailable
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error, show_cards, show_refusal
from cds_service.clock import now
from cds_service.environment import read_settings
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader
from cds_service.replay import CannotReplay, Replayed
from cds_service.replay import replay as replay_decision
from cds_service.service import Advisor
from cds_service.settings import Settings
from cds_service.store.database import StoreUnavailable
from cds_service.store.decisions import readings
from cds_service.store.keeping import sealer_of, store_of
from cds_service.store.migrate import make_ready
from cds_service.trust.model import Client
from cds_service.trust.registry import VARIABLE, load_registry

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
        clients = _registered(settings) if input else {}
        make_ready(store)
        reader = FhirReader(ReadLimits(http_on_loopback=True))  # reads nothing here; see `_registered`
        made = replay_decision(
            store,
            Advisor(standard_library(), settings.claim_hook, reader),
            decision,
            body=body,
            clients=clients,
            sealer=sealer_of(settings),
            who=_user(),
            at=now(),
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
        return unavailable(store, error)
    finally:
        store.close()
    if raw:
        sys.stdout.buffer.write(made.encoded)
        sys.stdout.flush()
    else:
        _show(made, read_before)
    return 0 if made.same_answer else CODE_OTHER


def _registered(settings: Settings) -> Mapping[str, Client]:
    """The callers of the registry by name; none where it is not named.

    How the service ran that gave the answer is not known: what only development takes is taken.
    """
    if settings.trust is None:
        return {}
    return {client.name: client for client in load_registry(settings.trust, development=True).clients}


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
    table.add_row("status", _change(str(row["status"]), str(made.answer.status)))
    table.add_row("read before", f"{read_before} times" if read_before != 1 else "once")
    console.print(table)
    console.print()
    if made.answer.status == 200:
        show_cards("The answer", made.answer.body.get("cards", ()))
    else:
        show_refusal("The answer", made.answer.status, made.answer.body)
    if made.same_answer:
        console.print(Text("The same answer, byte for byte.", style="bold green"))
        return
    console.print(Text("Another answer than the one that was sent.", style="bold red"))
    for sentence in _reasons(made):
        console.print(Text(sentence), soft_wrap=True)
    console.print(_compared(made.then, made.now))


def _reasons(made: Replayed) -> Iterator[str]:
    """Why the answer may be another one: what is the maintainers' to mend is told from what is not at hand here."""
    reads, name = made.row["reads"], plain(made.row["client"])
    explained = False
    if made.seen_is_gone:
        explained = True
        yield (
            f"It also rested on {reads} reads from the caller's FHIR server, which are not kept here."
            if reads
            else "The caller's FHIR server was to be read for it, and what came of that is not kept here."
        )
    if made.given and not made.registered:
        explained = True
        yield (
            f"{name} is not registered here, so its FHIR servers are not known: "
            f"name in {VARIABLE} the trust registry that the service ran with."
        )
    if not made.same_book:
        return
    if explained:
        yield "The policies are the same."
    elif made.given:
        yield (
            f"The policies are the same. If the FHIR servers that are registered for {name} have changed since, that "
            "may be why; if not, tell the maintainers, and give this decision's identifier."
        )
    else:
        yield "The policies are the same: tell the maintainers, and give this decision's identifier."


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
