"""Redmine, changing and deleting issues that are there, over real HTTP: a yes that did nothing, and what would go with
an issue."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.desks.redmine import costs
from syncer.errors import AuthFailed, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import File
from tests.desks.redmine_script import ME, Script, account, config, desk, issue

ONE, PUT, DELETE = "/issues/1.json", "PUT /issues/1.json", "DELETE /issues/1.json"
ID = TicketId("1")
MARKED = [{"id": 1, "value": "IG-7"}, {"id": 2, "value": "ana@x.org"}]


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down", "body": "b",
        "fields": {},
    }  # fmt: skip
    return Draft(**{**known, **more})


async def test_a_change_is_of_what_differs_and_of_nothing_else() -> None:
    script = Script({PUT: 204, ONE: (issue(1, custom_fields=MARKED, subject="Up"), issue(1, custom_fields=MARKED))})
    script.paths[ONE] = (issue(1, custom_fields=MARKED, subject="Up"), issue(1, custom_fields=MARKED, subject="Down"))
    async with desk(script) as rm:
        written = await rm.change(ID, draft(), ["title", "body", "requester"])
        assert written.losses == ("value_not_kept",), "the requester was not to be emptied"
        await rm.change(ID, draft(fields={"requester": "ana@x.org"}), ["title", "body", "requester"])
    changes = [{"issue": {"subject": "Down", "custom_fields": [{"id": 2, "value": ""}]}}]
    assert script.sent(PUT) == changes


async def test_a_change_leaves_what_a_text_tells_of_files() -> None:
    """And the marker, where the field for it does not hold it."""
    told = "[File big.bin (3 bytes) was refused.]"
    script = Script({PUT: 204, ONE: issue(1, description=f"b\r\n\r\n{told}\r\n\r\n[ext:IG-7]")})
    async with desk(script) as rm:
        await rm.change(ID, draft(body="ask @ana", cc=("bo@x.org",)), ["body"])
    text = f"ask @\u2060ana\n\n{told}\n\nAlso told: bo@x.org\n\n[ext:IG-7]"
    assert script.sent(PUT) == [{"issue": {"description": text}}]


async def test_one_part_that_is_refused_does_not_take_the_others_with_it() -> None:
    no = [422, {"errors": ["Assignee is invalid"]}]
    before, after = issue(1, custom_fields=MARKED), issue(1, custom_fields=MARKED, subject="New")
    script = Script({PUT: (no, 204, no), ONE: (before, after)})
    async with desk(script) as rm:
        written = await rm.change(ID, draft(title="New", fields={"assignee": "9"}), ["title", "assignee"])
    assert written.losses == ("value_not_kept",)
    assert script.sent(PUT)[1:] == [{"issue": {"subject": "New"}}, {"issue": {"assigned_to_id": "9"}}]


async def test_a_change_of_which_nothing_was_taken_is_refused() -> None:
    async with desk(Script({PUT: 403, ONE: issue(1)})) as rm:
        with pytest.raises(Rejected, match="403"):
            await rm.change(ID, draft(title="New", body="New"), ["title", "body"])


async def test_what_can_never_be_changed_is_counted() -> None:
    script = Script({ONE: issue(1)})
    async with desk(script) as rm:
        written = await rm.change(ID, draft(tags=("vpn",)), ["tags", "status", "closed_at"])
    assert written.losses == ("value_not_kept",) * 2, "a tag, and a status that nobody can empty; no time was asked for"
    assert not script.sent(PUT)


async def test_whoever_changes_an_issue_does_not_watch_it_from_then_on() -> None:
    watched = issue(1, subject="New", watchers=[{"id": 5, "name": "Sync Bot"}])
    unwatch = "DELETE /issues/1/watchers/5.json"
    script = Script({PUT: 204, ONE: (issue(1), watched), unwatch: 204})
    async with desk(script) as rm:
        await rm.change(ID, draft(title="New"), ["title"])
    assert len(script.sent(unwatch)) == 1


@pytest.mark.parametrize("holds", [{"children": [{"id": 2}]}, {"spent_hours": 0.5}], ids=["a subtask", "time"])
async def test_an_issue_is_not_deleted_with_what_others_made(holds: dict[str, Any]) -> None:
    script = Script({ONE: issue(1, **holds)})
    async with desk(script) as rm:
        with pytest.raises(Rejected, match="Redmine deletes with it") as e:
            await rm.remove(ID)
    assert e.value.hint
    assert not script.sent(DELETE)


async def test_who_lacks_the_right_to_delete_is_told_which_one_it_is() -> None:
    async with desk(Script({ONE: issue(1), DELETE: 403})) as rm:
        with pytest.raises(Rejected) as refused:
            await rm.remove(ID)
    assert "Delete issues" in refused.value.hint


async def test_an_issue_is_gone_only_to_those_who_may_see_issues() -> None:
    async with desk(Script({ME: (account(), account(id=6))})) as rm:
        await rm.connect()
        with pytest.raises(AuthFailed, match="is of sync now"):
            await rm.removed(ID)
    async with desk(Script({ONE: 403})) as rm:
        with pytest.raises(Rejected):
            await rm.removed(ID)
    async with desk(Script({})) as rm:
        assert await rm.removed(ID)
        await rm.remove(ID)


def test_a_draft_costs_what_its_settings_make_of_it() -> None:
    secret = CommentDraft("1", Key("IG-7-c1"), "9", "said", False, (File("1"), File("2")))
    plain, whole = config("https://rm"), config("https://rm", private_files="attach", switch_user=True)
    assert costs.calls(draft(), plain, None) == 3, "made; looked at; nobody watches it"
    assert costs.calls(draft(fields={"status": "1"}), plain, "1") == 3, "it begins in that status"
    assert costs.calls(draft(fields={"status": "5"}), plain, "1") == 7
    assert costs.calls(draft(comments=(secret,)), plain, None) == 8
    assert costs.calls(draft(comments=(secret,)), whole, None) == 11
