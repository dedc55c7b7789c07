"""Texts as a person would read them, in a form in which two desks' texts can be compared."""

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


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)


def words(text: str, *, html: bool) -> list[str]:
    """Its words in order."""
    if not html:
        return _WORD.findall(text)
    # A comment without an end hides all behind it.
    begin = text.rfind("<!--")
    reader = _Reader()
    reader.feed(text if begin <= text.rfind("-->") else text[:begin])
    reader.close()
    return _WORD.findall(" ".join(reader.said))


def letters(text: str, *, html: bool) -> str:
    """Its words without what is between them: a text that was cut in two may have been cut within a word."""
    return "".join(words(text, html=html))


def missing(wanted: Sequence[str], there: str) -> str | None:
    """The first of these words that is not there in its order."""
    at = 0
    for word in wanted:
        at = there.find(word, at)
        if at < 0:
            return word
        at += len(word)
    return None


def stamp(seconds: int, *, minutes: bool) -> str:
    """A moment as letters of a text; `minutes`: to the minute."""
    at = datetime.fromtimestamp(seconds - seconds % 60 if minutes else seconds, UTC)
    return at.strftime("%Y%m%d%H%M%SUTC")


def units(text: str) -> int:
    """Its length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
