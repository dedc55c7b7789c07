"""Rezolve.ai: what an account may see is told or confirmed, never guessed; who was refused is not tried again."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.deskkit.contract import Unreadable
from syncer.errors import AuthFailed, ConfigError
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket
from tests.desks.test_rezolve_answers import (
    CREATE,
    NO_ROLE,
    PAGE,
    TOKEN,
    WHOLE,
    Script,
    T,
    created,
    desk,
    read,
)
from tests.desks.test_rezolve_doubts import FORBIDDEN, jwt

USERINFO, COUNT = f"{T}/user/userinfo", f"{T}/ticket/count"


def account(roles: Any, token: list[str] | None = None, **paths: Any) -> Script:
    """A tenant that tells these roles by user/userinfo, or answers as given; and these in the token."""
    answer = {"data": {"username": "bot", "roles": roles}} if isinstance(roles, list) else roles
    claims = jwt(**({"realm_access": {"roles": token}} if token is not None else {}))
    return Script({USERINFO: answer, TOKEN: {"access_token": claims, "expires_in": 60}, **paths})


# --- who sees all tickets -----------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["connect", "check"])
@pytest.mark.parametrize(
    ("roles", "token", "finds"),
    [
        (["ticket_agent"], None, False),
        (["ticket_agent", "Ticket_Admin"], None, True),
        (["tenant_admin"], None, False),  # no page says what it is shown
        (["admin_of_nothing"], None, False),
        ([{"name": "ticket_admin"}], None, True),
        (["ticket_agent"], ["ticket_admin"], True),
        (["ticket_agent"], ["offline_access"], False),
        ([], ["ticket_admin"], True),
        ([], None, False),
        (FORBIDDEN, None, False),
        (FORBIDDEN, ["ticket_admin"], True),
        (NO_ROLE, ["ticket_admin"], True),
        ((404, PAGE), ["ticket_admin"], True),
        ({"data": [1]}, ["ticket_admin"], True),
    ],
    ids=str,
)
async def test_only_who_is_told_to_see_all_tickets_claims_to_find_what_was_lost(
    ask: str, roles: Any, token: list[str] | None, finds: bool
) -> None:
    async with desk(account(roles, token)) as rz:
        await getattr(rz, ask)()
        assert rz.capabilities.finds_by_key == finds


@pytest.mark.parametrize("roles", [["ticket_agent"], [], FORBIDDEN], ids=str)
async def test_who_sees_all_may_be_confirmed_and_a_check_says_how(roles: Any) -> None:
    async with desk(account(roles)) as rz:
        told = [one for one in (await rz.check()).findings if "may not see all tickets" in one]
        assert len(told) == 1
        for words in ("sees_all_tickets: true", "ticket_admin", "lost answers cannot be looked for"):
            assert words in told[0]
    async with desk(account(roles), sees_all_tickets=True) as rz:
        assert not [one for one in (await rz.check()).findings if "may not see all tickets" in one]
        assert rz.capabilities.finds_by_key


async def test_a_confirmation_makes_no_list_of_what_is_none() -> None:
    templates: Any = {"data": {"rows": [{"id": "tpl_1", "formFields": []}]}}
    async with desk(account([], None, **{f"{T}/ticket/list": templates}), sees_all_tickets=True) as rz:
        await rz.connect()
        assert not rz.capabilities.finds_by_key


async def test_roles_of_the_token_count_where_userinfo_is_not_for_us() -> None:
    kind = {"id": 17020, "name": "Incident", "fields": [], "action_permissions": {"create": ["ticket_admin"]}}
    types: dict[str, Any] = {f"{T}/ticket-type": {"data": {"value": [kind]}}}
    async with desk(account(FORBIDDEN, ["ticket_user"], **types)) as rz:
        account_, findings = await rz.check(), "\n".join((await rz.check()).findings)
    assert "roles ticket_user" in account_.detail
    assert "roles are those that the token tells" in findings
    assert "only ticket_admin may create tickets of type Incident" in findings


async def test_another_tenant_is_told_at_once() -> None:
    wrong = (404, {"success": False, "error": {"code": "TENANT_NOT_FOUND", "message": "Tenant not found"}})
    async with desk(account(wrong)) as rz:
        with pytest.raises(ConfigError) as e:
            await rz.connect()
    assert "tenant_id" in e.value.hint


@pytest.mark.parametrize("count", [NO_ROLE, FORBIDDEN, (404, PAGE)], ids=str)
async def test_a_count_that_is_not_for_us_is_no_count(count: Any) -> None:
    async with desk(account(["ticket_admin"], **{COUNT: count})) as rz:
        assert "unknown number of tickets" in (await rz.check()).detail
        assert await rz.find([Key("IG-9")], None) == {}
        assert [page async for page in rz.scan()]


# --- who was refused ----------------------------------------------------------------------------------


async def test_an_account_that_was_refused_is_not_tried_again() -> None:
    """It may be locked out after a few."""
    script = Script({TOKEN: (401, {"error": "invalid_grant"})})
    async with desk(script) as rz:
        for _ in range(3):
            with pytest.raises(AuthFailed, match="invalid_grant") as e:
                await rz.fetch([TicketId("REQ-2041")])
            assert "auth of desk rz" in e.value.hint
        with pytest.raises(AuthFailed, match="invalid_grant"):
            await rz.admit()
    assert len(script.sent(TOKEN)) == 1


@pytest.mark.parametrize("trouble", [503, (429, {}, {"Retry-After": "0"})], ids=str)
async def test_a_log_in_that_met_trouble_is_no_refusal(trouble: Any) -> None:
    script = Script({TOKEN: [trouble, {"access_token": "opaque-token-1", "expires_in": 60}]})
    assert isinstance(await read(script), Ticket)


# --- moved tickets, and what else is read -------------------------------------------------------------


def moved(there: Any) -> Script:
    """REQ-2041 is still read, and says that it was moved."""
    old = {**WHOLE, "moved_to": "INC-9"}
    return Script({f"{T}/ticket/REQ-2041": {"data": old}, f"{T}/ticket/INC-9": there})


async def test_a_ticket_that_lives_on_under_another_number_is_migrated_under_that_one_only() -> None:
    found = await read(moved({"data": {**WHOLE, "object_id": "INC-9", "moved_to": "INC-9"}}))
    assert isinstance(found, Unreadable)
    assert (found.gone, found.reason) == (True, "it was moved, and is INC-9 now")


@pytest.mark.parametrize(
    "there", [(404, PAGE), FORBIDDEN, NO_ROLE, {"data": {**WHOLE, "object_id": "INC-9", "deleted_seq": 4}}], ids=str
)
async def test_a_moved_ticket_is_not_lost_where_nothing_is_found_instead(there: Any) -> None:
    assert isinstance(await read(moved(there)), Ticket)


@pytest.mark.parametrize("itself", ["REQ-2041", WHOLE["id"]])
async def test_a_ticket_that_was_moved_here_is_the_one(itself: str) -> None:
    assert isinstance(await read(Script({f"{T}/ticket/REQ-2041": {"data": {**WHOLE, "moved_to": itself}}})), Ticket)


@pytest.mark.parametrize(
    "answer",
    [{"success": True, "data": {"objectId": "REQ-2041"}}, {"success": True, "data": {"ticket": WHOLE}},
     {"success": True, "ticket": {"object_id": "REQ-2041"}}, {"objectId": "REQ-2041"}],
    ids=str,
)  # fmt: skip
async def test_a_new_ticket_is_told_wherever_the_answer_has_its_number(answer: Any) -> None:
    made = await created(Script({CREATE: answer}))
    assert (made.id, made.losses) == ("REQ-2041", ())
