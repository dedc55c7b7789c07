"""What `check` says of a Tikting: who we are there, what we may do, what is missing; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.deskkit.contract import Account
from syncer.desks.tikting.access import Access
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.listing import ONLY_PRIVATE
from syncer.desks.tikting.looking import Look, Looking
from syncer.desks.tikting.registering import CREATE
from syncer.desks.tikting.wire_fields import lowered


class Checking:
    """Looks once at rows and tickets: this is asked again after outages, and what they are made of does not change."""

    def __init__(self, config: TiktingConfig, calls: Calls, access: Access, looking: Looking) -> None:
        self._config = config
        self._calls = calls
        self._access = access
        self._looking = looking
        self._look: Look | None = None

    @property
    def unreadable(self) -> bool:
        """Whether the look showed that tickets cannot be read by the field map."""
        return self._look is not None and bool(self._look.problems)

    async def account(self) -> Account:
        """Who we are, and sentences a person should read."""
        await self._access.ready()
        lists = lowered(await self._calls.metadata())
        if self._look is None:
            self._look = await self._looking.first()
        findings = [*self._permissions(), *_lists(lists), *self._reading(self._look), *self._calls_to_try()]
        detail = f"{len(lists.get('categories') or [])} categories, {len(lists.get('groups') or [])} groups"
        return Account(name=self._config.auth.email, detail=detail, findings=tuple(findings))

    def _permissions(self) -> Iterator[str]:
        granted = self._access.permissions
        if granted is None:
            yield f"the token does not tell what the account may do; it needs the permission {CREATE}"
            return
        if CREATE not in granted:
            yield f"the account lacks the permission {CREATE}: no ticket can be registered"
        if ONLY_PRIVATE in granted:
            yield f"restricted view: the account sees only its own tickets ({ONLY_PRIVATE})"

    def _reading(self, look: Look) -> Iterator[str]:
        for problem in look.problems:
            yield (
                f"{problem}: it cannot be read from, and lost answers cannot be looked for;"
                f" see syncer describe {self._config.name}"
            )

    def _calls_to_try(self) -> Iterator[str]:
        desk = self._config.name
        for key, one in self._config.endpoints.items():
            if not one.tested:
                yield f"{key} is configured and not used: try it with syncer probe {desk} TICKET --call {key}"


def _lists(lists: dict[str, object]) -> Iterator[str]:
    for name in ("status", "sites", "departments"):
        if not lists.get(name):
            yield f"appmetadata shows no {name}: registration needs one"
