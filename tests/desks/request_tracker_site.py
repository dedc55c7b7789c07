"""A Request Tracker to test against: the emulator, or a live server that the environment names.

With SYNCER_LIVE_REQUEST_TRACKER_URL and SYNCER_LIVE_REQUEST_TRACKER_TOKEN set, the tests that say nothing of the
emulator's own run against that server: a scratch one, with queues General and Support and the custom fields
External ID (one text), Tags (several), Severity (one of low, normal, high) and Due On (a moment). They make tickets
and people there and leave them.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession
from msgspec import Struct
from multidict import CIMultiDict

from syncer.deskkit.world import World
from syncer.desks.request_tracker.emulator import Auth, RequestTrackerEmulator, Switches
from tests.desks.serving import served

LIVE = os.environ.get("SYNCER_LIVE_REQUEST_TRACKER_URL", "").rstrip("/")
LIVE_TOKEN = os.environ.get("SYNCER_LIVE_REQUEST_TRACKER_TOKEN", "")
emulated = pytest.mark.skipif(bool(LIVE), reason="of the emulator alone")
API = "/REST/2.0"


class Said(Struct):
    """An answer: JSON where it is JSON, else its bytes."""

    status: int
    headers: CIMultiDict[str]
    body: Any


class Site:
    """A server that is up. `emulator` is none for a live one."""

    def __init__(self, session: ClientSession, url: str, token: str, emulator: Any) -> None:
        self._session = session
        self.url = url
        self.token = token
        self.emulator: RequestTrackerEmulator = emulator
        self.mark = secrets.token_hex(4)
        """Stands in all that this test makes."""

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> Said:
        """Any call; `token` is another one or none, `headers` go before the usual ones."""
        token = more.pop("token", self.token)
        headers = ({"Authorization": f"token {token}"} if token else {}) | more.pop("headers", {})
        if json is not None:
            more["json"] = json
        async with self._session.request(
            method, self.url + API + path, headers=headers, allow_redirects=False, **more
        ) as answer:
            is_json = "json" in answer.headers.get("Content-Type", "")
            raw = await answer.read()
            body = await answer.json(content_type=None) if is_json and raw else raw
            return Said(answer.status, CIMultiDict(answer.headers), body)

    async def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """The body of a call that goes well."""
        said = await self.call(method, path, json, **more)
        assert said.status in {200, 201, 204}, said
        return said.body

    async def ticket(self, **fields: Any) -> int:
        """A new ticket; gives its id."""
        made = await self.ok("POST", "/ticket", {"Queue": "General", "Subject": f"EMU {self.mark}", **fields})
        return int(made["id"])

    async def get(self, id: int) -> Any:
        """A ticket."""
        return await self.ok("GET", f"/ticket/{id}")

    async def put(self, id: int, **fields: Any) -> Any:
        """Change a ticket; gives the messages."""
        return await self.ok("PUT", f"/ticket/{id}", fields)

    async def put_user(self, name: str, **fields: Any) -> Any:
        """Change a person; gives the messages."""
        return await self.ok("PUT", f"/user/{name}", fields)

    async def say(self, id: int, how: str = "comment", **body: Any) -> int:
        """A comment or a reply; gives its transaction."""
        body = {"Content": "text", "ContentType": "text/plain"} | body
        said = await self.call("POST", f"/ticket/{id}/{how}", body)
        assert said.status == 201, said
        return int(said.headers["Location"].rpartition("/")[2])

    async def send(self, path: str, body: bytes, kind: str) -> Said:
        """Bytes as they are."""
        return await self.call("POST", path, data=body, headers={"Content-Type": kind})

    async def send_form(self, path: str, text: str, *files: tuple[str, str, bytes]) -> Said:
        """A form with JSON and files: name, type, bytes."""
        body, kind = form(text, files)
        return await self.send(path, body, kind)

    async def search(self, query: str, **params: Any) -> Any:
        """A page of tickets."""
        return await self.ok("GET", "/tickets", params={"query": query, **params})

    async def found(self, query: str, **params: Any) -> list[int]:
        """The ids on a page of tickets."""
        return [int(row["id"]) for row in (await self.search(query, **params))["items"]]

    async def history(self, id: int) -> list[Any]:
        """All transactions of a ticket, with their fields."""
        fields = "Type,Field,OldValue,NewValue,Creator,Created,Data"
        return list((await self.ok("GET", f"/ticket/{id}/history?per_page=100&fields={fields}"))["items"])

    async def types(self, id: int) -> list[str]:
        """What kinds of things happened to a ticket."""
        return [row["Type"] for row in await self.history(id)]

    async def parts(self, transaction: int) -> list[Any]:
        """The parts of a message, each with its content as bytes."""
        row = await self.ok("GET", f"/transaction/{transaction}")
        places = [link["_url"].rpartition("/")[2] for link in row["_hyperlinks"] if link["ref"] == "attachment"]
        parts = [await self.ok("GET", f"/attachment/{id}") for id in places]
        return [part | {"bytes": base64.b64decode(part["Content"] or "")} for part in parts]

    async def files(self, transaction: int) -> dict[str, bytes]:
        """The files of a message."""
        return {part["Filename"]: part["bytes"] for part in await self.parts(transaction) if part.get("Filename")}


def form(text: str, files: tuple[tuple[str, str, bytes], ...]) -> tuple[bytes, str]:
    """A form's bytes and its type."""
    boundary = "syncer-test-boundary"
    pieces = [("JSON", None, "application/json", text.encode()), *(("Attachments", *file) for file in files)]
    body = b""
    for part, name, kind, content in pieces:
        place = f'form-data; name="{part}"' + (f'; filename="{name}"' if name is not None else "")
        body += f"--{boundary}\r\nContent-Disposition: {place}\r\nContent-Type: {kind}\r\n\r\n".encode()
        body += content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def empty() -> World:
    """A world like that of the live server: lists, and nobody and nothing else."""
    return World(
        people=[], categories=[], locations=[], queues=["Support"], companies=[], tickets=[],
        custom={"Severity": ["low", "normal", "high"]},
    )  # fmt: skip


@asynccontextmanager
async def site(world: World | None = None, auth: Auth | None = None, **switches: Any) -> AsyncIterator[Site]:
    """The emulator of a world; without one, a live server where the environment names it."""
    async with ClientSession() as session:
        if LIVE and world is None and auth is None and not switches:
            yield Site(session, LIVE, LIVE_TOKEN, None)
            return
        auth = auth or Auth()
        emulator = RequestTrackerEmulator(world or empty(), switches=Switches(**switches), auth=auth)
        async with served(emulator) as url:
            yield Site(session, url, auth.token, emulator)


def custom(ticket: Any) -> dict[str, list[str | None]]:
    """The custom fields of a ticket by name."""
    return {field["name"]: field["values"] for field in ticket["CustomFields"]}


def names(people: Any) -> list[str]:
    """The logins of some people."""
    return [person["id"] for person in people]
