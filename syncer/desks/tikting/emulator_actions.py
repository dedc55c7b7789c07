"""What the configured calls do to a ticket, and what that sets off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from syncer.deskkit.emulation import Carrier

from .emulator_accounts import Account, People
from .emulator_answers import Refused, invalid
from .emulator_files import Upload, upload_of
from .emulator_lookups import CLOSED, DONE, OPEN, RESOLVED, Lookups
from .emulator_mails import Aftermath
from .emulator_register import title_problem
from .emulator_sent import Sent
from .emulator_switches import Switches
from .emulator_tickets import Reply, Shelf, Ticket

# Logical name, the list its value is in, and whether the ticket can be without it.
_LISTED = [
    ("status", "status", False),
    ("site", "sites", False),
    ("department", "departments", False),
    ("priority", "priorities", True),
    ("category", "categories", True),
    ("group", "groups", True),
    ("level", "levels", True),
]


class Acted(Protocol):
    """What of a desk the calls act on."""

    carrier: Carrier
    switches: Switches
    people: People
    lookups: Lookups
    shelf: Shelf
    aftermath: Aftermath


Action = Callable[[Ticket, Sent, Account], int | None]


class Actions:
    """One method for each call on a ticket; each tells the id of what it made, and raises Refused."""

    def __init__(self, desk: Acted) -> None:
        self._desk = desk
        self.by_name: dict[str, Action] = {
            "ticket.reply": self.reply,
            "ticket.requester_reply": self.requester_reply,
            "ticket.close": self.close,
            "ticket.resolve": self.resolve,
            "ticket.update": self.update,
            "ticket.pickup": self.pickup,
            "ticket.forward": self.forward,
            "ticket.attach": self.attach,
        }

    def reply(self, ticket: Ticket, sent: Sent, by: Account) -> int:
        """An agent says something: to everybody, unless the call can say otherwise and does."""
        public = sent.flag("public", default=True)
        id = self._say(ticket, sent, by, private=not public)
        if public:
            self._desk.aftermath.tell_requester("reply", ticket, by.id)
        return id

    def requester_reply(self, ticket: Ticket, sent: Sent, by: Account) -> int:
        """Somebody says something on their own ticket."""
        id = self._say(ticket, sent, by, private=False)
        self._desk.aftermath.tell_technicians("requester_reply", ticket, by.id)
        return id

    def close(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        """End it for good."""
        self._end(ticket, sent, by, CLOSED)

    def resolve(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        """Say that it is solved."""
        self._end(ticket, sent, by, RESOLVED)

    def update(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        """Change the fields that are sent."""
        changes = self._texts(sent) | self._listed(sent)
        if sent.has("requester"):
            changes["creator"] = self._user(sent, "requester")
        if sent.has("assignee"):
            changes["assignee"] = self._technician(sent)
        self._change(ticket, changes, by)

    def pickup(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        """Take it."""
        self._change(ticket, {"assignee": by.id}, by)

    def forward(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        """Hand it to another group, level or technician."""
        changes = self._listed(sent)
        if sent.has("assignee"):
            changes["assignee"] = self._technician(sent)
        elif "group" in changes:
            changes["assignee"] = None
        if not changes:
            raise invalid("$", "It must go somewhere.")
        self._comment(ticket, sent, by)
        self._desk.shelf.edit(ticket, changes, self._now())
        self._desk.aftermath.tell_technicians("forwarded", ticket, by.id)

    def attach(self, ticket: Ticket, sent: Sent, by: Account) -> int:
        """Put files on it; the id of the first."""
        uploads = self._uploads(sent)
        if not uploads:
            raise invalid(sent.names.get("files", "files"), "There is no file.")
        self._desk.shelf.attach(ticket, uploads, self._now())
        return uploads[0].id

    def _say(self, ticket: Ticket, sent: Sent, by: Account, *, private: bool) -> int:
        body, desk = sent.given("message"), self._desk
        if self._done(ticket):
            match desk.switches.on_done:
                case "refuse":
                    raise Refused(400, "The ticket is done.")
                case "reopen":
                    desk.shelf.edit(ticket, {"status": self._status(OPEN)}, self._now())
        return desk.shelf.reply(ticket, Reply(by.id, body, self._now(), private, self._uploads(sent)))

    def _comment(self, ticket: Ticket, sent: Sent, by: Account) -> None:
        if sent.text("message"):
            self._desk.shelf.reply(ticket, Reply(by.id, sent.given("message"), self._now()))

    def _end(self, ticket: Ticket, sent: Sent, by: Account, kind: int) -> None:
        status = sent.number("status") or self._status(kind)
        if self._desk.lookups.status_types.get(status) != kind:
            raise invalid(sent.names.get("status", "status"), "This is no such status.")
        changes: dict[str, Any] = {"status": status}
        if sent.text("resolution"):
            changes["resolution"] = sent.given("resolution")
        self._comment(ticket, sent, by)
        self._change(ticket, changes, by)

    def _change(self, ticket: Ticket, changes: dict[str, Any], by: Account) -> None:
        before = ticket.status, ticket.assignee
        self._desk.shelf.edit(ticket, changes, self._now())
        if ticket.status != before[0] and self._done(ticket):
            kind = "closed" if self._desk.lookups.status_types[ticket.status] == CLOSED else "resolved"
            self._desk.aftermath.tell_requester(kind, ticket, by.id)
        if ticket.assignee != before[1] and ticket.assignee:
            self._desk.aftermath.tell_technicians("assigned", ticket, by.id)

    def _texts(self, sent: Sent) -> dict[str, Any]:
        texts = {name: sent.given(name) for name in ("title", "description") if sent.has(name)}
        if problem := title_problem(texts.get("title", ""), self._desk.switches):
            raise invalid(sent.names.get("title", "title"), problem)
        return dict(texts)

    def _listed(self, sent: Sent) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for name, kind, optional in _LISTED:
            if sent.has(name):
                changes[name] = value = sent.number(name)
                if value not in self._desk.lookups.labels[kind] and not (optional and value is None):
                    raise invalid(sent.names.get(name, name), "There is no such value.")
        return changes

    def _user(self, sent: Sent, name: str) -> str:
        id = sent.given(name).lower()
        if id not in self._desk.people.by_id:
            raise invalid(sent.names.get(name, name), "The user does not exist.")
        return id

    def _technician(self, sent: Sent) -> str | None:
        if sent.text("assignee") is None:
            return None
        id = self._user(sent, "assignee")
        user = self._desk.people.by_id[id]
        if not (user.technician and user.active):
            raise invalid(sent.names.get("assignee", "assignee"), "The user is no technician.")
        return id

    def _uploads(self, sent: Sent) -> list[Upload]:
        keep = self._desk.switches.keep_content
        return [upload_of(file.name, file.content, file.content_type, keep) for file in sent.files]

    def _status(self, kind: int) -> int:
        return next(key for key, type in self._desk.lookups.status_types.items() if type == kind)

    def _done(self, ticket: Ticket) -> bool:
        return self._desk.lookups.status_types[ticket.status] in DONE

    def _now(self) -> float:
        return self._desk.carrier.clock.now()
