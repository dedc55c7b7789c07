"""ServiceOps' writing calls: sent once, and what each answer means (contract 3.4, 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply
from syncer.desks.motadata import shapes, wire
from syncer.desks.motadata.access import Access
from syncer.desks.motadata.calls import HEADERS, REQUEST, Calls
from syncer.desks.motadata.config import MotadataConfig
from syncer.errors import ConfigError, InDoubt, Rejected, Retryable
from syncer.model.ids import TicketId

SUBJECT = "subject"


class Writes:
    """Nothing is repeated here but what surely did nothing, and changes that may be made twice."""

    def __init__(self, config: MotadataConfig, http: DeskHttp, access: Access, calls: Calls) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._calls = calls
        self.needs_subject = False
        """Whether this server wants the subject with every change."""

    async def send(
        self, method: str, path: str, data: Any, headers: Mapping[str, str], attempt: Attempt, *, timeout: float = 0
    ) -> Reply:
        """The answer, whatever it is; a token that ran out is replaced once. Raises AuthFailed for a lasting 401.

        Within what is left of the attempt, unless a `timeout` of its own is given.
        """
        what = f"{self._config.name}: {method} {path}"

        async def once() -> Reply:
            reply = await self._http.request(
                method, path, data=data, headers=headers, budgeted=attempt.again, fence=attempt.fence,
                timeout=timeout or attempt.left(what),
            )  # fmt: skip
            attempt.again = True
            return reply

        reply = await self._access.credential.sending(once, lambda reply: reply.status == 401)
        if reply.status == 401:
            raise self._access.refused(what, reply)
        return reply

    def judged(self, what: str, reply: Reply) -> None:
        """Passes over an answer that says yes; raises what any other means. A 500 may be a refusal and may have done
        it: nobody knows before looking."""
        status, text = reply.status, f"{what} answered {reply.status}: {reply.excerpt()}"
        error = self._calls.judge(what, reply)
        if error is None:
            return
        if status == 429:
            assert isinstance(error, Retryable)
            raise Retryable(text, after=error.after if error.after is not None else self._http.budget.left())
        if status == 408 or status >= 500:
            raise InDoubt(text)
        if 300 <= status < 400:
            raise ConfigError(text, hint="Give base_url as ServiceOps itself writes it; redirects are not followed.")
        if status == 403:
            raise Rejected(text, reason="refused", hint="Give the API user's role the right to write requests.")
        raise Rejected(text, reason="too_large" if status == 413 else "refused")

    async def post(self, path: str, body: Mapping[str, Any], attempt: Attempt) -> str:
        """The id of what was made. Raises InDoubt where the answer does not tell."""
        what = f"{self._config.name}: POST {path}"
        reply = await self.send("POST", path, msgspec.json.encode(body), HEADERS, attempt)
        if path == REQUEST and reply.status in {404, 405}:
            raise ConfigError(
                f"{what} answered {reply.status}: unsupported server generation",
                hint="syncer needs /api/v1/request of ServiceOps 8.3 or later. Is base_url right, without /api?",
            )
        self.judged(what, reply)
        try:
            value = wire.decoded(reply.body, what)
        except Rejected as e:
            raise InDoubt(f"{e.message}; it may have been done") from e
        id = wire.ident(value) if isinstance(value, dict) else None
        if id is None:
            raise InDoubt(f"{what}: an answer without an id: {reply.excerpt()}")
        return id

    async def patch(self, id: TicketId, changes: Mapping[str, Any], attempt: Attempt) -> None:
        """Change only these keys; some servers want the subject besides, which then is read and sent along (3.4).

        Refused twice, also by 500, is refused for good. Whether it stuck, only reading tells.
        """
        what = f"{self._config.name}: PATCH request {id}"
        for again in (False, True):
            body = dict(changes)
            if (again or self.needs_subject) and SUBJECT not in body:
                body[SUBJECT] = shapes.text((await self._calls.request(id)).get(SUBJECT))
            reply = await self.send("PATCH", f"{REQUEST}/{id}", msgspec.json.encode(body), HEADERS, attempt)
            if 200 <= reply.status < 300:
                self._calls.judge(what, reply)
                self.needs_subject = self.needs_subject or again
                return
            if reply.status not in {400, 409, 412, 422, 500}:
                break
        if reply.status == 500:
            text = f"{what} answered 500 twice: {reply.excerpt()}"
            raise Rejected(text, reason="refused", hint="A rule of the desk, or a name it does not know?")
        self.judged(what, reply)
