"""Rezolve.ai's notes: no private one follows before the first was seen to be private, and none is taken for absent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from syncer.deskkit.contract import Unreadable
from syncer.desks.rezolve.desk import Rezolve
from syncer.errors import Fatal, InDoubt, NotFound, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from tests.desks.test_rezolve_answers import PAGE, Script, T, comment, config, desk, draft, read
from tests.unit.test_rezolve_wire import SUBJECT

ID, TWIN = TicketId("REQ-2041"), TicketId("REQ-2042")
NOTES, OTHERS = (f"{T}/ticket/{id}/notes" for id in (ID, TWIN))
WHERE = f"{T}/ticket/{{objectId}}/notes"
SETTINGS: dict[str, Any] = {"notes_read_path": WHERE, "notes_write_path": WHERE, "list_lag": 0.3}
SAID = replace(draft(), comments=(comment("1"), comment("2", public=False), comment("3", public=False)))
FORBIDDEN = (403, {"success": False, "error": {"code": "FORBIDDEN", "message": "not for you"}})
Answer = Callable[[dict[str, Any]], Any]


class Noted(Script):
    """Notes of two tickets. `kept` makes of a note that is written what is shown of it, None for nothing; `lost` are
    answers that get lost, `slow` is how long a write takes."""

    def __init__(self, kept: Answer = lambda note: note, *, lost: int = 0, slow: float = 0, hidden: int = 0) -> None:
        self.notes: dict[str, list[dict[str, Any]]] = {NOTES: [], OTHERS: []}
        self.kept, self.lost, self.slow, self.hidden = kept, lost, slow, hidden
        self.calls: list[str] = []
        super().__init__({path: self._at(path) for path in self.notes})

    def _at(self, path: str) -> Callable[[Any], Awaitable[Any]]:
        async def answer(body: Any) -> Any:
            if body is None:
                self.calls.append("look")
                self.hidden -= 1
                return {"data": {"notes": self.notes[path] if self.hidden < 0 else []}}
            self.calls.append(body["kind"])
            await asyncio.sleep(self.slow)
            if (kept := self.kept({**body, "id": f"n{len(self.notes[path])}"})) is not None:
                self.notes[path].append(kept)
            self.lost -= 1
            return None if self.lost >= 0 else {"success": True}

        return answer


async def say(rz: Rezolve, number: int, id: TicketId = ID, said: Draft = SAID) -> None:
    await rz.step(id, said, rz.steps(said)[number - 1], [], lambda: None)


async def looked(rz: Rezolve, number: int, id: TicketId = ID) -> str | None:
    return await rz.happened(id, SAID, rz.steps(SAID)[number - 1])


# --- the first private note ---------------------------------------------------------------------------


async def test_the_first_private_note_is_looked_at_and_no_other() -> None:
    script = Noted()
    async with desk(script, **SETTINGS) as rz:
        for number in (1, 2, 3):
            await say(rz, number)
    assert script.calls == ["public", "private", "look", "private"]


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"kind": "public"}, "shows as one that requesters can read"),
        ({"kind": "chase"}, "shows as of kind chase, of which nobody knows who reads it"),
        ({"kind": None}, "tells no kind"),
        ({"kind": {"id": 3}}, "shows as of kind 3"),
    ],
    ids=str,
)
async def test_a_private_note_that_is_not_clearly_private_is_the_last_one(shown: dict[str, Any], words: str) -> None:
    script = Noted(lambda note: {**note, **shown})
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(Fatal, match=f"REQ-2041: a private note {words}") as e:
            await say(rz, 2)
        assert "notes_private_kinds" in e.value.hint
        with pytest.raises(Fatal, match="REQ-2041: a private note"):
            await say(rz, 3)
        await say(rz, 1)  # what is for all to read goes on
    assert [call for call in script.calls if call != "look"] == ["private", "public"]


async def test_a_kind_that_settings_call_private_is_private() -> None:
    script = Noted(lambda note: {**note, "kind": "Staff only"})
    async with desk(script, **SETTINGS, notes_private_kinds=["private", "staff ONLY"]) as rz:
        await say(rz, 2)
        await say(rz, 3)
    assert script.calls == ["private", "look", "private"]


async def test_a_private_note_that_shows_late_is_waited_for() -> None:
    script = Noted(hidden=2)
    async with desk(script, **{**SETTINGS, "list_lag": 6}) as rz:
        await say(rz, 2)
        await say(rz, 3)
    assert script.calls == ["private", "look", "look", "look", "private"]


@pytest.mark.parametrize("look", [{"data": {"notes": []}}, FORBIDDEN, (404, PAGE), (401, {"code": "x"})], ids=str)
async def test_a_private_note_that_nobody_can_see_is_the_last_one_and_is_not_taken_for_unwritten(look: Any) -> None:
    """Any other error than a broken contract would be one of the write, which then went once more."""
    script = Noted()
    answer = script.paths[NOTES][0]
    script.paths[NOTES] = [lambda body: look if body is None else answer(body)]
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(Fatal, match="nobody knows whether a private note is private"):
            await say(rz, 2)
        with pytest.raises(Fatal, match="REQ-2041: nobody knows"):
            await say(rz, 3, TWIN)
    assert script.calls.count("private") == 1


async def test_no_private_note_leaves_while_the_first_one_is_not_seen() -> None:
    script = Noted(lambda note: {**note, "kind": "public"}, slow=0.2)
    async with desk(script, **SETTINGS) as rz:
        ends = await asyncio.gather(
            say(rz, 2), say(rz, 2, TWIN), say(rz, 1, TWIN), return_exceptions=True
        )  # fmt: skip
    assert [type(end) for end in ends] == [Fatal, Fatal, type(None)]
    assert script.calls.count("private") == 1


async def test_those_that_waited_leave_when_the_first_one_was_seen() -> None:
    script = Noted(slow=0.2)
    async with desk(script, **SETTINGS) as rz:
        await asyncio.gather(say(rz, 2), say(rz, 2, TWIN), say(rz, 3, TWIN))
    assert script.calls == ["private", "look", "private", "private"]


async def test_who_waited_too_long_sends_nothing_out_of_its_time() -> None:
    script = Noted(slow=0.7)
    async with desk(script, **SETTINGS, timeout=1) as rz:
        ends = await asyncio.gather(say(rz, 2), say(rz, 2, TWIN), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), Retryable]
    assert script.calls == ["private", "look"]


async def test_a_private_note_whose_answer_was_lost_is_looked_at_before_another_leaves() -> None:
    script = Noted(lambda note: {**note, "kind": "public"}, lost=1)
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(InDoubt):
            await say(rz, 2)
        with pytest.raises(Fatal, match="REQ-2041: a private note shows"):
            await say(rz, 2, TWIN)
    assert script.calls.count("private") == 1


async def test_a_private_note_whose_answer_was_lost_and_that_may_not_be_looked_at_is_the_last_one() -> None:
    script = Noted(lost=1)
    answer = script.paths[NOTES][0]
    script.paths[NOTES] = [lambda body: FORBIDDEN if body is None else answer(body)]
    async with desk(script, **SETTINGS, timeout=1) as rz:
        with pytest.raises(InDoubt):
            await say(rz, 2)
        with pytest.raises(Fatal, match="REQ-2041: nobody knows whether a private note is private"):
            await say(rz, 2, TWIN)
    assert script.calls.count("private") == 1


async def test_a_private_note_that_was_lost_on_its_way_keeps_no_other_back() -> None:
    script = Noted(lambda note: note if len(script.calls) > 1 else None, lost=1)
    async with desk(script, **SETTINGS, timeout=1) as rz:
        with pytest.raises(InDoubt):
            await say(rz, 2)
        while True:  # as the engine does: each attempt in its own time
            try:
                await say(rz, 2, TWIN)
                break
            except Retryable:
                continue
        await say(rz, 3, TWIN)
    assert [call for call in script.calls if call != "look"] == ["private", "private", "private"]
    assert script.calls[-2:] == ["look", "private"]


async def test_a_private_note_that_was_refused_keeps_no_other_back() -> None:
    script = Noted()
    script.paths[NOTES] = [FORBIDDEN]
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(Rejected):
            await say(rz, 2)
        await say(rz, 2, TWIN)
    assert script.calls == ["private", "look"]


async def test_a_private_note_that_is_found_after_a_lost_answer_is_judged_then() -> None:
    script = Noted(lambda note: {**note, "kind": "public"}, lost=1)
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(InDoubt):
            await say(rz, 2)
        with pytest.raises(Fatal, match="a private note shows as one that requesters can read"):
            await looked(rz, 2)


async def test_a_private_note_that_is_found_to_be_private_is_the_first_one() -> None:
    script = Noted(lost=1)
    async with desk(script, **SETTINGS) as rz:
        with pytest.raises(InDoubt):
            await say(rz, 2)
        assert await looked(rz, 2) == "n0"
        await say(rz, 2, TWIN)
    assert script.calls == ["private", "look", "private"]


# --- notes that are not as settings say ---------------------------------------------------------------


async def test_a_wrong_path_of_notes_makes_no_ticket_gone() -> None:
    found = await read(Script({NOTES: (404, PAGE)}), notes_read_path=WHERE)
    assert isinstance(found, Unreadable)
    assert not found.gone
    async with desk(Script({NOTES: (404, PAGE)}), **SETTINGS) as rz:
        with pytest.raises(Rejected) as e:
            await looked(rz, 1)
        assert "notes_read_path of desk rz" in e.value.hint
        with pytest.raises(Rejected) as e:
            await say(rz, 1)
    assert not isinstance(e.value, NotFound)
    assert "notes_write_path of desk rz" in e.value.hint


@pytest.mark.parametrize(
    ("notes", "setting"),
    [
        ([{"id": "1", "body": "<p>x</p>"}, "y"], "notes_pointer"),
        ([None], "notes_pointer"),
        ([{"id": "1", "text": "<p>x</p>"}], "notes_keys.body"),
        ([{"id": "1", "body": {"html": "<p>x</p>"}}], "notes_keys.body"),
    ],
    ids=str,
)
async def test_notes_that_are_not_as_settings_say_are_not_dropped_or_emptied(notes: list[Any], setting: str) -> None:
    async with desk(Script({NOTES: {"data": {"notes": notes}}}), **SETTINGS) as rz:
        with pytest.raises(Rejected, match="notes of REQ-2041") as e:
            await looked(rz, 1)
        assert f"{setting} of desk rz" in e.value.hint
        (found,) = await rz.fetch([ID])
    assert isinstance(found, Unreadable)
    assert not found.gone


@pytest.mark.parametrize("body", [None, ""])
async def test_a_note_without_words_is_one(body: Any) -> None:
    found = await read(Script({NOTES: {"data": {"notes": [{"id": "1", "body": body}]}}}), notes_read_path=WHERE)
    assert isinstance(found, Ticket)
    assert [one.body for one in found.comments] == [""]


# --- what settings promise ----------------------------------------------------------------------------


def test_a_key_that_is_called_kind_does_not_keep_notes_private() -> None:
    made = config("https://rz.test", **SETTINGS, notes_body={"{kind}": "x", "note": {"parts": ["{text}"]}})
    assert not made.keeps_private
    assert config(
        "https://rz.test", **SETTINGS, notes_body={"note": [{"as": "a {kind} one", "is": "{text}"}]}
    ).keeps_private


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"notes_body": {"note": "x", "{text}": "y"}}, "notes would be empty"),
        ({"notes_keys": {"id": "/id", "kind": "/kind"}}, "notes_keys has no body"),
        ({"notes_keys": {"id": "/id", "body": "/body"}}, "notes_keys no kind"),
        ({"notes_public_kinds": ["Private", "public"]}, "both have private"),
    ],
    ids=str,
)
def test_settings_that_would_lose_or_show_notes_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        config("https://rz.test", **SETTINGS, **more)


async def test_a_private_note_is_not_written_where_nothing_makes_it_private() -> None:
    script = Noted()
    async with desk(script, **SETTINGS, notes_body={"body": "{text}", "kind": "public"}) as rz:
        assert not rz.capabilities.keeps_private
        with pytest.raises(Rejected, match="only staff read it"):
            await say(rz, 2)
    assert script.calls == []


async def test_a_private_note_is_in_no_transcript() -> None:
    own = {"team": "it", "offer": "40112", "transcript_field_id": SUBJECT}
    async with desk(Script(), types={"17020": own}) as rz:
        (step,) = rz.steps(SAID)
        assert step.comment is not None
        assert step.comment.body == "<p>said 1</p>"
        assert rz.steps(replace(SAID, comments=SAID.comments[1:])) == []
