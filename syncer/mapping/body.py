"""Bodies from one form into the other: HTML to readable text, text to HTML."""

from __future__ import annotations

import html as entities

from syncer.mapping.html_page import commonly_decoded, fold
from syncer.mapping.html_reader import read

# The tags that need no attributes and no memory: all that most desks' editors ever write. A number
# is how many line breaks a block asks for at least, a `<br>` adds one.
_BR = -1
_SIMPLE = {
    **dict.fromkeys(("p", "/p", "P", "/P"), 2),
    **dict.fromkeys(("div", "/div", "DIV", "/DIV"), 1),
    **dict.fromkeys(("br", "br/", "br /", "BR", "BR/", "BR /"), _BR),
}
_SEPARATORS = ("", "\n", "\n\n")


def html_to_text(html: str) -> str:
    """Readable plain text of an HTML body, entities decoded once. Takes any string and never raises.

    Paragraphs, headings and preformatted text stand between blank lines, other blocks on lines of
    their own; list items begin with `- `, the cells of a table row are joined by ` | `. A link is
    `text <url>` unless both are the same, an image `[image: its text or source]`. What no browser
    shows (comments, scripts, styles, the title) is left out; a `<` that opens no tag is text.
    """
    if "<" not in html:
        return fold(html)
    # Nothing to fold: then a piece only needs its ends stripped.
    clean = html.isprintable() and "  " not in html
    out: list[str] = []
    breaks = 2
    for piece in ("/p>" + html).split("<"):
        tag, close, text = piece.partition(">")
        kind = _SIMPLE.get(tag)
        if kind is None or not close:
            return read(html)
        if kind > breaks:
            breaks = kind
        elif kind == _BR and breaks < 2:
            breaks += 1
        if text and (text := text.strip(" ") if clean else " ".join(text.split())):
            if out:
                out.append(_SEPARATORS[breaks])
            out.append(text)
            breaks = 0
    whole = "".join(out)
    if "&" not in whole:
        return whole
    # What escaping makes holds no space, so that it may be decoded after folding; other entities may.
    plain = commonly_decoded(whole)
    return read(html) if plain is None else plain


def text_to_html(text: str) -> str:
    """Plain text as HTML: markup characters escaped, line breaks as `<br>`."""
    escaped = entities.escape(text, quote=False)
    return escaped.replace("\r\n", "<br>").replace("\n", "<br>").replace("\r", "<br>")
