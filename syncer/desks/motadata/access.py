"""How ServiceOps lets us in: an API key as it is, or the password grant; one log-in at a time (contract 2)."""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import urlencode

import msgspec

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.multipart import Form
from syncer.deskkit.reply import Reply, classify
from syncer.desks.motadata.config import MotadataConfig, Password
from syncer.errors import AuthFailed, ConfigError
from syncer.log import protect

TOKEN = "/api/oauth/token"  # noqa: S105 - a path
ASSUMED_LIFE = 3600.0
MARGIN = 120.0
_HTTP_HINT = " A ServiceOps behind https answers 401 to plain http: should base_url begin with https://?"


class Access:
    """Puts a valid Authorization header on a DeskHttp."""

    def __init__(self, config: MotadataConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._form = Form()
        self.credential = Credential(self._obtain, renewable=isinstance(config.auth, Password))

    async def _obtain(self) -> float:
        """The refresh token is never used: it lives no longer than the other."""
        auth = self._config.auth
        if isinstance(auth, Password):
            life = await self._log_in(auth)
            return life - min(MARGIN, life * 0.2)
        key = auth.key.get_secret_value()
        protect([key])
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError(
                f"{self._config.name}: auth.key must be the key alone, without blanks or line ends",
                hint="Copy it once more, as ServiceOps shows it.",
            )
        # Percent signs in it are its own: neither decoded nor encoded.
        self._http.headers["Authorization"] = "Apikey " + key
        return float("inf")

    def refused(self, what: str, reply: Reply) -> AuthFailed:
        """What a 401 is told as that no new log-in can help."""
        name = self._config.name
        hint = f"Check auth of desk {name}, then: syncer check."
        return AuthFailed(f"{what} answered 401 ({self._scheme()}): {reply.excerpt()}", hint=hint + self._http_hint())

    async def _log_in(self, auth: Password) -> float:
        """Ask for a token; gives its life in seconds."""
        client, password = auth.client_secret.get_secret_value(), auth.password.get_secret_value()
        pair = base64.b64encode(f"{auth.client_id}:{client}".encode()).decode()
        protect([client, password, pair])
        fields = [("username", auth.username), ("password", password), ("grant_type", "password")]
        if auth.form == "multipart":
            data, _ = self._form.body(fields)
            kind = self._form.content_type
        else:
            data, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Authorization": f"Basic {pair}", "Accept": "application/json"}
        reply = await self._http.read("POST", TOKEN, judge=_outage, data=data, headers=headers)
        answer = self._answer(reply)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise self._refusal("an answer without a token")
        protect([token, *(str(v) for k, v in answer.items() if k == "refresh_token" and v)])
        self._http.headers["Authorization"] = f"Bearer {token}"
        return _life(answer.get("expires_in"), token)

    def _answer(self, reply: Reply) -> dict[str, Any]:
        if 300 <= reply.status < 400 or reply.status in {404, 405}:
            raise ConfigError(
                f"{self._config.name}: no log-in at {self._http.base}{TOKEN}: it answered {reply.status}",
                hint=f"Is base_url of desk {self._config.name} right, without /api?",
            )
        if not 200 <= reply.status < 300:
            # What a refusal says is not documented: its status is all that counts.
            raise self._refusal(f"status {reply.status}")
        try:
            answer = msgspec.json.decode(reply.body)
        except msgspec.DecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise self._refusal(f"status {reply.status}, no JSON but {reply.excerpt()[:60]!r}")
        return answer

    def _refusal(self, said: str) -> AuthFailed:
        return AuthFailed(
            f"{self._config.name}: log-in by {self._scheme()} was refused: {said}",
            hint=f"Check client_id, client_secret, username and password of desk {self._config.name}, then:"
            f" syncer check.{self._http_hint()}",
        )

    def _scheme(self) -> str:
        return self._http.base.partition(":")[0]

    def _http_hint(self) -> str:
        return _HTTP_HINT if self._scheme() == "http" else ""


def _outage(what: str, reply: Reply) -> Exception | None:
    """Only what another attempt may mend; the rest is for who asked."""
    return classify(what, reply) if reply.status == 429 or reply.status >= 500 else None


def _life(told: Any, token: str) -> float:
    """Seconds a token lives: what is told, or what is written in it, whichever ends first (2.2)."""
    lives = [life for life in (_number(told), _written(token)) if life is not None and life > 0]
    return min(lives, default=ASSUMED_LIFE)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _written(token: str) -> float | None:
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends = _number(claims.get("exp"))
    except (ValueError, IndexError, AttributeError):
        return None
    return None if ends is None else ends - time.time()
