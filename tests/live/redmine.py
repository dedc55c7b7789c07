"""A real Redmine: what its database holds, told as the emulator tells it of itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork
from tests.live.server import Server

Row = Mapping[str, Any]
Rows = Mapping[int, list[Row]]
REQUESTER = "Requester email"
_OURS = ("admin", "sync")
"""That the accounts of the API watch what they write on makes them no people who are told."""

_BEGINS = r"(?m)^(?=Date: \w{3}, )"
"""A mail, in a file of them."""

_MAILS = "select user_id, lower(address) as mail from email_addresses where is_default"
_ISSUES = """
    select i.id, i.subject, i.description, i.author_id, i.assigned_to_id, c.name as category, s.name as status,
    p.name as priority, t.name as type, q.name as project, floor(extract(epoch from i.created_on))::bigint as created
    from issues i join issue_statuses s on s.id = i.status_id join enumerations p on p.id = i.priority_id
    join trackers t on t.id = i.tracker_id join projects q on q.id = i.project_id
    left join issue_categories c on c.id = i.category_id order by i.id
"""
_SAID = r"""
    select id, journalized_id as issue, user_id, notes, private_notes,
    floor(extract(epoch from created_on))::bigint as at
    from journals where journalized_type = 'Issue' and notes ~ '\S' order by created_on, id
"""
_NAMED = r"""
    select d.journal_id as said, d.prop_key as file, coalesce(d.value, '') <> '' as there
    from journal_details d join journals j on j.id = d.journal_id
    where d.property = 'attachment' and j.journalized_type = 'Issue' and j.notes ~ '\S'
"""
_FILES = """
    select id, container_id as issue, filename, digest, filesize from attachments
    where container_type = 'Issue' order by id
"""
_CUSTOM = """
    select v.customized_id as issue, f.name, v.value
    from custom_values v join custom_fields f on f.id = v.custom_field_id
    where v.customized_type = 'Issue' and f.type = 'IssueCustomField' and v.value <> '' order by v.id
"""
_WATCHERS = """
    select w.watchable_id as issue, w.user_id from watchers w join users u on u.id = w.user_id
    where w.watchable_type = 'Issue' and not u.login = any($1) order by w.id
"""
_LINKS = """
    select issue_from_id as issue, issue_to_id as other from issue_relations
    union select issue_to_id, issue_from_id from issue_relations
    union select id, parent_id from issues where parent_id is not null
    union select parent_id, id from issues where parent_id is not null
    order by other
"""
_WORK = """
    select issue_id as issue, user_id, hours, comments, extract(epoch from spent_on)::bigint as day
    from time_entries where issue_id is not null order by id
"""


class Redmine(Server):
    """Debian's Redmine, with the account that administers it."""

    kind = "redmine"
    script = "redmine_fill.rb"

    def block(self, emulated: dict[str, Any], base: str) -> dict[str, Any]:
        """The same words but for the key."""
        return {**emulated, "base_url": base, "auth": {"key": self.told["ADMIN_TOKEN"]}}

    def kept(self) -> list[KeptTicket]:
        """Every issue, in the order of its coming."""
        return Kept(self).tickets()

    def contents(self) -> dict[str, bytes]:
        """The bytes of all files, which lie in a folder."""
        rows = self.database.rows("select digest, disk_directory, disk_filename from attachments")
        folder = Path(self.told["FILES"])
        return {
            row["digest"]: (folder / (row["disk_directory"] or "") / row["disk_filename"]).read_bytes() for row in rows
        }

    def mails(self) -> list[str]:
        """Each that is new in the file that its reader has."""
        found = []
        for file, size in self._mail_files().items():
            new = file.read_bytes()[self._read.get(file, 0) : size].decode(errors="replace")
            found += [mail for mail in re.split(_BEGINS, new.replace("\r\n", "\n")) if mail.strip()]
        return found

    def hush(self) -> None:
        """No mails about issues that are added or updated."""
        self.database.run(
            "delete from settings where name = 'notified_events'; insert into settings (name, value, updated_on)"
            " values ('notified_events', '--- []', now() at time zone 'utc')"
        )

    def forget(self) -> None:
        """Nothing but which mails were there already: what it has in mind it compares with its database."""
        self._read = self._mail_files()

    def _mail_files(self) -> dict[Path, int]:
        return {file: file.stat().st_size for file in Path(self.told["MAIL"]).iterdir()}


class Kept:
    """Everything that hangs on issues, each kind of it asked for once."""

    def __init__(self, server: Redmine) -> None:
        rows = server.database.rows
        self._mails: dict[int, str] = {row["user_id"]: row["mail"] for row in rows(_MAILS)}
        self._issues = rows(_ISSUES)
        self._said = _by("issue", rows(_SAID))
        self._named = _by("said", rows(_NAMED))
        self._files = _by("issue", rows(_FILES))
        self._custom = _by("issue", rows(_CUSTOM))
        self._told = _by("issue", rows(_WATCHERS, list(_OURS)))
        self._links = _by("issue", rows(_LINKS))
        self._work = _by("issue", rows(_WORK))

    def tickets(self) -> list[KeptTicket]:
        """As the emulator tells them."""
        return [self._ticket(row) for row in self._issues]

    def _ticket(self, row: Row) -> KeptTicket:
        id, said = row["id"], self._said.get(row["id"], [])
        custom: defaultdict[str, list[str]] = defaultdict(list)
        for one in self._custom.get(id, []):
            custom[one["name"]].append(one["value"])
        named = custom.pop(REQUESTER, [])
        values = {name: row[name] for name in ("status", "priority", "type", "category") if row[name]}
        spoken_for = {one["file"] for journal in said for one in self._named.get(journal["id"], [])}
        files = self._files.get(id, [])
        return KeptTicket(
            id=str(id),
            title=row["subject"],
            body=row["description"] or "",
            requester=named[0].lower() if named else self._mails.get(row["author_id"]),
            assignee=self._mails.get(row["assigned_to_id"]),
            values={**values, "group": row["project"]},
            created=row["created"],
            comments=tuple(self._comment(one, files) for one in said),
            files=_kept(one for one in files if str(one["id"]) not in spoken_for),
            cc=tuple(self._mails.get(one["user_id"], "") for one in self._told.get(id, [])),
            links=tuple(str(one["other"]) for one in self._links.get(id, [])),
            custom={name: tuple(texts) for name, texts in custom.items()},
            times=tuple(self._spent(one) for one in self._work.get(id, [])),
        )

    def _comment(self, row: Row, files: list[Row]) -> KeptComment:
        own = {one["file"] for one in self._named.get(row["id"], []) if one["there"]}
        return KeptComment(
            id=str(row["id"]),
            author=self._mails.get(row["user_id"]),
            text=row["notes"],
            public=not row["private_notes"],
            at=row["at"],
            files=_kept(one for one in files if str(one["id"]) in own),
        )

    def _spent(self, row: Row) -> KeptWork:
        """Time is kept by the day, and told in hundredths of an hour."""
        return KeptWork(
            self._mails.get(row["user_id"]), row["day"], round(round(row["hours"], 2) * 3600), row["comments"] or ""
        )


def _by(name: str, rows: Iterable[Row]) -> Rows:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _kept(rows: Iterable[Row]) -> tuple[KeptFile, ...]:
    return tuple(KeptFile(row["filename"], row["digest"], row["filesize"]) for row in rows)


SERVER = Redmine
