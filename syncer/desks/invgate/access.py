"""How InvGate lets us in: OAuth 2 with scopes, or Basic; one renewal at a time (contract 2)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

import msgspec

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify
from syncer.desks.invgate.config import Basic, InvGateConfig, OAuth
from syncer.errors import AuthFailed, ConfigError
from syncer.log import protect, redact

# Without these nothing can be migrated; the rest can be refused, and check() says which was.
NEEDED = (
    "categories incident.attributes.priority incident.attributes.source incident.attributes.status"
    " incident.attributes.type incidents incidents.by.view incidents.details.by.view sd.version user users"
).split()
OPTIONAL = (
    "cf.field.options.list cf.field.options.tree cf.fields.all cf.fields.types companies groups helpdesksandlevels"
    " incident.attachment incident.comment incidents.by.status locations"
).split()
# What `also_read` asks for.
BESIDE = {"observers": "incident.observer", "links": "incident.link", "times": "timetracking"}
# A desk that is written to needs these besides: endpoint and method.
WRITING = (
    ("incident", "post"), ("incident", "put"), ("incident.comment", "post"), ("incident.reassign", "post"),
    ("incident.reject", "post"), ("incident.cancel", "post"), ("incident.waitingfor.customer", "post"),
    ("incident.solution.accept", "put"), ("incident.reopen", "put"), ("incident", "get"),
    ("incident.custom_field", "post"), ("incident.observer", "post"), ("incident.observer", "get"),
    ("incident.link", "post"), ("incident.link", "get"), ("user", "post"), ("users.by", "get"),
)  # fmt: skip
EXPIRY_MARGIN = 60.0
ASSUMED_LIFE = 3600.0


class NotAllowed(AuthFailed):
    """403: the account may not make this call, whatever else it may do."""


def judge(what: str, reply: Reply) -> Exception | None:
    """As for every desk, but 403 is about one call, and a page in place of data is a log-in (contract 6)."""
    if reply.status == 403:
        return NotAllowed(f"{what} answered 403: {reply.excerpt()}")
    if 200 <= reply.status < 300 and reply.body[:64].lstrip()[:1] == b"<":
        return AuthFailed(
            f"{what} answered no JSON but a page: {reply.excerpt()[:60]!r}",
            hint="A log-in page or a proxy? Check base_url and the account.",
        )
    return classify(what, reply)


def scope(endpoint: str, method: str = "get") -> str:
    """The right to make one call."""
    return f"api.v1.{endpoint}:{method.lower()}"


def beside(config: InvGateConfig) -> list[str]:
    """The calls that `also_read` makes."""
    return [endpoint for name, endpoint in BESIDE.items() if name in config.also_read]


def scopes(config: InvGateConfig) -> tuple[list[str], list[str]]:
    """What is asked for, and what of it nothing can be done without."""
    needed = [scope(name) for name in NEEDED]
    wanted = [*needed, *(scope(name) for name in (*OPTIONAL, *beside(config)))]
    if config.acting_user is not None and config.time_entries:
        wanted += [scope("timetracking", "post"), scope("timetracking")]
    if config.acting_user is not None:
        needed += [scope(*one) for one in WRITING]
        wanted += [scope(*one) for one in WRITING]
    return wanted, needed


class Access:
    """Puts a valid Authorization header on a DeskHttp."""

    def __init__(self, config: InvGateConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self.credential = Credential(self._obtain, renewable=isinstance(config.auth, OAuth))

    async def _obtain(self) -> float:
        auth = self._config.auth
        if isinstance(auth, Basic):
            key = auth.key.get_secret_value()
            pair = base64.b64encode(f"{auth.user}:{key}".encode()).decode()
            protect([key, pair])
            self._http.headers["Authorization"] = "Basic " + pair
            return float("inf")
        life = await self._token(auth)
        # Short-lived tokens are used for most of their life, long ones until a minute before the end.
        return max(life - EXPIRY_MARGIN, life * 0.8)

    async def _token(self, auth: OAuth) -> float:
        """Ask for a token; gives its life in seconds. A refused list of scopes is cut to what is needed."""
        wanted, needed = scopes(self._config)
        answer = await self._ask(auth, auth.scopes or wanted)
        if answer.get("error") == "invalid_scope" and not auth.scopes:
            answer = await self._ask(auth, needed)
        token = answer.get("access_token")
        if not token:
            raise self._refusal(str(answer.get("error") or "no access_token in the answer"))
        protect([str(token)])
        self._http.headers["Authorization"] = f"Bearer {token}"
        return _life(answer.get("expires_in"))

    async def _ask(self, auth: OAuth, scopes: list[str]) -> dict[str, Any]:
        secret = auth.client_secret.get_secret_value()
        protect([secret])
        form = {
            "grant_type": "client_credentials",
            "client_id": auth.client_id,
            "client_secret": secret,
            "scope": " ".join(scopes),
        }
        reply = await self._http.read(
            "POST",
            self._url(),
            judge=_outage,
            data=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""},
        )
        if 300 <= reply.status < 400 or reply.status in {404, 405}:
            raise ConfigError(
                f"{self._config.name}: no log-in at {self._url()}: it answered {reply.status}",
                hint=f"Set auth.token_url of desk {self._config.name} to the instance's token address.",
            )
        try:
            answer = msgspec.json.decode(reply.body)
        except msgspec.DecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise self._refusal(f"status {reply.status}, no JSON but {reply.excerpt()[:60]!r}")
        # A refusal may come with 200, so the token alone counts, never the status (contract 2.1).
        return (
            answer if 200 <= reply.status < 300 else {"error": f"status {reply.status}", **answer, "access_token": ""}
        )

    def _url(self) -> str:
        auth = self._config.auth
        own = auth.token_url if isinstance(auth, OAuth) else None
        return own or f"{self._config.base_url}/oauth/v2.0/access_token"

    def _refusal(self, said: str) -> AuthFailed:
        what = "auth.scopes, client_id and client_secret" if "scope" in said else "client_id and client_secret"
        return AuthFailed(
            f"{self._config.name}: log-in at {self._url()} was refused: {redact(said[:200])}",
            hint=f"Check {what} of desk {self._config.name}, then: syncer check",
        )


def _outage(what: str, reply: Reply) -> Exception | None:
    """Only what another attempt may mend; the rest is for who asked."""
    return classify(what, reply) if reply.status == 429 or reply.status >= 500 else None


def _life(told: Any) -> float:
    """Seconds a token lives; it is often not told, and a nonsense must not make us log in at each call."""
    try:
        life = float(told)
    except (TypeError, ValueError):
        return ASSUMED_LIFE
    return life if life > 0 else ASSUMED_LIFE
