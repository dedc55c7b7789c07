"""How Znuny lets us in: a session, got by name and password, or both of these with each call (contract)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.desks.znuny import answers
from syncer.desks.znuny.config import ZnunyConfig
from syncer.errors import AuthFailed, ConfigError, Rejected, Retryable
from syncer.log import protect


class Request(Struct, frozen=True):
    """A call as it leaves."""

    method: str
    path: str
    query: str = ""
    data: bytes | None = None


class Access:
    """Puts what opens the desk into each call."""

    def __init__(self, config: ZnunyConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._opens: dict[str, str] = {}
        self.credential = Credential(self._obtain, renewable=config.routes.session is not None)

    def request(self, route: str, params: dict[str, Any]) -> Request:
        """A call of this route by what opens the desk now."""
        return self._request(route, {**params, **self._opens})

    def _request(self, route: str, params: dict[str, Any]) -> Request:
        method, _, path = route.partition(" ")
        if ":TicketID" in path:
            ids = params.get("TicketID", "")
            told = ",".join(map(str, ids)) if isinstance(ids, list) else str(ids)
            path = path.replace(":TicketID", quote(told, safe=","))
        if method == "GET":
            return Request(method, path, query=urlencode(params, doseq=True))
        # Escaped down to ASCII: Znuny takes any U+FEFF out of what it receives.
        return Request(method, path, data=json.dumps(params).encode())

    def refused(self, error: AuthFailed) -> AuthFailed:
        """What a refusal is told as that no new session can help."""
        return AuthFailed(error.message, hint=f"Check auth of desk {self._config.name}, then: syncer check.")

    async def _obtain(self) -> float:
        """A session lasts until it is refused: when that will be Znuny does not tell."""
        auth, route = self._config.auth, self._config.routes.session
        password = auth.password.get_secret_value()
        protect([password])
        by_name = {"UserLogin": auth.user, "Password": password}
        if route is None:
            self._opens = by_name
            return float("inf")
        call = self._request(route, by_name)
        what = f"{self._config.name}: log-in as {auth.user}"
        try:
            reply = await self._http.read(
                call.method, call.path, judge=answers.judge, data=call.data, headers=answers.HEADERS
            )
            session = answers.decoded(what, reply).get("SessionID")
        except AuthFailed as e:
            raise self.refused(e) from e
        except Retryable as e:
            e.hint = f"{e.hint} Where it has no web service of that name, Znuny hangs up.".lstrip()
            raise
        except Rejected as e:
            raise ConfigError(f"{what}: {e.message}", hint="Is routes.session that of SessionCreate?") from e
        if not isinstance(session, str) or not session:
            raise ConfigError(f"{what}: an answer without SessionID", hint="Is routes.session that of SessionCreate?")
        protect([session])
        self._opens = {"SessionID": session}
        return float("inf")
