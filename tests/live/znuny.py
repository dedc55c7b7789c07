"""A real Znuny: how it is opened, and what its database holds."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from tests.live.server import Server

Row = Mapping[str, Any]
Rows = dict[int, list[Row]]
_ROOT = 1
_HTML, _PLAIN = frozenset({"file-1", "file-2", "file-1.html"}), "file-1"
_OWN_NAMES = tuple(_HTML)
_ADDRESS = re.compile(r"[^\s<>()\",;:@]+@[^\s<>()\",;:@]+")
_QUOTED = re.compile(r'"[^"]*"')

_AGENTS = """
    select u.id, u.login, lower(p.preferences_value) as email
    from users u left join user_preferences p on p.user_id = u.id and p.preferences_key = 'UserEmail'
"""
_TICKETS = """
    select t.id, t.title, t.user_id, coalesce(t.customer_user_id, '') as customer, c.login as known,
        lower(c.email) as email, q.name as queue, s.name as status, p.name as priority, y.name as type,
        extract(epoch from t.create_time)::bigint as created
    from ticket t join queue q on q.id = t.queue_id join ticket_state s on s.id = t.ticket_state_id
        join ticket_priority p on p.id = t.ticket_priority_id left join ticket_type y on y.id = t.type_id
        left join customer_user c on lower(c.login) = lower(t.customer_user_id)
    order by t.id
"""
_ARTICLES = """
    select a.id, a.ticket_id, a.is_visible_for_customer = 1 as public, a.create_by,
        extract(epoch from a.create_time)::bigint as at,
        coalesce(m.a_from, '') as sender, coalesce(m.a_body, '') as body
    from article a left join article_data_mime m on m.article_id = a.id
    order by a.id
"""
_FILES = """
    select f.id, f.article_id, f.filename, f.content_type, coalesce(f.content_id, '') as content_id,
        coalesce(f.disposition, '') as disposition, encode(sha256(d.bytes), 'hex') as sha256, length(d.bytes) as size,
        case when f.filename = any($1) then d.bytes end as bytes
    from article_data_mime_attachment f cross join lateral (select decode(f.content, 'base64') as bytes) d
    order by f.filename, f.id
"""
_VALUES = """
    select v.object_id, f.label, coalesce(v.value_text, v.value_date::text, v.value_int::text, '') as value
    from dynamic_field_value v join dynamic_field f on f.id = v.field_id
    where f.object_type = 'Ticket' and f.internal_field = 0
    order by v.id
"""
_CONTENTS = """
    select encode(sha256(d.bytes), 'hex') as sha256, d.bytes
    from article_data_mime_attachment f cross join lateral (select decode(f.content, 'base64') as bytes) d
"""


class ZnunyServer(Server):
    """Its own account is `sync`, which is nobody: like root, it stands for no assignee."""

    kind = "znuny"
    script = "znuny_fill.pl"

    def block(self, emulated: dict[str, Any], base: str) -> dict[str, Any]:
        """With the numbers that its agents have here."""
        ids = {row["login"]: row["id"] for row in self.database.rows(_AGENTS)}
        lists = emulated["lists"]
        return {
            **emulated,
            "base_url": base + urlsplit(self.url).path,
            "auth": {"user": self.told["USER"], "password": self.told["PASSWORD"]},
            "lists": {**lists, "agents": [{**one, "id": ids[one["login"]]} for one in lists["agents"]]},
        }

    def kept(self) -> list[KeptTicket]:
        """Four queries, however much there is."""
        agents = {row["id"]: row for row in self.database.rows(_AGENTS)}
        emails = {id: row["email"] or None for id, row in agents.items() if id != _ROOT}
        people = {id: email for id, email in emails.items() if agents[id]["login"] != self.told["USER"]}
        articles = _by("ticket_id", self.database.rows(_ARTICLES))
        files = _by("article_id", self.database.rows(_FILES, _OWN_NAMES))
        values = _by("object_id", self.database.rows(_VALUES))
        told = {id: [_comment(one, files[one["id"]], emails) for one in said] for id, said in articles.items()}
        return [
            _ticket(row, people.get(row["user_id"]), told.get(row["id"], []), values[row["id"]])
            for row in self.database.rows(_TICKETS)
        ]

    def contents(self) -> dict[str, bytes]:
        """With the texts in HTML, which are files, too."""
        return {row["sha256"]: row["bytes"] for row in self.database.rows(_CONTENTS)}

    def mails(self) -> list[str]:
        """Those that still wait in its queue are sent first: no daemon runs here that would do it."""
        self.filler.ask("send")
        sent = sorted(Path(self.told["MAIL"]).glob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
        return [one.read_text(encoding="utf-8", errors="replace") for one in sent]

    def hush(self) -> None:
        """No mail to a new owner."""
        self.database.run("update notification_event set valid_id = 2 where name = 'Ticket owner update notification'")
        self._forget_lookups()

    def forget(self) -> None:
        """What it looked up once, and the mails."""
        self._forget_lookups()
        for mail in Path(self.told["MAIL"]).glob("*.eml"):
            mail.unlink()

    def _forget_lookups(self) -> None:
        for folder in Path(self.told["CACHE"]).glob("*"):
            shutil.rmtree(folder, ignore_errors=True)


SERVER = ZnunyServer


def _by(column: str, rows: Sequence[Row]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _ticket(row: Row, assignee: str | None, told: Sequence[KeptComment], values: Sequence[Row]) -> KeptTicket:
    """The first article is the description."""
    custom: dict[str, tuple[str, ...]] = {}
    for one in values:
        if one["value"]:
            custom[one["label"]] = (*custom.get(one["label"], ()), one["value"])
    return KeptTicket(
        id=str(row["id"]),
        title=row["title"],
        body=told[0].text if told else "",
        requester=(row["email"] or None) if row["known"] else _address(row["customer"]),
        assignee=assignee,
        values={name: row[name] for name in ("queue", "status", "priority", "type") if row[name]},
        created=row["created"],
        comments=tuple(told[1:]),
        files=told[0].files if told else (),
        custom=custom,
    )


def _comment(row: Row, files: Sequence[Row], emails: Mapping[int, str | None]) -> KeptComment:
    """By whom it names as its sender, else by the agent who wrote it."""
    own = _own_text(files)
    return KeptComment(
        id=str(row["id"]),
        author=_address(row["sender"]) or emails.get(row["create_by"]),
        text=row["body"] if own is None else bytes(own["bytes"]).decode(errors="replace"),
        public=row["public"],
        at=row["at"],
        files=tuple(_files(files)),
    )


def _address(line: str) -> str | None:
    found = _ADDRESS.search(_QUOTED.sub("", line))
    return found[0].lower() if found else None


# --- files of an article, as Znuny tells them apart


def _files(files: Sequence[Row]) -> Iterator[KeptFile]:
    """All but its own text, in the order of their numbers, which count as words; nameless ones are called by them."""
    hidden = {id(one) for one in (_own_text(files), _plain_text(files)) if one is not None}
    for number, one in _numbered(files):
        if id(one) not in hidden:
            yield KeptFile(one["filename"] or f"unnamed-{number}", one["sha256"], one["size"])


def _numbered(files: Sequence[Row]) -> list[tuple[str, Row]]:
    return sorted(((str(number), one) for number, one in enumerate(files, 1)), key=lambda pair: pair[0])


def _own_text(files: Sequence[Row]) -> Row | None:
    """The text in HTML, where there is one."""
    return next(
        (
            one
            for _, one in _numbered(files)
            if one["filename"] in _HTML and "text/html" in one["content_type"].lower() and _is_inline(one)
        ),
        None,
    )


def _plain_text(files: Sequence[Row]) -> Row | None:
    """What a mail brought as its plain text; where it has no HTML, it need not be inline."""
    plain = [
        one for _, one in _numbered(files) if one["filename"] == _PLAIN and "text/plain" in one["content_type"].lower()
    ]
    inline = [one for one in plain if _is_inline(one)]
    return next(iter(inline or (plain if _own_text(files) is None else [])), None)


def _is_inline(one: Row) -> bool:
    if one["disposition"]:
        return bool(one["disposition"] == "inline")
    return bool(
        (one["content_id"] and "image" in one["content_type"].lower()) or re.search("file-[12]", one["filename"])
    )
