"""Render text as HTML: Markdown of agents and people of the desk, plain text of customers, and both as one line for lists.

The output can't act: no scripts, no HTML from the input, nothing that is loaded from elsewhere, and links only to web and
e-mail addresses. Line breaks and indentation stay as they were typed; the pages' style keeps white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import paragraph as _commonmark_paragraph
from markdown_it.rules_block import reference as _commonmark_reference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import image as _commonmark_image
from markdown_it.rules_inline.emphasis import tokenize as _commonmark_emphasis
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from sessions_app.infrastructure.bounded_cache import Remembered
from sessions_app.text.links import LONGEST_ADDRESS, Links
from sessions_app.text.unseen import shown

TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"} | {
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
#: Memory for HTML that is remembered (bytes), of each kind of text.
REMEMBERED_BYTES = 24 * 2**20
#: So many characters of a text stand on a page. Of a longer one the beginning does, and all of it is text to be opened.
SHOWN = 20_000
#: Only so many characters of a text are read for its line in a list.
LINE_SOURCE = 2_000


def remembered(render: Callable[[str], SafeString]) -> Remembered[SafeString]:
    """Cache the HTML of short texts: messages are never rewritten, and pages show them again and again."""
    return Remembered(render, REMEMBERED_BYTES)


@remembered
def markdown_html(text: str) -> SafeString:
    """Render Markdown as safe HTML. Headings become bold lines, images links to their addresses."""
    html = _MARKDOWN.render(shown(text or ""))
    safe = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        # A relative address would lead to a page of ours.
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(safe)  # noqa: S308 - nh3 has just cleaned it


@remembered
def plain_html(text: str) -> SafeString:
    """Render plain text as safe HTML: nothing in it is markup, web and e-mail addresses are links."""
    return mark_safe(f"<p>{_with_links(shown(text))}</p>" if text else "")  # noqa: S308 - every part was escaped


def one_plain_line(markdown: str) -> str:
    """Return the text of Markdown without its marks, as one line: for lists, titles and notifications."""
    tokens = _MARKDOWN.parse(markdown[:LINE_SOURCE])
    return " ".join(" ".join(_texts(tokens)).split())


# Links --------------------------------------------------------------------------------------------------------------------


_LINKS = Links()
_WEB = re.compile(r"https?://", re.IGNORECASE)
_REFERENCE = re.compile(r"\s*\[[^\[\]]+\]:\s*<?(?:https?://|mailto:|tel:)", re.IGNORECASE)
_HTML_BREAK = re.compile(r"<br ?/?>\n?", re.IGNORECASE)
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)


def _with_links(text: str) -> str:
    parts: list[str] = []
    end = 0
    for link in _LINKS.match(text) or []:
        address = _MARKDOWN.normalizeLink(link.url)
        parts.append(escape(text[end : link.index]))
        parts.append(f'<a href="{escape(address)}" rel="nofollow noopener noreferrer">{escape(link.text)}</a>')
        end = link.last_index
    return "".join([*parts, escape(text[end:])])


# Markdown -----------------------------------------------------------------------------------------------------------------


class Renderer(RendererHTML):
    """Renderer of HTML without line breaks of its own, because the pages keep white space."""

    def renderToken(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        return super().renderToken(tokens, idx, options, env).replace("\n", "")

    def softbreak(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        return "<br>"

    hardbreak = softbreak

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        return super().fence(tokens, idx, options, env).strip("\n")

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        return super().code_block(tokens, idx, options, env).strip("\n")

    def heading_open(self, *_token: Any) -> str:
        return "<p><strong>"

    def heading_close(self, *_token: Any) -> str:
        return "</strong></p>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """Render a link to the picture, which is not loaded: its server would learn who reads this."""
        token = tokens[idx]
        address = str(token.attrs.get("src", ""))
        words = self.renderInlineAsText(token.children, options, env).strip() or address
        if not _WEB.match(address) and words != address and not address.startswith("data:"):
            # It cannot be followed, but it can be read.
            words = f"{words} ({address})"
        return escape(words) if token.meta["is_in_link"] else f'<a href="{escape(address)}">{escape(words)}</a>'


def _address(state: StateInline, silent: bool) -> bool:
    """Parse a web address as it stands in the text: its underscores and stars are no emphasis."""
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - 6), state.pos)
    link = _LINKS.match_at_start(state.src[scheme.start(1) : scheme.start(1) + LONGEST_ADDRESS + 1]) if scheme else None
    if scheme is None or link is None:
        return False
    # Stars at the end close an emphasis around the address.
    text = link.text.rstrip("*")
    if not silent:
        state.pending = state.pending[: len(state.pending) - len(scheme[1])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": state.md.normalizeLink(text)}
        state.push("text", "", 0).content = text
        state.push("link_close", "a", -1)
    state.pos += len(text) - len(scheme[1])
    return True


def _image(state: StateInline, silent: bool) -> bool:
    """Parse an image, and note whether it stands in a link."""
    made = _commonmark_image(state, silent)
    if made and not silent:
        state.tokens[-1].meta["is_in_link"] = state.linkLevel > 0
    return made


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Parse emphasis; double stars also count beside punctuation.

    CommonMark leaves them in `**Price:**10` and in Chinese and Japanese, where no spaces stand around them; models write both.
    """
    start = state.pos
    made = _commonmark_emphasis(state, silent)
    if made and state.src.startswith("**", start):
        before, after = state.src[max(0, start - 1) : start], state.src[state.pos : min(state.pos + 1, state.posMax)]
        for delimiter in state.delimiters[start - state.pos :]:
            delimiter.open, delimiter.close = bool(after.strip()), bool(before.strip())
    return made


def _html_break(state: StateInline, silent: bool) -> bool:
    """Parse a line break as HTML, which models write into tables."""
    found = _HTML_BREAK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos = found.end()
    return True


def _line_break(state: StateInline, silent: bool) -> bool:
    """Parse a line break and keep the next line's indentation."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a paragraph and keep the indentation of its first line, as of the lines below it."""
    made = _commonmark_paragraph(state, start, end, silent)
    inline = state.tokens[-2]
    text = state.getLines(start, state.line, state.blkIndent, False)
    inline.content = text.rstrip() if "\n" in text.strip() else text.strip()
    return made


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a link's reference (`[1]: https://…`). The line is shown, too, as there may be no link that uses it.

    A line of a log such as `[ERROR]: timeout` is none.
    """
    if not _REFERENCE.match(state.getLines(start, min(start + 2, end), state.blkIndent, False)):
        return False
    if not _commonmark_reference(state, start, end, silent):
        return False
    if not silent:
        state.push("paragraph_open", "p", 1)
        inline = state.push("inline", "", 0)
        inline.content, inline.children = state.getLines(start, state.line, state.blkIndent, False).strip(), []
        state.push("paragraph_close", "p", -1)
    return True


def _made() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}, renderer_cls=Renderer)
    parser.enable(["table", "strikethrough", "linkify"])
    # A line of dashes below a line of text is a line of dashes: in pasted logs and under letters it is no heading.
    parser.disable("lheading")
    parser.linkify = _LINKS
    parser.inline.ruler.at("newline", _line_break)
    parser.inline.ruler.at("linkify", _address)
    parser.inline.ruler.at("image", _image)
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.at("html_inline", _html_break)
    parser.block.ruler.at("reference", _reference)
    parser.block.ruler.at("paragraph", _paragraph)
    return parser


_MARKDOWN = _made()


def _texts(tokens: Sequence[Token]) -> list[str]:
    """Return the readable text of tokens, in order."""
    found: list[str] = []
    for token in tokens:
        if token.type == "inline":
            found.append("".join(_inline_texts(token.children or [])))
        elif token.type in ("fence", "code_block"):
            found.append(token.content)
    return found


def _inline_texts(tokens: Sequence[Token]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            found.append(" ")
        elif token.type == "image":
            found.append("".join(_inline_texts(token.children or [])) or str(token.attrs.get("src", "")))
        else:
            found.append(token.content)
    return found
