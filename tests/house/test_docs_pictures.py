"""The pictures in docs/pictures are shown, told in words to who cannot see them, and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import ROOT, pages

PICTURES = sorted((ROOT / "docs/pictures").iterdir())
LARGEST = 300_000
_SHOWN = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<to>[^)\s]+)\)|<img src="(?P<src>[^"]+)" alt="(?P<said>[^"]*)"')


def shown() -> dict[Path, str]:
    """Each picture that a page shows, and its words."""
    return {
        (page.parent / (found["to"] or found["src"])).resolve(): found["alt"] or found["said"]
        for page in pages()
        for found in _SHOWN.finditer(page.read_text(encoding="utf-8"))
    }


def test_there_are_pictures_of_the_report() -> None:
    assert {path.name for path in PICTURES} >= {"report.png", "report-dark.png", "report-phone.png"}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_shown_and_small(picture: Path) -> None:
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    assert len(content) < LARGEST
    assert len(shown()[picture.resolve()]) > 20


def test_what_a_page_shows_is_there() -> None:
    assert [path for path in shown() if not path.exists()] == []
