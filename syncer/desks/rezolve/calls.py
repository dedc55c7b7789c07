"""Rezolve.ai's reading calls: renewal, what a refusal means, the limits it tells (contract 2 and 6)."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify, retry_after
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.access import Access
from syncer.desks.rezolve.config import RezolveConfig
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected, Retryable

T = "/api/v2/ticketing"
JSON = {"Content-Type": "application/json"}
LONGEST_PAUSE = 900.0
NO_ROLE = "The account needs a role such as ticket_agent or ticket_admin besides its scopes."
TENANT = "Are tenant_id and realm those of the token, and is base_url right?"


class MissingRole(AuthFailed):
    """401 USER_PERMISSION_FAILURE: the token is good, and its account has no role for this call."""


class NotForUs(Rejected):
    """403: the role of the account does not reach so far."""


def judge(what: str, reply: Reply) -> Exception | None:
    """What an answer means; a 200 may be a refusal, and a 401 may be about a role (contract 6)."""
    said = wire.problem(reply)
    if reply.status == 401 and said.code == wire.ROLE_MISSING:
        return MissingRole(f"{what} answered 401: {reply.excerpt()}", hint=NO_ROLE)
    if reply.status == 403:
        return NotForUs(f"{what} answered 403: {reply.excerpt()}", reason="not_allowed", hint=NO_ROLE)
    if reply.status == 429:
        return Retryable(f"{what} answered 429: {reply.excerpt()}", after=reset_after(reply.headers))
    if 200 <= reply.status < 300 and reply.body[:64].lstrip()[:1] == b"<":
        return AuthFailed(
            f"{what} answered no JSON but a page: {reply.excerpt()[:60]!r}",
            hint="A log-in page or a proxy? Check base_url and the account.",
        )
    if 200 <= reply.status < 300 and said:
        text = f"{what}: refused with 200: {wire.in_words(said, {})}"
        return Rejected(text, reason="refused", hint="Do call_type and list_type fit, and the account's role?")
    if reply.status == 404 and is_tenant(said, reply):
        return ConfigError(f"{what} answered 404: {reply.excerpt()}", hint=TENANT)
    return classify(what, reply)


def is_tenant(said: wire.Problem, reply: Reply) -> bool:
    """Whether a 404 is about tenant and token, and not about what was asked for."""
    return said.code == "TENANT_NOT_FOUND" or b"tenant not found" in reply.body.lower()


def reset_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limit is reset; the unit of that header is not documented, its size tells it."""
    told = retry_after(headers)
    if told is not None:
        return min(told, LONGEST_PAUSE)
    with suppress(ValueError):
        value = float(headers.get("X-RateLimit-Reset") or "")
        if value > 1e12:
            value = value / 1000 - time.time()
        elif value > 1e9:
            value -= time.time()
        return min(max(0.0, value), LONGEST_PAUSE)
    return None


class Calls:
    """Asks the tenant, always with a credential that should be good."""

    def __init__(self, config: RezolveConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._clock: tuple[datetime, float] | None = None

    async def get(self, path: str, **params: str | int) -> Any:
        """The JSON of a GET."""
        return await self._json("GET", path, None, params)

    async def post(self, path: str, body: Any, **params: str | int) -> Any:
        """The JSON of a POST that only reads."""
        return await self._json("POST", path, msgspec.json.encode(body), params)

    async def known(self, path: str, **params: str | int) -> Any:
        """As `get`, where the path is no ticket's: what is not there is a wrong setting, or another tenant."""
        try:
            return await self.get(path, **params)
        except NotFound as e:
            raise ConfigError(e.message, hint=TENANT) from e

    async def ticket(self, id: str) -> wire.Record:
        """One ticket. Raises NotFound when there is none of that number."""
        path = f"{T}/ticket/{wire_path(id)}"
        return wire.ticket(await self.get(path), f"{self._config.name}: ticket {id}")

    def heed(self, reply: Reply) -> None:
        """Wait as long as a refusal says, and remember what time it is there."""
        if reply.status == 429 and (after := reset_after(reply.headers)) is not None:
            self._http.budget.pause(after, f"{self._config.name} answered 429")
        with suppress(ValueError, TypeError):
            at = email.utils.parsedate_to_datetime(reply.headers.get("Date", ""))
            self._clock = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """The server's time, as its last answer had it; ours before the first."""
        if self._clock is None:
            return datetime.now(UTC)
        at, then = self._clock
        return datetime.fromtimestamp(at.timestamp() + time.monotonic() - then, UTC)

    async def _json(self, method: str, path: str, data: bytes | None, params: Mapping[str, str | int]) -> Any:
        query = self._access.query(**params)
        headers = JSON if data is not None else None

        def judged(what: str, reply: Reply) -> Exception | None:
            self.heed(reply)
            return judge(what, reply)

        try:
            reply = await self._access.credential.asking(
                lambda: self._http.read(method, path, judge=judged, query=query, data=data, headers=headers),
                lambda error: not isinstance(error, MissingRole),
            )
        except MissingRole:
            raise
        except AuthFailed as e:
            hint = e.hint or f"Check auth of desk {self._config.name}, then: syncer check"
            raise AuthFailed(e.message, hint=hint) from e
        return wire.decoded(reply.body, f"{self._config.name}: {method} {path}")


def wire_path(id: str) -> str:
    """A ticket's number as a part of a path."""
    return quote(id, safe="")
