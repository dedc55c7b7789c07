"""Worlds whose every text can be recognised: a word of its own in each body, comment and private note."""

from __future__ import annotations

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World
from syncer.sandbox.seed import generate
from syncer.sandbox.ugly import PNG

SECRET = "hushhush"
"""Begins the words of private notes and the bytes of their files."""


def small() -> World:
    """A dozen tickets: transcripts, attachments on tickets and comments, private notes with and without files, links
    to earlier ones and to later ones."""
    world = generate(3, 12)
    for number, ticket in enumerate(world.tickets):
        ticket.links = [(number + 7) % 12] if number % 4 == 0 else []
        if number % 3 == 0:
            _attach(ticket, number)
    return recognisable(world)


def ugly(tickets: int, seed: int = 1) -> World:
    """So many, with the odd cases of real desks among them."""
    return recognisable(generate(seed, tickets))


def recognisable(world: World) -> World:
    """The world with words of their own in its texts."""
    for number, ticket in enumerate(world.tickets):
        name_texts(ticket, number)
    return world


def name_texts(ticket: SeedTicket, number: int) -> None:
    """Give each text of the ticket a word of its own."""
    ticket.body += f"<p>body{number}end</p>"
    for place, comment in enumerate(ticket.comments):
        word = f"{SECRET}{number}x{place}end" if comment.private else f"told{number}x{place}end"
        comment.body += f"<p>{word}</p>"
        if comment.private:
            comment.files = [SeedFile(f.name, f"{word} {f.name}".encode(), f.inline) for f in comment.files]


def _attach(ticket: SeedTicket, number: int) -> None:
    at = ticket.created + 60
    ticket.files = [SeedFile(f"scan {number}.png", PNG + bytes([number]))]
    ticket.comments = [
        SeedComment(ticket.requester, "<p>First.</p>", at, files=[SeedFile(f"log {number}.txt", b"line\r\n" * number)]),
        SeedComment(ticket.requester, "<p>For us only.</p>", at + 1, True, files=[SeedFile("for us.txt", b"ours")]),
        SeedComment(ticket.requester, "<p>Last.</p>", at + 2),
    ]
    ticket.updated = max(ticket.updated, at + 3)
