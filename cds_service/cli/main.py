"""Entry point of the command `igrt-cds`."""

from __future__ import annotations

import sys

import click
import typer

from cds_service.cli import check, policies, serve
from cds_service.cli.terminal import CODE_UNREADABLE, console_error
from cds_service.engine.letters import PolicyError

app = typer.Typer(
    name="igrt-cds",
    help="CDS Hooks service for image-guided radiation therapy: cards for orders and claims.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.add_typer(policies.app, name="policies")


def run() -> None:
    """Run the command; usage errors and unusable policies end with their own exit code and a letter."""
    try:
        code = app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 0
    except click.ClickException as error:
        error.show()
        code = CODE_UNREADABLE
    except PolicyError as error:
        console_error(str(error))
        code = CODE_UNREADABLE
    except (click.Abort, KeyboardInterrupt):
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
