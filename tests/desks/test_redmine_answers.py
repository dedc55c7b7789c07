"""Redmine against single odd answers over real HTTP, reading: a stranger's view, ignored filters, full seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from syncer.deskkit.contract import Newer, Unreadable
from syncer.errors import AuthFailed, ConfigError, Rejected
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import StatusClass
from syncer.model.ticket import Ticket
from tests.desks.redmine_script import CUT, ISSUES, KEY, ME, Script, account, desk, issue, listed, row, users

NEWEST = listed(row(1), total=1)
SINCE = Cursor("2026-11-30T20:00:00Z")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)


# --- a stranger's view


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_is_told_before_an_empty_list_is_believed(status: int) -> None:
    async with desk(Script({ME: status})) as rm:
        for work in (rm.connect(), rm.check(), rm.find([Key("IG-1")], None), rm.fetch([TicketId("1")])):
            with pytest.raises(AuthFailed) as e:
                await work
            assert "auth.key" in e.value.hint
            assert KEY not in repr(e.value) + e.value.message + repr(vars(rm))


async def test_a_key_taken_back_meanwhile_ends_a_walk_without_a_cursor() -> None:
    script = Script({ME: (account(), 401), ISSUES: (NEWEST, listed())})
    async with desk(script) as rm:
        seen = []

        async def walk() -> None:
            async for page in rm.scan():
                seen.append(page)

        with pytest.raises(AuthFailed):
            await walk()
        assert not [page for page in seen if page.cursor or page.swept]
    async with desk(Script({ME: (account(), 401)})) as rm:
        with pytest.raises(AuthFailed):
            [page async for page in rm.list_changed(SINCE)]


async def test_a_key_taken_back_meanwhile_hides_no_private_notes() -> None:
    """A stranger may see a public issue, without them."""
    async with desk(Script({ME: (account(), 401), "/issues/1.json": issue(1)})) as rm:
        with pytest.raises(AuthFailed):
            await rm.fetch([TicketId("1")])


async def test_a_key_taken_back_meanwhile_finds_nothing_and_does_not_say_so() -> None:
    async with desk(Script({ME: (account(), 401)})) as rm:
        with pytest.raises(AuthFailed):
            await rm.find([Key("IG-1")], None)


async def test_a_key_that_is_somebody_elses_now_is_refused() -> None:
    async with desk(Script({ME: (account(), account(id=6, login="ana"))})) as rm:
        with pytest.raises(AuthFailed, match="ana"):
            await rm.find([Key("IG-1")], None)


@pytest.mark.parametrize("answer", ["<html>Log in</html>", {}, {"user": None}, [200, []], 404, 302, 422])
async def test_who_does_not_answer_as_a_redmine_is_none(answer: Any) -> None:
    async with desk(Script({ME: answer})) as rm:
        with pytest.raises(ConfigError) as e:
            await rm.connect()
        assert e.value.hint


# --- lists


@pytest.mark.parametrize("answer", ["<html>Log in</html>", {}, {"issues": None}, 404, 422, listed({"id": None})])
async def test_a_list_that_is_none_is_not_an_empty_one(answer: Any) -> None:
    async with desk(Script({ISSUES: answer})) as rm:
        with pytest.raises(ConfigError):
            [page async for page in rm.scan()]


async def test_a_list_nobody_may_see_is_told_as_a_missing_right() -> None:
    async with desk(Script({ISSUES: 403})) as rm:
        with pytest.raises(AuthFailed, match="403") as e:
            [page async for page in rm.scan()]
        assert "View issues" in e.value.hint


async def test_a_filter_that_is_ignored_is_noticed() -> None:
    everything = listed(row(1), row(2), total=9)
    async with desk(Script({ISSUES: (NEWEST, everything, everything)})) as rm:
        with pytest.raises(ConfigError, match="issue_id"):
            [page async for page in rm.scan()]
    old = listed(row(1, updated_on="2020-01-01T00:00:00Z"))
    async with desk(Script({ISSUES: old})) as rm:
        with pytest.raises(ConfigError, match="updated_on"):
            [page async for page in rm.list_changed(SINCE)]


class Full:
    """A list of issues as Redmine keeps them: filtered, sorted, two rows a page, one more changed while it is read."""

    def __init__(self, times: dict[int, str]) -> None:
        self.times = times
        self.moves: dict[int, tuple[int, str]] = {}
        """Before which answer an issue changes."""
        self._answers = 0

    def __call__(self, request: web.Request, _: Any) -> Any:
        self._answers += 1
        if (move := self.moves.get(self._answers)) is not None:
            self.times.update([move])
        query = request.query
        lowest = int(query.get("issue_id", ">=0").removeprefix(">="))
        begin, _, end = query.get("updated_on", ">=").removeprefix(">=").removeprefix("><").partition("|")
        # The bounds are wider than what is asked: the server keeps fractions of a second.
        rows = [row(id, updated_on=at) for id, at in self.times.items() if id >= lowest and begin <= at <= (end or "9")]
        rows.sort(key=lambda one: one["id"] if query["sort"] == "id" else (one["updated_on"], one["id"]))
        if query["sort"].startswith("updated_on:desc"):
            rows.reverse()
        return listed(*rows[: min(2, int(query["limit"]))], total=len(rows))


def at(second: int) -> str:
    return f"2026-11-30T20:24:{second:02}Z"


async def test_every_issue_is_listed_by_its_id() -> None:
    async with desk(Script({ISSUES: Full({id: at(9 - id % 3) for id in range(1, 8)})}), page_size=2) as rm:
        pages = [page async for page in rm.scan()]
    assert [ref.id for page in pages for ref in page.refs] == [str(id) for id in range(1, 8)]
    assert pages[0].begins == at(9)
    assert pages[-1].cursor == at(9)


async def test_more_changes_in_one_second_than_a_page_holds_are_all_told() -> None:
    times = {1: at(1), 2: at(5), 3: at(5), 4: at(5), 5: at(5), 6: at(5), 7: at(6), 8: at(6), 9: at(6), 10: at(9)}
    async with desk(Script({ISSUES: Full(times)}), page_size=2) as rm:
        pages = [page async for page in rm.list_changed(SINCE)]
    assert sorted(int(ref.id) for page in pages for ref in page.refs) == list(range(1, 11))
    assert pages[-1].cursor == at(9)


async def test_what_changes_while_it_is_read_is_told_again() -> None:
    full = Full({id: at(id) for id in range(1, 7)})
    full.moves = {2: (1, at(7)), 3: (6, at(8))}
    async with desk(Script({ISSUES: full}), page_size=2) as rm:
        refs = [ref async for page in rm.list_changed(SINCE) for ref in page.refs]
    assert {(ref.id, ref.version) for ref in refs} >= {("1", at(1)), ("1", at(7)), ("6", at(8))}
    assert {ref.id for ref in refs} == {str(id) for id in range(1, 7)}


async def test_a_delta_reads_back_before_its_cursor() -> None:
    script = Script({})
    async with desk(script) as rm:
        (page,) = [page async for page in rm.list_changed(SINCE)]
    assert script.queries(ISSUES)[0]["updated_on"] == ">=2026-11-30T19:55:00Z"
    assert script.queries(ISSUES)[0]["status_id"] == "*", "else closed issues are left out"
    assert page.cursor == SINCE


# --- tickets


async def test_an_issue_that_breaks_leaves_its_neighbours_whole() -> None:
    paths = {"/issues/1.json": issue(1), "/issues/2.json": 403, "/issues/3.json": issue(4)}
    async with desk(Script(paths)) as rm:
        one, two, three, four = await rm.fetch([TicketId(id) for id in "1234"])
    assert isinstance(one, Ticket)
    assert isinstance(two, Unreadable)
    assert not two.gone
    assert isinstance(three, Unreadable)
    assert isinstance(four, Unreadable)
    assert four.gone


async def test_an_issue_that_is_refused_is_told_as_such_whatever_else_the_desk_refuses() -> None:
    async with desk(Script({ME: (account(), 422), "/issues/1.json": 422})) as rm:
        (one,) = await rm.fetch([TicketId("1")])
    assert isinstance(one, Unreadable)
    assert not one.gone


def with_email(address: str) -> Any:
    return issue(1, custom_fields=[{"id": 2, "name": "Requester email", "value": address}])


async def test_a_requester_is_whose_address_stands_in_the_field() -> None:
    """A user where one has exactly this address, else the address; without one the author."""
    found = users({"id": 7, "login": "ana.x", "mail": "ana@x.org.mx"}, {"id": 9, "login": "ana", "mail": "Ana@X.org"})
    answers = (with_email("ana@x.org"), with_email("Bob@x.org"), with_email(""), with_email("no address"))
    script = Script({ME: account(admin=True), "/issues/1.json": answers, "/users.json": (found, users())})
    async with desk(script) as rm:
        tickets = [one for _ in range(4) for one in await rm.fetch([TicketId("1")])]
    assert [one.requester for one in tickets if isinstance(one, Ticket)] == ["9", "bob@x.org", "5", None]
    assert script.queries("/users.json")[0]["status"] == "", "locked ones too"


async def test_spent_time_is_of_this_issue_only() -> None:
    mine = {"id": 1, "issue": {"id": 1}, "hours": 0.5, "spent_on": "2024-02-29", "user": {"id": 9}}
    entries = {"time_entries": [mine, {**mine, "id": 2, "issue": {"id": 7}}], "total_count": 2}
    script = Script({"/issues/1.json": issue(1, spent_hours=0.5), "/time_entries.json": entries})
    async with desk(script) as rm:
        (ticket,) = await rm.fetch([TicketId("1")])
    assert isinstance(ticket, Ticket)
    assert [(one.id, one.seconds) for one in ticket.times] == [("1", 1800)]


async def test_values_of_many_issues_are_read_in_one_call_and_compared_with_what_was_asked() -> None:
    script = Script({ISSUES: listed(row(1), row(2), row(3))})
    async with desk(script) as rm:
        assert len(await rm.values([TicketId("1"), TicketId("3")])) == 2
    assert [query["issue_id"] for query in script.queries(ISSUES)] == ["1,3"]


# --- files


def attachment(**more: Any) -> dict[str, Any]:
    return {"attachment": {"id": 41, "filename": "a.pdf", "filesize": 4, "content_type": "application/pdf", **more}}


async def test_a_file_is_asked_for_at_the_desk_itself(tmp_path: Path) -> None:
    elsewhere = attachment(content_url="http://evil.example/attachments/download/41/a.pdf")
    script = Script({"/attachments/41.json": elsewhere, "/attachments/download/41": b"%PDF"})
    async with desk(script) as rm:
        got = await rm.download(TicketId("1"), "41", tmp_path)
    assert got.path is not None
    assert (got.name, got.content_type, got.path.read_bytes()) == ("a.pdf", "application/pdf", b"%PDF")


NOT_THERE = web.Response(status=404, body=b"%PDF")
LOG_IN = web.Response(status=302, headers={"Location": "/login"})


@pytest.mark.parametrize("content", [b"%PD", 404, NOT_THERE, LOG_IN, "<html>a page in its place</html>"])
async def test_a_file_that_comes_otherwise_is_none(content: Any, tmp_path: Path) -> None:
    script = Script({"/attachments/41.json": attachment(), "/attachments/download/41": content})
    async with desk(script) as rm:
        with pytest.raises(Rejected) as e:
            await rm.download(TicketId("1"), "41", tmp_path)
    assert e.value.reason == "file_unreadable"
    assert not list(tmp_path.iterdir())


# --- finding


async def test_a_marker_is_compared_although_it_was_asked_for() -> None:
    """A filter of a field that is none is ignored: everything comes."""
    stranger = row(3, custom_fields=[{"id": 1, "name": "External ID", "value": "IG-77"}])
    script = Script({ISSUES: listed(stranger)})
    async with desk(script) as rm:
        assert await rm.find([Key("IG-7")], None) == {}
        assert await rm.find([Key("IG-7")], None) == {}
    assert len([query for query in script.queries(ISSUES) if "cf_1" in query]) == 1, "it is not asked so again"


async def test_what_was_made_since_is_found_by_its_id_where_no_list_shows_it() -> None:
    marked = issue(9, custom_fields=[{"id": 1, "name": "External ID", "value": "IG-7"}])
    script = Script({ISSUES: (listed(), listed(row(4))), "/issues/6.json": 403, "/issues/9.json": marked})
    async with desk(script, probe_misses=3) as rm:
        assert await rm.find([Key("IG-7")], Newer(TicketId("4"), {"7"})) == {"IG-7": "9"}
    assert "/issues/7.json" not in {request.path for request in script.asked}


async def test_a_look_whose_answer_is_lost_is_no_absence() -> None:
    async with desk(Script({ISSUES: (CUT,)})) as rm:
        with pytest.raises(Exception, match="lost"):
            await rm.find([Key("IG-7")], None)


# --- lists of values, and the check


async def test_an_account_that_is_no_administrator_learns_fields_from_issues_and_people_from_members() -> None:
    shown = row(1, custom_fields=[{"id": 3, "name": "Severity", "value": "low"}, {"id": 1, "name": "External ID"}])
    members = {"memberships": [{"id": 1, "user": {"id": 9, "name": "Ana"}}, {"id": 2, "group": {"id": 8}}],
               "total_count": 2}  # fmt: skip
    statuses = [{"id": 1, "name": "New"}, {"id": 4, "name": "Feedback"}, {"id": 3, "name": "Resolved"},
                {"id": 6, "name": "Rejected", "is_closed": True}]  # fmt: skip
    paths = {
        ISSUES: listed(shown), "/projects/5/memberships.json": members, "/users/9.json": 404,
        "/users/5.json": account(), "/issue_statuses.json": {"issue_statuses": statuses},
        "/enumerations/issue_priorities.json": {"issue_priorities": [{"id": 2, "name": "Old", "active": False}]},
    }  # fmt: skip
    async with desk(Script(paths), custom_fields={"Severity": "choice"}) as rm:
        values = [value async for value in rm.lookups()]
    by_kind = {kind: [one for one in values if one.kind == kind] for kind in ("status", "custom_field", "person")}
    assert [one.status_class for one in by_kind["status"]] == [
        StatusClass.OPEN, StatusClass.PENDING, StatusClass.RESOLVED, StatusClass.CLOSED]  # fmt: skip
    assert [(one.id, one.form) for one in by_kind["custom_field"] if one.id.isdigit()] == [("3", "choice")]
    assert {(one.id, one.name) for one in by_kind["person"]} == {("5", "sync"), ("9", "Ana")}
    assert [one.id for one in values if one.kind == "custom_option"] == ["3/low"]
    assert not next(one for one in values if one.kind == "priority").active


async def test_a_check_names_the_rights_that_are_missing() -> None:
    role = {"role": {"id": 6, "permissions": ["view_issues"], "issues_visibility": "own"}}
    ignored = (listed(row(1)), listed(row(1)), listed(row(1)))
    async with desk(Script({"/roles/6.json": role, ISSUES: ignored}), switch_user=True) as rm:
        account_ = await rm.check()
    said = "\n".join(account_.findings)
    assert account_.name == "sync"
    for word in ("View private notes", "Set notes as private", "Issues visibility", "not used as a filter",
                 "switch_user needs", "custom field 1 (marker_field) is not among"):  # fmt: skip
        assert word in said


async def test_a_field_by_a_name_that_is_not_there_is_told_with_its_setting() -> None:
    async with desk(Script({ISSUES: listed(row(1))}), marker_field="Nope") as rm:
        said = (await rm.check()).findings
        with pytest.raises(ConfigError, match="marker_field") as e:
            await rm.find([Key("IG-1")], None)
    assert any("called 'Nope' (marker_field)" in one and "Give its id" in one for one in said), said
    assert "id" in e.value.hint
