"""A ticket before and after, for people to look at: long texts cut, HTML as text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from syncer.deskkit.contract import DraftField
from syncer.mapping.body import html_to_text
from syncer.mapping.names import shown
from syncer.mapping.tables import Tables
from syncer.model.draft import Draft
from syncer.model.ticket import File, Ticket
from syncer.reports.document import Said, Side

MOST_TEXT, MOST_COMMENTS, MOST_FIELD = 3000, 12, 200


def before(ticket: Ticket, tables: Tables) -> Side:
    """As the source has it."""
    fields = [(kind, tables.name(kind, id)) for kind, id in ticket.values.items()]
    people = (("requester", ticket.requester), ("opened by", ticket.creator), ("assignee", ticket.assignee))
    fields += [(role, tables.name("person", id)) for role, id in people if id]
    times = (("opened", ticket.created_at), ("changed", ticket.updated_at), ("closed", ticket.closed_at))
    fields += [(name, _stamp(at)) for name, at in times if at]
    fields += [(tables.name("custom_field", id), _words(value)) for id, value in ticket.custom.items()]
    fields += [("tags", ", ".join(ticket.tags))] if ticket.tags else []
    said = [
        Said(tables.name("person", one.author), _stamp(one.created_at), one.public, _text(one.body, html=ticket.html))
        for one in ticket.comments
    ]
    return Side(
        title=ticket.title, text=_text(ticket.body, html=ticket.html), fields=_cut(fields),
        comments=_some(said), files=_files([*ticket.files, *(f for one in ticket.comments for f in one.files)]),
    )  # fmt: skip


def after(draft: Draft, tables: Tables, fields: Mapping[str, DraftField], *, html: bool) -> Side:
    """As the target would hear it."""
    told = [(name, _value(name, value, tables, fields)) for name, value in draft.fields.items()]
    told += [(_target(tables, "custom_field", id), _chosen(value, tables)) for id, value in draft.custom.items()]
    told += [("tags", ", ".join(draft.tags))] if draft.tags else []
    said = [
        Said(
            _target(tables, "person", one.author) if one.author else "", _stamp(one.created_at), one.public,
            _text(one.body, html=html),
        )
        for one in draft.comments
    ]  # fmt: skip
    files = [*_files([*draft.files, *(f for one in draft.comments for f in one.files)]), *(t.name for t in draft.texts)]
    return Side(
        title=draft.title, text=_text(draft.body, html=html), fields=_cut(told), comments=_some(said),
        files=tuple(files),
    )  # fmt: skip


def _value(name: str, value: str, tables: Tables, fields: Mapping[str, DraftField]) -> str:
    if name.endswith("_at") and value.isdigit():
        return _stamp(datetime.fromtimestamp(int(value), UTC))
    kind = fields[name].lookup if name in fields else None
    return _target(tables, kind, value) if kind else value


def _target(tables: Tables, kind: str, id: str) -> str:
    value = tables.target.get((kind, id))
    if value is None and kind == "person":
        # A target that cannot list its people has ids of them only; what people know is the address.
        return tables.addresses.get(id) or next((mail for mail, who in tables.emails.items() if who == id), id)
    return shown(value) if value is not None else id


def _text(text: str, *, html: bool) -> str:
    said = html_to_text(text) if html else text
    return said if len(said) <= MOST_TEXT else said[:MOST_TEXT] + " …"


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return _stamp(value) if isinstance(value, datetime) else str(value)


def _chosen(value: object, tables: Tables) -> str:
    words = value if isinstance(value, tuple) else (value,)
    return ", ".join(
        _target(tables, "custom_option", word) if isinstance(word, str) else _words(word) for word in words
    )


def _stamp(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _cut(fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value[:MOST_FIELD]) for name, value in fields if value)


def _some(said: Sequence[Said]) -> tuple[Said, ...]:
    if len(said) <= MOST_COMMENTS:
        return tuple(said)
    left = len(said) - MOST_COMMENTS
    return (*said[:MOST_COMMENTS], Said("", "", True, f"and {left} more"))


def _files(files: Sequence[File]) -> tuple[str, ...]:
    return tuple(file.name or f"file {file.id}" for file in files)
