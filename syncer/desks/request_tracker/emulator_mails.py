"""The mails a fresh installation sends by itself, and the transactions that keep a copy of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape

from msgspec import Struct

from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_mime import Part, keep_mail, message_id
from syncer.desks.request_tracker.emulator_records import Mail, Ticket, Transaction
from syncer.desks.request_tracker.emulator_tables import NOBODY, SYSTEM, Tables

_BREAKS = re.compile(r"(?i)<br ?/?>|</(?:p|div|li|tr|h\d)>")
_TAGS = re.compile(r"<[^>]*>")
_GREETING = (
    "Greetings,\n\nThis message has been automatically generated in response to the creation of a\n"
    "trouble ticket regarding {subject}, a summary of which appears below.\n\n"
    "Your ticket has been assigned an ID of {tag}.\n\nThank you,\n\n"
)


class _Draft(Struct):
    reason: str
    to: Iterable[int] = ()
    cc: Iterable[int] = ()
    bcc: Iterable[int] = ()
    greets: bool = False
    kind: str = "EmailRecord"


def after_create(tables: Tables, ticket: Ticket, row: Transaction) -> None:
    """The requestors hear that it is there, whoever they are; owner and watchers of what it says."""
    watchers = ticket.watchers
    drafts = [
        _Draft("On Create Autoreply To Requestors", to=watchers["Requestor"], greets=True),
        _Draft("On Create Notify Owner and AdminCcs", to=[ticket.owner], bcc=watchers["AdminCc"]),
        _Draft("On Create Notify Ccs", cc=watchers["Cc"]),
    ]
    _send(tables, ticket, row, drafts)


def after_reply(tables: Tables, ticket: Ticket, row: Transaction) -> None:
    """All who have to do with a ticket read a reply, but whoever wrote it."""
    watchers = ticket.watchers
    drafts = [
        _Draft("On Correspond Notify Owner and AdminCcs", to=[ticket.owner], bcc=watchers["AdminCc"]),
        _Draft("On Correspond Notify Requestors and Ccs", to=watchers["Requestor"], cc=watchers["Cc"]),
    ]
    _send(tables, ticket, row, drafts)


def after_comment(tables: Tables, ticket: Ticket, row: Transaction) -> None:
    """A comment is read by administrative watchers only."""
    bcc = ticket.watchers["AdminCc"]
    _send(tables, ticket, row, [_Draft("On Comment Notify AdminCcs as Comment", bcc=bcc, kind="CommentEmailRecord")])


def after_owner(tables: Tables, ticket: Ticket, row: Transaction) -> None:
    """The new owner hears of it."""
    _send(tables, ticket, row, [_Draft("On Owner Change Notify Owner", to=[ticket.owner])])


def after_watcher(tables: Tables, ticket: Ticket, row: Transaction, role: str, person: int) -> None:
    """No scrip of a fresh installation; one that many administrators add."""
    if tables.switches.greets_requestors and role == "Requestor":
        _send(tables, ticket, row, [_Draft("On Add Requestor Notify Requestor", to=[person])])


def after_status(tables: Tables, ticket: Ticket, row: Transaction) -> None:
    """The requestors hear that it is resolved."""
    if row.new == "resolved":
        _send(tables, ticket, row, [_Draft("On Resolve Notify Requestors", to=ticket.watchers["Requestor"])])


def _send(tables: Tables, ticket: Ticket, row: Transaction, drafts: Iterable[_Draft]) -> None:
    for draft in drafts if tables.switches.mails else ():
        skipped = {NOBODY} if draft.greets else {NOBODY, row.creator}
        to, cc, bcc = (_addresses(tables, people, skipped) for people in (draft.to, draft.cc, draft.bcc))
        if to or cc or bcc:
            tag = f"[{tables.switches.tag} #{ticket.id}]"
            subject = f"{tag} {'AutoReply: ' if draft.greets else ''}{ticket.subject}"
            copy = record(tables, ticket, draft.kind, SYSTEM, at=row.created)
            copy.data = f"<{message_id(tables, copy)}>"
            head = _GREETING.format(subject=ticket.subject, tag=tag) if draft.greets else ""
            heads = {"To": ", ".join(to), "CC": ", ".join(cc), "BCC": ", ".join(bcc)}
            keep_mail(tables, copy, subject, heads, _copies(tables, row, head))
            tables.mails.append(
                Mail(
                    ticket=ticket.id, reason=draft.reason, to=to, cc=cc, bcc=bcc, subject=subject,
                    transaction=copy.id, at=row.created,
                )
            )  # fmt: skip


def _addresses(tables: Tables, people: Iterable[int], skipped: set[int]) -> list[str]:
    users = [tables.users[id] for id in people if id not in skipped]
    return [user.email for user in users if user.email and not user.disabled]


def _copies(tables: Tables, row: Transaction, head: str) -> list[Part]:
    """What was said as plain text and as HTML."""
    said = next((part for part in tables.parts(row) if part.kind.startswith("text/") and not part.name), None)
    text = (said.content or b"").decode("utf-8", "replace") if said else ""
    html = text if said is not None and said.kind == "text/html" else f"<pre>{escape(text)}</pre>"
    plain = unescape(_TAGS.sub("", _BREAKS.sub("\n", text))) if said is not None and said.kind == "text/html" else text
    return [
        Part("text/plain", f"{head}{plain}\n".encode("utf-8", "replace")),
        Part("text/html", f"<p>{escape(head)}</p>\n{html}\n".encode("utf-8", "replace")),
    ]
