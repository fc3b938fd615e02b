"""Judges the Markdown of a card with a CommonMark parser that lets HTML through: what would a client show?"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

JUDGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""HTML stays enabled: a judge that would hide nothing."""

AUTOLINKS = re.compile(r"(?i)(https?://|ftp://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+")
"""What GitHub-flavoured renderers link by themselves, looked for in the text that remains after rendering."""

INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Control and direction characters, and others that show nothing."""

SHOWN = {"paragraph", "bullet_list", "list_item", "strong", "em", "link"}
"""What our templates make. Anything else in a card was made by the text that filled a gap."""


@cache
def link_hosts() -> frozenset[str]:
    """Hosts that a card may link to."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "link_hosts.yaml").read_text("utf-8"))
    return frozenset({*data["hosts"], *data["formats"], *data["examples"]})


def tokens_of(markdown: str) -> list[Token]:
    """Blocks and what is in their lines, one list."""
    return [t for block in JUDGE.parse(markdown) for t in (block, *(block.children or []))]


def address_fault(url: str) -> str:
    """Why a card must not link there; empty when it may."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.username is not None or not url.isascii():
        return f"T28: {parts.scheme or 'no scheme'} is no plain https address"
    if parts.hostname not in link_hosts():
        return "T28: the host is not in link_hosts.yaml"
    return ""


@lru_cache(maxsize=4096)
def markdown_faults(detail: str, addresses: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What is wrong with a card's detail, and with its other addresses."""
    tokens = tokens_of(detail)
    found = [fault for url in addresses if (fault := address_fault(url))]
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            found.append("C-04, T10: the detail holds HTML")
        elif token.type == "image":
            found.append("T10: the detail holds an image")
        elif token.type == "link_open":
            fault = address_fault(str(token.attrs.get("href", "")))
            found += [fault] if fault else []
        elif token.type.endswith("_open") and token.type.removesuffix("_open") not in SHOWN:
            found.append(f"T10: the detail holds a {token.type.removesuffix('_open')}")
        elif token.type in ("fence", "code_block", "code_inline", "hr"):
            found.append(f"T10: the detail holds a {token.type}")
    text = "".join(t.content if t.type.startswith("text") else "\n" for t in tokens if not t.children)
    if AUTOLINKS.search(text):
        found.append("T10: a renderer may link a text by itself")
    if INVISIBLE.search(detail):
        found.append("T10: the detail holds an invisible or control character")
    return tuple(found)
