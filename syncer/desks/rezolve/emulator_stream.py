"""The streams of server-sent events: changes of a list, and notifications (contract 3.11)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web

from syncer.desks.rezolve.emulator_answers import Refused
from syncer.desks.rezolve.emulator_auth import Caller, Gate
from syncer.desks.rezolve.emulator_lists import Test, matches, select
from syncer.desks.rezolve.emulator_query import read_query
from syncer.desks.rezolve.emulator_record import twin
from syncer.desks.rezolve.emulator_tables import Change, Tables
from syncer.desks.rezolve.emulator_words import iso

_TICK = 0.05  # seconds between two looks at the clock, which a test may move


class Stream:
    """One open stream and what it has yet to send; without a test nothing but heartbeats."""

    def __init__(self, caller: Caller, test: Test | None) -> None:
        self.caller = caller
        self.test = test
        self.queue: asyncio.Queue[Change] = asyncio.Queue()


class Streams:
    """All open streams. Events have no ids and are not kept: who was not connected has missed them."""

    def __init__(self, tables: Tables, gate: Gate) -> None:
        self._tables = tables
        self._gate = gate
        self._open: list[Stream] = []
        self._stopping = False
        tables.listeners.append(self._tell)

    def stop(self) -> None:
        """End all streams."""
        self._stopping = True

    async def updates(self, request: web.Request, caller: Caller, body: Any) -> web.StreamResponse:
        """The stream of a list; raises like the list itself, 429 for too many streams, 503 when it is down."""
        query = read_query(self._tables, body)
        found = select(self._tables, query, caller)
        page = [twin(self._tables, one[2]) for one in found[query.offset : query.offset + query.top]]
        snapshot = {"tickets": page, "total": len(found)}
        return await self._run(request, Stream(caller, matches(self._tables, query, caller)), snapshot)

    async def notifications(self, request: web.Request, caller: Caller, body: Any) -> web.StreamResponse:
        """A stream that says nothing but that it is there."""
        return await self._run(request, Stream(caller, None), None)

    def _tell(self, change: Change) -> None:
        for stream in self._open:
            if stream.test is not None and stream.test(change.ticket):
                stream.queue.put_nowait(change)

    async def _run(self, request: web.Request, stream: Stream, snapshot: Any) -> web.StreamResponse:
        switches = self._tables.switches
        if switches.streams_down:
            raise Refused(503, "SERVICE_UNAVAILABLE", "The service is not available")
        mine = [one for one in self._open if one.caller.username == stream.caller.username]
        if len(mine) >= switches.max_streams:
            raise Refused(429, "TOO_MANY_CONNECTIONS", "Too many streams")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        # From here on changes are kept for it: none falls between the snapshot and the first event.
        self._open.append(stream)
        try:
            await response.prepare(request)
            await self._send(response, "connected", {"connectionId": str(uuid4())})
            if snapshot is not None:
                await self._send(response, "snapshot", snapshot)
            await self._follow(request, response, stream)
        except ConnectionError:
            pass
        finally:
            self._open.remove(stream)
        return response

    async def _follow(self, request: web.Request, response: web.StreamResponse, stream: Stream) -> None:
        """Send what happens until the client goes, the token ends or nothing happened for long."""
        clock, switches = self._tables.clock, self._tables.switches
        beat = quiet = clock.now()
        while not self._stopping and request.transport is not None:
            try:
                change = await asyncio.wait_for(stream.queue.get(), _TICK)
            except TimeoutError:
                change = None
            if change is not None:
                await self._send(response, change.kind, self._event(change))
                quiet = clock.now()
            if not self._gate.alive(stream.caller):
                await self._send(response, "error", {"code": "TOKEN_EXPIRED", "message": "The token has expired"})
                return
            if clock.now() >= quiet + switches.stream_idle:
                return
            if clock.now() >= beat + switches.heartbeat:
                beat = clock.now()
                await self._send(response, "heartbeat", {})

    def _event(self, change: Change) -> dict[str, Any]:
        ticket = change.ticket
        if change.kind == "deleted":
            return {"id": ticket.id, "ticketNumber": ticket.object_id}
        event: dict[str, Any] = {"ticket": twin(self._tables, ticket)}
        if change.kind == "updated":
            event["changes"] = {name: {"from": old, "to": new} for name, (old, new) in change.changes.items()}
        return event

    async def _send(self, response: web.StreamResponse, name: str, data: dict[str, Any]) -> None:
        text = msgspec.json.encode(data | {"timestamp": iso(self._tables.now())}).decode()
        await response.write(f"event: {name}\ndata: {text}\n\n".encode())
