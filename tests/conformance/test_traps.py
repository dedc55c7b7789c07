"""Traps: what real desks taught. One that says yes and does nothing, one that searches for something else, one that
shows nothing: none of them makes a connector say what is not so.

Which rule answers which trap, where it lives and which test shows it: docs/traps.md.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from yarl import URL

from syncer.deskkit import registry
from syncer.deskkit.contract import Unreadable, Written
from syncer.errors import SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass
from tests.conformance.asked import desks, lacking
from tests.conformance.breaks import passed_on
from tests.conformance.drafts import Drafter, drafter, with_fields
from tests.conformance.driving import bring, create, steps_of, take
from tests.conformance.promised import is_written, promises
from tests.conformance.reading import fetched
from tests.conformance.trial import SMALL_PAGES, Answer, Through, Trial, on_trial

SMALL: dict[str, Any] = {**SMALL_PAGES}
SENT, KEPT = "zz-sent-4711", "zz-kept-4711"


def instead(said: str, other: str) -> Through:
    """Between connector and desk one word becomes another of the same length, wherever it stands in a request."""
    assert len(said) == len(other)

    async def changed(request: web.Request, answer: Answer) -> web.StreamResponse:
        body = await request.read()
        request._read_bytes = None
        turned = request.clone(rel_url=URL(str(request.rel_url).replace(said, other), encoded=True))
        turned._read_bytes = body.replace(said.encode(), other.encode())
        return await answer(turned)

    return changed


# --- a yes that means less than it says


def _reading_back(what: str) -> pytest.MarkDecorator:
    """Runs the test for each `kind` whose folder promises it."""
    return pytest.mark.parametrize(
        "kind", [kind for kind in registry.kinds() if is_written(kind) and what in promises(kind).reads_back]
    )


@_reading_back("values")
async def test_a_value_that_the_desk_did_not_keep_is_counted_although_it_said_yes(kind: str) -> None:
    """Read back after writing: a field that is ignored, filtered or changed on the way is no success."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        usual = (await bring(trial, _with_text(made, SENT))).losses
        trial.through = instead(SENT, KEPT)
        draft = _with_text(made, SENT)
        try:
            brought = await bring(trial, draft)
        except SyncerError:
            return  # said aloud: the ticket is parked, with its reason
    there = [value for values in trial.kept()[brought.id].custom.values() for value in values]
    assert SENT not in there, "the desk kept it, and nothing was shown"
    assert Counter(brought.losses) - Counter(usual), "it is not there, and nobody is told"


def _with_text(made: Drafter, word: str) -> Draft:
    """A draft with a word of its own in a free text."""
    forms = {one.id: one.form for one in made.known.values if one.kind == "custom_field"}
    for model in made.models:
        for id in made.custom(model):
            if forms[id] == "text":
                return made.draft(fields=made.fields(model), custom={id: word})
    return lacking("takes_custom")


@_reading_back("marker")
async def test_a_marker_that_the_desk_did_not_keep_is_written_again_or_told(kind: str) -> None:
    """Without it no answer that is lost could be looked for: that nobody must find out by a double."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        usual = (await bring(trial, made.draft())).losses
        draft = made.draft()
        try:
            there = await _therewithout(trial, draft)
            losses = [*there.losses]
            for step in steps_of(trial, draft):
                losses += (await take(trial, there.id, draft, step, {})).losses
            found = await trial.target.find([draft.key], None)
        except SyncerError:
            return
    told = Counter(losses) - Counter(usual)
    assert found == {draft.key: there.id} or told, "its marker is not there, and nobody is told"


async def _therewithout(trial: Trial, draft: Draft) -> Written:
    trial.through = instead(draft.key, f"QQ{draft.key[2:]}")
    try:
        return await create(trial, draft, {})
    finally:
        trial.through = passed_on


# --- words that do more than they say


@pytest.mark.parametrize("kind", [kind for kind in registry.kinds() if is_written(kind) and promises(kind).spares])
async def test_whoever_asked_for_help_is_mailed_nothing(kind: str) -> None:
    """Not of the ticket, not of what was said to them, not of its end: their help came long ago."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        before, closed = len(trial.emulator.state()["mails"]), made.status(StatusClass.CLOSED)
        assert closed is not None
        draft = with_fields(made.draft(fields=made.fields(made.models[0]), comments=(made.comment(1, public=True),)),
                            status=closed)  # fmt: skip
        kept = (await bring(trial, draft)).id
        asked = trial.kept()[kept].requester
        assert asked is not None
        mailed = str(trial.emulator.state()["mails"][before:]).lower()
    assert asked not in mailed


# --- a search for something else


@desks("writes", "finds_by_key", "remote")
async def test_a_search_that_looks_for_something_else_finds_nothing(kind: str) -> None:
    """Each hit is compared with what was asked: a desk that ignores a condition, or minds no capitals, answers with
    tickets of others."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        there = made.draft()
        id = (await bring(trial, there)).id
        wanted = Key(f"QQ{there.key[2:]}")
        assert await trial.target.find([there.key], None) == {there.key: id}
        trial.through = instead(wanted, there.key)
        try:
            found = await trial.target.find([wanted], None)
        except SyncerError:
            return  # a desk that cannot be asked is no desk without the ticket
    assert found == {}


# --- a list that shows nothing


@desks("reads", "remote")
async def test_a_desk_that_shows_nothing_any_more_has_changed_nothing(kind: str) -> None:
    """A list that is empty is no list of deletions, and moves no cursor back. That nothing came at all a run tells."""
    async with on_trial(kind, **SMALL) as trial:
        ids = [TicketId(id) for id in trial.kept()]
        cursor = [page.cursor async for page in trial.source.scan() if page.cursor][-1]
        assert cursor is not None
        trial.becomes(replace(trial.world, tickets=[]))
        await trial.again(**SMALL)
        try:
            changed = [page async for page in trial.source.list_changed(cursor)]
        except SyncerError:
            changed = []
        assert not [ref for page in changed for ref in page.refs], "what is not there any more is no change"
        after = [page.cursor for page in changed if page.cursor]
        assert after in ([], [cursor]), "the cursor went where no ticket is"
        try:
            pages = [page async for page in trial.source.scan()]
        except SyncerError:
            return
        assert not [ref for page in pages for ref in page.refs]
        assert all(isinstance(one, Unreadable) for one in await fetched(trial, ids[:2]))
