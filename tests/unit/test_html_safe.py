"""HTML of strangers is shown to nobody as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.html_safe import safe_html
from syncer.mapping.tables import Tables
from syncer.mapping.transcript import Teller


@pytest.mark.parametrize(
    ("given_html", "kept"),
    [
        ("<p>a <b>bold</b> word</p>", "<p>a <b>bold</b> word</p>"),
        ("<script>steal()</script>rest", "rest"),
        ("<style>p{}</style>rest", "rest"),
        ('<p onclick="steal()">x</p>', "<p>x</p>"),
        ('<a href="javascript:steal()">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<img src="cid:1" onerror="steal()">', '<img src="cid:1">'),
        ("<iframe src='https://evil.example'></iframe>x", "x"),
        ("<form action='/x'><input name=a>word</form>", "word"),
    ],
)
def test_only_harmless_markup_stays(given_html: str, kept: str) -> None:
    assert safe_html(given_html) == kept


@given(
    st.text()
    | st.lists(st.sampled_from(["<script>", "</script>", "<svg/onload=x>", "<", ">", "'", '"', "a"])).map("".join)
)
def test_nothing_that_runs_is_left_whatever_comes(html: str) -> None:
    cleaned = safe_html(html).lower()
    assert "<script" not in cleaned
    assert "<svg" not in cleaned
    assert safe_html(safe_html(html)) == safe_html(html)


def test_bodies_and_comments_of_a_target_with_html_are_cleaned() -> None:
    teller = Teller(Tables({}, {}, {}, {}, {}), html=True, attribution="{{ author }}:")
    assert teller.text("<p onclick=x>hi</p><script>y</script>", True) == "<p>hi</p>"
    assert teller.text("1 < 2", False) == "1 &lt; 2"
