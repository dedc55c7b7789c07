"""How Rezolve.ai lets us in: a bearer token or a key, the tenant's headers, one renewal at a time (contract 2)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from pydantic import SecretStr

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify
from syncer.desks.rezolve import rights
from syncer.desks.rezolve.config import ApiKey, ClientCredentials, Password, RezolveConfig
from syncer.errors import AuthFailed, ConfigError
from syncer.log import protect, redact

ASSUMED_LIFE = 3600.0
ASSUMED_REFRESH = 86_400.0
USED = 0.8
"""Share of a token's life in which it is used."""


class Access:
    """Puts valid headers on a DeskHttp."""

    def __init__(self, config: RezolveConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._refresh: tuple[str, float] | None = None
        self.claims: dict[str, Any] = {}
        """What the token says of itself."""
        self.credential = Credential(self._obtain, renewable=not isinstance(config.auth, ApiKey))
        http.headers.update(
            {
                "Accept": "application/json",
                "x-tenantid": config.tenant_id,
                "realmname": config.realm,
                "issupportrequest": "false",
            }
        )

    def query(self, **more: str | int) -> str:
        """The parameters each call about tickets needs, and others."""
        return urlencode({"type": self._config.call_type, "module": "ticketing", **more})

    async def _obtain(self) -> float:
        auth = self._config.auth
        if not isinstance(auth, ApiKey):
            return USED * await self._log_in(auth)
        key = auth.key.get_secret_value()
        protect([key])
        self._http.headers["X-API-Key"] = key
        return float("inf")

    async def _log_in(self, auth: ClientCredentials | Password) -> float:
        """Ask for a token; gives its life in seconds."""
        answer: dict[str, Any] = {}
        if self._refresh is not None and time.monotonic() < self._refresh[1]:
            told, self._refresh = self._refresh[0], None
            answer = await self._ask(auth, {"grant_type": "refresh_token", "refresh_token": told})
        if not answer.get("access_token"):
            answer = await self._ask(auth, _grant(auth))
        token = answer.get("access_token")
        if not token or not isinstance(token, str):
            raise AuthFailed(
                f"{self._config.name}: log-in at {auth.token_url} was refused: {_said(answer)}",
                hint=f"Check auth of desk {self._config.name} (token_url, client, scope), then: syncer check",
            )
        protect([token])
        self._http.headers["Authorization"] = f"Bearer {token}"
        # RFC 6749 5.1: where another scope was given than was asked for, the answer tells it.
        scope = answer.get("scope")
        self.claims = rights.claims(token) | ({"scope": scope} if isinstance(scope, str) and scope else {})
        refresh = answer.get("refresh_token")
        if isinstance(refresh, str) and refresh:
            protect([refresh])
            lasts = _seconds(answer.get("refresh_expires_in"), ASSUMED_REFRESH)
            self._refresh = refresh, time.monotonic() + USED * lasts
        return _seconds(answer.get("expires_in"), ASSUMED_LIFE)

    async def _ask(self, auth: ClientCredentials | Password, grant: dict[str, str]) -> dict[str, Any]:
        form = {**grant, "client_id": auth.client_id}
        if auth.client_secret is not None:
            form["client_secret"] = _secret(auth.client_secret)
        if auth.scope:
            form["scope"] = auth.scope
        reply = await self._http.read(
            "POST",
            auth.token_url,
            judge=_outage,
            data=urlencode(form).encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **dict.fromkeys(("Authorization", "x-tenantid", "realmname", "issupportrequest"), ""),
            },
        )
        if 300 <= reply.status < 400 or reply.status in {404, 405}:
            raise ConfigError(
                f"{self._config.name}: no log-in at {auth.token_url}: it answered {reply.status}",
                hint=f"Set auth.token_url of desk {self._config.name}: ask your administrator for the token endpoint.",
            )
        try:
            answer = msgspec.json.decode(reply.body)
        except msgspec.DecodeError:
            answer = {"error": f"no JSON but {reply.excerpt()[:60]!r}"}
        if not isinstance(answer, dict):
            answer = {"error": "no object"}
        # The status alone tells a refusal, whatever the body has.
        return answer if 200 <= reply.status < 300 else {**answer, "status": reply.status, "access_token": ""}


def _grant(auth: ClientCredentials | Password) -> dict[str, str]:
    if isinstance(auth, ClientCredentials):
        return {"grant_type": "client_credentials"}
    return {"grant_type": "password", "username": auth.username, "password": _secret(auth.password)}


def _secret(value: SecretStr) -> str:
    text = value.get_secret_value()
    protect([text])
    return text


def _said(answer: dict[str, Any]) -> str:
    words = [str(answer[key]) for key in ("status", "error", "error_description", "message") if answer.get(key)]
    return redact(", ".join(words)[:200]) or "no access_token in the answer"


def _outage(what: str, reply: Reply) -> Exception | None:
    """Only what another attempt may mend; the rest is for who asked."""
    return classify(what, reply) if reply.status == 429 or reply.status >= 500 else None


def _seconds(told: Any, otherwise: float) -> float:
    """A life as an answer tells it; a nonsense must not make us log in at each call."""
    try:
        life = float(told)
    except (TypeError, ValueError):
        return otherwise
    return life if life > 0 else otherwise
