"""What a target has no place for, told in the body: a head with the facts, the comments with author and time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime

from syncer.mapping.body import html_to_text, text_to_html
from syncer.mapping.custom_values import in_words
from syncer.mapping.rules import ATTRIBUTION_NAMES
from syncer.mapping.tables import Tables
from syncer.mapping.template import compile_template
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, CustomValue, Ticket

CUT_NOTE = "[The rest is in the attached file.]"
CUT_NOTE_DROPPED = "[The rest was too long and was left out.]"
HEAD = ("status", "priority")
"""Lists whose values a head tells in any case."""
_NOBODY = LookupValue(kind="person", id="", name="unknown")


def stamp(at: datetime | None) -> str:
    """A moment as it is written in texts: seconds, UTC."""
    return f"{str(at)[:19]} UTC" if at is not None else "an unknown time"


class Teller:
    """Writes heads and transcripts in the target's kind of text."""

    def __init__(self, tables: Tables, *, html: bool, attribution: str) -> None:
        self._tables = tables
        self.html = html
        self._named: dict[str | None, str] = {}
        self._attribution = compile_template(attribution, ATTRIBUTION_NAMES)
        self.text: Callable[[str, bool], str] = _into_html() if html else self._as_text

    @staticmethod
    def _as_text(body: str, is_html: bool) -> str:
        return html_to_text(body) if is_html else body

    def person(self, id: str | None) -> LookupValue:
        """Somebody of the source; a stand-in for whoever it does not know."""
        if id is None:
            return _NOBODY
        return self._tables.source.get(("person", id)) or LookupValue(kind="person", id=id, name=f"user {id}")

    def named(self, id: str | None) -> str:
        """Name and e-mail."""
        known = self._named.get(id)
        if known is None:
            person = self.person(id)
            known = f"{person.name} <{person.email}>" if person.email else person.name
            self._named[id] = known
        return known

    def same(self, one: str, other: str | None) -> bool:
        """Whether these are one person, by all the source tells: of some it tells the name alone."""
        if one == other or other is None:
            return one == other
        first, second = self.person(one), self.person(other)
        return not (first.email and second.email) and first.name == second.name

    def head(self, ticket: Ticket, full_title: str | None, opener: str | None = None) -> list[str]:
        """Lines of facts: what the ticket was before; `opener` is who opened it, where that has to be told."""
        lines = [full_title] if full_title else []
        lines.append(f"Request {ticket.number} {ticket.url}" if ticket.url else f"Request {ticket.number}")
        lines.append(f"Requester: {self.named(ticket.requester)}")
        if opener:
            lines.append(f"Opened by: {self.named(opener)}")
        if ticket.assignee:
            lines.append(f"Assigned to: {self.named(ticket.assignee)}")
        if facts := self.listed(ticket, HEAD):
            lines.append(facts)
        times = f"Created {stamp(ticket.created_at)}, changed {stamp(ticket.updated_at)}"
        lines.append(f"{times}, closed {stamp(ticket.closed_at)}" if ticket.closed_at else times)
        return lines

    def lost(self, ticket: Ticket, opener: str | None, losses: Container[str]) -> list[str]:
        """Lines of what of all that the target was not told, where it is told the rest."""
        lines = [f"Opened by: {self.named(opener)}"] if opener else []
        if "assignee_as_text" in losses:
            lines.append(f"Assigned to: {self.named(ticket.assignee)}")
        if "status_as_text" in losses:
            lines.append(self.listed(ticket, ("status",)))
        return lines

    def listed(self, ticket: Ticket, kinds: Iterable[str]) -> str:
        """What a ticket holds of these lists, in one line; empty where it holds nothing."""
        values = ticket.values
        return ", ".join(
            f"{kind.replace('_', ' ').capitalize()}: {self._tables.name(kind, values[kind])}"
            for kind in kinds
            if kind in values
        )

    def custom_lines(self, ticket: Ticket, carried: Container[str]) -> list[str]:
        """A line for each custom field that is not among these."""
        return [
            f"{self._tables.name('custom_field', id)}: {shown}"
            for id, value in ticket.custom.items()
            if id not in carried and (shown := self.custom(id, value))
        ]

    def custom(self, id: str, value: CustomValue) -> str:
        """A custom value in words; people by name."""
        field = self._tables.source.get(("custom_field", id))
        if field is not None and field.form in {"person", "people"}:
            return ", ".join(map(self.named, value if isinstance(value, tuple) else (str(value),)))
        return in_words(value)

    def comment(self, comment: Comment, is_html: bool) -> str:
        """One comment with who and when."""
        person = self.person(comment.author)
        said = self._attribution(
            {"author": person.name, "author_email": person.email or "", "created_at": stamp(comment.created_at)}
        )
        text = self.text(comment.body, is_html)
        return f"<p>{text_to_html(said)}</p>{text}" if self.html else f"{said}\n{text}"

    def join(self, head: Sequence[str], body: str, comments: Sequence[str]) -> str:
        """The whole body."""
        if self.html:
            top = "<p>" + "<br>".join(text_to_html(line) for line in head) + "</p>" if head else ""
            return top + body + "".join(f"<hr>{comment}" for comment in comments)
        parts = ["\n".join(head)] if head else []
        if body:
            parts.append(body)
        return "\n\n".join((*parts, *comments))


def _into_html() -> Callable[[str, bool], str]:
    # Few targets take HTML: who does not need the cleaner does not load it.
    from syncer.mapping.html_safe import safe_html

    return lambda body, is_html: safe_html(body) if is_html else text_to_html(body)


def split_at(text: str, most: int, note: str) -> tuple[str, str]:
    """The text cut before `most` characters, at a line's end where one is near, with the note; and the rest."""
    room = most - len(note) - 2
    cut = text.rfind("\n", max(0, room - 2000), room)
    if cut < room // 2:
        cut = room
    return f"{text[:cut].rstrip()}\n\n{note}", text[cut:].lstrip("\n")
