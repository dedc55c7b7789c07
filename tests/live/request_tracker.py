"""A real Request Tracker: what its Postgres holds, in the words of what is kept, and how syncer gets at it."""

from __future__ import annotations

import hashlib
import quopri
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork
from tests.live.server import Server

Row = Mapping[str, Any]

_TICKETS = """
    select t.id, t.subject, t.status, t.priority, t.created, q.name as queue, lower(o.emailaddress) as owner
    from tickets t join queues q on q.id = t.queue left join users o on o.id = t.owner
    where t.effectiveid = t.id and t.status <> 'deleted' order by t.id
"""
# What happened to a ticket that is part of another one happened to that one.
_HAPPENED = """
    select r.id, t.effectiveid as ticket, r.type, r.timetaken, r.created, lower(u.emailaddress) as email
    from transactions r join tickets t on r.objecttype = 'RT::Ticket' and t.id = r.objectid
    left join users u on u.id = r.creator
    where r.type in ('Create', 'Correspond', 'Comment') or r.timetaken > 0 order by r.id
"""
_PARTS = """
    select a.id, a.transactionid as happened, a.filename, a.contenttype, a.contentencoding, a.content
    from attachments a join transactions r on r.id = a.transactionid and r.type in ('Create', 'Correspond', 'Comment')
    where r.objecttype = 'RT::Ticket' and a.contenttype not like 'multipart/%' order by a.id
"""
_WATCHERS = """
    select g.instance as ticket, g.name as role, lower(u.emailaddress) as email
    from groups g join groupmembers m on m.groupid = g.id join users u on u.id = m.memberid
    where g.domain = 'RT::Ticket-Role' and g.name in ('Requestor', 'Cc') and u.emailaddress <> '' order by m.id
"""
_VALUES = """
    select v.objectid as ticket, f.name, f.type, coalesce(nullif(v.content, ''), v.largecontent) as text
    from objectcustomfieldvalues v join customfields f on f.id = v.customfield
    where v.objecttype = 'RT::Ticket' and v.disabled = 0 order by f.id, v.id
"""
_LINKS = "select localbase, localtarget, type from links where localbase > 0 and localtarget > 0 order by id"
_LINKED = ("RefersTo", "DependsOn", "MemberOf")
_FILES = "select contentencoding, content from attachments where filename <> '' and contenttype not like 'multipart/%'"
_MAIL_BEGINS = re.compile(r"(?m)^From \S+@localhost  .*\n")
_TAGS = "Tags"


class RequestTracker(Server):
    """One that `deploy/live/request_tracker/up.sh` started."""

    kind = "request_tracker"
    script = "request_tracker_fill.pl"

    def block(self, emulated: dict[str, Any], base: str) -> dict[str, Any]:
        """All is called as in the emulator; only the token is another one."""
        return {**emulated, "base_url": base, "auth": {"token": self.told["TOKEN"]}}

    def kept(self) -> list[KeptTicket]:
        """Every ticket that is neither deleted nor part of another one."""
        held = _Held(
            happened=_grouped(self.database.rows(_HAPPENED)),
            parts=_grouped(self.database.rows(_PARTS), by="happened"),
            watchers=_grouped(self.database.rows(_WATCHERS)),
            values=_grouped(self.database.rows(_VALUES)),
            links=_ends(self.database.rows(_LINKS)),
        )
        return [_ticket(held, row) for row in self.database.rows(_TICKETS)]

    def contents(self) -> dict[str, bytes]:
        """Copies that hang on mails too."""
        every = (_content(row) for row in self.database.rows(_FILES))
        return {hashlib.sha256(content).hexdigest(): content for content in every}

    def mails(self) -> list[str]:
        """As its mailer would have got them, in the order of the processes that wrote them."""
        boxes = (box.read_text(encoding="utf-8", errors="replace") for box in self._boxes())
        return [mail for box in boxes for mail in _MAIL_BEGINS.split(box)[1:]]

    def hush(self) -> None:
        """No scrip that mails owners."""
        self.database.run("update scrips set disabled = 1 where description = 'On Owner Change Notify Owner'")

    def forget(self) -> None:
        """Mails; of rows it remembers none beyond a request."""
        for box in self._boxes():
            box.unlink()

    def _boxes(self) -> list[Path]:
        return sorted(Path(self.told["MAIL"]).glob("*.mbox"))


SERVER = RequestTracker


class _Held(Struct):
    """Rows by the ticket, or what happened to it, that they belong to."""

    happened: Mapping[int, list[Row]]
    parts: Mapping[int, list[Row]]
    watchers: Mapping[int, list[Row]]
    values: Mapping[int, list[Row]]
    links: Mapping[int, list[str]]


def _grouped(rows: Iterable[Row], by: str = "ticket") -> Mapping[int, list[Row]]:
    found = defaultdict[int, list[Row]](list)
    for row in rows:
        found[row[by]].append(row)
    return found


def _ends(rows: list[Row]) -> Mapping[int, list[str]]:
    """The other end of each link, for both of its ends, by kinds of links and first those a ticket is the base of."""
    found = defaultdict[int, list[str]](list)
    for type in _LINKED:
        for here, there in (("localbase", "localtarget"), ("localtarget", "localbase")):
            for row in rows:
                if row["type"] == type and str(row[there]) not in found[row[here]]:
                    found[row[here]].append(str(row[there]))
    return found


def _ticket(held: _Held, row: Row) -> KeptTicket:
    happened, watchers = held.happened[row["id"]], held.watchers[row["id"]]
    made = next(one for one in happened if one["type"] == "Create")
    values = [(one, text) for one in held.values[row["id"]] if (text := _value(one))]
    custom = dict.fromkeys(one["name"] for one, _ in values if one["name"] != _TAGS)
    return KeptTicket(
        id=str(row["id"]),
        title=row["subject"],
        body=_text(held.parts[made["id"]]),
        requester=next((one["email"] for one in watchers if one["role"] == "Requestor"), None),
        assignee=row["owner"] or None,
        values={"status": row["status"], "priority": _priority(row["priority"]), "queue": row["queue"]},
        created=_moment(row["created"]),
        comments=tuple(_comment(held, one) for one in happened if one["type"] in ("Correspond", "Comment")),
        files=tuple(_files(held.parts[made["id"]])),
        tags=tuple(text for one, text in values if one["name"] == _TAGS),
        cc=tuple(one["email"] for one in watchers if one["role"] == "Cc"),
        links=tuple(held.links[row["id"]]),
        custom={name: tuple(text for one, text in values if one["name"] == name) for name in custom},
        times=tuple(_work(one) for one in happened if one["timetaken"] > 0),
    )


def _comment(held: _Held, row: Row) -> KeptComment:
    parts = held.parts[row["id"]]
    return KeptComment(
        id=str(row["id"]),
        author=row["email"] or None,
        text=_text(parts),
        public=row["type"] == "Correspond",
        at=_moment(row["created"]),
        files=tuple(_files(parts)),
    )


def _work(row: Row) -> KeptWork:
    return KeptWork(row["email"] or None, _moment(row["created"]), row["timetaken"] * 60)


def _text(parts: list[Row]) -> str:
    """Of a text that came in two ways the one with markup."""
    texts = [one for one in parts if not one["filename"] and one["contenttype"].startswith("text/")]
    texts.sort(key=lambda one: one["contenttype"] != "text/html")
    return _content(texts[0]).decode("utf-8", "replace") if texts else ""


def _files(parts: list[Row]) -> Iterator[KeptFile]:
    for one in parts:
        if one["filename"]:
            content = _content(one)
            yield KeptFile(one["filename"], hashlib.sha256(content).hexdigest(), len(content))


def _content(row: Row) -> bytes:
    """Bytes that are no text in UTF-8 are not stored as they are."""
    stored = (row["content"] or "").encode()
    match row["contentencoding"]:
        case "base64":
            return b64decode(stored)
        case "quoted-printable":
            return quopri.decodestring(stored)
    return stored


def _value(row: Row) -> str:
    """Moments are told as all moments are."""
    text: str = row["text"] or ""
    if row["type"] == "DateTime" and text:
        return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%SZ}"
    return text


def _priority(number: int) -> str:
    return "High" if number >= 100 else "Medium" if number >= 50 else "Low"


def _moment(at: datetime | None) -> int | None:
    """The database knows no time zones, and all of it is UTC."""
    return None if at is None else int(at.replace(tzinfo=UTC).timestamp())
