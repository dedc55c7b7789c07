"""How InvGate lets us in: OAuth 2 with scopes, or Basic; one renewal at a time (contract 2)."""

from __future__ import annotations

import asyncio
import base64
import time
from urllib.parse import urlencode

import msgspec

from syncer.deskkit.http import DeskHttp, classify
from syncer.desks.invgate.config import Basic, InvGateConfig
from syncer.errors import AuthFailed
from syncer.log import protect, redact

READS = (
    "categories cf.field.options.list cf.field.options.tree cf.fields.all cf.fields.types companies groups"
    " helpdesks helpdesksandlevels incident incident.attachment incident.attributes.priority"
    " incident.attributes.source incident.attributes.status incident.attributes.type incident.comment incidents"
    " incidents.by.status incidents.by.view incidents.details.by.view levels locations sd.version user users"
).split()
EXPIRY_MARGIN = 60.0
ASSUMED_LIFE = 3600.0


class Access:
    """Puts a valid Authorization header on a DeskHttp, and renews it."""

    def __init__(self, config: InvGateConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._renewals = 0

    async def ready(self) -> int:
        """Make sure there is a credential; gives its number, to be handed to `renew` when it is refused."""
        if time.monotonic() >= self._until:
            await self.renew(self._renewals)
        return self._renewals

    async def renew(self, refused: int) -> None:
        """A fresh credential, unless somebody else already replaced the refused one."""
        async with self._lock:
            if refused != self._renewals:
                return
            auth = self._config.auth
            if isinstance(auth, Basic):
                key = auth.key.get_secret_value()
                pair = base64.b64encode(f"{auth.user}:{key}".encode()).decode()
                protect([key, pair])
                self._http.headers["Authorization"] = "Basic " + pair
                self._until = float("inf")
            else:
                life = await self._token()
                # Short-lived tokens are used for most of their life, long ones until a minute before the end.
                self._until = time.monotonic() + max(life - EXPIRY_MARGIN, life * 0.8)
            self._renewals += 1

    async def _token(self) -> float:
        auth = self._config.auth
        assert not isinstance(auth, Basic)
        scopes = auth.scopes or [f"api.v1.{name}:get" for name in READS]
        form = {
            "grant_type": "client_credentials",
            "client_id": auth.client_id,
            "client_secret": auth.client_secret.get_secret_value(),
            "scope": " ".join(scopes),
        }
        protect([auth.client_secret.get_secret_value()])
        url = auth.token_url or f"{self._config.base_url}/oauth/v2.0/access_token"
        what = f"{self._config.name}: log-in at {url}"
        reply = await self._http.read(
            "POST",
            url,
            data=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""},
        )
        if error := classify(what, reply):
            raise error
        try:
            answer = msgspec.json.decode(reply.body)
        except msgspec.DecodeError:
            answer = {}
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not token:
            # Contract 2.1: a refusal may come with 200 and an error key.
            said = str(answer.get("error", "no access_token")) if isinstance(answer, dict) else "no JSON"
            raise AuthFailed(
                f"{what} was refused: {redact(said)}",
                hint=f"Check client_id and client_secret of desk {self._config.name}, then: syncer check",
            )
        protect([str(token)])
        self._http.headers["Authorization"] = f"Bearer {token}"
        return float(answer.get("expires_in") or ASSUMED_LIFE)
