"""A ticket of the target beside the draft of what it should be, field by field. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec
from msgspec import Struct

from syncer.deskkit.contract import Capabilities
from syncer.mapping.tables import Tables
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ticket import Comment, CustomValue, Ticket
from syncer.verify import excused
from syncer.verify.texts import SHOWN, apart, broken, plain, says
from syncer.verify.verdict import Check, Verdict

PEOPLE: Mapping[str, Callable[[Ticket], str | None]] = {
    "requester": lambda ticket: ticket.requester,
    "creator": lambda ticket: ticket.creator,
    "assignee": lambda ticket: ticket.assignee,
}
TIMES: Mapping[str, Callable[[Ticket], datetime | None]] = {
    "created_at": lambda ticket: ticket.created_at,
    "updated_at": lambda ticket: ticket.updated_at,
    "closed_at": lambda ticket: ticket.closed_at,
}


UNEXCUSED = frozenset({"title", "body"})


class Pair(Struct, frozen=True):
    """What should be, and what is there; `losses` are those that were counted when it was written, each with how often,
    `files` the hashes of both sides' files, in any order."""

    draft: Draft
    ticket: Ticket
    losses: Mapping[str, int]
    files: tuple[Sequence[str], Sequence[str]]


class Compared(Struct, frozen=True):
    """What differs, what does not, and a hash of all that was looked at."""

    checks: tuple[Check, ...]
    equal: tuple[str, ...]
    print: str
    more: str
    """What the ticket holds that nobody has brought, in words; empty for nothing."""


def image_of(ticket: Ticket, files: Sequence[str]) -> str:
    """A hash of all that a desk shows of a ticket, and of these hashes of files."""
    return hashlib.sha256(msgspec.msgpack.encode((ticket, sorted(files)), enc_hook=str)).hexdigest()


class Comparing:
    """For one target. What it does not show when it is read is not compared, and named in `unseen`."""

    def __init__(self, facts: Capabilities, tables: Tables) -> None:
        self._facts = facts
        self._tables = tables
        self._html = facts.body == "html"
        self.unseen: set[str] = set()

    def compare(self, pair: Pair) -> Compared:
        """Every field of the draft, and what the ticket holds besides."""
        found = list(self._all(pair))
        wrong = tuple(_judged(one, pair) for one in found if one.verdict != Verdict.EQUAL)
        equal = tuple(one.field for one in found if one.verdict == Verdict.EQUAL)
        more = len(pair.ticket.comments) - len(pair.draft.comments)
        said = f"{more} more said than was brought" if more > 0 else ""
        return Compared(wrong, equal, image_of(pair.ticket, pair.files[1]), said)

    def _all(self, pair: Pair) -> Iterator[Check]:
        draft, ticket = pair.draft, pair.ticket
        yield self._text("title", draft.title, ticket.title, html=False)
        yield self._text("body", draft.body, ticket.body, html=ticket.html)
        for name, value in draft.fields.items():
            yield from self._field(name, value, ticket)
        for id, wanted in draft.custom.items():
            there = next((one for one in self._called_so(id) if one in ticket.custom), None)
            found = self._words(there, ticket.custom[there]) if there is not None else ()
            yield _bag(f"custom.{id}", self._words(id, wanted), found)
        if draft.tags:
            yield _set("tags", draft.tags, ticket.tags)
        if draft.cc:
            yield _set("cc", draft.cc, ticket.cc)
        yield from self._comments(draft.comments, ticket.comments, ticket.html)
        yield _bag("files", *pair.files)

    def _text(self, field: str, expected: str, found: str, *, html: bool) -> Check:
        wanted, there = plain(expected, html=self._html and field != "title"), plain(found, html=html)
        if says(wanted, there) or (html and not self._html and says(wanted, broken(found))):
            return Check(field=field, verdict=Verdict.EQUAL)
        before, after = apart(wanted, there)
        return Check(field=field, verdict=Verdict.DIFFERS, expected=before, found=after)

    def _field(self, name: str, value: str, ticket: Ticket) -> Iterator[Check]:
        field = self._facts.fields.get(name)
        kind = field.lookup if field is not None else None
        if name in PEOPLE:
            yield _same(name, value, PEOPLE[name](ticket) or "")
        elif name in TIMES:
            at = TIMES[name](ticket)
            if self._facts.keeps_times:
                yield _same(name, _moment(value), at.astimezone(UTC).isoformat(timespec="seconds") if at else "")
            else:
                self.unseen.add(name)
        elif kind is not None and kind in ticket.values:
            yield _same(name, self._shown(kind, value), self._shown(kind, ticket.values[kind]))
        elif kind is not None and kind in self._facts.lookup_kinds and kind != "person":
            yield _same(name, self._shown(kind, value), "")
        else:
            self.unseen.add(name)

    def _shown(self, kind: str, id: str) -> str:
        value = self._tables.target.get((kind, id))
        return value.name if value is not None else id

    def _called_so(self, id: str) -> tuple[str, ...]:
        """The field, and those of its name: each type of ticket may have a field of its own."""
        field = self._tables.target.get(("custom_field", id))
        if field is None:
            return (id,)
        others = (v.id for (kind, _), v in self._tables.target.items() if kind == "custom_field")
        named = self._tables.target
        return (id, *(one for one in others if named["custom_field", one].name == field.name))

    def _words(self, field: str, value: CustomValue) -> tuple[str, ...]:
        """As people see it: choices by their names, whether told by id or by name."""
        words = value if isinstance(value, tuple) else (value,)
        return tuple(self._word(field, word) for word in words)

    def _word(self, field: str, word: object) -> str:
        option = self._tables.target.get(("custom_option", str(word)))
        if option is not None and option.parent == field:
            return plain(option.name, html=False)
        if isinstance(word, datetime):
            return word.astimezone(UTC).isoformat()
        if isinstance(word, date):
            return word.isoformat()
        if isinstance(word, float) and word.is_integer():
            return str(int(word))
        return plain(str(word), html=False)

    def _comments(self, wanted: Sequence[CommentDraft], there: Sequence[Comment], html: bool) -> Iterator[Check]:
        """Each that should be there, once and in its order; no more public than it was."""
        left = [(plain(one.body, html=html), one) for one in there]
        at = 0
        for number, one in enumerate(wanted, 1):
            field, text = f"comment {number}", plain(one.body, html=self._html)
            hits = [
                n
                for n, (said, there_) in enumerate(left)
                if says(text, said) or (html and not self._html and says(text, broken(there_.body)))
            ]
            later = [n for n in hits if n >= at]
            if not hits:
                before, after = apart(text, left[at][0]) if at < len(left) else (text[:SHOWN], "")
                yield Check(field=field, verdict=Verdict.DIFFERS, expected=before, found=after)
                continue
            hit = later[0] if later else hits[0]
            found = left[hit][1]
            if not later:
                yield Check(field=field, verdict=Verdict.DIFFERS, expected=f"at place {number}", found="before others")
            elif found.public != one.public:
                words = ("private", "public")
                yield Check(field=field, verdict=Verdict.DIFFERS, expected=words[one.public], found=words[found.public])
            else:
                yield Check(field=field, verdict=Verdict.EQUAL)
            at = max(at, hit + 1)
        if len(there) > len(wanted):
            self.unseen.add("comments that came later")


def _moment(value: str) -> str:
    """A moment as drafts have it, in seconds of the epoch or by ISO 8601."""
    at = datetime.fromtimestamp(int(value), UTC) if value.isdigit() else datetime.fromisoformat(value)
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _judged(check: Check, pair: Pair) -> Check:
    """As it is, or explained by a loss that was counted."""
    if check.field in UNEXCUSED:
        return check
    if check.field == "files":
        missing, others = _apart(*pair.files)
        loss = excused.of_files(len(missing), len(others), pair.losses)
    elif check.field.startswith("comment "):
        loss = excused.of_visibility(check.expected, check.found, pair.losses)
    else:
        loss = excused.of_value(check.field, pair.losses)
    return msgspec.structs.replace(check, verdict=Verdict.EXPECTED_LOSS, loss=loss) if loss else check


def _same(field: str, wanted: str, there: str) -> Check:
    if wanted == there:
        return Check(field=field, verdict=Verdict.EQUAL)
    return Check(field=field, verdict=Verdict.DIFFERS, expected=wanted[:SHOWN], found=there[:SHOWN])


def _set(field: str, wanted: Collection[str], there: Collection[str]) -> Check:
    """All that should be there; a person may have added more."""
    lost = sorted(set(wanted) - set(there))
    if not lost:
        return Check(field=field, verdict=Verdict.EQUAL)
    return Check(field=field, verdict=Verdict.DIFFERS, expected=", ".join(lost)[:SHOWN], found="not there")


def _bag(field: str, wanted: Sequence[str], there: Sequence[str]) -> Check:
    """The same ones, each as often."""
    if sorted(wanted) == sorted(there):
        return Check(field=field, verdict=Verdict.EQUAL)
    lost, more = _apart(wanted, there)
    return Check(field=field, verdict=Verdict.DIFFERS, expected=", ".join(lost)[:SHOWN], found=", ".join(more)[:SHOWN])


def _apart(wanted: Sequence[str], there: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that are not there, and those that are there instead."""
    lost, more = Counter(wanted), Counter(there)
    return list((lost - more).elements()), list((more - lost).elements())
