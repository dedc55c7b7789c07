"""Texts as a person would read them, in a form in which two desks' texts can be compared: lines and whole words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser

from tests.flows.worlds import SECRET

OWN = re.compile(rf"(?:told|{SECRET})\d+x\d+end")
"""The word of a comment's own."""
_WORD = re.compile(r"\w+")
_UNSEEN = frozenset({"script", "style"})
_LINES = frozenset({"p", "div", "br", "hr", "li", "ul", "ol", "tr", "td", "th", "table", "pre"})


class _Reader(HTMLParser):
    """`breaks`: what begins or ends a line does so; else each piece of text stands for itself."""

    def __init__(self, *, breaks: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._breaks = breaks
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self._broken(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        self._broken(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)

    def _broken(self, tag: str) -> None:
        if self._breaks and tag in _LINES:
            self.said.append("\n")


def _pieces(text: str, *, breaks: bool) -> list[str]:
    # A comment without an end hides all behind it.
    begin = text.rfind("<!--")
    reader = _Reader(breaks=breaks)
    reader.feed(text if begin <= text.rfind("-->") else text[:begin])
    reader.close()
    return reader.said


def words(text: str, *, html: bool) -> list[str]:
    """Its words in order."""
    return _WORD.findall(" ".join(_pieces(text, breaks=False)) if html else text)


def lines(text: str, *, html: bool) -> str:
    """The text with a line break wherever a line ends for whoever reads it."""
    return "".join(_pieces(text, breaks=True)) if html else text


def missing(wanted: Sequence[str], there: Sequence[str]) -> str | None:
    """The first of these words that is not there, whole and in its order."""
    left = iter(there)
    return next((word for word in wanted if word not in left), None)


def spelled(value: str) -> str:
    """A pattern for these words, whole, one after the other, whatever stands between them."""
    return r"(?<!\w)" + r"\W+".join(_WORD.findall(value)) + r"(?!\w)"


def begins(text: str, wanted: Sequence[str], after: int = 0) -> int:
    """Where the first of these words begin, one after the other; the end of the text where they do not."""
    found = re.compile(spelled(" ".join(wanted[:2]))).search(text, after) if wanted else None
    return found.start() if found else len(text)


def stamp(seconds: int, *, minutes: bool) -> str:
    """A moment as texts tell it; `minutes`: to the minute."""
    return datetime.fromtimestamp(seconds - seconds % 60 if minutes else seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def units(text: str) -> int:
    """Its length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
