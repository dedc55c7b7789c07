"""When two texts say the same, whatever a desk does to white space and markup. Pure.

Reads HTML in a way of its own, and not as mapping does: what is written wrong must not be read wrong the same way.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser

SHOWN = 60
_SILENT = frozenset({"script", "style", "title", "head"})
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff\ufffd]")
_BREAKS = re.compile(r"<br ?/?>")
_IMAGE = re.compile(r"\[image:[^\[\]]*\]")
"""An image within a text of a desk without markup: by the name it has there, or by that which the source shows it by.
Its bytes are compared with the files."""
_OURS = re.compile(r"\[[^\[\]]*\]|\(nodescription\)|\(Private\)|Alsotold:.*\Z")
"""What connectors add to a text: lines in brackets about markers and files, people who can only be named."""


class _Letters(HTMLParser):
    """Every letter somebody sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen.append(data)


def plain(text: str, *, html: bool) -> str:
    """What one reads of it, without white space; entities decoded, in text too, for some desks keep text so."""
    if html:
        reader = _Letters()
        reader.feed(text)
        reader.close()
        text = "".join(reader.seen)
    said = unicodedata.normalize("NFC", unescape(text))
    return _IMAGE.sub("[image]", "".join(_UNSEEN.sub("", said).split()))


def broken(text: str) -> str:
    """As `plain`, of text that a desk shows with its line breaks as markup and all else as it was."""
    return plain(_BREAKS.sub(" ", text), html=False)


def says(expected: str, found: str) -> bool:
    """Whether a text of a desk says what it should, and beside that nothing but what a connector adds; both plain."""
    if expected == found:
        return True
    at = found.find(expected) if expected else 0
    return at >= 0 and not _OURS.sub("", found[:at] + found[at + len(expected) :])


def apart(expected: str, found: str) -> tuple[str, str]:
    """Both from a little before the first letter that differs."""
    both = zip(expected, found, strict=False)
    at = next((n for n, (one, other) in enumerate(both) if one != other), min(len(expected), len(found)))
    start = max(0, at - 20)
    return expected[start : start + SHOWN], found[start : start + SHOWN]
