"""How imported tables and codes look on a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cds_service.cms_files.importing import Imported
from cds_service.cms_files.kinds import Kind
from cds_service.cms_files.store import Loaded
from cds_service.engine.catalogue import Catalogue, Code
from cds_service.facts.edits import (
    PROGRAMMES,
    SETTINGS,
    EditIndex,
    Edition,
    PairEdit,
    UnitEdit,
    UnitEdition,
)

COUNTED_WORDS = {
    "line": "line (MAI 1)",
    "date-policy": "date, policy (MAI 2)",
    "date-clinical": "date, clinical (MAI 3)",
}
INDICATOR_WORDS = {"0": "0 never together", "1": "1 with a modifier"}


def imported_view(tables: Sequence[Imported]) -> RenderableType:
    """What one import brought."""
    table = _table("table", "edition", "rows kept", "answers for")
    for each in tables:
        rows = f"{each.kept:,} of {each.read:,}"
        table.add_row(each.kind.words, str(each.quarter), rows, _days(each.first, each.last))
    note = "Kept are rows about radiotherapy codes that are known here; of pairs, both codes."
    return Group(table, Text(note, style="dim"))


def editions_view(tables: Sequence[Loaded]) -> RenderableType:
    """All imported tables."""
    if not tables:
        return Text("No CMS edit file is imported.")
    table = _table("table", "edition", "rows kept", "answers for", "imported")
    for each in tables:
        edition = each.edition
        table.add_row(
            Kind(edition.programme, edition.setting, each.kind).words,
            edition.quarter,
            f"{each.kept:,}",
            _days(edition.first, edition.last),
            each.imported_on.isoformat(),
        )
    return table


def code_view(entry: Code, catalogue: Catalogue, edits: EditIndex, day: date) -> RenderableType:
    """A code, its dates, and the edits on it that are in force on the day."""
    state = _state(entry, day)
    head = Text.assemble((entry.code, "bold"), f"  {entry.label}")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("system", entry.system)
    facts.add_row("family", entry.family.replace("_", " "))
    facts.add_row(
        "reported", f"from {entry.first or 'a day not known'} through {entry.last or 'today and on'}"
    )
    facts.add_row(f"on {day}", Text(state, style="green" if state == "valid" else "bold red"))
    parts: list[RenderableType] = [head, Padding(facts, (0, 0, 1, 2), expand=False)]
    if edits.empty:
        parts.append(Text("No CMS edit file is imported: nothing is known here of unit limits and pairs."))
        return Group(*parts)
    limits = list(_limits(entry.code, edits, day))
    parts.append(_limit_table(limits, day) if limits else Text(f"No unit limit is known for {day}."))
    tables = list(_pair_tables(entry.code, catalogue, edits, day))
    for table in tables or [_no_pairs(edits, day)]:
        parts += [Text(), table]
    return Group(*parts)


def _state(entry: Code, day: date) -> str:
    if entry.valid_on(day):
        return "valid"
    return "not yet valid" if entry.first and day < entry.first else "no longer valid"


def _limits(code: str, edits: EditIndex, day: date) -> Iterator[tuple[UnitEdition, UnitEdit]]:
    for programme in PROGRAMMES:
        for setting in SETTINGS:
            table = edits.unit_edition((programme,), setting, day)
            if table is not None and code in table.rows:
                yield table, table.rows[code]


def _limit_table(limits: Sequence[tuple[UnitEdition, UnitEdit]], day: date) -> Table:
    table = _table("for", "units", "counted over", "rests on", "edition", title=f"Unit limits on {day}")
    for found, limit in limits:
        words = COUNTED_WORDS[limit.counted]
        table.add_row(_for(found.edition), str(limit.most), words, limit.reason, found.edition.quarter)
    return table


def _pair_tables(code: str, catalogue: Catalogue, edits: EditIndex, day: date) -> Iterator[RenderableType]:
    """One for each imported table that answers for the day and holds a pair with the code."""
    for programme in PROGRAMMES:
        for setting in SETTINGS:
            found = edits.pair_edition((programme,), setting, day)
            keys = sorted(key for key in found.rows if code in key) if found else []
            rows = [row for key in keys if found and (row := found.edit(*key, day)) is not None]
            if found and rows:
                title = f"Pairs on {day}, {_for(found.edition)}, edition {found.edition.quarter}"
                yield _pair_table(code, rows, catalogue, title)


def _pair_table(code: str, rows: Sequence[PairEdit], catalogue: Catalogue, title: str) -> Table:
    table = _table("paid", "not paid", "the other code", "indicator", "since", title=title)
    for row in rows:
        entry = catalogue.code(row.column2 if row.column1 == code else row.column1)
        words = Text(INDICATOR_WORDS[row.indicator], style="bold" if row.indicator == "0" else "")
        table.add_row(row.column1, row.column2, entry.label if entry else "", words, row.first.isoformat())
    return table


def _no_pairs(edits: EditIndex, day: date) -> Text:
    answers = any(edits.pair_edition((p,), s, day) for p in PROGRAMMES for s in SETTINGS)
    if answers:
        return Text(f"No pair with another radiotherapy code is in force on {day}.")
    return Text(f"No imported table of pairs answers for {day}.")


def _for(edition: Edition) -> str:
    who = "hospital" if edition.setting == "outpatient-hospital" else "practitioner"
    return f"Medicaid {who}" if edition.programme == "medicaid" else who


def _days(first: date, last: date) -> str:
    return f"{first} to {last}"


def _table(*columns: str, title: str = "") -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title or None,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        show_edge=False,
    )
    for name in columns:
        table.add_column(name, overflow="fold", justify="right" if name in ("units", "rows kept") else "left")
    return table
