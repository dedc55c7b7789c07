"""Bodies: readable text out of any HTML, the same on the short and the long way, never an error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.mapping.body import html_to_text, text_to_html
from syncer.mapping.html_reader import read

SIMPLE = ["<p>", "</p>", "<P>", "</P>", "<br>", "<br/>", "<br />", "<BR>", "<div>", "</div>", "<DIV>"]
TEXTS = ["word", " ", "  ", "\n", "\t", "&nbsp;", "&amp;lt;", "&#160;", ">", "&", "é", "\u3000", "\x1f", "\xa0"]
TAGS = [
    *SIMPLE,
    *("<b>", "</b>", "<ul>", "</ul>", "<li>", "</li>", "<pre>", "</pre>", "<table>", "</table>", "<tr>", "<td>"),
    *("</tr>", "</td>", "<th>", '<a href="https://x.example/">', "<a href='", "</a>", "<img src=a>", "<h1>"),
    *("<img alt='x>", "<script>", "</script>", "<style ", "<!--", "-->", "<!", "<![CDATA[", "<?", "<", "</"),
    *("<a", "='", '="', "'", '"', "/>", "=", "&#x", "&#99999999999;", "\0", "\ud800", "<title>", "</title>"),
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(SIMPLE + TEXTS) | st.text(max_size=5)).map("".join))
def test_the_short_way_and_the_long_way_give_the_same(html: str) -> None:
    assert html_to_text(html) == read(html)


@settings(max_examples=400)
@given(st.text() | st.lists(st.sampled_from(TAGS + TEXTS), max_size=40).map("".join))
def test_no_string_makes_it_raise_and_the_ends_are_stripped(html: str) -> None:
    text = html_to_text(html)
    assert text == text.strip()


@settings(max_examples=300)
@given(st.lists(st.sampled_from([t for t in TAGS if "pre" not in t] + TEXTS), max_size=40).map("".join))
def test_there_is_never_more_than_one_blank_line_nor_a_space_too_much(html: str) -> None:
    text = html_to_text(html)
    assert "\n\n\n" not in text
    assert not any(line != line.rstrip() for line in text.split("\n") if not line.endswith("| "))


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_made_html_reads_as_the_text_it_was(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    folded = "\n".join(" ".join(line.split()) for line in lines).strip()
    while "\n\n\n" in folded:
        folded = folded.replace("\n\n\n", "\n\n")
    assert html_to_text(text_to_html(text)) == folded


def test_text_to_html_escapes_and_keeps_line_breaks() -> None:
    assert text_to_html("a < b & c\r\nd\ne\rf") == "a &lt; b &amp; c<br>d<br>e<br>f"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("two\nlines  fold", "two lines fold"),
        ("<p>two  spaces</p>", "two spaces"),
        ("<p>a\ttab</p>", "a tab"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one</p>\n\n<p>&nbsp;</p><p><br></p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br/><br />three<br><br><br>four", "one\ntwo\n\nthree\n\nfour"),
        ("a <b>bold</b> word, <i>slan</i>ted", "a bold word, slanted"),
        ("<h1>Title</h1>text<h2>Next</h2>more", "Title\n\ntext\n\nNext\n\nmore"),
        ("<ul><li>one</li><li>two<li>three</ul>after", "- one\n- two\n- three\nafter"),
        ("<ul><li></li></ul><p>after</p>", "after"),
        ("<ol><li><p>one</p></li></ol>", "- one"),
        ("<pre>\n  a\n\n\n    b  c\n</pre>d", "a\n\n\n    b  c\n\nd"),
        ("<pre>a<br>b</pre>", "a\nb"),
    ],
)
def test_blocks_stand_on_their_own_lines(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><tr><th>Name</th><th>RAM</th></tr><tr><td>NB-1</td><td>8 GB</td></tr></table>",
            "Name | RAM\nNB-1 | 8 GB",
        ),
        ("<table><tr><td>a<td><td>c<td></table>x", "a |  | c\nx"),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a b | c"),
        ("<table><tr><td><p>a</p><p>b</p></td></tr></table>", "a\n\nb"),
        ("<table><tr><td>1<table><tr><td>2</td><td>3</td></tr></table></td></tr></table>4", "1\n2 | 3\n4"),
        ("<tr><td>a</td><td>b</td></tr>c", "a | b\nc"),
    ],
)
def test_a_table_row_is_one_line_but_a_row_of_one_cell_is_layout(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://x.example/a?b=1&amp;c=2">here</a>!', "here <https://x.example/a?b=1&c=2>!"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<li><a href="https://x.example">https://x.example</a>', "- https://x.example"),
        ('<a href="javascript:alert(1)">click</a><a href="#top">up</a><a name=x>y</a>', "clickupy"),
        ('<a href="https://x.example"></a>', ""),
        ('<a href="https://x.example"><img src="logo.png"></a>', "[image: logo.png] <https://x.example>"),
        ('see <img src="a.png" alt="the  error">.', "see [image: the error]."),
        ('<img src="data:image/png;base64,AAAA">', "[image]"),
        ("<img alt='a > b' src=x>", "[image: a > b]"),
    ],
)
def test_links_and_images_stay_visible(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<p class=x>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
        ("<b>&lt;script&gt;&#128293;&nbsp;&eacute;</b>", "<script>🔥 é"),
        ("<b>&#" + "9" * 5_000 + ";</b>", "\ufffd"),
        ("<img alt='&#" + "9" * 5_000 + ";'>", "[image: \ufffd]"),
    ],
)
def test_entities_are_decoded_once(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<script>if (1 < 2) alert('</p>')</script >b", "ab"),
        ("a<STYLE type=x>p{}</STYLE>b", "ab"),
        ("<title>x</title>a", "a"),
        ("a<!-- <p>hidden</p> > -->b<!-->c<!--->d", "abcd"),
        ("<!DOCTYPE html><![if !mso]>a<![endif]><?xml x?>b", "ab"),
        ("a<script/>b", "ab"),
        ("a<script>gone", "a"),
    ],
)
def test_what_no_browser_shows_is_left_out(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1 < 2 <b>&</b> 3 > 2", "1 < 2 & 3 > 2"),
        ("<p>from Ann <ann@x.example></p>", "from Ann <ann@x.example>"),
        ("see <https://x.example/y> <b>now</b>", "see <https://x.example/y> now"),
        ("<p>cut off in a <a href=", "cut off in a <a href="),
        ("a<!-- never <b>closed</b>", "a never closed"),
        ("<p", "<p"),
        ("<o:p>Word</o:p>", "Word"),
    ],
)
def test_text_that_only_looks_like_markup_is_not_lost(html: str, text: str) -> None:
    assert html_to_text(html) == text


HOSTILE = [
    "<",
    "<a ",
    "<p",
    "</",
    "<!-- >",
    "<!",
    "<script ></scrip>",
    "<div>",
    "<ul><li>x",
    "<table><tr><td>x",
    "<a href=x>y",
    "<a x='>' ",
    "<img alt='",
    "<pre>\n",
    "&",
    "<p>&nbsp;",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_a_megabyte_of_hostile_input_is_read(part: str) -> None:
    # With quadratic time anywhere this would run into the suite's time limit.
    count = 1_000_000 // len(part)
    for html in (part * count, part * count + '<a y=">', f"<a {part * count}>"):
        assert len(html_to_text(html)) <= 4 * len(html)
