"""An article comes into being, with what is stored instead of what was sent."""

from __future__ import annotations

import re
from typing import Any

from syncer.desks.znuny import emulator_mails as mails
from syncer.desks.znuny.emulator_answers import Fault
from syncer.desks.znuny.emulator_checks import Message
from syncer.desks.znuny.emulator_files import embedded_images, keep, keep_given
from syncer.desks.znuny.emulator_records import Article, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_text import plain

_LONGEST_SUBJECT = 3_800
_NOT_CREATED = "Article could not be created, please contact the system administrator"
_NO_TEXT = "- no text message => see attachment -"


def say(tables: Tables, ticket: Ticket, said: Message, files: list[dict[str, Any]], by: int) -> Article:
    """Add an article with its files. Raises Fault when only the shell of it came into being, or no mail could leave."""
    article = Article(
        id=tables.take("article"),
        number=len(ticket.articles) + 1,
        subject=said.subject,
        body=said.body,
        content_type=said.content_type,
        sender=said.sender,
        visible=said.visible,
        channel=said.channel,
        at=tables.now(),
        by=by,
        from_=said.from_,
        to=said.to,
        cc=said.cc,
    )
    ticket.articles.append(article)
    tables.bump(ticket, by)
    if len(article.subject) > _LONGEST_SUBJECT:
        article.broken, article.minutes = True, None
        raise Fault(_NOT_CREATED)
    _set_text(tables, article, said)
    for file in [*said.files, *files]:
        keep_given(tables, article, file)
    tables.note(ticket, said.history_type, _comment(said.history_type), by, article=article.id)
    if said.sender == "agent" and ticket.unlock_timeout != article.at:
        ticket.unlock_timeout = article.at
        tables.note(ticket, "Misc", "Reset of unlock time.", by)
    _mail(tables, ticket, article, said, by)
    if said.minutes:
        article.minutes = int(said.minutes) if said.minutes.is_integer() else said.minutes
        line = f"%%{article.minutes}%%{article.minutes}"
        tables.note(ticket, "TimeAccounting", line, by, article=article.id)
    return article


def _comment(history_type: str) -> str:
    return "%%GenericInterface Create" if history_type == "NewTicket" else "%%GenericInterface Note"


def _set_text(tables: Tables, article: Article, said: Message) -> None:
    """HTML is kept beside the plain text that is made of it; what is no text at all becomes a file."""
    if said.mime == "text/html":
        html = embedded_images(tables, article, said.body)
        keep(tables, article, "file-2", f'text/html; charset="{said.charset}"', html.encode())
        article.body = plain(said.body).split("\0")[0]
        article.content_type = said.content_type.replace("html", "plain", 1)
    elif said.mime.startswith("text/") or said.mime == "application/json":
        article.body = said.body if said.mime == "application/json" else _line_ends(said.body)
    else:
        keep(tables, article, "unknown", said.content_type, said.body.encode())
        article.body, article.content_type = _NO_TEXT, "text/plain"


def _line_ends(body: str) -> str:
    return re.sub(r"\n\r|\r\r\n|\r\n", "\n", body)


def _mail(tables: Tables, ticket: Ticket, article: Article, said: Message, by: int) -> None:
    if said.sent:
        mails.send(tables, ticket, article)
        if not tables.switches.mail_works:
            raise Fault(_NOT_CREATED)
    mails.auto_response(tables, ticket, article)
    if not said.quiet:
        mails.after_article(tables, ticket, article, said.history_type, by)
