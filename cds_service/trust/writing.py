"""Adds a client to the registry's file. What stands there, comments too, stays as it is."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cds_service.trust.registry import parse_registry

_HEAD = "# Who may call this service. docs/trust.md explains each line; `igrt-cds trust check` reads it.\nclients:\n"


def entry_text(entry: Mapping[str, Any]) -> str:
    """A client as a list entry of YAML; members without a value are left out."""
    lines: list[str] = []
    for name, value in entry.items():
        if isinstance(value, str) and value:
            lines.append(f"{name}: {_scalar(value)}")
        elif isinstance(value, Sequence) and value:
            lines.append(f"{name}:")
            lines += [f"  - {_item(item)}" for item in value]
    return "".join(f"{'  - ' if not i else '    '}{line}\n" for i, line in enumerate(lines))


def _item(item: object) -> str:
    return _scalar(item) if isinstance(item, str) else json.dumps(item)


def _scalar(text: str) -> str:
    safe = all(char.isalnum() or char in "-_./:" for char in text) and ": " not in text and text[-1] != ":"
    return text if safe and text[0].isalnum() and text.isascii() else json.dumps(text)


def add_client(path: Path, entry: Mapping[str, Any], *, development: bool) -> str:
    """Write the client to the end of the file, which is made when it is missing; its text is given back.

    The file is replaced in one step, and only by one that can be loaded.

    Raises:
        TrustError: the file with the client in it could not be used.
        OSError: the file cannot be read or written.
        UnicodeDecodeError: what stands there is no text.
    """
    added = entry_text(entry)
    before = path.read_text("utf-8") if path.exists() else _HEAD
    if before and not before.endswith("\n"):
        before += "\n"
    whole = before + added
    parse_registry(whole, path.name, path.parent, development=development)
    _replace(path, whole)
    return added


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
