"""Fills an emulated Tikting with a world's tickets, as far as a Tikting can hold them."""

from __future__ import annotations

import mimetypes
import re

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World

from .emulator_accounts import People
from .emulator_files import Upload, upload_of
from .emulator_lookups import DONE, Lookups
from .emulator_tickets import Reply, Shelf, Ticket

_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_LONGEST_TITLE = 255


def fill(shelf: Shelf, world: World, people: People, lookups: Lookups, now: float) -> None:
    """Put the world's tickets on the shelf, in their order. Tags, cc, links and custom fields have no place here."""
    _Filler(shelf, people, lookups, now).fill(world)


class _Filler:
    def __init__(self, shelf: Shelf, people: People, lookups: Lookups, now: float) -> None:
        self._shelf = shelf
        self._people = people
        self._lookups = lookups
        self._now = now

    def fill(self, world: World) -> None:
        departments = list(self._lookups.labels["departments"])
        for position, seed in enumerate(world.tickets):
            self._shelf.add(self._ticket(seed, departments[position % len(departments)]))

    def _ticket(self, seed: SeedTicket, department: int) -> Ticket:
        id, lookups = self._shelf.next_id(), self._lookups
        uploads = self._uploads(id, seed.files)
        status = lookups.seed_status(seed.status)
        return Ticket(
            id=id,
            # A title is one line here, whatever it was elsewhere.
            title=_LINE_BREAKS.sub(" ", seed.title)[:_LONGEST_TITLE],
            description=self._text(seed.body, seed.files, uploads),
            creator=self._people.at(seed.requester),
            site=lookups.find("sites", seed.location) or lookups.first("sites"),
            department=department,
            status=status,
            type=1,
            priority=lookups.seed_priority(seed.priority),
            category=lookups.find("categories", seed.category[-1] if seed.category else None),
            group=lookups.find("groups", seed.queue),
            level=lookups.first("levels"),
            assignee=self._people.known(seed.assignee),
            source="Portal",
            resolution=next((said.body for said in reversed(seed.comments) if said.solution), None),
            replies=[self._reply(id, said) for said in seed.comments],
            uploads=uploads,
            created=seed.created,
            updated=seed.updated,
            closed=_closed(seed) if lookups.status_types[status] in DONE else None,
            stored=min(seed.created, self._now),
        )

    def _reply(self, ticket: int, seed: SeedComment) -> Reply:
        uploads = self._uploads(ticket, seed.files)
        body = self._text(seed.body, seed.files, uploads)
        return Reply(self._people.known(seed.author), body, seed.at, seed.private, uploads)

    def _uploads(self, ticket: int, seeds: list[SeedFile]) -> list[Upload]:
        uploads = [upload_of(one.name, one.content, _type(one.name), len(one.content)) for one in seeds]
        self._shelf.files.add(ticket, uploads)
        return uploads

    def _text(self, text: str, seeds: list[SeedFile], uploads: list[Upload]) -> str:
        shown = [upload for seed, upload in zip(seeds, uploads, strict=True) if seed.inline]
        return self._shelf.files.inlined(text, shown)


def _closed(seed: SeedTicket) -> int:
    """When a ticket that is done was done: as told, else with its solution, else with its last change."""
    solved = [said.at for said in seed.comments if said.solution]
    return seed.closed or (solved[-1] if solved else seed.updated)


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
