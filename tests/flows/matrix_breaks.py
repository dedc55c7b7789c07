"""Deliberate breaks of the engine and of desks, each with the complaint that is meant for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Capabilities, Download
from syncer.desks.motadata import desk as motadata
from syncer.desks.motadata.loading import Loading
from syncer.mapping import transcript
from syncer.mapping.comments import Comments, Sorted
from syncer.mapping.extras import Extras
from syncer.mapping.tables import Tables
from syncer.mapping.ticket import Mapper
from syncer.migrate import lookups
from syncer.model.draft import Draft
from syncer.model.ids import Key
from syncer.model.ticket import Ticket
from syncer.pipeline.files import Files
from syncer.pipeline.load import Load
from tests.flows.matrix_edits import AT

Break = Callable[[pytest.MonkeyPatch], None]


def _comments(change: Callable[[Sorted], None]) -> Break:
    def put(patch: pytest.MonkeyPatch) -> None:
        whole = Comments.sort

        def sort(self: Comments, ticket: Ticket, key: Key, losses: list[str]) -> Sorted:
            found = whole(self, ticket, key, losses)
            change(found)
            return found

        patch.setattr(Comments, "sort", sort)

    return put


def _reversed(found: Sorted) -> None:
    found.own.reverse()


def _opened(found: Sorted) -> None:
    found.own[:] = [replace(comment, public=True) for comment in found.own]


def _flipped(patch: pytest.MonkeyPatch) -> None:
    whole = Files.fetch

    async def fetch(self: Files, *what: Any) -> tuple[list[Download], list[str]]:
        files, lost = await whole(self, *what)
        return [_another(file) if file.content else file for file in files], lost

    patch.setattr(Files, "fetch", fetch)


def _another(file: Download) -> Download:
    content = file.content or b""
    return replace(file, content=bytes([content[0] ^ 1]) + content[1:])


def _twice(patch: pytest.MonkeyPatch) -> None:
    whole = Load._make

    async def make(self: Load, draft: Draft) -> Any:
        made = await whole(self, draft)
        if not draft.files:
            await self._target.create(draft, ())
        return made

    patch.setattr(Load, "_make", make)


def _crossed(patch: pytest.MonkeyPatch) -> None:
    whole = lookups.tables

    async def tables(*what: Any, **more: Any) -> Tables:
        found = await whole(*what, **more)
        decided = found.decided["priority", "priority"]
        decided.update(zip(decided, [*list(decided.values())[1:], *list(decided.values())[:1]], strict=True))
        return found

    patch.setattr(lookups, "tables", tables)


def _untagged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Extras, "_tags", lambda *what: ())


def _claims_less(patch: pytest.MonkeyPatch) -> None:
    """A desk that takes tags says that it takes none: they are told in the text, and counted."""
    whole = motadata.capabilities

    def capabilities(*what: Any) -> Capabilities:
        return replace(whole(*what), takes_tags=False)

    patch.setattr(motadata, "capabilities", capabilities)


def _nobody_works(patch: pytest.MonkeyPatch) -> None:
    """Assignees the target knows are left out; counted, and told in the text."""
    whole = Mapper._sides

    def sides(self: Mapper, ticket: Ticket, fields: dict[str, str], losses: list[str]) -> None:
        whole(self, ticket, fields, losses)
        if fields.pop("assignee", None):
            losses.append("assignee_as_text")

    patch.setattr(Mapper, "_sides", sides)


def _muted(patch: pytest.MonkeyPatch) -> None:
    """Public comments become notes although replies are wanted; each says that it was public, and is counted."""
    whole = Loading.__init__

    def begin(self: Loading, config: Any, *what: Any) -> None:
        whole(self, config.model_copy(update={"public_replies": False}), *what)

    patch.setattr(Loading, "__init__", begin)


def _cut_short(patch: pytest.MonkeyPatch) -> None:
    """Texts are cut that have room; the rest is attached, and counted."""
    whole = Mapper.__init__

    def begin(self: Mapper, rules: Any, tables: Any, limits: Any, mark: str) -> None:
        whole(self, rules, tables, replace(limits, max_body=1_000), mark)

    patch.setattr(Mapper, "__init__", begin)


def _nameless(patch: pytest.MonkeyPatch) -> None:
    """Whose ticket it was is told somewhere, and not beside its label."""
    whole = transcript.Teller.head

    def head(self: transcript.Teller, *what: Any) -> list[str]:
        lines = whole(self, *what)
        return [re.sub("^Requester: (.*)", r"Requester: somebody (\1)", line) for line in lines]

    patch.setattr(transcript.Teller, "head", head)


def _counted_twice(patch: pytest.MonkeyPatch) -> None:
    whole = Mapper._as_text

    def as_text(self: Mapper, ticket: Ticket, losses: list[str]) -> None:
        whole(self, ticket, losses)
        losses.append("times_as_text")

    patch.setattr(Mapper, "_as_text", as_text)


def _uncounted(patch: pytest.MonkeyPatch) -> None:
    whole = Comments._own
    patch.setattr(Comments, "_own", lambda self, ticket, comment, key, losses: whole(self, ticket, comment, key, []))


OF_THE_ENGINE: dict[str, tuple[Break, str]] = {
    "comments out of order": (_comments(_reversed), AT + r"comments \[.+\] instead of \[.+"),
    "private comments made public": (_comments(_opened), AT + "comment .+: it was private and is public"),
    "a byte of each file flipped": (_flipped, AT + "files .+ too many or missing"),
    "tickets made twice": (_twice, "nobody's ticket on the target: .+"),
    "a list mapped crosswise": (_crossed, AT + "priority '.+' instead of '.+'"),
    "tags lost without a loss": (_untagged, AT + r"tags \[\] instead of \[.+"),
    "a claim withdrawn": (_claims_less, AT + r"tags \[\] instead of \[.+"),
    "assignees left out": (_nobody_works, AT + "assignee None instead of .+"),
    "public comments as notes": (_muted, AT + "comment .+: it was public and is private"),
    "texts cut that have room": (_cut_short, AT + "its text was cut"),
    "a name beside another label": (_nameless, AT + "its requester is not told"),
    "a loss counted twice": (_counted_twice, r"the ledger says times_as_text 72 times, and it is 36"),
    "losses not counted": (_uncounted, r"the ledger says comment_time_as_text 0 times, and it is \d+"),
}
"""What goes wrong, and how the judge must tell it."""
