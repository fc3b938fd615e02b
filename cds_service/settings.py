"""Settings of the service. Few, with safe defaults; the command line fills them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.engine.letters import Problem
from cds_service.facts.document_types import NO_DOCUMENT_TYPES, DocumentTypes, read_document_types
from cds_service.request.services import CLAIM_HOOK

LCD_IN_FORCE = "IGRT_CDS_LCD_IN_FORCE"
"""Environment variable: first and last day, FIRST/LAST, for which the site has confirmed the Florida LCD text."""


DOCUMENT_TYPES = "IGRT_CDS_DOCUMENT_TYPES"
"""Environment variable: a YAML file that maps the site's codes of documents to document types of ours."""


class SettingError(ValueError):
    """A setting cannot be used; the text is a letter: where, what, what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    `development` shows the start page and lets any web page call the service (CORS); it is meant for synthetic
    data on one's own machine. `max_body` is the largest request in bytes. `claim_hook` is the name of the claim
    hook, which a site may put into its own domain.
    """

    development: bool = False
    max_body: int = 8 * 1024 * 1024
    claim_hook: str = CLAIM_HOOK


def lcd_in_force(environment: str | None = None) -> tuple[date, date] | None:
    """First and last day of IGRT_CDS_LCD_IN_FORCE, both included; None when nobody confirmed the text (rulebook 4).

    Raises:
        SettingError: when it is set to anything but two days in their order.
    """
    text = os.environ.get(LCD_IN_FORCE, "") if environment is None else environment
    if not text.strip():
        return None
    written = [part.strip() for part in text.split("/")]
    try:
        first, last = (date.fromisoformat(part) for part in written)
    except ValueError:
        first, last = date.max, date.min
    if last < first:
        what = f"{text!r} is not a first and a last day."
        raise SettingError(f"{LCD_IN_FORCE}: {what} Write them as 2016-11-07/2025-12-31, or leave it unset.")
    return first, last


def document_types(environment: str | None = None) -> DocumentTypes:
    """The mapping in the file that IGRT_CDS_DOCUMENT_TYPES names; empty when it names none (contract section 2).

    Raises:
        SettingError: with a letter for everything that is wrong with the file.
    """
    text = os.environ.get(DOCUMENT_TYPES, "") if environment is None else environment
    if not text.strip():
        return NO_DOCUMENT_TYPES
    problems: list[Problem] = []
    found = read_document_types(Path(text.strip()), problems)
    if problems:
        raise SettingError("\n".join(f"{DOCUMENT_TYPES}: {problem}" for problem in sorted(problems)))
    return found
