"""A Redmine for tests: the emulated one, or a real server where the environment names it.

`SYNCER_LIVE_REDMINE_URL`, `SYNCER_LIVE_REDMINE_TOKEN` and `SYNCER_LIVE_REDMINE_ADMIN_TOKEN` name a scratch server: the
user of its first key is no administrator and has a role with all rights on issues, each status may follow on each, and
issues have the custom fields External ID, Requester email, Severity, Tags and Due on. Each test makes two projects and
two people there, and deletes them in the end.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from msgspec import Struct
from yarl import URL

from syncer.deskkit.world import SeedPerson, SeedTicket, World
from syncer.desks.redmine.emulator import Auth, RedmineEmulator, Switches

LIVE = os.environ.get("SYNCER_LIVE_REDMINE_URL", "").rstrip("/")
emulated_only = pytest.mark.skipif(bool(LIVE), reason="needs what only an emulator can be told")
BAD_KEY = "f" * 40


class Answer(Struct):
    """A whole answer; `body` is JSON where it is that, else bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Site:
    """A base address, two keys, and what is there: projects, people and fields by the words tests have for them."""

    def __init__(self, base: str, session: ClientSession, key: str, admin_key: str) -> None:
        self.base, self.session, self.key, self.admin_key = base, session, key, admin_key
        session._retry_connection = False  # else a change whose answer is lost is sent twice
        self.emulator: RedmineEmulator = None  # type: ignore[assignment]
        self.names: dict[str, Any] = {}
        """What stands in braces in paths and bodies of samples."""
        self.suffix = ""

    @property
    def project(self) -> str:
        """The identifier of the project tests work in."""
        return str(self.names["project"])

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One call: as the user without rights to administer, unless another `key` is given; none with an empty one.

        `acting` is the login of somebody an administrator acts for; `data` and `content_type` are sent as they are.
        """
        headers = dict(options.pop("headers", {}))
        if key := options.pop("key", self.key):
            headers["X-Redmine-API-Key"] = key
        if acting := options.pop("acting", ""):
            headers |= {"X-Redmine-API-Key": self.admin_key, "X-Redmine-Switch-User": acting}
        data = options.pop("data", None)
        if body is not None:
            data = json.dumps(body).encode()
        kind = options.pop("content_type", "application/json" if body is not None else "")
        if kind:
            headers["Content-Type"] = kind
        params = options.pop("params", None)
        url = URL(self.base + path, encoded=True)
        if params:
            url = url.update_query(params)
        skip = [] if kind else ["Content-Type"]
        async with self.session.request(
            method, url, data=data, headers=headers, allow_redirects=False, skip_auto_headers=skip
        ) as response:
            raw = await response.read()
            is_json = raw and response.content_type == "application/json"
            return Answer(response.status, json.loads(raw) if is_json else raw, response.headers)

    async def admin(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """The same as an administrator."""
        return await self.call(method, path, body, key=self.admin_key, **options)

    async def make(self, subject: str = "Printer jams", **values: Any) -> dict[str, Any]:
        """A new issue in the project, as it was answered."""
        body = {"issue": {"project_id": self.project, "subject": subject, **values}}
        answer = await self.call("POST", "/issues.json", body)
        assert answer.status == 201, answer
        issue: dict[str, Any] = answer.body["issue"]
        return issue

    async def put(self, id: int, **values: Any) -> Answer:
        """A change of an issue."""
        return await self.call("PUT", f"/issues/{id}.json", {"issue": values})

    async def read(self, id: int, include: str = "journals,attachments,watchers,relations,children") -> dict[str, Any]:
        """A whole issue."""
        answer = await self.call("GET", f"/issues/{id}.json", params={"include": include})
        assert answer.status == 200, answer
        issue: dict[str, Any] = answer.body["issue"]
        return issue

    async def upload(self, name: str, content: bytes, **options: Any) -> str:
        """A token for a file."""
        answer = await self.call(
            "POST", "/uploads.json", params={"filename": name}, data=content,
            content_type="application/octet-stream", **options,
        )  # fmt: skip
        assert answer.status == 201, answer
        return str(answer.body["upload"]["token"])

    async def ids(self, **query: str) -> list[int]:
        """The ids of a list of the project's issues, closed ones, too."""
        query = {"project_id": self.project, "status_id": "*", "limit": "100", **query}
        answer = await self.call("GET", "/issues.json", params=query)
        assert answer.status == 200, answer
        return [one["id"] for one in answer.body["issues"]]

    def field(self, name: str) -> int:
        """The id of a custom field."""
        return int(self.names[name.lower().replace(" ", "_")])


PEOPLE = (("dora", "Dora", "Dev"), ("carl", "Carl", "Customer"))


def world(*tickets: SeedTicket) -> World:
    """An agent, a customer and somebody who is gone; two projects."""
    people = [SeedPerson(first, last, f"{login}@example.org", login == "dora") for login, first, last in PEOPLE]
    return World(
        people=[*people, SeedPerson("Gil", "Gone", "gil@example.org", deleted=True)],
        categories=[("Hardware",)],
        locations=[],
        queues=["Support", "Network"],
        companies=[],
        custom={},
        tickets=list(tickets),
    )


@asynccontextmanager
async def emulated(filled: World | None = None, **switches: Any) -> AsyncIterator[Site]:
    """The emulated server."""
    emulator = RedmineEmulator(filled or world(), switches=Switches(**switches))
    async with TestServer(emulator.app()) as server, ClientSession(connector=TCPConnector(limit=0)) as session:
        site = Site(f"http://127.0.0.1:{server.port}", session, Auth().sync_key, Auth().admin_key)
        site.emulator = emulator
        site.names = {
            "project": "support", "project_id": 1, "other": "network", "category": 1, "sync": 5,
            **{login: 6 + at for at, (login, _, _) in enumerate(PEOPLE)},
            **{f"{login}_login": login for login, _, _ in PEOPLE},
        }  # fmt: skip
        site.names |= {one.name.lower().replace(" ", "_"): id for id, one in emulator.tables.fields.items()}
        yield site


@asynccontextmanager
async def live() -> AsyncIterator[Site]:
    """The real server, with projects and people of our own for as long as the test lasts."""
    key, admin_key = os.environ["SYNCER_LIVE_REDMINE_TOKEN"], os.environ["SYNCER_LIVE_REDMINE_ADMIN_TOKEN"]
    async with ClientSession(connector=TCPConnector(limit=0, force_close=True)) as session:
        site = Site(LIVE, session, key, admin_key)
        site.suffix = f"-{secrets.token_hex(4)}"
        try:
            await _furnish(site)
            yield site
        finally:
            for name in ("project", "other"):
                await site.admin("DELETE", f"/projects/{site.names[name]}.json")
            for login, _, _ in PEOPLE:
                await site.admin("DELETE", f"/users/{site.names[login]}.json")


async def _furnish(site: Site) -> None:
    names = site.names
    names["sync"] = (await site.call("GET", "/users/current.json")).body["user"]["id"]
    roles = {one["name"]: one["id"] for one in (await site.admin("GET", "/roles.json")).body["roles"]}
    for login, first, last in PEOPLE:
        unique = f"{login}{site.suffix}"
        person = {"login": unique, "firstname": first, "lastname": last, "mail": f"{unique}@example.org"}
        made = await site.admin("POST", "/users.json", {"user": person})
        names[login], names[f"{login}_login"] = made.body["user"]["id"], unique
    for name, title in (("project", "Support"), ("other", "Network")):
        names[name] = f"{title.lower()}{site.suffix}"
        values = {"name": title, "identifier": names[name], "is_public": False, "tracker_ids": [1, 2, 3]}
        modules = ["issue_tracking", "time_tracking"]
        made = await site.admin("POST", "/projects.json", {"project": {**values, "enabled_module_names": modules}})
        assert made.status == 201, made
        names[f"{name}_id"] = made.body["project"]["id"]
        for user, role in (("sync", "Sync"), ("dora", "Developer"), ("carl", "Reporter")):
            member = {"user_id": names[user], "role_ids": [roles[role]]}
            await site.admin("POST", f"/projects/{names[name]}/memberships.json", {"membership": member})
    made = await site.admin(
        "POST", f"/projects/{site.project}/issue_categories.json", {"issue_category": {"name": "Hardware"}}
    )
    names["category"] = made.body["issue_category"]["id"]
    fields = (await site.admin("GET", "/custom_fields.json")).body["custom_fields"]
    names |= {one["name"].lower().replace(" ", "_"): one["id"] for one in fields}


@asynccontextmanager
async def anywhere() -> AsyncIterator[Site]:
    """The real server where the environment names one, else the emulated one."""
    async with live() if LIVE else emulated() as site:
        yield site
