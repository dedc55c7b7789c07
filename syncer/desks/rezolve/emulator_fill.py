"""Fills an emulated tenant from a seeded world."""

from __future__ import annotations

from typing import Any

from syncer.deskkit.world import SeedFile, SeedTicket, World
from syncer.desks.rezolve.emulator_catalogue import (
    ASSIGNEE,
    CATEGORY,
    DESCRIPTION,
    LOCATION,
    PRIORITY,
    REQUESTER,
    RESOLUTION,
    STATUS,
    SUBJECT,
    TAGS,
    Offer,
    Person,
    Status,
    Team,
    TicketType,
)
from syncer.desks.rezolve.emulator_tables import Note, Tables, Ticket
from syncer.desks.rezolve.emulator_templates import FIRST_TYPE, TREE_MARK, kinds_of, offers, statuses, ticket_type
from syncer.desks.rezolve.emulator_words import FINAL, STATUSES, plain, slug, uuid_of

GONE_USER = "departed@example.org"
"""The user name by which tickets refer to somebody who is in no list of users any more."""

SOLVED = frozenset({"solved", "closed"})


def fill(tables: Tables, world: World) -> None:
    """Teams, people and the catalogue first, then tickets with all that hangs on them."""
    _fill_teams(tables, world)
    people = _fill_people(tables, world)
    for number, (kind, prefix) in enumerate(kinds_of(world).items()):
        made = ticket_type(str(FIRST_TYPE + number), kind, prefix, world, tables.switches)
        tables.types[made.id] = made
    first_team = next(iter(tables.teams))
    tables.offers.update((offer.id, offer) for offer in offers(tables.types.values(), first_team))
    filler = _Filler(tables, world, people)
    tickets = [filler.add(seed) for seed in world.tickets]
    for ticket, seed in zip(tickets, world.tickets, strict=True):
        ticket.links = [tickets[other].object_id for other in seed.links]


def _fill_teams(tables: Tables, world: World) -> None:
    for number, name in enumerate(world.queues or ["IT"], 1):
        key = slug(name)
        tables.teams[key] = Team(id=uuid_of("team", key), number=number, name=name, key=key)


def _fill_people(tables: Tables, world: World) -> list[str]:
    """The user names in the world's order; then the account that calls, an agent of its teams."""
    names = []
    for number, seed in enumerate(world.people):
        username = seed.email or f"user{number + 1}"
        names.append(username)
        tables.people[username] = Person(
            id=uuid_of("person", number),
            username=username,
            first=seed.name,
            last=seed.lastname,
            email=seed.email,
            agent=seed.agent,
            active=not seed.disabled,
            deleted=seed.deleted,
            roles=("ticket_agent",) if seed.agent else ("ticket_user",),
        )
    auth = tables.auth
    mine = list(tables.teams) if auth.teams is None else list(auth.teams)
    tables.people[auth.username] = Person(
        id=uuid_of("person", auth.username),
        username=auth.username,
        first="Sync",
        last="Bot",
        email=auth.username,
        agent=True,
        roles=auth.user_roles,
        teams=mine,
    )
    for key in mine:
        tables.teams[key].members.append(auth.username)
    agents = [one for one in tables.people.values() if one.agent and one.username != auth.username]
    teams = list(tables.teams.values())
    for number, agent in enumerate(agents):
        team = teams[number % len(teams)]
        team.members.append(agent.username)
        agent.teams.append(team.key)
    return names


class _Filler:
    """The names of a world resolved once, so that many tickets are made quickly."""

    def __init__(self, tables: Tables, world: World, people: list[str]) -> None:
        self._tables = tables
        self._people = people
        self._teams = {team.name: team.key for team in tables.teams.values()}
        self._types = {kind: one for kind, one in zip(kinds_of(world), tables.types.values(), strict=True)}
        self._offers = {offer.type_id: offer for offer in reversed(tables.offers.values())}
        self._statuses = {one.key: one for one in statuses().values()}
        self._named = {one.id: {f.name: f for f in one.fields.values()} for one in tables.types.values()}
        self._labelled = {one.id: {f.label: f.name for f in one.fields.values()} for one in tables.types.values()}
        self._values = {
            (one.id, field.name): {label: value for value, label in field.options.items()}
            for one in tables.types.values()
            for field in one.fields.values()
        }

    def add(self, seed: SeedTicket) -> Ticket:
        kind = self._types[plain(seed.kind)]
        status = self._statuses[STATUSES[plain(seed.status)].key]
        serial = self._tables.take_serial()
        last = seed.creator if seed.assignee is None else seed.assignee
        ticket = Ticket(
            id=uuid_of("ticket", serial),
            object_id=self._tables.take_object_id(kind.prefix),
            serial=serial,
            type_id=kind.id,
            offer_id=self._offer(kind).id,
            team=self._teams[seed.queue],
            summary=seed.title,
            source="portal",
            status=status.id,
            submitted_by=self._person(seed.creator),
            updated_by=self._person(last),
            created=seed.created * 1000,
            updated=seed.updated * 1000,
            version=2 + len(seed.comments),
            closed=(seed.closed or seed.updated) * 1000 if plain(seed.status) in FINAL else None,
            cc=[self._person(position) for position in seed.cc],
            files=self._files(seed.files),
            data=self._data(seed, kind, status),
        )
        ticket.notes = self._notes(seed, ticket)
        self._tables.add(ticket)
        return ticket

    def _offer(self, kind: TicketType) -> Offer:
        return self._offers[kind.id]

    def _person(self, position: int) -> str:
        return GONE_USER if position < 0 else self._people[position]

    def _data(self, seed: SeedTicket, kind: TicketType, status: Status) -> dict[str, Any]:
        values: dict[str, Any] = {
            SUBJECT: seed.title,
            DESCRIPTION: seed.body,
            PRIORITY: self._option(kind, PRIORITY, plain(seed.priority).capitalize()),
            CATEGORY: self._option(kind, CATEGORY, TREE_MARK.join(seed.category)),
            LOCATION: None if seed.location is None else self._option(kind, LOCATION, seed.location),
            REQUESTER: self._person(seed.requester),
            ASSIGNEE: None if seed.assignee is None else self._person(seed.assignee),
            TAGS: list(seed.tags) or None,
        }
        if plain(seed.status) in SOLVED:
            solutions = [said.body for said in seed.comments if said.solution]
            values[RESOLUTION] = solutions[-1] if solutions else "Done"
        if self._tables.switches.status_field:
            values[STATUS] = status.id
        for label, value in seed.custom.items():
            name = self._labelled[kind.id][label]
            values[name] = self._option(kind, name, value)
        named = self._named[kind.id]
        return {named[name].id: value for name, value in values.items() if value is not None}

    def _option(self, kind: TicketType, name: str, label: str) -> str:
        """The value of an option; what is no list holds the text itself."""
        return self._values[kind.id, name].get(label, label)

    def _notes(self, seed: SeedTicket, ticket: Ticket) -> list[Note]:
        return [
            Note(
                id=uuid_of("note", ticket.serial, number),
                kind="private" if said.private else "resolution" if said.solution else "public",
                author=self._person(said.author),
                body=said.body,
                at=said.at * 1000,
                files=self._files(said.files),
            )
            for number, said in enumerate(seed.comments)
        ]

    def _files(self, seeds: list[SeedFile]) -> list[str]:
        return [self._tables.file(seed.name, seed.content) for seed in seeds]
