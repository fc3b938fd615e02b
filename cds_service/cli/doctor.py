"""`igrt-cds doctor`: whether the service could start and work with the settings of this environment."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.text import Text

from cds_service.cli.doctor_checks import checks_of
from cds_service.cli.doctor_rows import refused
from cds_service.cli.terminal import console
from cds_service.environment import read_settings, readable_settings
from cds_service.health import Checks, Health
from cds_service.settings import SettingError

CODE_FAIL = 1
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    production: Annotated[
        bool, typer.Option("--production", help="Judge by what `serve --production` asks for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> int:
    """Check settings, clock, policies, store, trust and addresses: exit 0 when nothing fails, else 1."""
    rows: list[tuple[str, Health]] = []
    try:
        settings = read_settings(development=not production, production=production)
        rows.append(("settings", Health("ok", "Every IGRT_CDS_ variable is known and usable.")))
    except SettingError as error:
        rows += [("settings", refused(line)) for line in str(error).splitlines()]
        settings = readable_settings(development=not production, production=production)
    checks = Checks()
    checks_of(settings, checks)
    rows += checks.run()
    failed = any(health.level == "fail" for _, health in rows)
    if as_json:
        shown = [{"check": name, "level": h.level, "what": h.what, "remedy": h.remedy} for name, h in rows]
        typer.echo(json.dumps({"ok": not failed, "checks": shown}, indent=2))
    else:
        for name, health in rows:
            _show(name, health)
    return CODE_FAIL if failed else 0


def _show(name: str, health: Health) -> None:
    head = Text.assemble((f"{health.level:<5}", _STYLES[health.level]), f"{name:<16}", health.what)
    console.print(head, soft_wrap=True)
    if health.remedy and health.level != "ok":
        console.print(Text(f"{'':<21}{health.remedy}", style="dim"), soft_wrap=True)
