"""Desks, emulated ones and connectors, that are broken on purpose, so that one can see the suite notice; the
environment names the break."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from aiohttp import web
from msgspec.structs import replace

from syncer.deskkit.contract import DeskSpec, Unreadable
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.errors import Rejected
from syncer.mapping.transcript import Teller
from syncer.model.draft import CommentDraft
from syncer.model.lookups import LookupValue

if TYPE_CHECKING:
    from tests.conformance.trial import Answer, Through

BREAK = "SYNCER_CONFORMANCE_BREAK"
PRIVATE, REPEATED, ERROR_INSIDE, ETAG, NAMELESS = (
    "private flag dropped", "second page repeated", "200 with an error inside", "etag ignored", "skip without a name",
)  # fmt: skip
PUBLISHED, CLAIMLESS, VERSIONLESS, LISTLESS, FILELESS, EARLIER, BLIND, UNTOLD = (
    "private comments written as public", "a claim dropped", "no version sent", "a list not read", "no file given",
    "comments told some seconds earlier", "nothing found that was done", "nothing told in the text",
)  # fmt: skip
LIST = "category"
"""Which one is not read any more."""
_PLACES = frozenset({
    "TicketCreateTimeNewerDate", "filter", "issue_id", "offset", "page", "page_key", "search", "skip", "start",
})  # fmt: skip
_VERSION = "etag"


def name() -> str:
    """The break that is asked for; empty for none."""
    return os.environ.get(BREAK, "")


def emulator(spec: DeskSpec, world: World, whole: Any) -> Any:
    """The emulator as it is, or a broken copy of it."""
    return Leaking(spec, world, whole) if name() == PRIVATE else whole


def through(holds: Callable[[], Any]) -> Through:
    """What stands between connector and emulator; `holds` tells what the emulator holds."""
    made: dict[str, Through] = {REPEATED: Repeating(), ERROR_INSIDE: Denying(holds), ETAG: Forgetful()}
    return made.get(name(), passed_on)


def desk(whole: Any) -> Any:
    """The connector as it is, or with one thing wrong."""
    spoil = _SPOILS.get(name())
    if spoil is not None:
        spoil(whole)
    return whole


def text(patch: Callable[[type, str, Any], None]) -> None:
    """Lets the engine forget the head of each text, where that is the break."""
    if name() == UNTOLD:
        join = Teller.join
        patch(Teller, "join", lambda teller, head, body, comments: join(teller, [], body, comments))


def _drop_a_claim(whole: Any) -> None:
    whole.capabilities = replace(whole.capabilities, takes_comments=False)


def _read_no_list(whole: Any) -> None:
    lookups = whole.lookups

    async def fewer() -> AsyncIterator[LookupValue]:
        async for value in lookups():
            if value.kind != LIST:
                yield value

    whole.lookups = fewer


def _give_no_file(whole: Any) -> None:
    async def download(*_: Any) -> NoReturn:
        raise Rejected("it is not to be had", reason="file_unreadable")

    whole.download = download


def _tell_earlier(whole: Any) -> None:
    fetch = whole.fetch

    async def earlier(ids: Any) -> Any:
        return [one if isinstance(one, Unreadable) else _earlier(one) for one in await fetch(ids)]

    whole.fetch = earlier


def _earlier(ticket: Any) -> Any:
    said = [
        replace(one, created_at=one.created_at and one.created_at - timedelta(seconds=20)) for one in ticket.comments
    ]
    return replace(ticket, comments=tuple(said))


def _publish(whole: Any) -> None:
    create, step = whole.create, whole.step

    async def created(draft: Any, *rest: Any) -> Any:
        return await create(replace(draft, comments=tuple(map(_public, draft.comments))), *rest)

    async def stepped(id: Any, draft: Any, taken: Any, *rest: Any) -> Any:
        said = taken if taken.comment is None else replace(taken, comment=_public(taken.comment))
        return await step(id, replace(draft, comments=tuple(map(_public, draft.comments))), said, *rest)

    whole.create, whole.step = created, stepped


def _public(comment: CommentDraft) -> CommentDraft:
    return replace(comment, public=True)


def _find_nothing(whole: Any) -> None:
    happened = whole.happened

    async def unseen(id: Any, draft: Any, step: Any) -> Any:
        return None if step.comment is None else await happened(id, draft, step)

    whole.happened = unseen


_SPOILS: Mapping[str, Callable[[Any], None]] = {
    PUBLISHED: _publish,
    CLAIMLESS: _drop_a_claim,
    LISTLESS: _read_no_list,
    FILELESS: _give_no_file,
    EARLIER: _tell_earlier,
    BLIND: _find_nothing,
}


async def passed_on(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Nothing is changed."""
    return await answer(request)


class Leaking:
    """An emulator that forgets who may read a comment: the world told which were private, and so do judges."""

    def __init__(self, spec: DeskSpec, world: World, whole: Any) -> None:
        public = [
            replace(ticket, comments=[replace(comment, private=False) for comment in ticket.comments])
            for ticket in world.tickets
        ]
        self._true = {ticket.id: ticket for ticket in whole.kept()}
        self._shown: Any = spec.emulator(replace(world, tickets=public))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)

    def kept(self) -> list[KeptTicket]:
        """What is from the world as it was told; what came later as it is shown: all of it to everybody."""
        return [
            self._true.get(ticket.id)
            or replace(ticket, comments=tuple(replace(comment, public=True) for comment in ticket.comments))
            for ticket in self._shown.kept()
        ]


class Repeating:
    """Whatever page of a list is asked for, the first one comes."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, web.Response]] = {}

    async def __call__(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        asked = {**request.query, **_fields(await request.read())}
        place = str(sorted((key, str(value)) for key, value in asked.items() if key in _PLACES))
        rest = str((request.method, request.path, sorted((k, str(v)) for k, v in asked.items() if k not in _PLACES)))
        known = self._first.get(rest)
        if known is not None and known[0] != place:
            return web.Response(body=known[1].body, status=200, content_type="application/json")
        response = await answer(request)
        if isinstance(response, web.Response) and response.status == 200:
            self._first.setdefault(rest, (place, response))
        return response


class Denying:
    """Whatever was done is answered with a 200 that says no."""

    def __init__(self, holds: Callable[[], Any]) -> None:
        self._holds = holds

    async def __call__(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        before = self._holds()
        response = await answer(request)
        return response if self._holds() == before else hollow()


def hollow() -> web.Response:
    """A 200 that says no."""
    return web.json_response({"status": "ERROR", "success": False, "info": "refused", "error": "refused"})


class Forgetful:
    """Whatever version a change names, it is taken for the present one."""

    def __init__(self) -> None:
        self._present = ""

    async def __call__(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await self._again(request, answer)
        if isinstance(response, web.Response):
            self._present = response.headers.get("ETag", "") or _found(_decoded(response.body)) or self._present
        return response

    async def _again(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if "If-Match" in request.headers:
            headers = request.headers.copy()
            del headers["If-Match"]
            return await answer(request.clone(headers=headers))
        body = _fields(await request.read())
        response = await answer(request)
        if _VERSION in body and response.status >= 400:
            request._read_bytes = msgspec.json.encode({**body, _VERSION: self._present})
            return await answer(request)
        return response


def is_versioned(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a request names the version it is of."""
    return name() != VERSIONLESS and ("If-Match" in headers or bool(_fields(body).get(_VERSION)))


def _fields(body: bytes) -> dict[str, Any]:
    value = _decoded(body)
    return value if isinstance(value, dict) else {}


def _decoded(body: Any) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, TypeError):
        return None


def _found(value: Any) -> str:
    """The first version that stands anywhere in an answer."""
    if isinstance(value, dict):
        own = value.get(_VERSION)
        return own if isinstance(own, str) else next(filter(None, map(_found, value.values())), "")
    return next(filter(None, map(_found, value)), "") if isinstance(value, list) else ""
