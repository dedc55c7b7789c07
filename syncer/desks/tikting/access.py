"""How Tikting lets us in: one log-in per process, shared, renewed before it ends (contract 2)."""

from __future__ import annotations

import asyncio
import time

import msgspec

from syncer.deskkit.http import DeskHttp
from syncer.desks.tikting import wire
from syncer.desks.tikting.config import TiktingConfig
from syncer.errors import AuthFailed
from syncer.log import protect

LOGIN = "/api/Users/authenticate"
LIFE = 7 * 86400.0
DAY = 86400.0


class Access:
    """Puts a valid bearer token on a DeskHttp. A wrong password is never tried twice: it locks the account."""

    def __init__(self, config: TiktingConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._number = 0
        self._refused: AuthFailed | None = None
        self.permissions: tuple[str, ...] | None = None
        """What the token's claims grant; None where the token does not tell."""

    async def ready(self) -> int:
        """Make sure there is a token; gives its number, to be handed to `renew` when it is refused."""
        if time.monotonic() >= self._until:
            await self.renew(self._number)
        return self._number

    async def renew(self, refused: int) -> None:
        """A fresh token, unless somebody else already replaced the refused one."""
        async with self._lock:
            if refused != self._number:
                return
            if self._refused is not None:
                raise self._refused
            await self._log_in()
            self._number += 1

    async def _log_in(self) -> None:
        auth = self._config.auth
        password = auth.password.get_secret_value()
        protect([password])
        body = {"Email": auth.email, "Password": password, "RememberMe": False}
        if auth.domain:
            body["Domain"] = auth.domain
        what = f"{self._config.name}: log-in"
        try:
            reply = await self._http.read(
                "POST",
                LOGIN,
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json", "Authorization": ""},
            )
        except AuthFailed as e:
            self._refused = AuthFailed(
                f"{what} was refused: wrong user or password, or the account is locked",
                hint=f"Check auth of desk {self._config.name} and that the account is not locked out; syncer does not"
                " try again by itself, because failed log-ins lock the account.",
            )
            raise self._refused from e
        answer = wire.lowered(wire.decoded(reply.body, what))
        token = answer.get("token")
        if not token:
            raise AuthFailed(f"{what}: an answer without a token", hint="Is base_url really a Tikting?")
        protect([str(token)])
        said = wire.claims(str(token))
        self.permissions = tuple(said["permission"]) if "permission" in said else None
        life = LIFE
        if "exp" in said and "date" not in said:
            life = max(0.0, float(said["exp"][0]) - time.time())
        # A clock of ours that is wrong must not make us log in at each call.
        life = life if 0.5 < life <= LIFE else LIFE
        self._until = time.monotonic() + life - min(DAY, life * 0.2)
        self._http.headers["Authorization"] = f"Bearer {token}"
