"""Reads any HTML, however broken, into text, in time that grows with its length only.

The standard parser reads the attributes, one tag at a time. Given a whole document it can take
quadratic time on unclosed tags and quotes, and raises on some declarations (seen with 3.11.7), so
the tags are found here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from syncer.mapping.html_page import Attributes, Page, decoded

_LINES = """
    div section article header footer main aside nav address figure figcaption form fieldset legend
    ul ol dl dt dd li option caption thead tbody tfoot details summary center body
"""
_BREAKS = {
    **dict.fromkeys(_LINES.split(), 1),
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "hr"), 2),
}
_UNSEEN = frozenset({"script", "style", "title"})
_UNSEEN_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE) for name in _UNSEEN}
_MARKUP = re.compile(
    r"<(?:(!--)|[!?][^>]*>"
    r"|(/?)([a-zA-Z][a-zA-Z0-9]*(?:[:_.-][a-zA-Z0-9]+)*)(?=[\s/>])"
    # A quoted value may hold a ">"; a quote that never closes is a character like others.
    r"""((?:[^>=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|=)*+)>)"""
)
_COMMENT_END = re.compile(r"--!?>")
_UNSHOWN_LINKS = ("#", "javascript:", "vbscript:", "data:")
# Tables inside tables inside tables: deeper ones are read as plain lines, or a row would be joined
# again on every level.
_DEEPEST_TABLE = 8


def read(html: str) -> str:
    """The text of any HTML; see `html_to_text`."""
    reader = _Reader()
    position, comments_end = 0, True
    end = html.rfind(">") + 1  # no tag is complete after it, and every search below ends there
    while (found := _MARKUP.search(html, position, end)) is not None:
        reader.text(html[position : found.start()])
        position = found.end()
        comment, closing, name, rest = found.groups()
        if comment:
            closed = _COMMENT_END.search(html, found.start() + 2, end) if comments_end else None
            # An unclosed comment hides nothing: better a word too much than the rest of a ticket lost.
            position, comments_end = (closed.end(), True) if closed else (position, False)
        elif name:
            name = name.lower()
            if name not in _UNSEEN:
                reader.tag(closing + name, found.group() if rest else "")
            elif not closing and not rest.endswith("/"):
                unseen = _UNSEEN_ENDS[name].search(html, position, end)
                position = unseen.end() if unseen else len(html)
    reader.text(html[position:])
    return reader.result()


class _Table:
    __slots__ = ("cell", "cells", "outer")

    def __init__(self, outer: Page) -> None:
        self.outer = outer
        self.cells: list[str] = []
        self.cell: Page | None = None


class _Reader:
    """Where in the document we are; `_ACTIONS` says what each tag does."""

    def __init__(self) -> None:
        self._page = Page()
        self._attributes = Attributes()
        self._tables: list[_Table] = []
        self._too_deep = 0
        self._pre = False
        self._pre_begins = False
        self._link: tuple[Page, int, str] | None = None

    def text(self, text: str) -> None:
        if not text:
            return
        if "&" in text:
            text = decoded(text)
        if not self._pre:
            self._page.words(text)
            return
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
        if self._pre_begins:
            text = text.removeprefix("\n")
            self._pre_begins = False
        if text:
            self._page.lines(text)

    def tag(self, name: str, whole: str) -> None:
        """A tag, `/name` when it closes; `whole` has its attributes, empty when there are none."""
        breaks = _BREAKS.get(name.removeprefix("/"))
        if breaks:
            self._page.block(breaks)
        action = _ACTIONS.get(name)
        if action is not None:
            action(self, whole)

    def result(self) -> str:
        while self._tables:
            self._too_deep = 0
            self.close_table("")
        self.close_link("")
        return self._page.result()

    def line_break(self, _: str) -> None:
        if self._pre:
            self._page.lines("\n")
        else:
            self._page.line_break()

    def open_item(self, _: str) -> None:
        self._page.bullet = True

    def close_item(self, _: str) -> None:
        self._page.bullet = False

    def open_pre(self, _: str) -> None:
        self._pre = self._pre_begins = True

    def close_pre(self, _: str) -> None:
        if self._pre:
            self._pre = self._pre_begins = False
            self._page.trim()

    def image(self, whole: str) -> None:
        attributes = self._attributes.of(whole)
        source = "".join(attributes.get("src", "").split())
        if source[:5].lower() == "data:":
            source = ""
        label = " ".join(attributes.get("alt", "").split()) or source
        shown = f"[image: {label}]" if label else "[image]"
        if self._pre:
            self._page.lines(shown)
        else:
            self._page.words(shown)

    def open_link(self, whole: str) -> None:
        self.close_link("")
        url = "%20".join(self._attributes.of(whole).get("href", "").split())
        if url and not url.lower().startswith(_UNSHOWN_LINKS):
            self._link = (self._page, len(self._page.out), url)

    def close_link(self, _: str) -> None:
        if self._link is None:
            return
        page, start, url = self._link
        self._link = None
        text = "".join(page.out[start:]).strip().removeprefix("- ")
        bare = url.removeprefix("mailto:").removeprefix("tel:")
        if text and text.rstrip("/") not in (url.rstrip("/"), bare.rstrip("/")):
            page.out.append(f" <{url}>")

    def open_table(self, _: str) -> None:
        self._page.block(1)
        if len(self._tables) == _DEEPEST_TABLE:
            self._too_deep += 1
            return
        self.close_link("")
        self._tables.append(_Table(self._page))

    def close_table(self, _: str) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif self._tables:
            self._end_row()
            self._page = self._tables.pop().outer
        self._page.block(1)

    def open_row(self, _: str) -> None:
        if self._too_deep:
            self._page.block(1)
            return
        if not self._tables:
            self.open_table("")
        self._end_row()

    def close_row(self, _: str) -> None:
        if self._tables and not self._too_deep:
            self._end_row()

    def open_cell(self, _: str) -> None:
        if self._too_deep:
            self._page.space = True
            return
        if not self._tables:
            self.open_table("")
        self._end_cell()
        self._page = self._tables[-1].cell = Page()

    def close_cell(self, _: str) -> None:
        if self._tables and not self._too_deep:
            self._end_cell()

    def _end_cell(self) -> None:
        table = self._tables[-1]
        if table.cell is None:
            return
        self.close_link("")
        self._pre = False
        table.cells.append(table.cell.result())
        table.cell, self._page = None, table.outer

    def _end_row(self) -> None:
        self._end_cell()
        table = self._tables[-1]
        cells, table.cells = table.cells, []
        while cells and not cells[-1]:
            cells.pop()
        filled = [cell for cell in cells if cell]
        if not filled:
            return
        # A row of one cell is layout (most mails are one such row) and keeps its lines.
        row = filled[0] if len(filled) == 1 else " | ".join(" ".join(cell.split()) for cell in cells)
        table.outer.block(1)
        table.outer.lines(row)
        table.outer.block(1)


_ACTIONS: dict[str, Callable[[_Reader, str], None]] = {
    "br": _Reader.line_break,
    "/br": _Reader.line_break,
    "li": _Reader.open_item,
    "/li": _Reader.close_item,
    "/ul": _Reader.close_item,
    "/ol": _Reader.close_item,
    "pre": _Reader.open_pre,
    "/pre": _Reader.close_pre,
    "a": _Reader.open_link,
    "/a": _Reader.close_link,
    "img": _Reader.image,
    "table": _Reader.open_table,
    "/table": _Reader.close_table,
    "tr": _Reader.open_row,
    "/tr": _Reader.close_row,
    "td": _Reader.open_cell,
    "/td": _Reader.close_cell,
    "th": _Reader.open_cell,
    "/th": _Reader.close_cell,
}
