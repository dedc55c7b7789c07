"""What reading HTML is made of: entities, the attributes of a tag, a page being written."""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser

_COMMON = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#039": "'", "#39": "'"}
_HUGE_NUMBER = re.compile(r"&#\d{600,};?")


def fold(text: str) -> str:
    """Text between tags: entities decoded once, whitespace folded, ends stripped."""
    if "&" in text:
        text = decoded(text)
    return " ".join(text.split())


def commonly_decoded(text: str) -> str | None:
    """Decoded once when each `&` begins one of the entities that escaping makes, else None; much faster."""
    first, *rest = text.split("&")
    out = [first]
    for part in rest:
        name, _, after = part.partition(";")
        if (character := _COMMON.get(name)) is None:
            return None
        out += (character, after)
    return "".join(out)


def decoded(text: str) -> str:
    """Text with its entities decoded, once."""
    if (plain := commonly_decoded(text)) is not None:
        return plain
    try:
        return entities.unescape(text)
    except ValueError:  # a number of more digits than Python converts
        return entities.unescape(_HUGE_NUMBER.sub("\ufffd", text))


class Attributes(HTMLParser):
    """The attributes of one tag."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._found = {name: value or "" for name, value in reversed(attrs)}

    def of(self, tag: str) -> dict[str, str]:
        """By name, the first of each; nothing when the tag is empty or beyond reading."""
        self._found = {}
        if tag:
            self.reset()
            self.feed(_HUGE_NUMBER.sub("\ufffd", tag))
        return self._found


class Page:
    """Text being written: breaks and spaces wait until something follows them."""

    __slots__ = ("breaks", "bullet", "out", "space")

    def __init__(self) -> None:
        self.out: list[str] = []
        self.breaks = 0
        self.space = False
        self.bullet = False

    def words(self, text: str) -> None:
        """Write text with its whitespace folded, also across calls."""
        words = text.split()
        if words:
            self.space = self.space or text[0].isspace()
            self.lines(" ".join(words))
            self.space = text[-1].isspace()
        elif text:
            self.space = True

    def lines(self, text: str) -> None:
        """Write text as it is."""
        if self.out:
            if self.breaks:
                self.out.append("\n" * self.breaks)
            elif self.space:
                self.out.append(" ")
        if self.bullet:
            self.out.append("- ")
        self.breaks, self.space, self.bullet = 0, False, False
        self.out.append(text)

    def block(self, breaks: int) -> None:
        """Ask for at least so many line breaks before what comes next."""
        if not self.bullet:
            self.breaks = max(self.breaks, breaks)

    def line_break(self) -> None:
        """One more line break, up to a blank line."""
        if not self.bullet:
            self.breaks = min(self.breaks + 1, 2)

    def trim(self) -> None:
        """Drop the line breaks that preformatted text ended with."""
        while self.out:
            last = self.out.pop().rstrip("\n")
            if last:
                self.out.append(last)
                break

    def result(self) -> str:
        """All that was written."""
        return "".join(self.out).strip()
