"""Worlds to fill emulated desks with: generated, ugly data included, or from a CSV file of tickets."""

from __future__ import annotations

from random import Random

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, SeedWork, World
from syncer.sandbox.csv_world import from_csv
from syncer.sandbox.prose import (
    CATEGORIES,
    COMPANIES,
    CUSTOM,
    KINDS,
    LOCATIONS,
    PRIORITIES,
    QUEUES,
    STATUSES,
    Cast,
    Teller,
)
from syncer.sandbox.ugly import CASES, PNG, Oddity

__all__ = ["from_csv", "generate"]

_START = 1_640_995_200  # 2022-01-01 UTC
_SPAN = 3 * 365 * 86_400
_UGLY_EVERY = 5
_MANY = tuple("closed" for _ in range(8)) + ("solved",) * 4 + ("open",) * 3 + STATUSES
_ENDED = frozenset({"closed", "rejected", "cancelled"})
TAGS = ("vpn", "printer", "new joiner", "größer", "p1", "näher", "hardware", "repeat")
_COMMENTS = (0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 6)
_FILES = (
    SeedFile("screenshot.png", PNG),
    SeedFile("error.log", b"2024-01-01 12:00:00 ERROR connection refused\n" * 20),
    SeedFile("notes.txt", b"What I did before it broke: nothing.\n"),
)


def generate(seed: int, tickets: int) -> World:
    """So many tickets in the order they were opened, every fifth ugly; the same for the same arguments."""
    teller = Teller(Random(seed))
    cast = Cast(min(3_000, 72 + tickets // 12))
    oddity = Oddity(cast, teller)
    made: list[SeedTicket] = []
    for number in range(tickets):
        ticket = _plain(number, tickets, cast, teller)
        if number % _UGLY_EVERY == _UGLY_EVERY - 1:
            CASES[number // _UGLY_EVERY % len(CASES)](ticket, oddity)
        oddity.previous = ticket
        made.append(ticket)
    _relate(made, cast, Teller(Random(f"{seed} relations")))
    return World(
        people=cast.people,
        categories=list(CATEGORIES),
        locations=list(LOCATIONS),
        queues=list(QUEUES),
        companies=list(COMPANIES),
        custom={name: list(options) for name, options in CUSTOM.items()},
        tickets=made,
    )


def _plain(number: int, tickets: int, cast: Cast, teller: Teller) -> SeedTicket:
    category = teller.pick(CATEGORIES)
    title, body = teller.ticket(category)
    requester = teller.pick(cast.customers)
    assignee = teller.pick(cast.agents)
    # The first ones walk through all statuses, so that a small world has each.
    status = STATUSES[number] if number < len(STATUSES) else teller.pick(_MANY)
    created = _START + number * _SPAN // tickets
    comments = _conversation(created, requester, assignee, teller)
    updated = (comments[-1].at if comments else created) + teller.number(3_600)
    if status in ("solved", "closed") and comments and not comments[-1].private:
        comments[-1].solution = True
        comments[-1].author = assignee
    return SeedTicket(
        title=title,
        body=body,
        requester=requester,
        creator=assignee if teller.chance(0.1) else requester,
        assignee=None if status == "new" or teller.chance(0.1) else assignee,
        status=status,
        priority=teller.pick(PRIORITIES),
        kind=teller.pick(KINDS),
        category=category,
        location=None if teller.chance(0.15) else teller.pick(LOCATIONS),
        queue=teller.pick(QUEUES),
        created=created,
        updated=updated,
        closed=updated if status in _ENDED else None,
        custom=_custom(teller),
        comments=comments,
        files=[teller.pick(_FILES)] if teller.chance(0.1) else [],
    )


def _relate(tickets: list[SeedTicket], cast: Cast, teller: Teller) -> None:
    """Tags, people who are told, tickets that have to do with an earlier one; drawn apart from all else."""
    for number, ticket in enumerate(tickets):
        if teller.chance(0.3):
            ticket.tags = sorted({teller.pick(TAGS) for _ in range(1 + teller.number(2))})
        if teller.chance(0.15):
            told = {teller.pick(cast.customers) for _ in range(1 + teller.number(2))}
            ticket.cc = sorted(told - {ticket.requester})
        if number and teller.chance(0.08):
            ticket.links = [teller.number(number)]
        if teller.chance(0.1):
            worker = teller.pick(cast.agents)
            ticket.work = [
                SeedWork(worker, ticket.created + 600, 60 * (5 + teller.number(90)), "On the phone & on site")
            ]
        if ticket.status == "closed" and teller.chance(0.3):
            ticket.rating = 1 + teller.number(5)


def _conversation(created: int, requester: int, assignee: int, teller: Teller) -> list[SeedComment]:
    at = created
    comments = []
    for _ in range(teller.pick(_COMMENTS)):
        at += 60 + teller.number(86_400)
        if teller.chance(0.25):
            comments.append(SeedComment(assignee, teller.note(), at, private=True))
        else:
            author = assignee if teller.chance(0.5) else requester
            comments.append(SeedComment(author, teller.reply(), at))
    return comments


def _custom(teller: Teller) -> dict[str, str]:
    values = {}
    for name, options in CUSTOM.items():
        if teller.chance(0.4):
            values[name] = teller.pick(options) if options else teller.asset()
    return values
