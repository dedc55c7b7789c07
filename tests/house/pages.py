"""The pages a stranger reads, and the fenced blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(Struct, frozen=True):
    """A fenced block: what stands behind its fence, its text, and the line it begins in."""

    page: str
    line: int
    info: str
    text: str


def pages() -> list[Path]:
    """Every page there is."""
    places = [ROOT, ROOT / "docs", ROOT / "docs/adr", ROOT / "deploy", *sorted((ROOT / "syncer/desks").iterdir())]
    return [page for place in places for page in sorted(place.glob("*.md"))]


def blocks(page: Path, info: str = "") -> list[Block]:
    """The fenced blocks of a page, those whose fence says exactly this if anything is given."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(
            page=str(page.relative_to(ROOT)),
            line=text.count("\n", 0, one.start()) + 2,
            info=one["info"].strip(),
            text=one["text"],
        )
        for one in _FENCE.finditer(text)
    ]
    return [block for block in found if not info or block.info == info]
