"""Redmine's JSON turned into tickets. With wire_out.py and fields.py the only place that knows its field names.

Texts are what was typed, in the server's own markup; times are UTC to the second; who may read a note is told by the
note and by the issue it stands on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from syncer.errors import Rejected
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, CustomValue, File, Ticket, TicketLink, TimeEntry

Row = dict[str, Any]
Kind = Literal["parent", "child", "duplicate", "related"]
GROUP = "group"
VALUES = {"status": "status", "priority": "priority", "type": "tracker", GROUP: "project"}
"""Kinds of lists, and where an issue has their values."""
CATEGORY = "category"
"""Each project has its own: what is called the same is one, known by its name."""


def whole(value: Any) -> int | None:
    """A number of the desk's; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(value: Any) -> str:
    """A text; nothing for what is none."""
    return value if isinstance(value, str) else ""


def ident(row: Mapping[str, Any]) -> TicketId | None:
    """A row's id, a positive number; None where it has none."""
    id = whole(row.get("id"))
    return TicketId(str(id)) if id is not None and id > 0 else None


def ref(row: Mapping[str, Any], key: str) -> str | None:
    """The id of what a row refers to: `{"status": {"id": 1, "name": "New"}}`."""
    one = row.get(key)
    return ident(one) if isinstance(one, dict) else None


def called(row: Mapping[str, Any], key: str) -> str:
    """The name of what a row refers to; nothing where it refers to nothing."""
    one = row.get(key)
    return text(one.get("name")).strip() if isinstance(one, dict) else ""


def named(row: Mapping[str, Any], key: str) -> LookupValue | None:
    """Somebody a row refers to, by name only."""
    id = ref(row, key)
    return None if id is None else LookupValue("person", id, text(row[key].get("name")).strip() or f"user {id}")


def moment(value: Any) -> datetime | None:
    """A time as Redmine writes it, `2026-11-22T00:28:46Z`; None for anything else."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo is None else at.astimezone(UTC)


def updated(row: Mapping[str, Any]) -> datetime | None:
    """When the desk last counted a row as changed."""
    return moment(row.get("updated_on"))


def version(row: Mapping[str, Any]) -> Version:
    """Changes with each change the desk counts."""
    return Version(text(row.get("updated_on")))


def values(row: Mapping[str, Any]) -> dict[str, str]:
    """Kind -> id, of a category its name; what is unset is absent."""
    found = {kind: id for kind, key in VALUES.items() if (id := ref(row, key)) is not None}
    return found | {CATEGORY: name} if (name := called(row, CATEGORY)) else found


def rows(row: Mapping[str, Any], key: str) -> list[Row]:
    """The rows of a list within a row."""
    found = row.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def ticket(
    row: Row, *, url: str, requester: str | None, custom: dict[str, CustomValue], work: Sequence[Row], own: str
) -> Ticket:
    """A whole ticket; `own` is the id of syncer's user, whom Redmine makes a watcher of all it writes to.

    Raises Rejected where a part is missing that was asked for.
    """
    id = ident(row)
    if id is None or not isinstance(row.get("journals"), list) or not isinstance(row.get("attachments"), list):
        raise Rejected(f"issue {id}: an answer without id, journals or attachments", reason="schema")
    said = Said(row)
    return Ticket(
        id=id,
        number=f"#{id}",
        title=" ".join(text(row.get("subject")).split()),
        body=text(row.get("description")),
        html=False,
        values=values(row),
        requester=requester,
        creator=ref(row, "author"),
        assignee=ref(row, "assigned_to"),
        created_at=moment(row.get("created_on")),
        updated_at=updated(row),
        closed_at=moment(row.get("closed_on")),
        version=version(row),
        url=f"{url}/issues/{id}",
        custom=custom,
        comments=said.comments,
        files=said.files,
        cc=tuple(one for watcher in rows(row, "watchers") if (one := ident(watcher)) is not None and one != own),
        links=tuple(links(row)),
        times=tuple(map(_entry, work)),
    )


class Said:
    """What was said on an issue, and whose its files are."""

    def __init__(self, row: Row) -> None:
        self._files: dict[str, File] = {
            file.id: file for one in rows(row, "attachments") if (file := _file(one)) is not None
        }
        # Who may not see a private issue sees none of its notes either.
        self._open = row.get("is_private") is False
        journals = _by_time(rows(row, "journals"))
        own = {at: self._attached(one) for at, one in enumerate(journals)}
        for at, one in enumerate(journals):
            if own[at] and not _notes(one) and (note := _split_from(journals, at)) is not None:
                own[note] = [*own[note], *own.pop(at)]
        self.comments = tuple(self._comment(one, own[at]) for at, one in enumerate(journals) if _notes(one))
        taken = {file for comment in self.comments for file in comment.files}
        self.files = tuple(file for _, file in sorted(self._files.items(), key=_number) if file not in taken)

    def _attached(self, journal: Row) -> list[File]:
        """The files that came with a journal and are still there."""
        added = (
            text(detail.get("name"))
            for detail in rows(journal, "details")
            if detail.get("property") == "attachment" and detail.get("new_value")
        )
        return [self._files[id] for id in dict.fromkeys(sorted(added, key=_order)) if id in self._files]

    def _comment(self, journal: Row, files: Sequence[File]) -> Comment:
        id = ident(journal)
        if id is None:
            raise Rejected("a journal without an id", reason="schema", field="journals")
        return Comment(
            id=id,
            author=ref(journal, "user"),
            created_at=moment(journal.get("created_on")),
            body=text(journal.get("notes")),
            public=self._open and journal.get("private_notes") is False,
            files=tuple(files),
        )


def _file(row: Row) -> File | None:
    id = ident(row)
    return None if id is None else File(id, text(row.get("filename")), whole(row.get("filesize")))


def _notes(journal: Row) -> bool:
    return bool(text(journal.get("notes")).strip())


def _split_from(journals: Sequence[Row], at: int) -> int | None:
    """The private note that was written together with these files: Redmine makes two journals of that, and shows
    the files to everybody, which their writer need not have known."""
    files = journals[at]
    for place in range(at + 1, len(journals)):
        note = journals[place]
        if note.get("created_on") != files.get("created_on"):
            return None
        if _notes(note) and note.get("private_notes") is not False and ref(note, "user") == ref(files, "user"):
            return place
    return None


def _by_time(journals: list[Row]) -> list[Row]:
    """Oldest first, whatever order the account prefers to read them in."""
    return sorted(journals, key=lambda one: (text(one.get("created_on")), whole(one.get("id")) or 0))


def _number(pair: tuple[str, File]) -> int:
    return int(pair[0])


def _order(id: str) -> int:
    return int(id) if id.isdigit() else 0


def links(row: Row) -> Iterator[TicketLink]:
    """Its parent, its children, and what it is related to; each ticket once."""
    id, seen = ident(row), set[str]()
    found: list[tuple[str | None, Kind]] = [
        (ref(row, "parent"), "parent"),
        *((ident(one), "child") for one in rows(row, "children")),
    ]
    for one in rows(row, "relations"):
        begins, ends = (str(one.get(key)) for key in ("issue_id", "issue_to_id"))
        other = ends if begins == id else begins
        # `issue_id duplicates issue_to_id`: only for the latter the other one is a duplicate.
        of_this = one.get("relation_type") == "duplicates" and ends == id
        found.append((other, "duplicate" if of_this else "related"))
    for whom, kind in found:
        if whom is not None and whom.isdigit() and whom != id and whom not in seen:
            seen.add(whom)
            yield TicketLink(TicketId(whom), kind)


def _entry(row: Row) -> TimeEntry:
    """Time that was spent: a day, and hours to two decimals."""
    hours = row.get("hours")
    day = text(row.get("spent_on"))
    return TimeEntry(
        id=ident(row) or "",
        author=ref(row, "user"),
        at=moment(f"{day}T00:00:00Z") if day else moment(row.get("created_on")),
        seconds=round(hours * 3600) if isinstance(hours, int | float) else 0,
        note=text(row.get("comments")),
    )


def people(row: Row) -> Iterator[LookupValue]:
    """Whom an issue names, by name only."""
    for one, key in ((row, "author"), (row, "assigned_to"), *((one, "user") for one in rows(row, "journals"))):
        if (person := named(one, key)) is not None:
            yield person
    for watcher in rows(row, "watchers"):
        if (person := named({"user": watcher}, "user")) is not None:
            yield person


def user(row: Row, *, active: bool = True) -> LookupValue | None:
    """A user, as far as the account may see them; locked ones are not active."""
    id = ident(row)
    if id is None:
        return None
    name = " ".join(word for key in ("firstname", "lastname") if (word := text(row.get(key)).strip()))
    status = whole(row.get("status"))
    return LookupValue(
        "person",
        id,
        name or text(row.get("name")).strip() or text(row.get("login")) or f"user {id}",
        active=active and status in {None, 1},
        email=text(row.get("mail")).strip() or None,
        username=text(row.get("login")) or None,
    )
