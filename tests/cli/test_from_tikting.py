"""A Tikting brought into another one by the command line: read by its field map, written to by configured calls."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.forms import read_form
from tests.cli.front_door import Answer, syncer
from tests.desks.serving import served
from tests.desks.tikting_site import ANN, LIST, REGISTER, RITA, STATUS, Site

SECRET = "SECRETWORD"
ENDPOINTS = {
    "ticket.reply": {"method": "POST", "path": "/api/x/reply/{id}", "fields": {"message": "Text"}, "tested": True,
                     "read_back": True},
    "ticket.close": {"method": "POST", "path": "/api/x/close/{id}", "tested": True},
    "ticket.update": {"method": "PUT", "path": "/api/x/{id}", "fields": {"status": "St", "assignee": "A"},
                      "tested": True},
}  # fmt: skip
MAPPING = f"""\
fields:
  title: {{from: title}}
  body: {{from: body}}
  status: {{lookup: status}}
  priority: {{lookup: priority, default: Low}}
  category: {{lookup: category, default: Hardware}}
  site_id: {{value: Main site}}
  department_id: {{value: IT}}
people: {{match: [email], fallback: "{ANN}"}}
"""


class Board(Site):
    """A Tikting that takes tickets, replies and statuses. `lose` says after which of them no answer comes."""

    def __init__(self) -> None:
        super().__init__()
        self.lose: set[str] = set()
        self.lost = 0
        self.technicians = [{"id": RITA, "email": "rita@x.org"}, {"id": ANN, "email": "ann@x.org"}]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        found = re.fullmatch(r"/api/x/(reply|close)?/?(\d+)", request.path)
        if request.path != REGISTER and found is None:
            return await super()._answer(request)
        body = await request.read()
        self.asked.append((request.method, request.path, body))
        if found is None:
            form = read_form(request.headers["Content-Type"], body)
            assert form is not None
            id = self._registered(form.texts)
            return await self._given(request, "register", {"id": id}, 201)
        name, id = found[1] or "update", int(found[2])
        self._done(name, self.tickets[id], msgspec.json.decode(body or b"{}"))
        return await self._given(request, name, {}, 200)

    def _registered(self, texts: dict[str, str]) -> int:
        id = max(self.tickets, default=0) + 1
        self.tickets[id] = {
            "id": id, "title": texts["Title"], "description": texts["Description"], "creatorId": texts["CreatorId"],
            "ticketStatusId": int(texts["TicketStatusId"]), "replies": [],
        }  # fmt: skip
        self.rows[id] = self.tickets[id]
        return id

    def _done(self, name: str, ticket: dict[str, Any], told: dict[str, Any]) -> None:
        if name == "reply":
            ticket["replies"].append({"id": len(ticket["replies"]) + 1, "body": told["Text"]})
        elif name == "close":
            ticket["ticketStatusId"] = STATUS["closed"]
        else:
            ticket |= {"ticketStatusId": told["St"], "assigneeId": told.get("A")}

    async def _given(self, request: web.Request, name: str, answer: Any, status: int) -> web.StreamResponse:
        if name in self.lose:
            self.lost += 1
            self.lose.discard(name)
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=status, body=msgspec.json.encode(answer), content_type="application/json")

    def writes(self) -> int:
        return sum(1 for _, path, _ in self.asked if path == REGISTER or path.startswith("/api/x/"))

    def by_key(self) -> dict[str, list[dict[str, Any]]]:
        """Tickets by what their marker says."""
        found: dict[str, list[dict[str, Any]]] = {}
        for ticket in self.tickets.values():
            key = re.search(r"\[TK-(\d+)\]$", ticket["title"])
            assert key is not None
            found.setdefault(key[1], []).append(ticket)
        return found


class Place:
    """Both desks, and a config for them."""

    def __init__(self, folder: Path, dsn: str, old: Site, new: Board, urls: list[str]) -> None:
        self.folder, self.old, self.new = folder, old, new
        self._dsn, self._urls = dsn, urls
        self.configure(ENDPOINTS)

    def configure(self, endpoints: Any) -> None:
        common = {"kind": "tikting", "auth": {"email": "a", "password": "sandbox-secret"}, "search_lag": 0.2,
                  "budget": {"per_second": 5000, "parallel": 8}, "timeout": 2, "probe_misses": 3}  # fmt: skip
        old, new = ({**common, "base_url": url} for url in self._urls)
        config = {
            "database": self._dsn, "desks": {"old": {**old, "page_length": 7}, "new": {**new, "endpoints": endpoints}},
            "routes": {"move": {"source": "old", "target": "new", "mapping": "mapping.yaml", "accept_mails": True}},
        }  # fmt: skip
        (self.folder / "syncer.yaml").write_text(json.dumps(config))
        (self.folder / "mapping.yaml").write_text(MAPPING)

    async def do(self, *args: str) -> Answer:
        return await asyncio.to_thread(syncer, *args, "--config", self.folder / "syncer.yaml", "--json")

    async def parked(self) -> dict[str, str]:
        document = (await self.do("parked", "list")).document
        return {one["id"]: one["reason"] for one in document["parked"]}


def source(count: int) -> Site:
    """Tickets in every status, some with replies, of which some are private."""
    site = Site(range(1, count + 1))
    for id, ticket in site.tickets.items():
        status = list(STATUS.values())[id % len(STATUS)]
        site.rows[id]["ticketStatusId"] = ticket["ticketStatusId"] = status
        ticket |= {"creator": {"id": RITA, "email": "rita@x.org"}, "assigneeId": ANN, "priority": "High"}
        ticket["replies"] = [
            {"id": 10 * id, "body": f"told {id} first", "isPrivate": False},
            {"id": 10 * id + 1, "body": f"{SECRET} {id}", "isPrivate": True},
            {"id": 10 * id + 2, "body": f"{SECRET} nothing said {id}"},
            {"id": 10 * id + 3, "body": f"told {id} second", "isPrivate": False},
        ] if id % 3 else []  # fmt: skip
    site.technicians = [{"id": ANN.upper(), "email": "ann@x.org"}]
    return site


@pytest.fixture
async def place(tmp_path: Path, dsn: str) -> AsyncIterator[Place]:
    old, new = source(15), Board()
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(served(desk)) for desk in (old, new)]
        yield Place(tmp_path, dsn, old, new, urls)


def whole(place: Place) -> list[str]:
    """What is not as it should be on the target."""
    faults, there = [], place.new.by_key()
    for id, ticket in place.old.tickets.items():
        copies = there.get(str(id), [])
        if len(copies) != 1:
            faults.append(f"{id}: {len(copies)} times")
            continue
        (copy,) = copies
        said = [re.findall(r"told \d+ \w+", reply["body"]) for reply in copy["replies"]]
        wanted = [[reply["body"]] for reply in ticket["replies"] if reply.get("isPrivate") is False]
        if said != wanted:
            faults.append(f"{id}: {said} instead of {wanted}")
        if copy["ticketStatusId"] != ticket["ticketStatusId"]:
            faults.append(f"{id}: status {copy['ticketStatusId']} instead of {ticket['ticketStatusId']}")
        if copy["creatorId"] != RITA or copy.get("assigneeId") != ANN:
            faults.append(f"{id}: its people are others")
    return faults


async def test_all_is_over_once_and_private_words_are_not(place: Place) -> None:
    done = await place.do("migrate", "--yes")
    assert done.code == 0, done.err
    assert whole(place) == []
    assert not any(SECRET.encode() in body for _, _, body in place.new.asked if isinstance(body, bytes))
    assert done.document["counts"]["created"] == 15
    losses = {one["code"]: one["count"] for one in done.document["losses"]}
    assert losses["private_note_withheld"] == 20
    notes = " ".join(done.document["notes"])
    assert "old shows 15 tickets, ids 1 to 15; 0 ids between are in no list" in notes
    written = place.new.writes()
    again = await place.do("migrate", "--yes")
    assert (again.code, again.document["counts"]["unchanged"]) == (0, 15)
    delta = await place.do("delta")
    assert (delta.code, delta.document["counts"]["unchanged"]) == (0, 15), delta.out + delta.err
    assert place.new.writes() == written
    assert not any(
        method != "GET" and path not in (LIST, "/api/Users/authenticate") for method, path, _ in place.old.asked
    )


async def test_a_delta_sees_what_is_new_or_changed_and_nothing_else(place: Place) -> None:
    assert (await place.do("migrate", "--yes")).code == 0
    closed = next(id for id, row in place.old.rows.items() if row["ticketStatusId"] == STATUS["closed"])
    opened = next(id for id, row in place.old.rows.items() if row["ticketStatusId"] == STATUS["open"])
    place.old.tickets[opened]["replies"].append({"id": 999, "body": "told later", "isPrivate": False})
    place.old.rows[closed]["title"] = "Renamed"
    place.old.rows[3]["isRead"] = True
    place.old.tickets[16] = {**place.old.tickets[1], "id": 16, "title": "New"}
    place.old.rows[16] = {**place.old.rows[1], "id": 16, "title": "New"}
    delta = await place.do("delta")
    assert delta.code == 1, delta.err
    counts = delta.document["counts"]
    assert (counts["created"], counts["unchanged"], counts["parked"]) == (1, 13, 2)
    assert await place.parked() == {str(opened): "changed_after", str(closed): "changed_after"}
    assert len(place.new.by_key()["16"]) == 1


@pytest.mark.parametrize("name", ["register", "reply", "close", "update"])
async def test_a_lost_answer_doubles_nothing(place: Place, name: str) -> None:
    place.new.lose = {name}
    done = await place.do("migrate", "--yes")
    assert done.code == 0, done.err
    assert place.new.lost == 1
    assert whole(place) == []


async def test_a_lost_reply_that_cannot_be_read_back_is_parked_and_never_sent_again(place: Place) -> None:
    place.configure({**ENDPOINTS, "ticket.reply": {**ENDPOINTS["ticket.reply"], "read_back": False}})
    for ticket in place.old.tickets.values():
        ticket["replies"] = ticket["replies"][:1]
    shown = place.new._known

    def hiding(request: web.Request, body: Any) -> web.StreamResponse:
        """The desk does not show replies."""
        id = request.path.rpartition("/")[2]
        if not id.isdigit() or int(id) not in place.new.tickets:
            return shown(request, body)
        ticket = {k: v for k, v in place.new.tickets[int(id)].items() if k != "replies"}
        return web.Response(body=msgspec.json.encode(ticket), content_type="application/json")

    place.new._known = hiding  # type: ignore[method-assign]
    place.new.lose = {"reply"}
    done = await place.do("migrate", "--yes")
    assert done.code == 1, done.err
    assert list((await place.parked()).values()) == ["in_doubt"]
    written = place.new.writes()
    assert (await place.do("migrate", "--yes")).code == 1
    assert place.new.writes() == written
    assert max(len(ticket["replies"]) for ticket in place.new.tickets.values()) == 1


async def test_tickets_of_an_account_that_sees_only_its_own_are_told_as_that(place: Place) -> None:
    place.old.permissions = ("Tickets.OnlyPrivate",)
    plan = await place.do("plan")
    assert "restricted view" in " ".join(plan.document["notes"])
    place.old.permissions = ("Tickets.Create",)
    place.old.rows = {1: {"number": 1}}
    stopped = await place.do("plan")
    assert (stopped.code, stopped.out) == (2, "")
    assert "old cannot be read from: a row of the list has no id under id, ticketId" in stopped.err
    assert "syncer describe old" in stopped.err
