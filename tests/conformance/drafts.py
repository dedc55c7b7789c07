"""Drafts that fit a desk: values as a ticket of its own has them, for everything the desk claims to take."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.contract import Download
from syncer.deskkit.kept import KeptTicket
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import CustomValue, File
from tests.conformance.reading import Known
from tests.conformance.trial import Trial
from tests.conformance.words import levels

OCCURRED = 1_700_000_000
SAID = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


class Drafter:
    """Makes drafts for one desk. `Known` are its lists, `models` tickets of its own that are whole."""

    def __init__(self, trial: Trial, known: Known, models: Sequence[KeptTicket]) -> None:
        self.claims = trial.claims
        self.known = known
        self.models = models
        self._number = 0

    def draft(self, body: str = "It does not work.", *, title: str = "Printer 🖨 jams", **more: Any) -> Draft:
        """A draft with all required fields, in the words of the desk; `more` are parts of a Draft."""
        self._number += 1
        key = Key(f"CF-{self._number}")
        return Draft(
            **{
                "source_id": TicketId(str(self._number)),
                "version": Version("1"),
                "key": key,
                "title": self.marked(title, key),
                "body": self.text(body),
                "fields": self.fields(self.models[0]),
                **more,
            }
        )

    def marked(self, title: str, key: Key) -> str:
        """A title that carries the marker, where this is its place; as long as the desk takes it."""
        mark = f" [{key}]" if "title" in self.claims.marker_in else ""
        most = self.claims.max_title
        if most is None:
            return title + mark
        if self.claims.title_in_bytes:
            return title.encode()[: most - len(mark)].decode(errors="ignore") + mark
        return title[: most - len(mark)] + mark

    def text(self, words: str) -> str:
        """Words as a body or comment of this desk."""
        return f"<p>{escape(words, quote=False)}</p>" if self.claims.body == "html" else words

    def fields(self, model: KeptTicket) -> dict[str, str]:
        """A value for each field, as this ticket of the desk has it."""
        found = {
            name: self._value(name, field.lookup, model, required=field.required) or ""
            for name, field in self.claims.fields.items()
        }
        if "status" in self.claims.fields:
            found["status"] = self.status(StatusClass.OPEN) or found["status"]
        return {name: value for name, value in found.items() if value}

    def _value(self, name: str, kind: str | None, model: KeptTicket, *, required: bool) -> str | None:
        if kind == "person":
            return self.person(model.assignee if name == "assignee" else model.requester)
        if kind is not None:
            return self.id_of(kind, model.values.get(kind)) or (self.first(kind) if required else None)
        if name.endswith("_at"):
            return str(OCCURRED)
        return "1" if self.claims.fields[name].number else None

    def person(self, email: str | None) -> str:
        """Whom an e-mail means; somebody who is there where the desk lists no such person."""
        people = [one for one in self.known.values if one.kind == "person" and one.active and one.email]
        return next((one.id for one in people if (one.email or "").lower() == email), people[0].id)

    def id_of(self, kind: str, name: str | None) -> str | None:
        """The entry that is shown so."""
        wanted = levels(name or "")
        return next((one.id for one in self._active(kind) if self.known.shown(kind, one.id) == wanted), None)

    def first(self, kind: str) -> str:
        """Any entry."""
        return next(self._active(kind)).id

    def status(self, meaning: StatusClass) -> str | None:
        """A status that means this; None where the desk has none."""
        return next((one.id for one in self._active("status") if one.status_class == meaning), None)

    def _active(self, kind: str) -> Iterator[LookupValue]:
        return (one for one in self.known.values if one.kind == kind and one.active)

    def comment(
        self, number: int, *, public: bool, author: str | None = None, files: Sequence[File] = ()
    ) -> CommentDraft:
        """Something said on the next draft, in words that are in no other text."""
        return CommentDraft(
            id=str(number),
            key=Key(f"CF-{self._number + 1}-c{number}"),
            author=author if self.claims.keeps_authors else None,
            body=self.text(words_of(number)),
            public=public,
            files=tuple(files),
            created_at=said_at(number),
        )

    def custom(self, model: KeptTicket) -> dict[str, tuple[str, CustomValue]]:
        """Each additional field that this ticket of the desk holds: its name, and what to draft for the same."""
        found = {}
        for name, words in model.custom.items():
            fields = [one for one in self._active("custom_field") if one.name == name]
            # Where each type of ticket has fields of its own, those of another are none of this one's.
            own = [one for one in fields if one.path[:1] == (model.values.get("type"),)] or fields
            for field in own[:1]:
                found[field.id] = (name, self._custom(field, words))
        return found

    def _custom(self, field: LookupValue, words: tuple[str, ...]) -> CustomValue:
        if field.form in {"choice", "choices"}:
            options = [one for one in self._active("custom_option") if one.parent == field.id and one.name in words]
            chosen = tuple(one.id for one in options)
            return chosen[0] if field.form == "choice" else chosen
        if field.form in {"person", "people"}:
            people = tuple(map(self.person, words))
            return people[0] if field.form == "person" else people
        return _PLAIN[field.form or "text"](words[0])


_PLAIN: Mapping[str, Callable[[str], CustomValue]] = {
    "text": str,
    "number": float,
    "bool": lambda word: word == "yes",
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def said_at(number: int) -> datetime:
    """When comment `number` was said."""
    return SAID + timedelta(hours=number)


def words_of(number: int) -> str:
    """What comment `number` says."""
    return f"told {number} times, שלום 🙏 & so on"


class Sent(Struct, frozen=True):
    """A file of the source: what a draft names it by, and how it comes."""

    file: File
    download: Download

    @property
    def named(self) -> tuple[str, str]:
        """Its name and the SHA-256 of its bytes."""
        content = self.download.content
        if content is None:
            assert self.download.path is not None
            content = self.download.path.read_bytes()
        return self.download.name, hashlib.sha256(content).hexdigest()


def file(number: int, name: str, content: bytes, kind: str = "application/octet-stream") -> Sent:
    """A small file."""
    return Sent(File(str(number)), Download(name, kind, len(content), content=content))


async def drafter(trial: Trial) -> Drafter:
    """For a desk that has tickets of its own."""
    known = Known([value async for value in trial.desk.lookups()])
    emails = {(one.email or "").lower() for one in known.values if one.kind == "person" and one.active}
    models = [one for one in trial.kept().values() if one.assignee in emails and one.requester is not None]
    assert models, "no ticket of the desk has an assignee its list of people knows"
    return Drafter(trial, known, sorted(models, key=lambda one: -len(one.values)))


def with_fields(draft: Draft, **fields: str) -> Draft:
    """The draft with other fields."""
    return replace(draft, fields=draft.fields | fields)
