"""Small pictures as SVG, drawn by numbers: bars, a bar in parts, columns over time. Pure; colours are the page's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

WIDTH = 640
ROW, GAP = 20, 6
NARROW, LABEL, NUMBER, LETTERS = 400, 150, 60, 22
TALL, BELOW = 140, 22
SHORTEST = 1.5
"""What is there is seen, however few it is."""
Row = tuple[str, int]


def _picture(width: float, height: float, said: str, parts: Iterator[str]) -> str:
    """`said` is what the picture tells, for whoever does not see it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{''.join(parts)}</svg>"
    )


def _cut(words: str, most: int) -> str:
    """Both ends: names of a tree differ at their end."""
    if len(words) <= most:
        return words
    half = (most - 1) // 2
    return f"{words[: most - 1 - half]}…{words[-half:]}"


def _said(title: str, rows: Sequence[Row]) -> str:
    return f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in rows)


def bars(title: str, rows: Sequence[Row], most: int | None = None) -> str:
    """A bar for each row, its name before it and its number behind; `most` is how long the longest may be."""
    top = most or max((count for _, count in rows), default=1) or 1
    room = NARROW - LABEL - NUMBER

    def parts() -> Iterator[str]:
        for at, (name, count) in enumerate(rows):
            y = at * (ROW + GAP)
            length = max(SHORTEST, room * count / top) if count else 0
            middle, word = y + ROW * 0.72, escape(_cut(name, LETTERS))
            yield (
                f'<g class="row"><title>{escape(name)}: {count:,}</title>'
                f'<text class="name" x="{LABEL - 10}" y="{middle:g}" text-anchor="end">{word}</text>'
                f'<rect class="bar" x="{LABEL}" y="{y}" width="{length:.1f}" height="{ROW}" rx="2"/>'
                f'<text class="count" x="{LABEL + length + 8:.1f}" y="{middle:g}">{count:,}</text></g>'
            )

    return _picture(NARROW, max(1, len(rows)) * (ROW + GAP), _said(title, rows), parts())


def parted(title: str, rows: Sequence[Row]) -> str:
    """One bar in as many parts as there are rows; each part's class is the row's name."""
    total = sum(count for _, count in rows) or 1

    def parts() -> Iterator[str]:
        x = 0.0
        for name, count in rows:
            if not count:
                continue
            length = max(SHORTEST, WIDTH * count / total)
            yield (
                f'<rect class="part {escape(name)}" x="{x:.1f}" y="0" width="{max(0.5, length - 1):.1f}" height="28">'
                f"<title>{escape(name)}: {count:,}</title></rect>"
            )
            x += length

    return _picture(WIDTH, 28, _said(title, rows), parts())


def columns(title: str, rows: Sequence[Row]) -> str:
    """A column for each row, in the order they come; every first one of a year is named."""
    top = max((count for _, count in rows), default=1) or 1
    step = WIDTH / max(1, len(rows))

    def parts() -> Iterator[str]:
        year = ""
        for at, (name, count) in enumerate(rows):
            height = max(SHORTEST, TALL * count / top) if count else 0
            yield (
                f'<rect class="bar" x="{at * step:.2f}" y="{TALL - height:.1f}" width="{max(0.6, step * 0.82):.2f}"'
                f' height="{height:.1f}"><title>{escape(name)}: {count:,}</title></rect>'
            )
            if name[:4] != year:
                year = name[:4]
                yield f'<text class="name" x="{at * step:.2f}" y="{TALL + 16}">{escape(year)}</text>'
        yield f'<line class="axis" x1="0" y1="{TALL}" x2="{WIDTH}" y2="{TALL}"/>'

    said = f"{title}: {len(rows)} months, {sum(count for _, count in rows):,} tickets, at most {top:,} in one"
    return _picture(WIDTH, TALL + BELOW, said, parts())
