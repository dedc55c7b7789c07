"""Fills an instance from a seeded world, as far as tickets have a place for it here.

Categories, locations, companies, tags, people who are told, links, work and ratings have none that the API tells of.
"""

from __future__ import annotations

import html
import mimetypes
import re

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World
from syncer.desks.znuny.emulator_files import keep
from syncer.desks.znuny.emulator_records import Agent, Article, Customer, Field, FieldKind, Ticket
from syncer.desks.znuny.emulator_switches import Auth
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_text import plain
from syncer.desks.znuny.emulator_words import LOCKED, PRIORITY_OF, ROOT, STATE_OF, STATE_TYPES, TYPES, UNLOCKED

_DOCUMENT = (
    '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/></head>'
    '<body style="font-family:Geneva,Helvetica,Arial,sans-serif; font-size: 12px;">{}</body></html>'
)
_DAY = 86_400
_MULTIPLE = "Multiselect: "


def fill(tables: Tables, world: World, auth: Auth) -> None:
    """The agent who calls, people and lists first, then tickets with their articles."""
    name, email = "Sync Bot", f"{auth.user}@znuny.example"
    tables.add_agent(Agent(id=2, login=auth.user, name=name, email=email, technical=True))
    _fill_lists(tables, world)
    _fill_fields(tables, world)
    logins = _fill_people(tables, world)
    _Filler(tables, world, logins).fill()


def _fill_lists(tables: Tables, world: World) -> None:
    queues, types = tables.lists["Queue"], tables.lists["Type"]
    queues.update(enumerate((name for name in world.queues if name not in queues.values()), len(queues) + 1))
    kinds = dict.fromkeys((*TYPES, *(ticket.kind.capitalize() for ticket in world.tickets)))
    types.update(enumerate(kinds, len(types) + 1))


def _fill_fields(tables: Tables, world: World) -> None:
    for label, options in world.custom.items():
        _add_field(tables, label, "Dropdown" if options else "Text", options)
    for label, form in tables.switches.extra_fields.items():
        if isinstance(form, list):
            _add_field(tables, label, "Dropdown", form)
        elif form.startswith(_MULTIPLE):
            _add_field(tables, label, "Multiselect", form.removeprefix(_MULTIPLE).split(", "))
        else:
            _add_field(tables, label, "DateTime" if form == "DateTime" else "Text", [])


def _add_field(tables: Tables, label: str, kind: FieldKind, options: list[str]) -> None:
    words = re.findall(r"[A-Za-z0-9]+", label)
    name = "".join(word[0].upper() + word[1:] for word in words) or "Field"
    used = {one.name for one in tables.fields.values()}
    while name in used:
        name += "X"
    id = tables.take("field")
    tables.fields[id] = Field(id=id, name=name, label=label, kind=kind, options=list(options))


def _fill_people(tables: Tables, world: World) -> list[str]:
    """Agents and customers under logins that nobody else has; the logins, in the order of the world."""
    logins: list[str] = []
    taken = {one.login.lower() for one in tables.agents.values()}
    for position, seed in enumerate(world.people):
        short = seed.email.partition("@")[0] or f"user{position}"
        login = short if seed.agent or tables.switches.logins == "name" or not seed.email else seed.email
        login = f"{login}{position}" if login.lower() in taken else login
        taken.add(login.lower())
        logins.append(login)
        name, valid = f"{seed.name} {seed.lastname}".strip(), not seed.disabled and not seed.deleted
        if seed.agent:
            id = tables.take("agent")
            tables.add_agent(Agent(id=id, login=login, name=name, email=seed.email, valid=valid))
        elif not seed.deleted:
            company = world.companies[position % len(world.companies)] if world.companies else ""
            customer = Customer(login=login, name=name, email=seed.email, company=company, valid=valid)
            tables.customers[login.lower()] = customer
    return logins


class _Filler:
    """The names of a world resolved once, so that many tickets are made quickly."""

    def __init__(self, tables: Tables, world: World, logins: list[str]) -> None:
        self._tables = tables
        self._world = world
        self._logins = logins
        self._queues = {name: id for id, name in tables.lists["Queue"].items()}
        self._types = {name: id for id, name in tables.lists["Type"].items()}
        self._fields = {field.label: field for field in tables.fields.values()}
        self._agents = {one.login: one for one in tables.agents.values()}

    def fill(self) -> None:
        for index, seed in enumerate(self._world.tickets):
            self._add(index, seed)

    def _agent(self, position: int | None) -> Agent | None:
        return self._agents.get(self._logins[position]) if position is not None and position >= 0 else None

    def _login(self, position: int) -> str:
        """How a ticket refers to its customer: an agent is one by address, and who is gone is nobody."""
        if position < 0:
            return ""
        seed = self._world.people[position]
        return seed.email if seed.agent and seed.email else self._logins[position]

    def _line(self, position: int) -> str:
        """How an article names its sender."""
        if position < 0:
            return "Former Colleague"
        seed = self._world.people[position]
        name = f"{seed.name} {seed.lastname}".strip()
        return f'"{name}" <{seed.email}>' if seed.email else name

    def _add(self, index: int, seed: SeedTicket) -> None:
        tables, id = self._tables, self._tables.take("ticket")
        owner, state = self._agent(seed.assignee), STATE_OF[seed.status]
        creator = self._agent(seed.creator)
        customer = self._login(seed.requester)
        known = tables.customer(customer)
        changed = max(seed.updated, seed.created)
        ticket = Ticket(
            id=id,
            number=tables.new_number(id, seed.created),
            title=seed.title[:255],
            queue=self._queues[seed.queue],
            state=STATE_OF["new"],
            priority=PRIORITY_OF.get(seed.priority, 3),
            type=self._types[seed.kind.capitalize()],
            created=seed.created,
            changed=changed,
            created_by=creator.id if creator else ROOT,
            changed_by=owner.id if owner else ROOT,
            customer=customer,
            company=known.company if known else "",
            fields={self._fields[label].id: value for label, value in seed.custom.items() if value},
            stored=min(seed.created, tables.clock.now()),
        )
        tables.tickets[id] = ticket
        tables.note(ticket, "NewTicket", f"%%{ticket.number}", ticket.created_by, at=seed.created)
        self._describe(ticket, seed, index)
        for said in seed.comments:
            self._comment(ticket, said)
        ticket.owner, ticket.state = owner.id if owner else ROOT, state
        ticket.lock = LOCKED if owner and STATE_TYPES[state] not in {"closed", "removed"} else UNLOCKED
        ticket.until = changed + _DAY if STATE_TYPES[state].startswith("pending") else 0
        if seed.status != "new":
            at = seed.closed or changed
            tables.note(ticket, "StateUpdate", f"%%new%%{tables.name('State', state)}%%", ticket.changed_by, at=at)

    def _describe(self, ticket: Ticket, seed: SeedTicket, index: int) -> None:
        """The first article is what the ticket is about: a mail from the customer, or a call somebody wrote down."""
        called = index % 3 == 2
        article = self._article(ticket, "Phone" if called else "Email", "customer", seed.created, ticket.created_by)
        article.subject = re.sub(r"[\r\n]+", " ", seed.title)[:3_800]
        article.from_, article.to = self._line(seed.requester), seed.queue
        self._write(article, seed.body, seed.files)

    def _comment(self, ticket: Ticket, seed: SeedComment) -> None:
        agent = self._agent(seed.author)
        channel = "Internal" if seed.private else "Email"
        article = self._article(ticket, channel, "agent" if agent else "customer", seed.at, agent.id if agent else ROOT)
        article.visible = not seed.private
        article.subject = "Note" if seed.private else f"Re: [Ticket#{ticket.number}]"
        article.from_ = self._line(seed.author)
        self._write(article, seed.body, seed.files)

    def _article(self, ticket: Ticket, channel: str, sender: str, at: int, by: int) -> Article:
        article = Article(
            id=self._tables.take("article"),
            number=len(ticket.articles) + 1,
            subject="",
            body="",
            content_type="text/plain; charset=utf-8",
            sender=sender,
            visible=True,
            channel=channel,
            at=at,
            by=by,
        )
        ticket.articles.append(article)
        line = "%%" if len(ticket.articles) > 1 else "%%GenericInterface Create"
        self._tables.note(ticket, "AddNote", line, by, article=article.id, at=at)
        ticket.unlock_timeout = at if sender == "agent" else ticket.unlock_timeout
        return article

    def _write(self, article: Article, text: str, files: list[SeedFile]) -> None:
        """Text with its images and files. Agents' editor makes a whole document; mails are as they came."""
        text = self._attach(article, text, files)
        article.body = plain(text).strip()
        if self._tables.switches.rich_text and text:
            whole = _DOCUMENT.format(text) if article.sender == "agent" else text
            keep(self._tables, article, "file-2", 'text/html; charset="utf-8"', whole.encode())

    def _attach(self, article: Article, text: str, files: list[SeedFile]) -> str:
        for number, one in enumerate(files):
            kind = mimetypes.guess_type(one.name)[0] or "application/octet-stream"
            if not one.inline:
                keep(self._tables, article, one.name, kind, one.content)
                continue
            id = f"inline{number}.{article.id}@znuny.example"
            keep(self._tables, article, one.name, kind, one.content, content_id=id, disposition="inline")
            text = text.replace(f'src="{html.escape(one.name)}"', f'src="cid:{id}"')
        return text
