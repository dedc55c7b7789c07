"""Redmine against single odd answers over real HTTP, writing: a yes that did nothing, rights that are ignored."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.redmine.desk import Redmine
from syncer.errors import ConfigError, Fatal, InDoubt, LeaseLost, Rejected, Retryable
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import File, TicketLink
from tests.desks.redmine_script import CUT, ISSUES, ME, UPLOADS, Script, account, desk, issue, users

MADE = f"POST {ISSUES}"
ONE, PUT = "/issues/1.json", "PUT /issues/1.json"
WATCHERS = "/issues/1/watchers.json"
ID = TicketId("1")
PROJECTS = "/projects.json"
NO_RIGHTS = {"role": {"id": 6, "permissions": ["add_issue_notes"], "issues_visibility": "all"}}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)


def no_fence() -> None:
    """We may write."""


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down", "body": "b",
        "fields": {"requester": "ana@x.org", "status": "5", "priority": "2"},
    }  # fmt: skip
    return Draft(**{**known, **more})


def note(*, public: bool = True, author: str | None = None, files: tuple[File, ...] = ()) -> CommentDraft:
    return CommentDraft("1", Key("IG-7-c1"), author, "said", public, files)


def made(**more: Any) -> Any:
    """The answer to a create that kept everything."""
    kept = [{"id": 1, "value": "IG-7"}, {"id": 2, "value": "ana@x.org"}]
    return [201, issue(1, **{"custom_fields": kept, **more})]


def shown(*, private: bool = False, user: int = 5) -> Any:
    journal = {"id": 51, "user": {"id": user}, "notes": "said\r\n\r\n[ext:IG-7-c1]", "private_notes": private}
    return issue(1, journals=[journal])


def closed(**more: Any) -> Any:
    return issue(1, status={"id": 5, "name": "Closed"}, **more)


def with_category(id: int, name: str) -> Any:
    categories = [{"id": id, "name": name}]
    return {"projects": [{"id": 5, "name": "Desk", "identifier": "desk", "issue_categories": categories}],
            "total_count": 1}  # fmt: skip


async def say(rm: Redmine, comment: CommentDraft, *files: Download) -> Written:
    said = draft(comments=(comment,))
    step = rm.steps(said)[0]
    return await rm.step(ID, said, step, files, no_fence)


async def end(rm: Redmine, said: Draft) -> tuple[str, ...]:
    return (await rm.step(ID, said, Step("end"), [], no_fence)).losses


# --- making an issue


async def test_what_an_issue_did_not_keep_is_counted() -> None:
    other = {"project": {"id": 5}, "tracker": {"id": 1}, "priority": {"id": 4}}
    script = Script({MADE: made(custom_fields=[{"id": 1, "value": "IG-7"}], **other)})
    async with desk(script, tracker="Support") as rm:
        written = await rm.create(draft(), [], no_fence)
    assert written == Written(ID, losses=("value_not_kept",) * 3), "tracker, priority and requester"


async def test_the_marker_stands_in_the_text_too_until_its_field_was_seen_to_keep_it() -> None:
    """Else a lost answer to the first issue could never be looked for."""
    lost = made(custom_fields=[{"id": 2, "value": "ana@x.org"}])
    script = Script({MADE: (lost, made(), made(), made())})
    async with desk(script) as rm:
        losses = [(await rm.create(draft(), [], no_fence)).losses for _ in range(3)]
    texts = [one["issue"]["description"] for one in script.sent(MADE)]
    assert texts == ["b\n\n[ext:IG-7]", "b\n\n[ext:IG-7]", "b"]
    assert losses == [("marker_as_text",), (), ()]


async def test_one_value_that_is_refused_does_not_park_the_ticket() -> None:
    """It is made without additional fields, which are tried one by one in the end."""
    no = [422, {"errors": ["Severity is not included in the list"]}]
    said = draft(custom={"3": "3/bad", "5": "x"}, fields={"requester": "ana@x.org"})
    after = issue(1, custom_fields=[{"id": 3, "value": ""}, {"id": 5, "value": "x"}])
    script = Script({MADE: (no, made()), PUT: (no, no, 204), ONE: (issue(1), after)})
    async with desk(script) as rm:
        assert (await rm.create(said, [], no_fence)).losses == ()
        assert await end(rm, said) == ("value_not_kept",)
    assert [len(one["issue"]["custom_fields"]) for one in script.sent(MADE)] == [4, 2]
    assert [[field["id"] for field in one["issue"]["custom_fields"]] for one in script.sent(PUT)] == [[3, 5], [3], [5]]


async def test_an_issue_made_in_the_name_of_a_stranger_stops_the_run() -> None:
    async with desk(Script({MADE: made(author={"id": 4, "name": "Anonymous"})})) as rm:
        with pytest.raises(Fatal, match="user 4"):
            await rm.create(draft(), [], no_fence)


@pytest.mark.parametrize("answer", [{"errors": "no"}, "<html></html>", {"issue": {}}, CUT, 500])
async def test_a_create_that_says_nothing_is_in_doubt(answer: Any) -> None:
    async with desk(Script({MADE: answer})) as rm:
        with pytest.raises(InDoubt):
            await rm.create(draft(), [], no_fence)


async def test_an_issue_without_a_project_is_a_matter_of_settings() -> None:
    async with desk(Script({}), project=None) as rm:
        assert rm.capabilities.fields["group"].required
        with pytest.raises(ConfigError, match="no project"):
            await rm.create(draft(), [], no_fence)
    async with desk(Script({}), project="nosuch") as rm:
        with pytest.raises(ConfigError, match="nosuch"):
            await rm.create(draft(), [], no_fence)


async def test_people_who_are_only_an_address_are_told_in_the_text_and_counted() -> None:
    script = Script({MADE: made()})
    async with desk(script) as rm:
        written = await rm.create(draft(cc=("9", "eva@x.org")), [], no_fence)
    assert "Also told: eva@x.org" in script.sent(MADE)[0]["issue"]["description"]
    assert written.losses == ("cc_as_text",)


# --- files


def file(name: str = "a.txt", content: bytes = b"abc") -> Download:
    return Download(name, "text/plain", len(content), content=content)


def token(n: int) -> Any:
    return [201, {"upload": {"id": n, "token": f"{n}.ab"}}]


async def test_a_file_that_is_refused_is_named_and_counted_and_the_others_come() -> None:
    no = [422, {"errors": ["This file cannot be uploaded because it exceeds the maximum allowed file size (20 MB)"]}]
    script = Script({UPLOADS: (token(1), no), MADE: made()})
    async with desk(script) as rm:
        written = await rm.create(draft(), [file('a"b.txt'), file("big.bin")], no_fence)
    sent = script.sent(MADE)[0]["issue"]
    assert sent["uploads"] == [
        {"token": "1.ab", "filename": 'a"b.txt', "content_type": "text/plain", "description": 'a"b.txt'}
    ], "Redmine changes such a name: the description keeps it"
    assert "[File big.bin (3 bytes) was refused.]" in sent["description"]
    assert '[File a"b.txt (3 bytes) is here as a_b.txt.]' in sent["description"]
    assert written.losses == ("value_not_kept", "file_refused")
    assert [request.headers["Content-Type"] for request in script.asked if request.path == UPLOADS] == [
        "application/octet-stream"] * 2  # fmt: skip


async def test_a_file_whose_answer_is_lost_is_given_again_and_no_other() -> None:
    script = Script({UPLOADS: (token(1), CUT, token(2)), MADE: made()})
    async with desk(script) as rm:
        files = [file("a"), file("b")]
        with pytest.raises(Retryable):
            await rm.create(draft(), files, no_fence)
        await rm.create(draft(), files, no_fence)
    assert [request.query["filename"] for request in script.asked if request.path == UPLOADS] == ["a", "b", "b"]
    assert [one["token"] for one in script.sent(MADE)[0]["issue"]["uploads"]] == ["1.ab", "2.ab"]


async def test_files_of_private_notes_stay_here_because_redmine_shows_them_to_everybody() -> None:
    secret = note(public=False, files=(File("9"),))
    script = Script({PUT: 204, ONE: shown(private=True)})
    async with desk(script) as rm:
        step = rm.steps(draft(comments=(secret,)))[0]
        assert step.comment is not None
        assert step.comment.files == ()
        assert (await say(rm, secret)).losses == ("private_file_withheld",)
    assert "uploads" not in script.sent(PUT)[0]["issue"]
    script = Script({UPLOADS: token(1), PUT: 204, ONE: shown(private=True)})
    async with desk(script, private_files="attach") as rm:
        assert (await say(rm, secret, file())).losses == ()
    assert len(script.sent(PUT)[0]["issue"]["uploads"]) == 1


# --- notes


async def test_a_note_is_known_by_its_marker() -> None:
    script = Script({PUT: 204, ONE: shown()})
    async with desk(script) as rm:
        assert (await say(rm, note())).id == "51"
        said = draft(comments=(note(),))
        assert await rm.happened(ID, said, rm.steps(said)[0]) == "51"
    assert script.sent(PUT) == [{"issue": {"notes": "said\n\n[ext:IG-7-c1]", "private_notes": False}}]


async def test_a_note_that_was_taken_and_is_not_there_is_refused() -> None:
    """Without the right to add notes Redmine says yes."""
    async with desk(Script({PUT: 204, ONE: issue(1)})) as rm:
        with pytest.raises(Rejected, match="is not there"):
            await say(rm, note())


async def test_a_private_note_is_not_sent_where_redmine_would_ignore_that_it_is() -> None:
    script = Script({"/roles/6.json": NO_RIGHTS, ONE: issue(1)})
    async with desk(script) as rm:
        with pytest.raises(Rejected, match="would become public") as e:
            await say(rm, note(public=False))
        assert "Set notes as private" in e.value.hint
    assert not script.sent(PUT)


async def test_a_private_note_that_became_public_stops_the_run() -> None:
    async with desk(Script({PUT: 204, ONE: shown(private=False)})) as rm:
        with pytest.raises(Fatal, match="became public"):
            await say(rm, note(public=False))


async def test_a_clash_surely_did_nothing_and_a_page_may_have() -> None:
    async with desk(Script({PUT: ([422, {"errors": []}], "<html>yes?</html>")})) as rm:
        with pytest.raises(Retryable):
            await say(rm, note())
        with pytest.raises(InDoubt):
            await say(rm, note())


# --- in the name of others


def as_admin(**paths: Any) -> dict[str, Any]:
    member = [{"project": {"id": 5}, "roles": [{"id": 6}]}]
    ana = {"user": {"id": 9, "login": "ana", "mail": "ana@x.org", "status": 1, "memberships": member}}
    return {ME: account(admin=True), "/users/9.json": ana, **paths}


def names(script: Script) -> list[str | None]:
    return [request.headers.get("X-Redmine-Switch-User") for request in script.asked if request.method == "PUT"]


async def test_a_comment_is_written_in_the_name_of_its_author_where_they_may() -> None:
    script = Script(as_admin(**{PUT: 204, ONE: shown(user=9)}))
    async with desk(script, switch_user=True) as rm:
        assert rm.capabilities.keeps_authors
        assert (await say(rm, note(author="9"))).losses == ()
    assert names(script) == ["ana"]


@pytest.mark.parametrize("answers", [(403, 204), (412, 204)])
async def test_an_author_who_may_not_is_told_in_the_text_and_counted(answers: Any) -> None:
    script = Script(as_admin(**{PUT: answers, ONE: shown()}))
    async with desk(script, switch_user=True) as rm:
        assert (await say(rm, note(author="9"))).losses == ("comment_author_as_text",)
    assert names(script) == ["ana", None]


async def test_nobodys_private_note_is_written_in_a_name_that_would_make_it_public() -> None:
    script = Script(as_admin(**{PUT: 204, ONE: shown(private=True), "/roles/6.json": NO_RIGHTS}))
    async with desk(script, switch_user=True) as rm:
        assert (await say(rm, note(public=False, author="9"))).losses == ("comment_author_as_text",)
    assert names(script) == [None]


async def test_an_account_that_is_no_administrator_writes_in_no_other_name() -> None:
    """Redmine would ignore the name in silence."""
    script = Script(as_admin(**{ME: account(), PUT: 204, ONE: shown()}))
    async with desk(script, switch_user=True) as rm:
        assert (await say(rm, note(author="9"))).losses == ("comment_author_as_text",)
    assert names(script) == [None]


# --- the end of an issue


async def test_an_issue_ends_with_one_change_that_mails_once() -> None:
    fields = {"requester": "ana@x.org", "status": "5", "category": "network", "assignee": "9"}
    script = Script(
        {
            PROJECTS: with_category(3, "Network"),
            PUT: 204,
            ONE: (issue(1), closed(category={"id": 3}, assigned_to={"id": 9})),
        }
    )
    async with desk(script) as rm:
        assert await end(rm, draft(fields=fields)) == ()
        assert await rm.happened(ID, draft(fields=fields), Step("end")) == ""
        assert await end(rm, draft(fields=fields)) == ()
    assert script.sent(PUT) == [{"issue": {"status_id": "5", "category_id": "3", "assigned_to_id": "9"}}]


async def test_a_category_that_the_project_does_not_have_is_counted() -> None:
    script = Script({PROJECTS: with_category(3, "Network"), PUT: 204, ONE: (issue(1), closed())})
    async with desk(script) as rm:
        assert await end(rm, draft(fields={"status": "5", "category": "Hardware"})) == ("value_not_kept",)
        assert await end(rm, draft(fields={"category": "Hardware"})) == ("value_not_kept",)
        assert await rm.happened(ID, draft(fields={"category": "Hardware"}), Step("end")) == "", "as far as can be"
    assert script.sent(PUT) == [{"issue": {"status_id": "5"}}]


async def test_a_status_that_was_taken_and_not_kept_parks_the_ticket() -> None:
    """An unknown status, and one the workflow does not allow, are ignored with a yes."""
    async with desk(Script({PUT: 204, ONE: issue(1)})) as rm:
        with pytest.raises(Rejected, match="stays in status 'New'") as e:
            await end(rm, draft())
        assert "Workflow" in e.value.hint
        assert await rm.happened(ID, draft(), Step("end")) is None


async def test_an_assignee_who_is_refused_is_left_out_and_counted() -> None:
    no = [422, {"errors": ["Assignee is invalid"]}]
    script = Script({PUT: (no, no, 204), ONE: (issue(1), closed())})
    async with desk(script) as rm:
        assert await end(rm, draft(fields={"status": "5", "assignee": "6"})) == ("assignee_as_text",)
    assert script.sent(PUT)[1:] == [{"issue": {"assigned_to_id": "6"}}, {"issue": {"status_id": "5"}}]


async def test_an_assignee_whom_redmine_gave_by_itself_is_taken_back() -> None:
    script = Script({PUT: 204, ONE: (closed(assigned_to={"id": 8}), closed())})
    async with desk(script) as rm:
        assert await end(rm, draft()) == ()
    assert script.sent(PUT) == [{"issue": {"assigned_to_id": ""}}]


async def test_those_watch_it_who_shall_and_not_we_who_wrote_on_it() -> None:
    before, after = issue(1, watchers=[{"id": 5}]), issue(1, watchers=[{"id": 9}])
    script = Script({f"POST {WATCHERS}": 204, "DELETE /issues/1/watchers/5.json": 204, ONE: (before, after)})
    async with desk(script) as rm:
        said = draft(cc=("9", "12", "eva@x.org"))
        written = await rm.step(ID, said, Step("watchers"), [], no_fence)
    assert script.sent(f"POST {WATCHERS}") == [{"watcher": {"user_ids": [9, 12]}}]
    assert len(script.sent("DELETE /issues/1/watchers/5.json")) == 1
    assert written.losses == ("cc_dropped",), "12 is locked, and was ignored"


async def test_who_may_not_write_any_more_writes_nothing() -> None:
    def shut() -> None:
        raise LeaseLost("somebody else is the writer now")

    script = Script({ONE: issue(1)})
    async with desk(script) as rm:
        for step in rm.steps(draft(comments=(note(),), cc=("9",))):
            with pytest.raises(LeaseLost):
                await rm.step(ID, draft(cc=("9",)), step, [], shut)
        with pytest.raises(LeaseLost):
            await rm.create(draft(), [file()], shut)
    assert {request.method for request in script.asked} == {"GET"}


# --- links


TWO = "/issues/2.json"
RELATE = "POST /issues/1/relations.json"
RELATED = [201, {"relation": {"id": 6, "issue_id": 1, "issue_to_id": 2, "relation_type": "relates"}}]


async def link(script: Script, kind: Any, **more: Any) -> Written:
    async with desk(script, **more) as rm:
        return await rm.link(ID, TicketLink(TicketId("2"), kind), no_fence)


@pytest.mark.parametrize(("kind", "told", "losses"), [
    ("related", "relates", ()), ("duplicate", "duplicated", ()), ("parent", "relates", ("link_kind_lost",)),
])  # fmt: skip
async def test_a_link_is_a_relation(kind: str, told: str, losses: tuple[str, ...]) -> None:
    script = Script({ONE: issue(1), TWO: issue(2, watchers=[{"id": 5}]), RELATE: RELATED,
                     "DELETE /issues/1/watchers/5.json": 204})  # fmt: skip
    assert (await link(script, kind)).losses == losses
    assert script.sent(RELATE) == [{"relation": {"issue_to_id": 2, "relation_type": told}}]
    deleted = [request.path for request in script.asked if request.method == "DELETE"]
    assert deleted == ["/issues/1/watchers/5.json"], "of the other one we were a watcher before"


async def test_what_is_linked_already_is_left_alone() -> None:
    there = issue(1, relations=[{"id": 6, "issue_id": 2, "issue_to_id": 1, "relation_type": "blocks"}])
    script = Script({ONE: there, TWO: issue(2)})
    assert (await link(script, "related")).losses == ()
    async with desk(script) as rm:
        assert await rm.linked(ID, TicketLink(TicketId("2"), "parent"))
        assert not await rm.linked(ID, TicketLink(TicketId("3")))


async def test_what_a_parent_takes_of_its_child_is_counted() -> None:
    plain, child = issue(2), issue(2, parent={"id": 1})
    after = issue(1, priority={"id": 1, "name": "Low"})
    paths = {ONE: (issue(1), issue(1), after), TWO: (plain, plain, child), "PUT /issues/2.json": 204}
    script = Script({**paths, "DELETE /issues/1/watchers/5.json": 204, "DELETE /issues/2/watchers/5.json": 404})
    assert (await link(script, "child", subtasks=True)).losses == ("value_not_kept",)
    assert script.sent("PUT /issues/2.json") == [{"issue": {"parent_issue_id": 1}}]


async def test_a_subtask_that_is_refused_is_related_at_least() -> None:
    no = [422, {"errors": ["Parent task is invalid"]}]
    script = Script({ONE: issue(1), TWO: issue(2), PUT: no, RELATE: RELATED})
    assert (await link(script, "parent", subtasks=True)).losses == ("link_kind_lost",)


# --- people


ANA = LookupValue("person", "7", "Ana María López", email="Ana+1@x.org")


async def test_a_requester_is_made_without_a_mail_then_or_later() -> None:
    answer = [201, {"user": {"id": 9, "login": "Ana_1@x.org", "mail": "Ana+1@x.org"}}]
    script = Script({ME: account(admin=True), "POST /users.json": answer, "GET /users.json": users()})
    async with desk(script, make_users=True) as rm:
        assert await rm.known("ana+1@x.org") is None
        assert (await rm.invite(ANA, no_fence)).id == "9"
    (sent,) = script.sent("POST /users.json")
    assert sent["send_information"] is False
    assert sent["user"] == {
        "login": "Ana_1@x.org", "firstname": "Ana María", "lastname": "López", "mail": "Ana+1@x.org",
        "generate_password": True, "mail_notification": "none",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "first", "last"), [
    ("Mononym", "Mononym", "-"), ("", "-", "-"), ("A" * 31 + " " + "B" * 31, "A" * 30, "B" * 30),
])  # fmt: skip
async def test_a_name_is_made_to_fit(name: str, first: str, last: str) -> None:
    script = Script({ME: account(admin=True), "POST /users.json": [201, {"user": {"id": 9}}]})
    async with desk(script, make_users=True) as rm:
        await rm.invite(LookupValue("person", "7", name, email="a@x.org"), no_fence)
    user = script.sent("POST /users.json")[0]["user"]
    assert (user["firstname"], user["lastname"]) == (first, last)


async def test_without_users_an_address_is_all_there_is_of_a_requester() -> None:
    script = Script({})
    async with desk(script) as rm:
        assert rm.capabilities.takes_people
        assert await rm.known("ana+1@x.org") is None
        assert (await rm.invite(ANA, no_fence)).id == "ana+1@x.org"
        person = await rm.person("ana+1@x.org")
        assert person is not None
        assert person.email == "ana+1@x.org"
    assert {request.method for request in script.asked} == {"GET"}


async def test_a_look_for_somebody_that_is_refused_does_not_say_that_nobody_is_there() -> None:
    async with desk(Script({"/users.json": 403}), make_users=True) as rm:
        with pytest.raises(Rejected):
            await rm.known("ana@x.org")


async def test_a_requester_whose_address_is_hidden_is_counted() -> None:
    ana = {"user": {"id": 9, "firstname": "Ana", "lastname": "Lima"}}
    script = Script({MADE: made(custom_fields=[{"id": 1, "value": "IG-7"}]), "/users/9.json": ana})
    async with desk(script) as rm:
        written = await rm.create(draft(fields={"requester": "9"}), [], no_fence)
    assert written.losses == ("value_not_kept",)
