"""Text without its markup, and moments in the two ways the product writes them as words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

_LINE_ENDS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style"})
_BLANK_LINES = re.compile(r"\n\s*\n+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _LINE_ENDS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def plain(html: str) -> str:
    """The text of a piece of HTML, a line for each paragraph."""
    if "<" not in html and "&" not in html:
        return html.strip()
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _BLANK_LINES.sub("\n", "".join(reader.pieces)).strip()


def spoken(moment: int, zone: str) -> str:
    """`EEE, MMM dd, yyyy hh:mm am/pm` in a zone nobody names (contract 3.6)."""
    # Not strftime: what that says depends on the machine's language.
    at = datetime.fromtimestamp(moment // 1000, ZoneInfo(zone))
    half = "am" if at.hour < 12 else "pm"
    return f"{_DAYS[at.weekday()]}, {_MONTHS[at.month - 1]} {at:%d, %Y %I:%M} {half}"


def numeric(moment: int) -> str:
    """`dd-MM-yyyy HH:mm`, as on users (contract 3.8)."""
    return f"{datetime.fromtimestamp(moment // 1000, UTC):%d-%m-%Y %H:%M}"


def milliseconds(iso: str) -> int:
    """Epoch milliseconds of an ISO text, UTC where it names no zone; raises ValueError."""
    at = datetime.fromisoformat(iso)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def day_of(moment: int) -> tuple[int, int]:
    """The UTC day a moment lies in: its first millisecond, and that of the next day."""
    length = 86_400_000
    start = moment - moment % length
    return start, start + length
