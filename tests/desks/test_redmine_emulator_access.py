"""Traps of Redmine's way in: a wrong key is nobody's, and what who may be told.

Each holds on a real server, too: see redmine_site for the names of one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from tests.desks.redmine_site import BAD_KEY, Site, anywhere


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with anywhere() as found:
        yield found


async def test_a_wrong_key_sees_an_empty_desk_instead_of_an_error(site: Site) -> None:
    await site.make()
    for path, name in (("/issues.json?status_id=*", "issues"), ("/projects.json", "projects")):
        answer = await site.call("GET", path, key=BAD_KEY)
        assert (answer.status, answer.body[name], answer.body["total_count"]) == (200, [], 0)
    assert (await site.call("GET", "/search.json?q=printer", key=BAD_KEY)).body["results"] == []


@pytest.mark.parametrize("path", ["/users/current.json", "/users.json", "/custom_fields.json", "/my/account.json"])
async def test_a_wrong_key_is_told_where_somebody_must_be_known(site: Site, path: str) -> None:
    for key in (BAD_KEY, ""):
        answer = await site.call("GET", path, key=key)
        assert (answer.status, answer.body) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Redmine API"'


async def test_a_key_counts_to_the_letter_and_from_several_places(site: Site) -> None:
    me = "/users/current.json"
    assert (await site.call("GET", f"{me}?key={site.key}", key="")).status == 200
    basic = {"Authorization": "Basic " + b64encode(f"{site.key}:x".encode()).decode()}
    assert (await site.call("GET", me, key="", headers=basic)).status == 200
    assert (await site.call("GET", me, key=site.key.upper())).status == 401


async def test_a_key_stands_in_the_answer_about_oneself(site: Site) -> None:
    assert (await site.call("GET", "/users/current.json")).body["user"]["api_key"] == site.key


async def test_lists_and_addresses_of_people_are_for_administrators(site: Site) -> None:
    for path in ("/users.json", "/custom_fields.json"):
        assert (await site.call("GET", path)).status == 403
        assert (await site.admin("GET", path)).status == 200
    path = f"/users/{site.names['carl']}.json"
    assert "mail" not in (await site.call("GET", path)).body["user"]
    assert (await site.admin("GET", path)).body["user"]["mail"].endswith("@example.org")


async def test_an_administrator_acts_for_others_who_are_there(site: Site) -> None:
    carl, me = site.names["carl_login"], "/users/current.json"
    assert (await site.call("GET", me, acting=carl)).body["user"]["id"] == site.names["carl"]
    assert (await site.call("GET", me, acting="nobody-at-all")).status == 412
    await site.admin("PUT", f"/users/{site.names['carl']}.json", {"user": {"status": 3}})
    assert (await site.call("GET", me, acting=carl)).status == 412
    ignored = await site.call("GET", me, headers={"X-Redmine-Switch-User": carl})
    assert ignored.body["user"]["id"] == site.names["sync"], "no administrator acts as nobody else"


async def test_somebody_outside_of_a_project_is_told_that_it_is_blank(site: Site) -> None:
    issue = await site.make()
    login = f"nina{site.suffix}"
    person = {"login": login, "firstname": "N", "lastname": "N", "mail": f"{login}@example.org"}
    nina = (await site.admin("POST", "/users.json", {"user": person})).body["user"]["id"]
    try:
        body = {"issue": {"project_id": site.project, "subject": "x"}}
        answer = await site.call("POST", "/issues.json", body, acting=login)
        assert answer.status == 422
        assert "Project cannot be blank" in answer.body["errors"]
        assert (await site.call("GET", f"/issues/{issue['id']}.json", acting=login)).status == 403
    finally:
        assert (await site.admin("DELETE", f"/users/{nina}.json")).status == 204
