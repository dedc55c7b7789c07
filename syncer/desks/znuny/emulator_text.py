"""What becomes of an HTML article's text: the plain one that is stored and shown as its body. Not all of it survives.

Lines are broken at 78 characters, addresses of links gather at the end, and what only looks like a tag is gone.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint

_WIDTH = 78
_ANCHOR = re.compile(r"<a\s.*?href=([\"'])(.*?)\1.*?>", re.IGNORECASE)
_QUOTE = re.compile(
    r"<blockquote.*?>(.+?)</blockquote>|<div[^>]+type=\"cite\"[^>]*>(.+?)</div>", re.IGNORECASE | re.DOTALL
)
_VERBATIM = re.compile(r"<(?:pre|code).*?>(.+?)</(?:pre|code).*?>", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*/>|<style[^>]*>.*?</style[^>]*>", re.IGNORECASE | re.DOTALL)
_BREAK_BEFORE_LINE = re.compile(r"(<br(?:\s[^>]*?|)/?>)[\r\n]", re.IGNORECASE)
_TAG = re.compile(r"<.+?>", re.DOTALL)
_HELD = re.compile("\ue000([qv])([0-9]+)\ue001")
_BLANK_LINES = re.compile(r"^\s*\n\s*\n", re.MULTILINE)
_LONG_LINE = re.compile(rf"(.{{4,{_WIDTH}}})(?:\s|\Z)")
_LINE = re.compile(r"^(?!\Z)", re.MULTILINE)
_NUMBERED = re.compile(r"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")
_NAMED = re.compile(r"&(\w+);?")
_SURROGATES, _END = range(0xD800, 0xE000), 0x110000
_BREAKS = (
    (re.compile(r"<br(\s.*?)?/?>", re.IGNORECASE | re.DOTALL), "\n"),
    (re.compile(r"</\s{0,3}div>", re.IGNORECASE), "\n"),
    (re.compile(r"<hr.*?>|</?p.*?>|</?table.*?>|<t[rh].*?>", re.IGNORECASE | re.DOTALL), "\n\n"),
    (re.compile(r"<li>", re.IGNORECASE), "\n - "),
    (re.compile(r"</[uo]l>", re.IGNORECASE), "\n\n"),
    (re.compile(r"</td[^>]*>", re.IGNORECASE), " "),
)


def plain(html: str) -> str:
    """The text of a piece of HTML as the product makes it."""
    links: list[str] = []
    held: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        links.append(found[2])
        return f"[{len(links)}]"

    def quoted(found: re.Match[str]) -> str:
        held.append(_LINE.sub("> ", _wrapped(plain(found[1] or found[2]))) + "\n")
        return f"\ue000q{len(held) - 1}\ue001"

    def verbatim(found: re.Match[str]) -> str:
        held.append(f"\n\n\n{found[1]}\n\n")
        return f"\ue000v{len(held) - 1}\ue001"

    text = _VERBATIM.sub(verbatim, _QUOTE.sub(quoted, _ANCHOR.sub(numbered, html)))
    text = _lines(text)
    text = _HELD.sub(lambda found: held[int(found[2])] if found[1] == "v" else found[0], text)
    text = _wrapped(_BLANK_LINES.sub("\n", _characters(_TAG.sub("", text))))
    text = _HELD.sub(lambda found: held[int(found[2])], text)
    if not links:
        return text
    return text + "\n\n" + "".join(f"[{number}] {link}\n" for number, link in enumerate(links, 1))


def _lines(text: str) -> str:
    """White space means nothing, tags break lines."""
    text = re.sub(r"(?m)^\s*", "", _COMMENT.sub("", text))
    text = _BREAK_BEFORE_LINE.sub(r"\1", text.replace("\r\n", "\n"))
    text = _STYLE.sub("", re.sub(r"[\r\n]", " ", text))
    for pattern, instead in _BREAKS:
        text = pattern.sub(instead, text)
    return re.sub(" {2,}", " ", text)


def _wrapped(text: str) -> str:
    return _LONG_LINE.sub(r"\1\n", text) if len(text) > _WIDTH else text


def _characters(text: str) -> str:
    text = _NUMBERED.sub(_numbered, text)
    return _NAMED.sub(_named, text)


def _numbered(found: re.Match[str]) -> str:
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code in _SURROGATES or code >= _END:
        return found[0]
    return found[0] if chr(code) == "0" else chr(code)


def _named(found: re.Match[str]) -> str:
    if found[1] == "apos":
        return "'"
    code = name2codepoint.get(found[1])
    return found[0] if code is None else chr(code)
