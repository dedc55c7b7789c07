"""Titles within a limit: the marker is always whole, and so is each character people see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.title import fit

MARKER = "[IG-4711]"
ROOM = 255 - len(MARKER) - 1


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_a_title_that_fits_is_left_as_it_is() -> None:
    assert fit("Jam", MARKER, 255) == ("Jam [IG-4711]", False)
    assert fit("x" * ROOM, MARKER, 255) == ("x" * ROOM + " [IG-4711]", False)
    assert fit("x" * 999, MARKER, None) == ("x" * 999 + " [IG-4711]", False)
    assert fit("", MARKER, 255) == (MARKER, False)


def test_one_character_too_many_is_cut_and_told() -> None:
    title, cut = fit("x" * (ROOM + 1), MARKER, 255)
    assert (title, cut) == ("x" * (ROOM - 1) + "… [IG-4711]", True)


def test_characters_beyond_the_first_plane_count_twice() -> None:
    assert not fit("😀" * (ROOM // 2), MARKER, 255)[1]
    title, cut = fit("😀" * 200, MARKER, 255)
    assert cut
    assert units(title) <= 255
    assert title.endswith("😀… [IG-4711]")


def test_a_limit_in_bytes_is_kept_to_the_byte() -> None:
    assert fit("é" * 100, "", 200, in_bytes=True) == ("é" * 100, False)
    assert fit("é" * 101, "", 200, in_bytes=True) == ("é" * 98 + "…", True)
    assert fit("🔥" * 60, "[RT-1]", 200, in_bytes=True) == ("🔥" * 47 + "… [RT-1]", True)


@pytest.mark.parametrize(
    "whole",
    [
        "e\u0301",
        "\u0928\u093f",
        "👨\u200d👩\u200d👧",
        "👍\U0001f3fd",
        "❤\ufe0f",
        "🇩🇪",
        "🏴\u200d☠\ufe0f",
        "o\u0302\u0323",
    ],
)
def test_what_people_see_as_one_character_is_not_torn_apart(whole: str) -> None:
    for pad in range(12):
        title, cut = fit("x" * pad + whole * 300, MARKER, 255)
        kept = title.removesuffix("… [IG-4711]")
        assert cut
        assert kept == "x" * pad + whole * kept.count(whole)
        assert units(title) > 255 - 2 * units(whole) - 2


def test_a_title_of_nothing_but_joined_characters_is_cut_all_the_same() -> None:
    title, cut = fit("\u0301" * 400, MARKER, 255)
    assert cut
    assert 200 < units(title) <= 255


@given(st.text(max_size=400), st.integers(min_value=40, max_value=300))
def test_the_limit_holds_and_the_marker_stands_at_the_end(text: str, most: int) -> None:
    title, cut = fit(" ".join(text.split()), MARKER, most)
    assert units(title) <= most
    assert title.endswith(MARKER)
    assert cut or title == f"{' '.join(text.split())} {MARKER}".lstrip()


@given(st.text(max_size=400), st.integers(min_value=40, max_value=300))
def test_a_limit_in_bytes_holds_too(text: str, most: int) -> None:
    title, cut = fit(" ".join(text.split()), MARKER, most, in_bytes=True)
    assert len(title.encode("utf-8", "replace")) <= most
    assert title.endswith(MARKER)
    assert cut or title == f"{' '.join(text.split())} {MARKER}".lstrip()
