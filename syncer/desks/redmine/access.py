"""How Redmine lets us in: by an API key, whose refusal must be asked for, because lists answer anybody."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify
from syncer.desks.redmine.config import RedmineConfig
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected
from syncer.log import protect

ME = "/users/current.json"
KEY = "X-Redmine-API-Key"


class Me(Struct, frozen=True):
    """The account as Redmine knows it. `projects` maps the id of each project it is a member of to its roles' ids."""

    id: str
    name: str
    admin: bool
    projects: dict[str, tuple[str, ...]] = {}


class Access:
    """Puts the key on a DeskHttp, and asks who we are by it."""

    def __init__(self, config: RedmineConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self._me: Me | None = None
        self.credential = Credential(self._obtain, renewable=False)

    async def _obtain(self) -> float:
        key = self._config.auth.key.get_secret_value()
        protect([key])
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError(
                f"{self._config.name}: auth.key must be the key alone, without blanks or line ends",
                hint="Copy it once more from My account, API access key.",
            )
        self._http.headers[KEY] = key
        self._me = await self._asked()
        return float("inf")

    async def me(self) -> Me:
        """Who we are. Raises AuthFailed, Retryable or ConfigError."""
        await self.credential.ready()
        assert self._me is not None
        return self._me

    async def confirm(self) -> Me:
        """Ask again: a key that was taken back meanwhile reads public lists as a stranger, and these look empty.

        Raises AuthFailed where we are nobody, or somebody else, by now.
        """
        before = await self.me()
        now = await self._asked()
        if now.id != before.id:
            raise AuthFailed(
                f"{self._config.name}: the key was of {before.name}, and is of {now.name} now",
                hint=f"Check auth.key of desk {self._config.name}, then: syncer check.",
            )
        self._me = now
        return now

    async def _asked(self) -> Me:
        what = f"{self._config.name}: {ME}"
        try:
            reply = await self._http.read("GET", ME, query="include=memberships", judge=self._judge)
        except NotFound as e:
            raise ConfigError(e.message, hint="Is base_url the address of Redmine itself?") from e
        except Rejected as e:
            raise ConfigError(e.message, hint="Is base_url right, and this a Redmine?") from e
        try:
            answer = msgspec.json.decode(reply.body)
            return _me(answer["user"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as e:
            raise ConfigError(f"{what}: an answer that tells no user", hint="Is base_url right?") from e

    def _judge(self, what: str, reply: Reply) -> Exception | None:
        if reply.status in {401, 403}:
            return self.refused(what, reply)
        return classify(what, reply)

    def refused(self, what: str, reply: Reply) -> AuthFailed:
        """What a refused key is told as."""
        return AuthFailed(
            f"{what} answered {reply.status}: the key is not accepted",
            hint=f"Check auth.key of desk {self._config.name}, that its user is active, and that REST is switched on"
            " (Administration, Settings, API). Then: syncer check.",
        )


def _me(user: Any) -> Me:
    projects: dict[str, tuple[str, ...]] = {}
    for one in user.get("memberships") or ():
        projects[str(one["project"]["id"])] = tuple(str(role["id"]) for role in one.get("roles") or ())
    id = int(user["id"])
    name = user.get("login") or " ".join(str(user.get(part) or "") for part in ("firstname", "lastname")).strip()
    return Me(str(id), str(name or id), user.get("admin") is True, projects)
