"""Truth: a capability that is claimed is put to the test; what is not claimed is never dropped in silence."""

from __future__ import annotations

import importlib
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from syncer.bootstrap import limits
from syncer.deskkit.contract import Capabilities, Unreadable
from syncer.deskkit.kept import KeptComment, KeptTicket
from syncer.mapping.rules import Rules
from syncer.mapping.tables import Tables, indexed
from syncer.mapping.ticket import Mapper
from syncer.model.draft import Draft
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, Rating, Ticket, TicketLink, TimeEntry
from tests.conformance.asked import can, claims, desks, lacking
from tests.conformance.drafts import Drafter, drafter, file
from tests.conformance.driving import bring
from tests.conformance.promised import CLAIMS, in_words, is_written, promises
from tests.conformance.reading import fetched
from tests.conformance.trial import on_trial
from tests.conformance.words import seen, squeezed

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
    "title_in_bytes": "test_writing.test_texts_are_kept_whole",
    "max_body": "test_writing.test_texts_are_kept_whole",
    "body": "test_writing.test_texts_are_kept_whole",
    "takes_times": "test_writing.test_work_is_kept",
    "takes_links": "test_writing.test_links_between_two_tickets_are_kept",
    "takes_people": "test_writing.test_somebody_who_asks_for_help_is_made_once",
    "keeps_links": "test_writing.test_links_are_kept_by_the_ids_of_the_source",
    "keeps_rating": "test_writing.test_a_rating_is_kept",
    "keeps_times": "test_writing.test_each_field_is_kept",
    "adopts_lists": "test_writing.test_lists_of_the_source_become_its_own",
    "takes_changes": "test_changing.test_a_ticket_is_changed_where_it_is_asked_and_nowhere_else",
    "takes_back": "test_changing.test_a_ticket_is_taken_away_and_no_other",
    "remote": "test_errors.test_a_check_says_what_is_wrong",
}
# What a desk demands or warns of: to claim it makes nothing easier for it.
DEMANDS = frozenset({"needs_body", "mails", "max_file", "shows_private_files"})


@desks()
async def test_a_desk_claims_what_its_contract_lets_it_and_no_less(kind: str) -> None:
    """Before it is logged in and after. What it does not claim is asked by no other test."""
    assert is_written(kind), f"write down in {CLAIMS}, beside its README.md, what its API contract lets {kind} do"
    async with on_trial(kind) as trial:
        for facts in (claims(kind), trial.claims):
            assert in_words(facts) == promises(kind).claims()


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
        assert {value.kind for value in values} == promises(kind).lists
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
WORK = (TimeEntry("1", "301", AT, 1500, "Swapped it"), TimeEntry("2", "302", AT, 60))
LINKS = (TicketLink(TicketId("77"), "child"), TicketLink(TicketId("78")))
TICKET = Ticket(
    id=TicketId("4711"), number="#4711", title="Printer is down", body="<p>It burns</p>", html=True, values={},
    requester="301", creator="301", assignee=None, created_at=AT, updated_at=AT, closed_at=None, version=Version("v1"),
)  # fmt: skip


class Part(Struct, frozen=True):
    """Something a ticket holds, which has no place where none of `places` is claimed.

    `lost` is what is counted then, and how often; `besides` what may be counted for another reason. `told` are words
    that stand in the text, `secret` some that do not. `with_` is claimed, or there is no question of it.
    """

    places: tuple[str, ...]
    holds: dict[str, Any]
    lost: dict[str, int]
    told: tuple[str, ...] = ()
    secret: str = ""
    besides: frozenset[str] = frozenset()
    with_: str = "writes"


def _said(words: str, *, public: bool) -> dict[str, Any]:
    return {"comments": (Comment("1", "301", AT, f"<p>{words}</p>", public=public),)}


_NOON = "2024-02-29 12:00:00 UTC"
_TITLE = f"Printer 🔥 {'is down again ' * 30}since noon"
PARTS = {
    "the end of a title": Part((), {"title": _TITLE}, {"title_cut": 1}, (_TITLE,), with_="max_title"),
    "comments": Part(
        ("takes_comments",), _said("To all", public=True), {"comment_as_text": 1}, ("To all", "Mia Muster", _NOON)
    ),
    "authors": Part(
        ("keeps_authors",), _said("To all", public=True), {"comment_author_as_text": 1}, ("To all", "Mia Muster"),
        besides=frozenset({"comment_time_as_text"}), with_="takes_comments",
    ),
    "times": Part(
        ("keeps_times",), _said("To all", public=True), {"comment_time_as_text": 1}, ("To all", _NOON),
        besides=frozenset({"comment_author_as_text"}), with_="takes_comments",
    ),
    "private notes": Part(
        ("keeps_private",), _said("Among us", public=False), {"private_note_withheld": 1}, secret="Among us"
    ),
    "files": Part(("takes_files",), {"files": (FILE.file,)}, {"file_not_taken": 1}, ("log.txt",)),
    "tags": Part(("takes_tags",), {"tags": ("vpn-broken", "größer")}, {"tags_as_text": 1}, ("vpn-broken", "größer")),
    "people told": Part(("takes_cc",), {"cc": ("302",)}, {"cc_as_text": 1}, ("Otto Observer <otto@acme.example>",)),
    "custom fields": Part(
        ("takes_custom",), {"custom": {"72": "NB-9314"}}, {"custom_fields_as_text": 1}, ("Asset tag: NB-9314",)
    ),
    "work": Part(
        ("takes_times",), {"times": WORK}, {"time_entry_as_text": 2},
        ("25 min, Mia Muster", "Swapped it", "1 min, Otto Observer"),
    ),
    "links": Part(
        ("takes_links", "keeps_links"), {"links": LINKS}, {"link_as_text": 2}, ("child 77", "related 78")
    ),
    "rating": Part(
        ("keeps_rating",), {"rating": Rating(4, words="very quick")}, {"rating_as_text": 1}, ("4 of 5: very quick",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@desks("writes")
async def test_what_is_not_taken_is_told_and_counted(kind: str, part: str) -> None:
    """On the whole way from a ticket to the desk: counted as what it is, once for each; told word by word in what the
    desk holds and in what is read back; and a secret nowhere but with us. A desk that has a place for it is written to
    as if it were set up without."""
    held = PARTS[part]
    if not can(kind, held.with_):
        lacking(held.with_)
    if can(kind, "adopts_lists"):  # whoever takes everything as it is has no such set-up
        lacking("adopts_lists")
    if part == "files" and can(kind, "takes_files"):  # which only the connector could leave behind
        lacking("takes_files")
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        made.claims = replace(made.claims, **dict.fromkeys(held.places, False))
        bare = _mapped(made, replace(TICKET, id=TicketId("4712")))
        usual = Counter((*bare.losses, *(await bring(trial, bare)).losses))
        draft = _mapped(made, replace(TICKET, **held.holds))
        brought = await bring(trial, draft, [FILE])
        kept = trial.kept()[brought.id]
        there: list[KeptTicket | Ticket | Unreadable] = [kept]
        if trial.claims.reads:
            there += await fetched(trial, [brought.id])
    counted = Counter((*draft.losses, *brought.losses)) - usual
    assert {code: times for code, times in counted.items() if code not in held.besides} == held.lost
    for text in (_text(one, html=trial.claims.body == "html") for one in there):
        assert not [words for words in held.told if squeezed(words) not in text], "it is counted, and told nowhere"
        assert not held.secret or squeezed(held.secret) not in text, "what was private is told to everybody"
    assert [seen(note.body) for note in draft.withheld] == [seen(held.secret)] * bool(held.secret)
    assert not _in_its_place(kept, part), "it is taken, although this is not claimed"


def _text(there: KeptTicket | Ticket | Unreadable, *, html: bool) -> str:
    """All that one sees of it, comments too, without white space. `html`: what it holds is HTML."""
    assert not isinstance(there, Unreadable)
    said = [one.text if isinstance(one, KeptComment) else one.body for one in there.comments]
    is_html = there.html if isinstance(there, Ticket) else html
    return (seen if is_html else squeezed)("\n".join((there.body, *said)))


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
    return {
        "files": bool(kept.files),
        "tags": "vpn-broken" in kept.tags,
        "people told": bool(kept.cc),
        "custom fields": any("NB-9314" in values for values in kept.custom.values()),
        "work": bool(kept.times),
        "links": bool(kept.links),
        "rating": kept.rating is not None,
    }.get(part, False)
