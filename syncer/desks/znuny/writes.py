"""Znuny's writing calls: sent once, and what each answer means (contract, authentication and errors)."""

from __future__ import annotations

from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply
from syncer.desks.znuny import answers
from syncer.desks.znuny.access import Access
from syncer.desks.znuny.answers import Denied, SessionRefused
from syncer.desks.znuny.config import ZnunyConfig
from syncer.errors import ConfigError, InDoubt, Rejected, Retryable

_RIGHT = {"create": "create", "update": "rw"}


class Writes:
    """Nothing is repeated here but what surely did nothing."""

    def __init__(self, config: ZnunyConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._routes = {"create": config.routes.create, "update": config.routes.update}

    async def create(self, body: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        """TicketCreate. Raises Rejected where nothing was made, InDoubt where something may have been."""
        return await self._send("create", body, attempt)

    async def update(self, body: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        """TicketUpdate, of the ticket `TicketID`. Raises as `create` does."""
        return await self._send("update", body, attempt)

    async def _send(self, operation: str, body: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        what = f"{self._config.name}: {self._routes[operation]}"

        async def once() -> Reply:
            call = self._access.request(self._routes[operation], body)
            reply = await self._http.request(
                call.method, call.path, data=call.data, headers=answers.HEADERS, budgeted=attempt.again,
                fence=attempt.fence, timeout=attempt.left(what),
            )  # fmt: skip
            attempt.again = True
            return reply

        reply = await self._access.credential.sending(once, answers.is_auth_fail)
        if error := answers.judge(what, reply):
            raise self._judged(operation, what, reply, error)
        try:
            answer = answers.decoded(what, reply)
        except Rejected as e:
            raise InDoubt(f"{e.message}; it may have been done") from e
        if not answer.get("TicketID"):
            raise InDoubt(f"{what}: an answer without a TicketID: {reply.excerpt()}")
        return answer

    def _judged(self, operation: str, what: str, reply: Reply, error: Exception) -> Exception:
        """What a refusal means for a write. An error object and 4xx did nothing; of a 500 nobody knows: Znuny may have
        stopped in the middle."""
        text = f"{what} answered {reply.status}: {reply.excerpt()}"
        if isinstance(error, SessionRefused):
            return self._access.refused(error)
        if isinstance(error, Denied):
            right = _RIGHT[operation]
            hint = f"Give a group of {self._config.auth.user} the permission {right!r} on this queue."
            return Rejected(error.message, reason="refused", hint=hint)
        if isinstance(error, Retryable):
            if reply.status != 429:
                return InDoubt(text)
            return Retryable(text, after=error.after if error.after is not None else self._http.budget.left())
        if isinstance(error, ConfigError) and reply.status == 200:
            return InDoubt(f"{error.message}; it may have been done")
        if reply.status == 408:
            return InDoubt(text)
        if isinstance(error, Rejected) and reply.status != 200 and error.reason != "too_large":
            return Rejected(error.message, reason="refused")
        return error
