"""What a desk can do, in words, from the capabilities it states about itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from syncer.deskkit.contract import Capabilities

NOT_A_TARGET = "-"
MEGABYTE = 1024 * 1024
_FACT = re.compile(r"(yes|no)(?:[:,] (.*))?")


def _yes(fact: bool, otherwise: str = "no") -> str:
    return "yes" if fact else otherwise


def _or_told(name: str) -> Callable[[Capabilities], str]:
    return lambda f: _yes(getattr(f, name), "no: told in the body")


def _links(f: Capabilities) -> str:
    return "yes" if f.keeps_links else "yes: when both are there" if f.takes_links else "no: told in the body"


def _files(f: Capabilities) -> str:
    if not f.takes_files:
        return "no: named in the text"
    return "yes, but none of private notes" if f.shows_private_files else "yes"


def _most(number: int | None) -> str:
    return f"{number:,}" if number else "no limit known"


def _size(size: int | None) -> str:
    return f"{size / MEGABYTE:,.4g} MB" if size else "no limit known"


_BOTH: tuple[tuple[str, Callable[[Capabilities], str]], ...] = (
    ("Tickets are read from it", lambda f: _yes(f.reads)),
    ("Tickets are created on it", lambda f: _yes(f.writes)),
    ("Lists it has", lambda f: ", ".join(f.lookup_kinds)),
)
_TARGET: tuple[tuple[str, Callable[[Capabilities], str]], ...] = (
    ("A lost answer can be looked for", lambda f: _yes(f.finds_by_key)),
    ("Our marker stands in", lambda f: ", ".join("a field of its own" if m == "field" else m for m in f.marker_in)
     or "a text"),
    ("Tickets can be set right afterwards", lambda f: _yes(f.takes_changes, "no: by hand")),
    ("Tickets can be taken back", lambda f: _yes(f.takes_back, "no: listed, and removed by hand")),
    ("Comments of their own", _or_told("takes_comments")),
    ("Private notes", lambda f: _yes(f.keeps_private, "no: kept in a local file")),
    ("Files", _files),
    ("Original dates", _or_told("keeps_times")),
    ("Original authors", _or_told("keeps_authors")),
    ("Status as it was", lambda f: _yes(f.keeps_status, "no: open ones only, told in the body")),
    ("Custom fields", _or_told("takes_custom")),
    ("Tags", _or_told("takes_tags")),
    ("People who are told", _or_told("takes_cc")),
    ("Links between tickets", _links),
    ("Work that was written down", _or_told("takes_times")),
    ("Rating", _or_told("keeps_rating")),
    ("People can be made", lambda f: _yes(f.takes_people)),
    ("Longest title", lambda f: _most(f.max_title) + (" bytes" if f.title_in_bytes else "")),
    ("Longest text", lambda f: _most(f.max_body)),
    ("Largest file", lambda f: _size(f.max_file) if f.takes_files else "takes none"),
)  # fmt: skip


def card(facts: Capabilities) -> list[tuple[str, str]]:
    """Line by line: what, and how it is. A fact about writing is no fact of a desk that is only read."""
    both = [(what, say(facts)) for what, say in _BOTH]
    return both + [(what, say(facts) if facts.writes else NOT_A_TARGET) for what, say in _TARGET]


def abilities(facts: Capabilities) -> tuple[list[str], list[str]]:
    """What it can and what it cannot, in the words of its card. What is a list or a number there is neither."""
    can: list[str] = []
    cannot: list[str] = []
    for what, how in card(facts):
        if (found := _FACT.fullmatch(how)) is not None:
            word = what[0].lower() + what[1:]
            (can if found[1] == "yes" else cannot).append(f"{word} ({found[2]})" if found[2] else word)
    return can, cannot
