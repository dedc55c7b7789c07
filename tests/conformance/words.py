"""What is said, whatever it is wrapped in: how texts and values of desks are compared."""

from __future__ import annotations

from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

_UNSEEN = frozenset({"script", "style"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def squeezed(text: str) -> str:
    """A text without any white space."""
    return "".join(text.split())


def seen(html: str) -> str:
    """The characters somebody sees of a piece of HTML, without white space: desks set paragraphs as they like."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return squeezed("".join(reader.pieces))


def says(read: str, kept: str, *, html: bool) -> bool:
    """Whether a text was read as it is kept: what one sees of it, or every character where it was taken for text."""
    return (seen(read) if html else squeezed(read)) in (seen(kept), squeezed(kept))


def levels(name: str) -> str:
    """A name from the root of its tree: some desks have no more than two levels, and join the rest by a mark."""
    return name.replace(" > ", " / ")


def said(value: Any) -> tuple[str, ...]:
    """A custom value as people see it."""
    if isinstance(value, tuple):
        return tuple(map(str, value))
    if isinstance(value, date | datetime):
        return (value.isoformat(),)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return (str(value),)
