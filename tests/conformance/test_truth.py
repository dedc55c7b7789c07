"""Truth: a capability that is claimed is put to the test; what is not claimed is never dropped in silence."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct

from syncer.bootstrap import limits
from syncer.deskkit.contract import Capabilities
from syncer.deskkit.kept import KeptTicket
from syncer.mapping.rules import Rules
from syncer.mapping.tables import Tables, indexed
from syncer.mapping.ticket import Mapper
from syncer.model.draft import Draft
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, Ticket, TimeEntry
from tests.conformance.asked import claims, desks, lacking
from tests.conformance.drafts import Drafter, drafter, file
from tests.conformance.driving import bring
from tests.conformance.trial import on_trial
from tests.conformance.words import seen

# By which test one sees that a claim is true. What says "no" is said by its silence below.
SHOWN_BY: dict[str, str] = {
    "reads": "test_reading.test_the_first_pass_sees_every_ticket",
    "writes": "test_writing.test_a_yes_means_that_it_was_done",
    "fetch_batch": "test_reading.test_a_ticket_reads_as_the_desk_keeps_it",
    "lookup_kinds": "test_truth.test_lists_are_of_the_kinds_that_are_claimed",
    "fields": "test_writing.test_each_field_is_kept",
    "marker_in": "test_twice.test_one_key_makes_one_ticket_when_the_answer_is_lost",
    "finds_by_key": "test_twice.test_one_key_makes_one_ticket_when_the_answer_is_lost",
    "takes_comments": "test_writing.test_comments_are_kept_in_order_and_no_more_public_than_they_were",
    "keeps_private": "test_writing.test_comments_are_kept_in_order_and_no_more_public_than_they_were",
    "keeps_authors": "test_writing.test_comments_are_kept_in_order_and_no_more_public_than_they_were",
    "takes_files": "test_writing.test_files_are_kept_byte_for_byte",
    "takes_tags": "test_writing.test_tags_are_kept",
    "takes_cc": "test_writing.test_people_who_are_told_are_kept",
    "takes_custom": "test_writing.test_additional_fields_are_kept",
    "keeps_status": "test_writing.test_a_ticket_ends_in_its_status",
    "max_title": "test_writing.test_texts_are_kept_whole",
    "max_body": "test_writing.test_texts_are_kept_whole",
    "body": "test_writing.test_texts_are_kept_whole",
    "takes_times": "test_writing.test_work_is_kept",
    "takes_links": "test_writing.test_links_between_two_tickets_are_kept",
    "takes_people": "test_writing.test_somebody_who_asks_for_help_is_made_once",
    "keeps_links": "test_writing.test_links_are_kept_by_the_ids_of_the_source",
    "keeps_rating": "test_writing.test_a_rating_is_kept",
    "keeps_times": "test_writing.test_each_field_is_kept",
    "adopts_lists": "test_writing.test_lists_of_the_source_become_its_own",
    "remote": "test_errors.test_a_check_says_what_is_wrong",
}
# What a desk demands or warns of: to claim it makes nothing easier for it.
DEMANDS = frozenset({"needs_body", "notifies"})


@desks()
def test_every_claim_is_shown_to_be_true(kind: str) -> None:
    claimed = [name for name in Capabilities.__struct_fields__ if name not in DEMANDS and getattr(claims(kind), name)]
    assert not [name for name in claimed if name not in SHOWN_BY], "no test of this suite shows them"
    for name in claimed:
        module, _, test = SHOWN_BY[name].partition(".")
        assert callable(getattr(importlib.import_module(f"tests.conformance.{module}"), test))


@desks()
def test_a_desk_can_be_read_or_written_or_both(kind: str) -> None:
    assert claims(kind).reads or claims(kind).writes
    assert not claims(kind).writes or claims(kind).fields
    assert not claims(kind).finds_by_key or claims(kind).marker_in


@desks()
async def test_lists_are_of_the_kinds_that_are_claimed(kind: str) -> None:
    async with on_trial(kind) as trial:
        values = [value async for value in trial.desk.lookups()]
        assert len({(value.kind, value.id) for value in values}) == len(values), "an entry came twice"
        assert {value.kind for value in values} <= set(trial.claims.lookup_kinds)
        if not trial.claims.adopts_lists:  # else those count that it is given
            listed = {field.lookup for field in trial.claims.fields.values()} - {None}
            assert listed <= set(trial.claims.lookup_kinds)
            assert listed <= {value.kind for value in values}, "fields take values of lists that have none"


# --- what is not claimed

AT = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
SOURCE = [
    LookupValue("person", "301", "Mia Muster", email="mia@acme.example"),
    LookupValue("person", "302", "Otto Observer", email="otto@acme.example"),
    LookupValue("custom_field", "72", "Asset tag", form="text"),
]
FILE = file(1, "log.txt", b"what went wrong")
TICKET = Ticket(
    id=TicketId("4711"), number="#4711", title="Printer is down", body="<p>It burns</p>", html=True, values={},
    requester="301", creator="301", assignee=None, created_at=AT, updated_at=AT, closed_at=None, version=Version("v1"),
)  # fmt: skip


class Part(Struct, frozen=True):
    """Something a ticket holds: what it is made of, the word by which its loss is counted, and how it reads."""

    holds: dict[str, Any]
    counted_as: str
    words: str = ""
    secret: bool = False


def _said(words: str, *, public: bool) -> dict[str, Any]:
    return {"comments": (Comment("1", "301", AT, f"<p>{words}</p>", public=public),)}


PARTS = {
    "takes_comments": Part(_said("Said to everybody", public=True), "comment", "Said to everybody"),
    "keeps_private": Part(_said("Said among us", public=False), "private", "Said among us", secret=True),
    "takes_files": Part({"files": (FILE.file,)}, "file", "log.txt"),
    "takes_tags": Part({"tags": ("vpn-broken",)}, "tags", "vpn-broken"),
    "takes_cc": Part({"cc": ("302",)}, "cc", "Otto Observer"),
    "takes_custom": Part({"custom": {"72": "NB-9314"}}, "custom", "NB-9314"),
    "takes_times": Part({"times": (TimeEntry("1", "301", AT, 1500, "Swapped it"),)}, "time_entry", "Swapped it"),
}


@pytest.mark.parametrize("part", PARTS)
@desks("writes")
async def test_what_is_not_taken_is_told_or_counted(kind: str, part: str) -> None:
    """On the whole way from a ticket to the desk: in its place, or counted; and a secret nowhere but with us."""
    if getattr(claims(kind), part):
        lacking(part)
    held = PARTS[part]
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        draft = _mapped(made, Ticket(**{name: getattr(TICKET, name) for name in TICKET.__struct_fields__} | held.holds))
        brought = await bring(trial, draft, [FILE])
        kept = trial.kept()[brought.id]
    counted = [loss for loss in (*draft.losses, *brought.losses) if held.counted_as in loss]
    shown = seen(held.words) in seen(" ".join((kept.body, *(comment.text for comment in kept.comments))))
    if held.secret:
        assert not shown, "what was private is told to everybody"
        assert [note.body for note in draft.withheld]
        assert counted
    else:
        assert counted or shown, "it is gone, and nobody says so"
    assert not _in_its_place(kept, part), "it is taken, although this is not claimed"


def _mapped(made: Drafter, ticket: Ticket) -> Draft:
    """The draft that the engine makes of it for such a desk."""
    wanted = made.fields(made.models[0])
    wanted.setdefault("requester", made.person(made.models[0].requester))
    rules = Rules.model_validate(
        {
            "fields": {name: {"value": value} for name, value in wanted.items() if name != "requester"},
            "people": {"missing": "fallback", "fallback": wanted["requester"]},
            "comments": {"private": "keep"},
        }
    )
    tables = Tables(
        decided={}, defaulted={}, source=indexed(SOURCE), target=indexed(made.known.values),
        people={"301": wanted["requester"]},
    )  # fmt: skip
    draft = Mapper(rules, tables, limits(made.claims), "CF").map(ticket)
    assert isinstance(draft, Draft), draft
    return draft


def _in_its_place(kept: KeptTicket, part: str) -> bool:
    match part:
        case "takes_files":
            return bool(kept.files)
        case "takes_tags":
            return "vpn-broken" in kept.tags
        case "takes_cc":
            return bool(kept.cc)
    return False
