"""Card text to HTML for the pages: GitHub-flavoured tables and strikethrough, no raw HTML, no images."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

REL: Final = "noopener noreferrer"


def _link(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    at: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    tokens[at].attrSet("rel", REL)
    tokens[at].attrSet("target", "_blank")
    return renderer.renderToken(tokens, at, options, env)  # type: ignore[attr-defined, no-any-return]


def _renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # An image would be a request to a host that the text chose.
    made.disable(["image", "html_block", "html_inline"])
    made.validateLink = lambda url: url.lower().startswith("https://")  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link)
    return made


_MARKDOWN: Final = _renderer()


def to_html(text: str) -> str:
    """`text` (Markdown) as HTML without raw HTML or images; only https links, opened in a page of their own."""
    return str(_MARKDOWN.render(text))
