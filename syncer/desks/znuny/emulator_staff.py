"""What people at the desk do while somebody migrates: open, change, answer, move out of sight, merge."""

from __future__ import annotations

from typing import Any

from syncer.desks.znuny import emulator_mails as mails
from syncer.desks.znuny import emulator_tickets as changes
from syncer.desks.znuny.emulator_files import keep
from syncer.desks.znuny.emulator_records import Agent, Article, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_text import plain
from syncer.desks.znuny.emulator_words import ROOT, id_of

_MERGED = "merged"


class Staff:
    """Works on an instance from inside: no rule, limit or credential stands in the way."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def create(self, title: str = "New ticket", body: str = "New", **fields: Any) -> int:
        """A ticket as if it came in now by mail; fields are those of a Ticket. Gives its id."""
        tables, id, now = self._tables, self._tables.take("ticket"), self._tables.now()
        ticket = Ticket(
            id=id,
            number=tables.new_number(id, now),
            title=title,
            queue=1,
            state=1,
            priority=3,
            type=1,
            created=now,
            changed=now,
            created_by=ROOT,
            changed_by=ROOT,
            stored=tables.clock.now(),
        )
        _set(ticket, fields)
        tables.tickets[id] = ticket
        tables.note(ticket, "NewTicket", f"%%{ticket.number}", ROOT)
        self._say(ticket, body, sender="customer", visible=True)
        return id

    def edit(self, id: int, **changed: Any) -> None:
        """Change fields of a ticket now. Raises AttributeError for a field there is not."""
        ticket = self._tables.tickets[id]
        _set(ticket, changed)
        self._tables.bump(ticket, self._agent().id)
        self._tables.note(ticket, "Misc", "Changed in bulk.", self._agent().id)

    def state(self, id: int, name: str) -> None:
        """Give a ticket the state of this name."""
        state = id_of(self._tables.lists["State"], name)
        if state is None:
            raise KeyError(name)
        changes.set_state(self._tables, self._tables.tickets[id], state, self._agent().id)

    def comment(self, id: int, body: str, *, private: bool = False, html: bool = False) -> int:
        """Say something on a ticket; the article's id."""
        ticket = self._tables.tickets[id]
        return self._say(ticket, body, sender="agent", visible=not private, html=html).id

    def merge(self, id: int, into: int) -> None:
        """The ticket says where it went and is merged; it stays readable."""
        self.comment(id, f"Merged Ticket <{id}> to <{into}>.", private=False)
        self.state(id, _MERGED)

    def vanish(self, id: int) -> None:
        """Delete a ticket as only an administrator can, without a trace."""
        del self._tables.tickets[id]

    def rename(self, kind: str, name: str, new: str) -> None:
        """Give a queue, state, priority or type another name."""
        id = id_of(self._tables.lists[kind], name)
        if id is None:
            raise KeyError(name)
        self._tables.lists[kind][id] = new

    def _agent(self) -> Agent:
        own = (one for one in self._tables.agents.values() if not one.technical and one.valid)
        return next(own, self._tables.agents[ROOT])

    def _say(self, ticket: Ticket, body: str, *, sender: str, visible: bool, html: bool = False) -> Article:
        tables, agent = self._tables, self._agent()
        article = Article(
            id=tables.take("article"),
            number=len(ticket.articles) + 1,
            subject="Note",
            body=plain(body).strip() if html else body,
            content_type="text/plain; charset=utf-8",
            sender=sender,
            visible=visible,
            channel="Email" if visible else "Internal",
            at=tables.now(),
            by=agent.id if sender == "agent" else ROOT,
            from_=f'"{agent.name}" <{agent.email}>' if sender == "agent" else ticket.customer or "",
        )
        if html:
            keep(tables, article, "file-2", 'text/html; charset="utf-8"', body.encode())
        ticket.articles.append(article)
        tables.bump(ticket, article.by)
        tables.note(ticket, "AddNote", "%%Note", article.by, article=article.id)
        mails.after_article(tables, ticket, article, "AddNote", article.by)
        return article


def _set(ticket: Ticket, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(ticket, name, value)
