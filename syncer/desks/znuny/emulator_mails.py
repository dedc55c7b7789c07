"""The mails that would have gone out, so that a judge can count them. They leave a line in a ticket's history."""

from __future__ import annotations

from syncer.desks.znuny.emulator_addresses import first_address
from syncer.desks.znuny.emulator_records import Article, Mail, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_words import ROOT, STATE_TYPES, UNLOCKED

_OVER = frozenset({"closed", "removed"})


def after_owner(tables: Tables, ticket: Ticket, by: int) -> None:
    """Whoever got a ticket is told, but nobody of what they did themselves."""
    _tell(tables, ticket, "owner", "Ticket owner update notification", by)


def after_article(tables: Tables, ticket: Ticket, article: Article, history_type: str, by: int) -> None:
    """The owner is told of notes, public and private ones alike, and of follow-ups; not of the first article."""
    if history_type == "AddNote":
        _tell(tables, ticket, "note", "Ticket new note notification", by, article)
    elif history_type == "FollowUp":
        lock = "unlocked" if ticket.lock == UNLOCKED else "locked"
        _tell(tables, ticket, "follow up", f"Ticket follow-up notification ({lock})", by, article)


def send(tables: Tables, ticket: Ticket, article: Article) -> None:
    """An article goes out to its addresses, under a subject that names the ticket."""
    article.subject = f"[Ticket#{ticket.number}] {article.subject}"
    article.message_id = f"<{article.at}.{article.id}@znuny.example>"
    if tables.switches.mail_works:
        tables.mails.append(Mail(ticket=ticket.id, kind="article", to=article.to, article=article.id))


def auto_response(tables: Tables, ticket: Ticket, article: Article) -> None:
    """A queue that answers by itself does so, to whoever an article is from: but no new ticket that is over already."""
    first = article.number == 1
    to = first_address(article.from_)
    if tables.name("Queue", ticket.queue) not in tables.switches.auto_response or "@" not in to:
        return
    if first and STATE_TYPES[ticket.state] in _OVER:
        return
    kind = "auto reply" if first else "auto follow up"
    tables.mails.append(Mail(ticket=ticket.id, kind=kind, to=to, article=article.id))
    tables.note(ticket, "SendAutoReply" if first else "SendAutoFollowUp", f"%%{to}", article.by)


def _tell(tables: Tables, ticket: Ticket, kind: str, rule: str, by: int, article: Article | None = None) -> None:
    owner = tables.agents[ticket.owner]
    if not tables.switches.notify or owner.id in {ROOT, by} or not owner.valid:
        return
    id = None if article is None else article.id
    tables.mails.append(Mail(ticket=ticket.id, kind=kind, to=owner.email, article=id))
    tables.note(ticket, "SendAgentNotification", f"%%{rule}%%{owner.login}%%Email", by)
