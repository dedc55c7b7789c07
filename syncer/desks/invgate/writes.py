"""InvGate's writing calls: sent once, and what each answer means (contract 3.0 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.multipart import Form
from syncer.deskkit.reply import Reply
from syncer.desks.invgate.access import NotAllowed, scope
from syncer.desks.invgate.calls import Params
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable

JSON = {"Content-Type": "application/json"}
PART = "attachments[]"
LONGEST_QUERY = 6000
"""Characters a query may have: servers refuse longer addresses (contract 9.11)."""


class Writes:
    """One call at a time; nothing is repeated here but what surely did nothing: a credential that ran out."""

    def __init__(self, config: InvGateConfig, http: DeskHttp, credential: Credential) -> None:
        self._config = config
        self._http = http
        self._credential = credential
        self._form = Form()

    async def post(
        self, endpoint: str, params: Mapping[str, Any], files: Sequence[Download], attempt: Attempt
    ) -> dict[str, Any]:
        """The envelope of a POST. With files the parameters travel in the query, as the product wants it."""
        if not files:
            return await self._send("POST", endpoint, "", lambda: msgspec.json.encode(params), JSON, attempt)
        _, length = self._form.body((), PART, files)
        headers = {"Content-Type": self._form.content_type, "Content-Length": str(length)}
        # A large body is a stream, which can be sent once only.
        return await self._send(
            "POST", endpoint, query(params), lambda: self._form.body((), PART, files)[0], headers, attempt
        )

    async def put(
        self, endpoint: str, params: Mapping[str, Any], attempt: Attempt, *, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The envelope of a PUT, whose parameters stand in the query; what finds no room there in a body besides."""
        data = None if body is None else msgspec.json.encode(body)
        return await self._send("PUT", endpoint, query(params), lambda: data, {} if data is None else JSON, attempt)

    async def _send(
        self, method: str, endpoint: str, asked: str, data: Callable[[], Any], headers: Mapping[str, str],
        attempt: Attempt,
    ) -> dict[str, Any]:  # fmt: skip
        what = f"{self._config.name}: {method} {endpoint}"

        async def once() -> Reply:
            reply = await self._http.request(
                method, f"/api/v1/{endpoint}", query=asked, data=data(), headers=headers, timeout=attempt.left(what),
                budgeted=attempt.again, fence=attempt.fence,
            )  # fmt: skip
            attempt.again = True
            return reply

        reply = await self._credential.sending(once, lambda reply: reply.status == 401)
        return self._judged(what, method, endpoint, reply)

    def _judged(self, what: str, method: str, endpoint: str, reply: Reply) -> dict[str, Any]:
        status, text = reply.status, f"{what} answered {reply.status}: {reply.excerpt()}"
        if 200 <= status < 300:
            return _envelope(what, reply)
        if status == 401:
            raise AuthFailed(text, hint=f"Check auth of desk {self._config.name}, then: syncer check")
        if status == 403:
            raise NotAllowed(text, hint=f"Give the API account the scope {scope(endpoint, method)}.")
        if status == 429:
            raise Retryable(text, after=self._http.budget.left())
        if status == 408 or status >= 500:
            raise InDoubt(text)
        if status in {404, 405} or 300 <= status < 400:
            raise ConfigError(text, hint=f"Has this version the call {endpoint}? Is base_url right?")
        raise Rejected(text, reason="too_large" if status in {413, 414} else "refused")


def query(params: Mapping[str, Any]) -> str:
    """Parameters as the product reads them: lists with brackets, flags as 0 and 1."""
    pairs: Params = [
        (f"{name}[]", one) if isinstance(value, list) else (name, int(one) if isinstance(one, bool) else one)
        for name, value in params.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return urlencode(pairs)


def _envelope(what: str, reply: Reply) -> dict[str, Any]:
    """What a write said of itself. One that cannot be read leaves it in doubt: a page, too, for whatever stands in
    between may have put it in the place of an answer. The look that comes then says so if it is a log-in page."""
    try:
        value = msgspec.json.decode(reply.body)
    except msgspec.DecodeError as e:
        raise InDoubt(f"{what}: its answer cannot be read: {reply.excerpt()}") from e
    if isinstance(value, list):  # the manual has arrays where instances have objects
        value = value[0] if value else {}
    if not isinstance(value, dict):
        raise InDoubt(f"{what}: its answer says nothing: {reply.excerpt()}")
    if str(value.get("status", "")).upper() == "ERROR":
        raise Rejected(f"{what}: refused: {reply.excerpt()}", reason="refused")
    return value
