"""Reads the settings from environment variables: every `IGRT_CDS_*` is known and usable, or the start ends."""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from cds_service.settings import PREFIX, Secret, SettingError, Settings

_FILE = "_FILE"
_TESTS = (f"{PREFIX}TEST_", f"{PREFIX}BROWSER", f"{PREFIX}EXAMPLES")
"""Read by the test suite, not by the service."""
_MOST_IN_A_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: variable, type, default and sentence."""

    name: str
    kind: Any
    meta: msgspec.Meta
    default: Any

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def secret(self) -> bool:
        """Whether its value is never shown, and may stand in a file."""
        return self.kind is Secret

    @property
    def form(self) -> str:
        """What the text of the variable is, in words, such as `whole number from 1 to 64`."""
        said = (self.meta.extra or {})["form"]
        if said:
            return str(said)
        if get_origin(self.kind) is Literal:
            return "one of " + ", ".join(get_args(self.kind))
        return {Path: "path", Secret: "text", str: "text", bool: "true or false"}.get(
            self.kind
        ) or self._number()

    def _number(self) -> str:
        word = "whole number" if self.kind is int else "number"
        low = f"above {self.meta.gt:g}" if self.meta.gt is not None else f"from {self.meta.ge}"
        return f"{word} {low} to {self.meta.le}"

    def parse(self, text: str) -> Any:
        """The value of this text.

        Raises:
            ValueError: it has none. The exception may quote the text.
        """
        parse = (self.meta.extra or {})["parse"]
        if parse is not None:
            return parse(text)
        if self.kind is Path:
            return Path(text)
        return msgspec.convert(text, Annotated[self.kind, self.meta], strict=False)


def table() -> tuple[Setting, ...]:
    """All settings that the environment may give, in the order of `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    fields = msgspec.structs.fields(Settings)
    rows = (Setting(f.name, *_unpacked(hints[f.name]), f.default) for f in fields)
    return tuple(row for row in rows if (row.meta.extra or {})["environment"])


def _unpacked(hint: Any) -> tuple[Any, msgspec.Meta]:
    kind, meta = get_args(hint)
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (part for part in get_args(kind) if part is not type(None))
    return kind, meta


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of an environment (that of the process by default); `given` go before it.

    An empty variable counts as not set, as compose files write it.

    Raises:
        SettingError: unknown variables or values that cannot be used; all problems, one a line.
    """
    settings, problems = _read(os.environ if environment is None else environment, given)
    if problems:
        raise SettingError("\n".join(problems))
    return settings


def readable_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """As `read_settings`, with the default in place of what cannot be used: to go on looking for problems."""
    return _read(os.environ if environment is None else environment, given)[0]


def letters_if_any_is_unknown(environment: Mapping[str, str]) -> list[str]:
    """Where a variable of ours is unknown, a letter for it and for every other problem of the environment; else
    nothing: a command that needs few settings does not end over the others' values.
    """
    return _read(environment, {})[1] if any(unknown(environment)) else []


def _read(environment: Mapping[str, str], given: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    found, problems = dict(given), list(unknown(environment))
    for row in table():
        try:
            text = _text(row, environment)
            if text.strip() and row.name not in given:
                found[row.name] = _value(row, text)
        except SettingError as error:
            problems.append(str(error))
    settings = Settings(**found)
    if settings.threads <= settings.max_concurrent:
        what = f"{settings.threads} is not more than {PREFIX}MAX_CONCURRENT ({settings.max_concurrent})."
        problems.append(f"{PREFIX}THREADS: {what} Leave threads over that can refuse calls and show health.")
    return settings, problems


def setting(name: str, environment: Mapping[str, str] | None = None) -> Any:
    """One setting alone, for commands that need no other.

    Raises:
        SettingError: its value cannot be used.
    """
    (row,) = (row for row in table() if row.name == name)
    text = _text(row, os.environ if environment is None else environment)
    return _value(row, text) if text.strip() else row.default


def unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """A letter for each variable of ours that nobody reads, with the nearest name that is read."""
    known = {name for row in table() for name in (row.variable, *_file_names(row))}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_TESTS):
            near = difflib.get_close_matches(
                name.removeprefix(PREFIX), [n.removeprefix(PREFIX) for n in known], 1
            )
            remedy = f"Did you mean {PREFIX}{near[0]}?" if near else "docs/settings.md lists all settings."
            yield f"{name}: no setting has this name. {remedy}"


def _file_names(row: Setting) -> tuple[str, ...]:
    return (row.variable + _FILE,) if row.secret else ()


def _text(row: Setting, environment: Mapping[str, str]) -> str:
    text = environment.get(row.variable, "")
    named = environment.get(row.variable + _FILE, "") if row.secret else ""
    if not named:
        return text
    if text:
        raise SettingError(f"{row.variable}: it is set, and so is {row.variable}{_FILE}. Set one of them.")
    try:
        with Path(named).open(encoding="utf-8") as file:
            found = file.read(_MOST_IN_A_FILE).strip()
    except (OSError, UnicodeDecodeError) as error:
        what = f"{named} cannot be read ({type(error).__name__})."
        raise SettingError(f"{row.variable}{_FILE}: {what} Name a readable text file.") from None
    if not found:  # not filled in: the service would run without it, and keep things elsewhere or not at all
        raise SettingError(f"{row.variable}{_FILE}: {named} is empty. Fill it, or leave the variable unset.")
    return found


def _value(row: Setting, text: str) -> Any:
    try:
        return row.parse(text)
    except (ValueError, msgspec.ValidationError):
        shown = "The value" if row.secret or "@" in text else repr(text)  # an @ stands behind a password
        remedy = (row.meta.extra or {})["remedy"]
        raise SettingError(f"{row.variable}: {shown} is not {_article(row.form)}. {remedy}") from None


def _article(form: str) -> str:
    return form if form.startswith(("one of", "true or")) else f"{'an' if form[0] in 'aeiou' else 'a'} {form}"
