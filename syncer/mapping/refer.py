"""Addresses of the old desk's tickets within texts get the marker by which that ticket is found on the new one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket

KeyOf = Callable[[TicketId], Key]
_TAG = re.compile(r"(<[^<>]+>)")


def prefix_of(ticket: Ticket) -> str | None:
    """What the addresses of all tickets of this desk begin with, if this one's tells; its id comes after it."""
    url = ticket.url
    return url.removesuffix(ticket.id) if url and url.endswith(f"/{ticket.id}") else None


def referring(text: str, ticket: Ticket, key_of: KeyOf, *, html: bool) -> str:
    """The text with `[IG-4690]` behind each address of another ticket, or behind the link that leads there."""
    prefix = prefix_of(ticket)
    if prefix is None or prefix not in text:
        return text
    address = _address(prefix)

    def marked(found: re.Match[str]) -> str:
        return found[0] if found[1] == ticket.id else f"{found[0]} [{key_of(TicketId(found[1]))}]"

    if not html:
        return address.sub(marked, text)
    out: list[str] = []
    after = ""
    for piece in _TAG.split(text):
        if piece[:2].lower() == "<a" and (found := address.search(piece)) is not None:
            after = "" if found[1] == ticket.id else f" [{key_of(TicketId(found[1]))}]"
            out.append(piece)
        elif piece.lower() == "</a>":
            out.append(piece + after)
            after = ""
        else:
            out.append(piece if after or piece.startswith("<") else address.sub(marked, piece))
    return "".join(out)


@lru_cache(maxsize=8)
def _address(prefix: str) -> re.Pattern[str]:
    return re.compile(re.escape(prefix) + r"([0-9A-Za-z][0-9A-Za-z-]*)(?![0-9A-Za-z])")
