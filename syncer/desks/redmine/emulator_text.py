"""Texts of a world, which are HTML, as a mail client or a person would write them into a field of plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style"})
_BLOCKS = frozenset({"p", "div", "ul", "ol", "table", "pre", "blockquote", "h1", "h2", "h3"})
_LINES = {"br": "\n", "li": "\n* ", "tr": "\n", "td": " ", "th": " "}


class _Reader(HTMLParser):
    def __init__(self, *, marks: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._marks = marks
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n\n")
        self.parts.append(_LINES.get(tag, ""))
        name = dict(attrs).get("src")
        if tag == "img" and self._marks and name:
            self.parts.append(f"!{name}!")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def as_text(html: str, *, marks: bool) -> str:
    """What one sees of it, with paragraphs apart; `marks`: images as the markup of Redmine names them.

    What holds no markup at all is taken as it is.
    """
    if not re.search(r"<[a-zA-Z/!]|&[#\w]+;", html):
        return html
    reader = _Reader(marks=marks)
    begin = html.rfind("<!--")  # a comment without an end hides all behind it
    reader.feed(html if begin <= html.rfind("-->") else html[:begin])
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip("\n")
