"""Rezolve.ai's writing calls: sent once, and what each answer means (contract 3.1, 3.5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.access import Access
from syncer.desks.rezolve.calls import JSON, NO_ROLE, TENANT, Calls, MissingRole, is_tenant
from syncer.desks.rezolve.config import RezolveConfig
from syncer.errors import AuthFailed, ConfigError, InDoubt, NotFound, Rejected, Retryable

REFUSALS = frozenset(("INPUT_VALIDATION_FAILURE", "VALIDATION_ERROR", "FORBIDDEN"))
"""Codes that say that nothing was done, whatever the status."""
DOUBT = "It is looked for before it is sent again; where that cannot be, look there for the marker by hand."
REFUSED = "Map the field it names to what this ticket type takes (syncer check), or make the ticket by hand."


class Stale(Rejected):
    """The ticket has changed since its etag was read: nothing was written."""


class Ask(msgspec.Struct, frozen=True):
    """One write. `labels` make its refusal readable; `what` is said in messages."""

    what: str
    method: str
    path: str
    body: Any
    labels: Mapping[str, str] = {}
    new: bool = False
    """Whether it makes a ticket: a 404 is then about team and type."""


class Writes:
    """One call at a time; nothing is repeated here but what surely did nothing: a credential that ran out."""

    def __init__(self, config: RezolveConfig, http: DeskHttp, access: Access, calls: Calls) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._calls = calls

    async def send(self, ask: Ask, attempt: Attempt) -> dict[str, Any]:
        """What the desk said of a write it did. Raises InDoubt, Stale, Rejected and what ends a pass."""
        what = f"{self._config.name}: {ask.what}"

        async def once() -> Reply:
            reply = await self._http.request(
                ask.method, ask.path, query=self._access.query(), data=msgspec.json.encode(ask.body), headers=JSON,
                budgeted=attempt.again, fence=attempt.fence, timeout=attempt.left(what),
            )  # fmt: skip
            attempt.again = True
            self._calls.heed(reply)
            return reply

        reply = await self._access.credential.sending(once, _is_expired)
        return self._judged(ask, reply, wire.problem(reply))

    def _judged(self, ask: Ask, reply: Reply, said: wire.Problem) -> dict[str, Any]:
        status, what = reply.status, f"{self._config.name}: {ask.what}"
        if 200 <= status < 300:
            return _answer(what, reply, said, ask.labels)
        words = wire.in_words(said, ask.labels) or reply.excerpt()
        text = f"{what} answered {status}: {words}"
        if status == 429:
            hint = f"Lower budget of desk {self._config.name}, if this goes on."
            raise Retryable(text, after=self._http.budget.left(), hint=hint)
        if status == 408 or status >= 500:
            raise InDoubt(text, hint=DOUBT)
        if not ask.new and (status in {409, 412, 428} or (status == 400 and b"etag" in reply.body.lower())):
            raise Stale(text, reason="refused", hint="Somebody changes it at the same time; try again later.")
        raise self._refusal(ask, reply, said, text)

    def _refusal(self, ask: Ask, reply: Reply, said: wire.Problem, text: str) -> Exception:
        status = reply.status
        if status == 401 and said.code == wire.ROLE_MISSING:
            return MissingRole(text, hint=NO_ROLE)
        if status == 401:
            return AuthFailed(text, hint=f"Check auth of desk {self._config.name}, then: syncer check")
        if status == 403 and ask.new:
            return AuthFailed(text, hint="May the role of this account use that team, ticket type and offer?")
        if status == 403:
            return Rejected(text, reason="refused", hint="May the role of this account change such a ticket so?")
        if status == 404 and is_tenant(said, reply):
            return ConfigError(text, hint=TENANT)
        if status == 404 and not ask.new:
            return NotFound(text)
        if status in {404, 405} or 300 <= status < 400:
            return ConfigError(text, hint="Is there such a team (by its slug) and ticket type? Is base_url right?")
        if status == 413:
            return Rejected(
                text, reason="too_large", hint=f"Set max_body of desk {self._config.name} to what it takes."
            )
        return Rejected(text, reason="refused", hint=REFUSED)


def _is_expired(reply: Reply) -> bool:
    return reply.status == 401 and wire.problem(reply).code != wire.ROLE_MISSING


def _answer(what: str, reply: Reply, said: wire.Problem, labels: Mapping[str, str]) -> dict[str, Any]:
    """A success that says so. One that cannot be read leaves the write in doubt."""
    try:
        value = msgspec.json.decode(reply.body)
    except msgspec.DecodeError as e:
        raise InDoubt(f"{what}: its answer cannot be read: {reply.excerpt()[:100]}", hint=DOUBT) from e
    if not isinstance(value, dict):
        raise InDoubt(f"{what}: its answer says nothing: {reply.excerpt()[:100]}", hint=DOUBT)
    if not said:
        if not value:
            raise InDoubt(f"{what}: its answer says nothing", hint=DOUBT)
        return value
    words = f"{what}: refused with {reply.status}: {wire.in_words(said, labels)}"
    if wire.made(value) is not None:
        raise InDoubt(f"{words}, and made at once", hint=DOUBT)
    if said.code == wire.ROLE_MISSING:
        raise MissingRole(words, hint=NO_ROLE)
    if said.reasons or said.code in REFUSALS or said.status in {400, 403, 404, 409, 422}:
        raise Rejected(words, reason="refused", hint=REFUSED)
    raise InDoubt(f"{words}: it does not say that nothing was done", hint=DOUBT)
