"""InvGate's reading calls: one renewal when a credential ends, and what a refusal means (contract 2 and 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlencode

import structlog

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.desks.invgate import wire
from syncer.desks.invgate.access import NotAllowed, beside, scope
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import AuthFailed, Rejected

Params = Sequence[tuple[str, object]]
PLAIN_LISTS = ("status", "priority", "type", "source")
# One harmless GET for each call a migration makes; where a parameter is missing, 428 says the call is allowed.
PROBES: dict[str, Params] = {
    **{f"incident.attributes.{kind}": () for kind in PLAIN_LISTS},
    "categories": (("page_size", 1),),
    "users": (("ids[]", 1),),
    **dict.fromkeys(("user", "incidents", "incident.attachment", "incident.comment", "locations"), ()),
    **dict.fromkeys(("helpdesksandlevels", "groups", "companies", "cf.fields.types", "cf.fields.all"), ()),
    **dict.fromkeys(("cf.field.options.list", "cf.field.options.tree"), ()),
}
log = structlog.get_logger()


class Calls:
    """Asks the instance, always with a credential that should be good."""

    def __init__(self, config: InvGateConfig, http: DeskHttp, credential: Credential) -> None:
        self._config = config
        self._http = http
        self._credential = credential

    async def get(self, endpoint: str, params: Params = (), *, timeout: float | None = None) -> bytes:
        """The answer. A refused credential is renewed once, and again only when its time was over (2.1)."""
        query = urlencode(params)
        try:
            reply = await self._credential.asking(
                lambda: self._http.read("GET", f"/api/v1/{endpoint}", query=query, timeout=timeout)
            )
        except AuthFailed as e:
            raise self._explained(endpoint, e) from e
        return reply.body

    async def json(self, endpoint: str, params: Params = (), *, timeout: float | None = None) -> Any:
        """The answer as JSON; Rejected when it is a refusal with 200."""
        return wire.plain(await self.get(endpoint, params, timeout=timeout), f"{self._config.name}: {endpoint}")

    async def optional(self, endpoint: str, params: Params = ()) -> Any:
        """A list a migration can do without: its values then show as ids that need a decision."""
        try:
            return await self.json(endpoint, params)
        except (NotAllowed, Rejected) as e:
            log.warning("list_not_read", endpoint=endpoint, params=list(params), error=e.message)
            return []

    async def missing_rights(self) -> AsyncIterator[str]:
        """In words, each call that this account may not make or that this version does not have (2.4)."""
        more: dict[str, Params] = dict.fromkeys(beside(self._config), ())
        for endpoint, params in (PROBES | more).items():
            try:
                await self.get(endpoint, params, timeout=self._config.users_timeout)
            except NotAllowed:
                yield f"no permission for {endpoint} (scope {scope(endpoint)})"
            except Rejected as e:
                if e.reason in {"not_found", "http_405"}:
                    yield f"this instance has no {endpoint}"

    def _explained(self, endpoint: str, error: AuthFailed) -> AuthFailed:
        name = self._config.name
        if isinstance(error, NotAllowed):
            grant = (
                f"the scope {scope(endpoint)}"
                if self._config.auth.kind == "oauth2"
                else f"the right to call {endpoint}"
            )
            return NotAllowed(
                f"{name}: no permission for {endpoint}: {error.message}",
                hint=f"Give the API account {grant}, then run the same command again.",
            )
        return AuthFailed(error.message, hint=error.hint or f"Check auth of desk {name}, then: syncer check")
