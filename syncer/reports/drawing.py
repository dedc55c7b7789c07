"""Small pictures as SVG, drawn by numbers: bars, a bar in parts, columns over time. Pure; colours are the page's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from unicodedata import east_asian_width

WIDTH = 640
NARROW, ROW, WORDS, THICK = 400, 36, 14, 8
NAMED = 310
"""So much of a row is for its name; the rest is for its number."""
TALL, BELOW, ABOVE = 140, 24, 18
APART = 72
"""No two names below columns are nearer."""
SHORTEST = 1.5
"""What is there is seen, however few it is."""
LETTER = {"narrow": 7.4, "broad": 10.5, "wide": 13.5}
Row = tuple[str, int]


def share(part: int, whole: int) -> str:
    """`12 %`; what is there is never `0 %`, and what is not all never `100 %`."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    return "< 1 %" if percent < 1 else "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def _picture(width: float, height: float, said: str, parts: Iterator[str], look: str = "") -> str:
    """`said` is what the picture tells, for whoever does not see it."""
    return (
        f'<svg{look} viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{''.join(parts)}</svg>"
    )


def _room(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return LETTER["wide"]
    return LETTER["broad" if letter.isupper() or letter in "mw@%" else "narrow"]


def _fitting(letters: Sequence[str], room: float) -> int:
    """How many of these fit."""
    for at, letter in enumerate(letters):
        room -= _room(letter)
        if room < 0:
            return at
    return len(letters)


def _cut(words: str, room: float) -> str:
    """Both ends: names of a tree differ at their end."""
    if _fitting(words, room) == len(words):
        return words
    half = (room - LETTER["broad"]) / 2
    return f"{words[: _fitting(words, half)]}…{words[len(words) - _fitting(words[::-1], half) :]}"


def _said(title: str, rows: Sequence[Row]) -> str:
    return f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in rows)


def bars(title: str, rows: Sequence[Row], most: int | None = None) -> str:
    """A bar for each row below its name and its number; `most` is how much the longest may stand for."""
    top = max(most or 0, *(count for _, count in rows), 1)
    total = sum(count for _, count in rows)

    def parts() -> Iterator[str]:
        for at, (name, count) in enumerate(rows):
            y = at * ROW
            length = max(SHORTEST, NARROW * count / top) if count else 0
            told = f"{count:,}"
            yield (
                f'<g class="row"><title>{escape(name)}: {told}, {share(count, total)}</title>'
                f'<text class="name" x="0" y="{y + WORDS}">{escape(_cut(name, NAMED))}</text>'
                f'<text class="count" x="{NARROW}" y="{y + WORDS}" text-anchor="end">{told}</text>'
                f'<rect class="track" x="0" y="{y + WORDS + 5}" width="{NARROW}" height="{THICK}" rx="2"/>'
                f'<rect class="bar" x="0" y="{y + WORDS + 5}" width="{length:.1f}" height="{THICK}" rx="2"/></g>'
            )

    return _picture(NARROW, max(1, len(rows)) * ROW, _said(title, rows), parts())


def parted(title: str, rows: Sequence[Row]) -> str:
    """One bar in as many parts as there are rows; each part's class is the row's name."""
    there = [(name, count) for name, count in rows if count]
    total = sum(count for _, count in there) or 1
    room = WIDTH - SHORTEST * len(there)

    def parts() -> Iterator[str]:
        x = 0.0
        for name, count in there:
            length = SHORTEST + room * count / total
            yield (
                f'<rect class="part {escape(name)}" x="{x:.1f}" y="0" width="{max(0.5, length - 1):.1f}" height="20">'
                f"<title>{escape(name)}: {count:,}</title></rect>"
            )
            x += length

    return _picture(WIDTH, 20, _said(title, rows), parts())


def columns(title: str, rows: Sequence[Row], unit: str = "month") -> str:
    """A column for each row, in the order they come; the first one of a year is named, where there is room."""
    top = max((count for _, count in rows), default=1) or 1
    step = WIDTH / max(1, len(rows))

    def parts() -> Iterator[str]:
        yield f'<line class="mark" x1="0" y1="{ABOVE}" x2="{WIDTH}" y2="{ABOVE}"/>'
        yield f'<text class="count" x="{WIDTH}" y="{ABOVE - 4}" text-anchor="end">at most {top:,} in one {unit}</text>'
        year, free = "", 0.0
        for at, (name, count) in enumerate(rows):
            height, x = (max(SHORTEST, TALL * count / top) if count else 0), at * step
            yield (
                f'<rect class="bar" x="{x:.2f}" y="{ABOVE + TALL - height:.1f}" width="{max(0.6, step * 0.82):.2f}"'
                f' height="{height:.1f}"><title>{escape(name)}: {count:,}</title></rect>'
            )
            if name[:4] != year and x >= free and x <= WIDTH - APART / 2:
                free = x + APART
                yield (
                    f'<text class="name" x="{x:.2f}" y="{ABOVE + TALL + 5}" dominant-baseline="hanging">'
                    f"{escape(name[:4])}</text>"
                )
            year = name[:4]
        yield f'<line class="axis" x1="0" y1="{ABOVE + TALL}" x2="{WIDTH}" y2="{ABOVE + TALL}"/>'

    sum_of = sum(count for _, count in rows)
    said = f"{title}: {len(rows)} {unit}s, {sum_of:,} tickets, at most {top:,} in one"
    return _picture(WIDTH, ABOVE + TALL + BELOW, said, parts(), look=' class="wide"')
