"""A world of plain tickets, and thirty rare traits planted among them; and how many of these a few tickets show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from random import Random

from msgspec import Struct

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, SeedWork, World
from syncer.sandbox.prose import CATEGORIES
from syncer.sandbox.seed import generate

TIMES = 3
"""Each trait is planted so often."""
TOGETHER = 2
"""So many of them on one ticket, as oddities come."""
MODELS = 400
GONE = -1
SECRET = b"for us only"


class Planted(Struct):
    """The world; and each trait by its name, with the positions of the tickets that have it."""

    world: World
    where: dict[str, set[int]]

    def shown(self, positions: Collection[int]) -> int:
        """How many of the traits these tickets show."""
        return sum(1 for having in self.where.values() if having & set(positions))


def planted(tickets: int, seed: int) -> Planted:
    """So many tickets without anything odd about them, but for those on which something was planted."""
    dice = Random(f"{seed} planted")
    world = generate(seed, MODELS)
    models = [one for n, one in enumerate(world.tickets) if n % 5 != 4]
    plain = [_plain(models[n % len(models)], n) for n in range(tickets)]
    slots = [name for name in TRAITS for _ in range(TIMES)]
    places = dice.sample(range(tickets), len(slots) // TOGETHER)
    dice.shuffle(slots)
    where: dict[str, set[int]] = {name: set() for name in TRAITS}
    for n, name in enumerate(slots):
        position = places[n // TOGETHER]
        TRAITS[name](plain[position], world)
        where[name].add(position)
    world.tickets = plain
    return Planted(world, where)


def _plain(model: SeedTicket, number: int) -> SeedTicket:
    """Open or closed, in plain words, in one of few categories, with one public comment."""
    open_ = number % 3 == 0
    opened = 1_700_000_000 + 60 * number
    return SeedTicket(
        title=f"Request number {number}", body=f"<p>It does not work, case {number}.</p>",
        requester=model.requester, creator=model.requester, assignee=model.assignee or 0,
        status="open" if open_ else "closed", priority=("low", "high")[number % 2], kind=model.kind,
        category=CATEGORIES[number % 4], location=model.location, queue=model.queue, created=opened,
        updated=opened + 600, closed=None if open_ else opened + 600,
        comments=[SeedComment(model.requester, "<p>Thank you.</p>", opened + 300)],
    )  # fmt: skip


def _said(ticket: SeedTicket, body: str, more: Mapping[str, object], at: int | None = None) -> None:
    last = ticket.comments[-1].at if ticket.comments else ticket.created
    comment = SeedComment(ticket.requester, body, last + 1 if at is None else at)
    for name, value in more.items():
        setattr(comment, name, value)
    ticket.comments.append(comment)
    ticket.updated = max(ticket.updated, comment.at)


def _titled(words: str) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        ticket.title = f"{ticket.title} {words}"

    return plant


def _worded(html: str) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        ticket.body += html

    return plant


def _with(**values: object) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        for name, value in values.items():
            setattr(ticket, name, value)

    return plant


def _filed(*files: SeedFile) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        ticket.files = [*ticket.files, *files]

    return plant


def _talked(many: int) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        for n in range(many):
            _said(ticket, f"<p>And another {n}.</p>", {})

    return plant


def _commented(body: str, **more: object) -> Callable[[SeedTicket, World], None]:
    def plant(ticket: SeedTicket, world: World) -> None:
        _said(ticket, body, more)

    return plant


def _left(ticket: SeedTicket, world: World) -> None:
    ticket.assignee = next(n for n, one in enumerate(world.people) if one.agent and one.disabled)


def _at_once(ticket: SeedTicket, world: World) -> None:
    _said(ticket, "<p>At the same moment.</p>", {}, ticket.comments[-1].at)


def _marked(ticket: SeedTicket, world: World) -> None:
    name, options = next((name, options) for name, options in world.custom.items() if options)
    ticket.custom = {**ticket.custom, name: options[0]}


TRAITS: dict[str, Callable[[SeedTicket, World], None]] = {
    "right to left": _titled("שלום"),
    "East Asia": _titled("打印机"),
    "beyond 16 bits": _titled("🔥"),
    "joined letters": _worded("<p>e\u0301</p>"),
    "image within": _worded('<p><img src="https://example.org/a.png"></p>'),
    "table": _worded("<table><tr><td>1</td></tr></table>"),
    "script": _worded("<p onclick=x()>x</p>"),
    "preformatted": _worded("<pre>x</pre>"),
    "list": _worded("<ul><li>x</li></ul>"),
    "very long": _worded(f"<p>{'long ' * 20_000}</p>"),
    "12 comments": _talked(12),
    "60 comments": _talked(60),
    "private": _commented("<p>For us only.</p>", private=True),
    "commented by nobody": _commented("<p>Who was that?</p>", author=GONE),
    "two at once": _at_once,
    "file of a comment": _commented("<p>See there.</p>", files=[SeedFile("a.txt", b"a")]),
    "file of a private comment": _commented("<p>Ours.</p>", private=True, files=[SeedFile("ours.txt", SECRET)]),
    "empty file": _filed(SeedFile("empty.txt", b"")),
    "two of one name": _filed(SeedFile("same.txt", b"one"), SeedFile("same.txt", b"two")),
    "name beyond ASCII": _filed(SeedFile("größer.txt", b"x")),
    "large file": _filed(SeedFile("large.bin", b"x" * 1_200_000)),
    "requester gone": _with(requester=GONE),
    "assignee left": _left,
    "rare status": _with(status="cancelled"),
    "rare category": _with(category=CATEGORIES[-1]),
    "custom field": _marked,
    "tagged": _with(tags=["vpn"]),
    "others told": _with(cc=[1, 2]),
    "work": _with(work=[SeedWork(0, 1_700_000_600, 900, "On site")]),
    "rated": _with(rating=2),
}
"""Thirty, each in words every desk can be filled from."""
