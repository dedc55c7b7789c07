"""`syncer check` on a Redmine: accounts and settings that lack something, all told at once and told apart."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.deskkit.contract import Account
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.desk import Redmine
from syncer.desks.redmine.rights import WRITING
from syncer.errors import ConfigError
from syncer.sandbox.seed import generate
from tests.desks.redmine_script import ISSUES, Script, desk, issue, listed, row
from tests.desks.redmine_site import Site, emulated, emulated_only

pytestmark = emulated_only
STATUSES = {"issue_statuses": [{"id": 1, "name": "New"}, {"id": 2, "name": "Solved"}, {"id": 5, "name": "Closed"}]}


def opened(site: Site, **settings: Any) -> Redmine:
    block = {**site.emulator.block(site.base), "auth": {"key": site.key}, "name": "rm",
             "budget": {"per_second": 5000, "parallel": 8}}  # fmt: skip
    return Redmine(RedmineConfig.model_validate({**block, **settings}))


async def checked(site: Site, **settings: Any) -> Account:
    """What the check of the ordinary account says."""
    rm = opened(site, **settings)
    try:
        return await rm.check()
    finally:
        await rm.close()


async def test_an_account_that_sees_nothing_is_told_apart_from_an_empty_desk() -> None:
    async with emulated(generate(3, 6)) as site:
        tables = site.emulator.tables
        first = next(iter(tables.issues.values()))
        first.id = 1
        tables.issues = {1: first}
        tables.forget_member(site.names["sync"])
        blind = await checked(site)
    async with emulated() as site:
        empty = await checked(site)
    assert any("shows no ticket to this account, but has some" in one for one in blind.findings), blind.findings
    assert any("it seems to be empty" in one for one in empty.findings), empty.findings


@pytest.mark.parametrize(("settings", "stops"), [({}, True), ({"read_project": "desk"}, False)])
async def test_a_first_pass_that_is_blind_stops_unless_one_project_alone_is_read(
    settings: dict[str, str], stops: bool
) -> None:
    async with desk(Script({ISSUES: listed(), "/issues/2.json": 403}), **settings) as rm:
        if stops:
            with pytest.raises(ConfigError, match="it refuses ticket 2") as told:
                [page async for page in rm.scan()]
            assert "View issues" in told.value.hint
            return
        pages = [page async for page in rm.scan()]
    assert [page.note for page in pages if page.note] == ["rm shows no issue in the project desk"]


async def test_an_empty_desk_is_said_to_be_one_in_a_first_pass() -> None:
    async with desk(Script({ISSUES: listed()})) as rm:
        pages = [page async for page in rm.scan()]
    assert [page.note for page in pages if page.note] == [
        "rm shows no ticket, and has none of the ids 1 to 5: it seems to be empty"
    ]


async def test_everything_that_settings_name_and_is_not_there_is_told_at_once() -> None:
    wrong = {"project": "nowhere", "tracker": "Blah", "marker_field": "Nope", "requester_field": "Nobody"}
    async with emulated(generate(3, 6)) as site:
        said = "\n".join((await checked(site, **wrong)).findings)
    for word in ("'nowhere'", "'Blah'", "'Nope' (marker_field)", "'Nobody' (requester_field)"):
        assert word in said, said


async def test_a_field_is_not_said_to_be_missing_where_no_issue_could_show_it() -> None:
    async with desk(Script({ISSUES: listed()}), marker_field="1") as rm:
        found = await rm.check()
    assert not [one for one in found.findings if "custom field 1" in one]
    assert any(
        "whether custom field 1 (marker_field) is there shows with the first issue" in one for one in found.facts
    )
    async with desk(Script({ISSUES: listed()}), marker_field="External ID") as rm:
        named = await rm.check()
    assert any("only issues show them to this account, and it sees none" in one for one in named.findings)


async def test_a_member_of_no_project_is_told_so() -> None:
    async with desk(Script({"/users/current.json": {"user": {"id": 5, "login": "sync"}}})) as rm:
        found = await rm.check()
    assert any("the account is a member of no project" in one for one in found.findings), found.findings


@pytest.mark.parametrize(
    ("allowed", "where", "words"),
    [
        (("New", "Solved"), "findings", "take issue 7 (Support) from New to: Closed;"),
        (("New", "Solved", "Closed"), "facts", "take issue 7 (Support) from New to every status"),
    ],
)
async def test_a_check_tells_the_statuses_that_the_workflow_does_not_allow(
    allowed: tuple[str, ...], where: str, words: str
) -> None:
    whole = issue(7, allowed_statuses=[{"id": at, "name": name} for at, name in enumerate(allowed, 1)])
    paths = {ISSUES: listed(row(7)), "/issues/7.json": whole, "/issue_statuses.json": STATUSES}
    async with desk(Script(paths), project="desk") as rm:
        found = await rm.check()
    assert any(words in one for one in getattr(found, where)), found


async def test_a_check_says_that_no_time_zone_counts_and_that_nothing_is_lacking_to_write() -> None:
    role = {"role": {"id": 6, "permissions": list(WRITING), "issues_visibility": "all"}}
    async with desk(Script({"/roles/6.json": role}), project="desk") as rm:
        facts = "\n".join((await rm.check()).facts)
    assert "times come in UTC" in facts
    assert "in project Desk its roles have every right that is needed to write" in facts
