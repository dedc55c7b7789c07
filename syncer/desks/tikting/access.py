"""How Tikting lets us in: one log-in per process, shared, renewed before it ends (contract 2)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import structlog

from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify
from syncer.desks.tikting import wire
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import Endpoint
from syncer.desks.tikting.wire_fields import at, lowered
from syncer.errors import AuthFailed, ConfigError, Rejected, SyncerError
from syncer.log import protect

LOGIN = "/api/Users/authenticate"
LIFE = 7 * 86400.0
DAY = 86400.0
_NO_TOKEN = {"Content-Type": "application/json", "Authorization": ""}
log = structlog.get_logger()


class TokenRefused(AuthFailed):
    """Tikting does not take our token, or not any more: it did nothing."""


def refuses_token(reply: Reply) -> bool:
    """A 401, or the way to a log-in page, which web frameworks answer instead."""
    return reply.status == 401 or (reply.status in {302, 303} and wire.is_login_page(reply.headers.get("Location")))


def judge(what: str, reply: Reply) -> Exception | None:
    """What an answer means, as everywhere; a token that ran out is told apart from a missing permission."""
    error = classify(what, reply)
    return TokenRefused(str(error)) if error is not None and refuses_token(reply) else error


def unsuccessful(what: str, endpoint: Endpoint, reply: Reply) -> ConfigError | None:
    """A status that says something was done, and not that this was."""
    if reply.status in endpoint.success:
        return None
    there = ", ".join(map(str, endpoint.success))
    return ConfigError(
        f"{what} answered {reply.status}: {reply.excerpt()}",
        hint=f"By its settings only {there} says that it was done. Set success, or path, and try it: syncer probe.",
    )


class Access:
    """Hands out the bearer header. A wrong password is never tried twice: it locks the account."""

    def __init__(self, config: TiktingConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._ends = 0.0
        self._bearer = ""
        self._refused: AuthFailed | None = None
        self.permissions: tuple[str, ...] | None = None
        """What the token's claims grant; None where the token does not tell."""

    @property
    def due(self) -> bool:
        """Whether the next call must log in first."""
        return time.monotonic() >= self._until

    async def ready(self) -> str:
        """The Authorization header of a token that should still hold; to be handed to `renew` when it is refused."""
        if self.due:
            old = self._bearer
            async with self._lock:
                if old == self._bearer and not await self._refreshed():
                    await self._anew()
        return self._bearer

    async def renew(self, refused: str) -> str:
        """The header of a fresh token, unless somebody else already replaced the refused one."""
        async with self._lock:
            if refused == self._bearer:
                await self._anew()
            return self._bearer

    async def _refreshed(self) -> bool:
        """Whether a configured call gave a new token for one that still holds (contract 2.2)."""
        if self._config.active("user.refresh") is None or time.monotonic() >= self._ends:
            return False
        try:
            await self.refresh()
        except SyncerError as e:
            log.warning("token_not_refreshed", desk=self._config.name, error=e.message)
            return False
        return not self.due

    async def refresh(self) -> None:
        """A new token by `user.refresh`. Raises what its answer means, AuthFailed where no token is in it."""
        endpoint = self._config.endpoints["user.refresh"]
        what = f"{self._config.name}: {endpoint.method} {endpoint.path}"
        bearer = {"Authorization": self._bearer}
        reply = await self._http.request(endpoint.method, endpoint.path, headers=bearer, reads=True)
        if error := judge(what, reply) or unsuccessful(what, endpoint, reply):
            raise error
        answer = wire.decoded(reply.body, what)
        place = endpoint.result or "token"
        self._hold(at(answer, place)[1], what, f"Set result of user.refresh to where the answer has it, not {place}.")

    async def _anew(self) -> None:
        if self._refused is not None:
            raise self._refused
        what = f"{self._config.name}: log-in"
        answer = lowered(wire.decoded(await self._ask(what), what))
        self._hold(answer.get("token"), what, "Is base_url really a Tikting?")

    def _hold(self, token: Any, what: str, hint: str) -> None:
        if not token or not isinstance(token, str):
            raise AuthFailed(f"{what}: an answer without a token", hint=hint)
        protect([token])
        said = wire.claims(token)
        # One claim for each permission: a token that can be read and has none grants nothing.
        self.permissions = tuple(said.get("permission", ())) if said else None
        ends = wire.expiry(said)
        life = LIFE if ends is None else ends - time.time()
        # A clock of ours that is wrong must not make us log in at each call.
        life = life if 0.5 < life <= LIFE else LIFE
        self._ends = time.monotonic() + life
        self._until = self._ends - min(DAY, life * 0.2)
        self._bearer = f"Bearer {token}"

    async def _ask(self, what: str) -> bytes:
        auth = self._config.auth
        password = auth.password.get_secret_value()
        protect([password])
        body: dict[str, Any] = {"Email": auth.email, "Password": password, "RememberMe": False}
        if auth.domain:
            body["Domain"] = auth.domain
        try:
            reply = await self._http.read("POST", LOGIN, data=msgspec.json.encode(body), headers=_NO_TOKEN)
        except AuthFailed as e:
            self._refused = AuthFailed(
                f"{what} was refused: wrong user or password, or the account is locked",
                hint=f"Check auth of desk {self._config.name} and that the account is not locked out; syncer does not"
                " try again by itself, because failed log-ins lock the account.",
            )
            raise self._refused from e
        except Rejected as e:
            raise ConfigError(e.message, hint=f"Is base_url of desk {self._config.name} really a Tikting?") from e
        return reply.body
