"""What two desks hold of one world, side by side: all but their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import asdict, replace

from syncer.deskkit.kept import KeptTicket

Text = Callable[[str], str]


def differences(there: Sequence[KeptTicket], here: Sequence[KeptTicket], text: Text = str) -> Iterator[str]:
    """Field by field, what a server holds otherwise than its emulator; `text` leaves out what each makes up itself."""
    for place, (one, other) in enumerate(zip(_numberless(there, text), _numberless(here, text), strict=True)):
        for what, value in asdict(one).items():
            if value != getattr(other, what):
                yield f"{place}: {what}: the server {value!r}, the emulator {getattr(other, what)!r}"


def _numberless(kept: Sequence[KeptTicket], text: Text) -> Iterator[KeptTicket]:
    """Links by the places of tickets."""
    places = {ticket.id: str(place) for place, ticket in enumerate(kept)}
    for ticket in kept:
        yield replace(
            ticket,
            id="",
            body=text(ticket.body),
            links=tuple(places[id] for id in ticket.links),
            comments=tuple(replace(one, id="", text=text(one.text)) for one in ticket.comments),
        )
