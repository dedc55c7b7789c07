"""The mapping into a target that adopts lists: everything goes over as the source said it, but what a rule changes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from syncer.mapping.rules import FieldRule, Rules
from syncer.mapping.tables import Tables
from syncer.mapping.ticket import Limits, Mapper, Skipped
from syncer.model.draft import CommentDraft, Draft, Unmapped
from syncer.model.ticket import CustomValue, Ticket

OPTION = "custom_option"
_COUNTED = ("private_", "title_", "body_")
"""How losses begin that a rule can cause here; whatever has no place elsewhere has one in such a target."""


class Keeping(Mapper):
    """Ids stay ids, texts stay byte for byte what they were, times and authors stay; nobody needs a stand-in.

    Rules of `fields` change single fields, `skip` and `comments.private` hold as everywhere.
    """

    def __init__(self, rules: Rules, tables: Tables, limits: Limits, mark: str) -> None:
        fields = {name: field for name, field in limits.fields.items() if name in rules.fields}
        plain = rules.model_copy(update={"header": False})
        super().__init__(plain, tables, replace(limits, fields=fields), mark)
        self._ruled = frozenset(rules.fields)
        self._own_title = not _is_plain(rules.fields.get("title"), "title")
        self._own_body = not _is_plain(rules.fields.get("body"), "body")
        self._choices: dict[tuple[str, str], str | None] = {}
        for (kind, id), option in tables.source.items():
            if kind == OPTION and option.parent is not None:
                place = (option.parent, option.name)
                self._choices[place] = None if place in self._choices else id

    def map(self, ticket: Ticket) -> Draft | Unmapped | Skipped:
        """The draft, with what no rule names as it was; or what a rule leaves behind or could not fill."""
        draft = super().map(ticket)
        if not isinstance(draft, Draft):
            return draft
        fields = {name: value for name, value in _as_told(ticket, html=self._own_body) if name not in self._ruled}
        return replace(
            draft,
            title=draft.title if self._own_title else ticket.title,
            body=draft.body if self._own_body else ticket.body,
            fields=fields | {name: value for name, value in draft.fields.items() if name in self._ruled},
            losses=tuple(code for code in draft.losses if code.startswith(_COUNTED) or code.endswith("_defaulted")),
            comments=tuple(_said(ticket, draft)),
            tags=tuple(dict.fromkeys((*ticket.tags, *draft.tags))),
            cc=ticket.cc,
            custom={id: self._chosen(id, value) for id, value in ticket.custom.items()},
            times=ticket.times,
            links=ticket.links,
            rating=ticket.rating,
        )

    def _chosen(self, field: str, value: CustomValue) -> CustomValue:
        """Choices by their ids, as every target hears them; one that no list names is told by its label."""
        if not isinstance(value, tuple):
            return value
        return tuple(self._choices.get((field, label)) or label for label in value)


def _is_plain(rule: FieldRule | None, name: str) -> bool:
    """Whether a rule says no more than that the field comes from itself."""
    return rule is None or (rule.source == name and rule.default is None and not rule.do and rule.as_ is None)


def _as_told(ticket: Ticket, *, html: bool) -> Iterator[tuple[str, str]]:
    """Fields in the source's own words and ids. `html`: the text is HTML by now, whatever it was."""
    yield from ticket.values.items()
    people = {"requester": ticket.requester, "creator": ticket.creator, "assignee": ticket.assignee}
    yield from ((name, id) for name, id in people.items() if id)
    times = {"created_at": ticket.created_at, "updated_at": ticket.updated_at, "closed_at": ticket.closed_at}
    yield from ((name, at.isoformat()) for name, at in times.items() if at is not None)
    yield "number", ticket.number
    if ticket.url:
        yield "url", ticket.url
    yield "html", "true" if html or ticket.html else "false"


def _said(ticket: Ticket, draft: Draft) -> Iterator[CommentDraft]:
    """The comments that the rules let over."""
    told = {comment.id: comment for comment in ticket.comments}
    for one in draft.comments:
        comment = told[one.id]
        yield replace(
            one, author=comment.author, body=comment.body, solution=comment.solution, created_at=comment.created_at
        )
