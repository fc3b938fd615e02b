"""Card text to HTML for the pages: GitHub-flavoured tables and strikethrough, no raw HTML, no images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token


def _only_https(url: str) -> bool:
    return url.lower().startswith("https://")


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # An image would be a request to a host that the text chose.
    made.disable(["image", "html_block", "html_inline"])
    made.validateLink = _only_https  # type: ignore[method-assign]
    return made


_MARKDOWN: Final = _parser()


def to_html(text: str) -> str:
    """`text` (Markdown) as HTML without raw HTML, images or styles; only https links, each opened anew."""
    tokens = _MARKDOWN.parse(text)
    for token in _every(tokens):
        if token.type == "link_open":
            token.attrs |= {"rel": "noopener noreferrer", "target": "_blank"}
        # The alignment of a table's column comes as an inline style, which the pages refuse.
        token.attrs.pop("style", None)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _every(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or ())
