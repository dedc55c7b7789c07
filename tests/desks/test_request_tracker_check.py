"""`syncer check` on a Request Tracker: accounts that lack something, told apart and by the names RT has for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncer.deskkit.contract import Account
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.desk import RequestTracker
from syncer.desks.request_tracker.emulator import Auth
from syncer.desks.request_tracker.emulator_words import RIGHTS
from syncer.sandbox.seed import generate
from tests.cli.front_door import syncer
from tests.desks.request_tracker_site import Site, emulated, site

READS = frozenset({"SeeQueue", "ShowTicket", "ShowTicketComments", "SeeCustomField"})
pytestmark = emulated


def block(site: Site) -> dict[str, Any]:
    """The emulator's config block, without a limit."""
    return {**site.emulator.block(site.url), "budget": {"per_second": 5000, "parallel": 8}}


async def checked(site: Site) -> Account:
    """What the check of its account says."""
    desk = RequestTracker(RequestTrackerConfig.model_validate({**block(site), "name": "rt"}))
    try:
        return await desk.check()
    finally:
        await desk.close()


def having(*rights: str) -> Auth:
    return Auth(rights=frozenset(rights))


async def test_an_account_that_sees_nothing_is_told_apart_from_an_empty_desk() -> None:
    async with site(generate(3, 6), having()) as there:
        blind = await checked(there)
    async with site() as there:
        empty = await checked(there)
    assert any("shows no ticket to this account, but has some" in one for one in blind.findings), blind.findings
    assert any("the account lacks the right SeeQueue" in one for one in blind.findings)
    assert [one for one in empty.findings if "it seems to be empty" in one]
    assert not [one for one in empty.findings if "but has some" in one]


async def test_an_account_that_only_reads_is_told_each_right_to_write_that_it_lacks() -> None:
    async with site(generate(3, 6), having(*READS)) as there:
        said = "\n".join((await checked(there)).findings)
    for right in ("ReplyToTicket", "CommentOnTicket", "ModifyTicket", "CreateTicket", "AdminUsers"):
        assert right in said


async def test_a_check_names_who_may_own_tickets_and_says_where_nobody_may() -> None:
    async with site(generate(3, 6)) as there:
        found = await checked(there)
    owners = next(one for one in found.facts if one.startswith("may own tickets in"))
    assert "sync" in owners
    assert "assignee_as_text" in owners
    async with site(generate(3, 6), having(*RIGHTS - {"OwnTicket"}), staff_own=False) as there:
        nobody = await checked(there)
    assert any("nobody has the right OwnTicket in the queue" in one for one in nobody.findings), nobody.findings


async def test_where_rt_does_not_tell_who_may_own_tickets_a_check_says_so() -> None:
    async with site(generate(3, 6), tells_owners=False) as there:
        found = await checked(there)
    assert any("RT does not tell who may own tickets" in one for one in found.facts), found.facts
    assert not [one for one in found.findings if "OwnTicket" in one]


@pytest.mark.parametrize(
    ("zones", "where", "words"),
    [
        ({"timezone": "UTC"}, "facts", "time zone of the API user: UTC"),
        ({"timezone": "Asia/Tokyo"}, "findings", "time zone is Asia/Tokyo"),
        ({"server_timezone": "UTC"}, "facts", "the server's own, which is UTC"),
        ({"server_timezone": "America/New_York"}, "findings", "the server's is not UTC"),
    ],
)
async def test_a_check_tells_the_time_zone_in_which_dates_are_taken(
    zones: dict[str, Any], where: str, words: str
) -> None:
    async with site(generate(3, 6), **zones) as there:
        found = await checked(there)
    assert any(words in one for one in getattr(found, where)), found


async def test_the_command_tells_what_is_lacking_what_is_fine_and_what_can_be_done(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    async with site(generate(3, 6), having(*RIGHTS - {"CommentOnTicket"})) as there:
        config.write_text(yaml.safe_dump({"database": "embedded", "desks": {"rt": block(there)}}), encoding="utf-8")
        told = await asyncio.to_thread(syncer, "check", "rt", "--config", config)
        as_json = await asyncio.to_thread(syncer, "check", "rt", "--config", config, "--json")
    assert told.code == as_json.code == 1
    assert "  look at this: the account may not comment on ticket 6: to write it needs the right" in told.out
    assert "  may own tickets in the queue" in told.out
    assert "  can, with all rights: tickets are read from it; tickets are created on it" in told.out
    assert "tickets can be set right afterwards; tickets can be taken back" in told.out
    assert "  cannot: original " in told.out
    assert "  mails: it mails assignees on an assignment: " in told.out
    (desk,) = as_json.document["desks"]
    assert desk["facts"]
    assert "private notes" in desk["can"]
    assert "original authors (told in the body)" in desk["cannot"]
