"""Text from outside, made safe to show: as Markdown that renders to nothing but itself, or as one plain line.

Autolinks need more than backslashes: several GitHub-flavoured renderers look for them after the escapes are
gone, so `www.`, `://` and `@` are parted by a space.
"""

from __future__ import annotations

import re
from typing import Final

ELLIPSIS: Final = "…"

VALUE_LIMIT: Final = 300
"""Characters kept of one value from outside; nothing that a card needs to name is longer."""

_AUTOLINK = re.compile(r"(?i)(?<=://)(?=.)|(?<=@)(?=\S)|(?<=www)(?=\.)")
_LIST_NUMBER = re.compile(r"\A([0-9]{1,9})([.)])")
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>\#!|~&@^$=+\-.:](?:  # the sign comes first: a search skips to what may be one
      (?<![\-.:])
    | (?<=-)(?:(?<![0-9A-Za-z]-)|(?![0-9A-Za-z]))  # a bullet, rule or dash; not the hyphen of 77387-TC or a date
    | (?<=\.)(?=\S)                             # a domain name; not the end of a sentence
    | (?<=:)(?:(?<![0-9A-Za-z)]:)|(?=\S))        # a scheme, an emoji name; not the colon of a sentence
    )""",
    re.VERBOSE,
)


def _escaped(sign: re.Match[str]) -> str:
    return "\\" + sign[0]  # a function is cheaper than a template, which `re` takes apart at each call


def plain(value: str, limit: int | None = VALUE_LIMIT) -> str:
    """`value` as one line without control, bidirectional or other invisible characters.

    Runs of white space become one space; more than `limit` characters are cut at a word, with an ellipsis.
    """
    if not value.isprintable():
        value = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in value)
    if "  " in value or value[:1] == " " or value[-1:] == " ":  # no other white space is printable
        value = " ".join(value.split())
    return value if limit is None or len(value) <= limit else cut(value, limit)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters: whole words and an ellipsis when it is longer."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    stop = head.rfind(" ")
    if stop < limit // 2:
        stop = limit - 1
    return head[:stop].rstrip(" ,;:(-") + ELLIPSIS


def literal_md(value: str, limit: int | None = VALUE_LIMIT) -> str:
    """`value` as Markdown (CommonMark, GFM) that shows these characters and never a link, image, tag or list.

    Characters are changed only as `plain` does, and a space is put into what renderers would link by itself.
    """
    text = plain(value, limit)
    if "@" in text or "://" in text or "www" in text.lower():
        text = _AUTOLINK.sub(" ", text)
    text = _MARKUP.sub(_escaped, text)
    return _LIST_NUMBER.sub(r"\1\\\2", text) if "0" <= text[:1] <= "9" else text
