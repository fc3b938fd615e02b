"""Entry point of the command `igrt-cds`."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Any

import typer

from cds_service.books import load_library, policy_folders
from cds_service.cli import audit, catalogue, check, doctor, feedback, policies, replay, serve, store, trust
from cds_service.cli.terminal import CODE_UNREADABLE, console_error
from cds_service.cms_files.letters import EditFilesError
from cds_service.engine.letters import PolicyError
from cds_service.environment import letters_if_any_is_unknown
from cds_service.settings import SettingError

app = typer.Typer(
    name="igrt-cds",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"igrt-cds {version('igrt-cds')}")
        typer.echo(f"policy book {load_library(policy_folders()).engine.book.fingerprint}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            help="The version and the policies in force, by their fingerprint.",
            callback=_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """CDS Hooks service for image-guided radiation therapy: cards for orders and claims."""
    problems = [] if context.invoked_subcommand == "doctor" else letters_if_any_is_unknown(os.environ)
    if problems:  # a misspelt variable would be a setting that silently stays as it was
        raise SettingError("\n".join(problems))


app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("audit")(audit.audit)
app.command("doctor")(doctor.doctor)
app.command("replay")(replay.replay)
app.add_typer(policies.app, name="policies")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(trust.app, name="trust")
app.add_typer(feedback.app, name="feedback")
app.add_typer(store.app, name="store")


# Newer versions of typer bring a click of their own, older ones use the package: taken from what typer exports.
_UsageError: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def run() -> None:
    """Run the command; usage errors, unusable policies and settings end with their own exit code and a letter."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a bullet is no reason to fail on an ASCII terminal
    try:
        code = app(standalone_mode=False)
    except _UsageError as error:
        error.show()
        # Without arguments the help was asked for, in effect, and has been shown.
        code = 0 if type(error).__name__ == "NoArgsIsHelpError" else CODE_UNREADABLE
    except (PolicyError, SettingError) as error:
        console_error(str(error))
        code = CODE_UNREADABLE
    except EditFilesError as error:
        for line in error.lines():
            console_error(line)
        code = CODE_UNREADABLE
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
