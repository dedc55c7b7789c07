"""Every list InvGate has, by its calls (contract 3.8 and 3.9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from syncer.desks.invgate import lists, wire
from syncer.desks.invgate.calls import PLAIN_LISTS, Calls
from syncer.desks.invgate.config import FieldKind, InvGateConfig
from syncer.model.lookups import FieldForm, LookupValue

KINDS = (
    *PLAIN_LISTS, "category", "location", "group", "user_group", "company", "custom_field",
    "custom_option", "person",
)  # fmt: skip
PAGE_SIZE = 500


class Catalogue:
    """One that this version lacks or the account may not read is left out, aloud."""

    def __init__(self, config: InvGateConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def values(self) -> AsyncIterator[LookupValue]:
        """Every list, people last."""
        for kind in PLAIN_LISTS:
            for value in lists.named(kind, wire.records(await self._calls.json(f"incident.attributes.{kind}"))):
                yield value
        for value in lists.tree("category", await self._categories(), "parent_category_id"):
            yield value
        for value in lists.tree("location", wire.records(await self._calls.optional("locations")), "parent_id"):
            yield value
        levels = await self._calls.optional("helpdesksandlevels", [("include_deleted", 0)])
        for value in lists.levels(wire.records(levels)):
            yield value
        for kind, endpoint in (("user_group", "groups"), ("company", "companies")):
            for value in lists.named(kind, wire.records(await self._calls.optional(endpoint))):
                yield value
        async for value in self._custom_fields():
            yield value
        everyone = await self._calls.json("users", [("include_disabled", 1)], timeout=self._config.users_timeout)
        for row in wire.records(everyone):
            yield lists.person(row)

    async def _custom_fields(self) -> AsyncIterator[LookupValue]:
        async for field, kind in self._fields():
            yield field
            if kind != "plain":
                answer = await self._calls.optional(f"cf.field.options.{kind}", [("uid", field.id)])
                for value in lists.options(field, kind, answer):
                    yield value

    async def _fields(self) -> AsyncIterator[tuple[LookupValue, FieldKind]]:
        types = {
            str(row["id"]): wire.text(row.get("name"))
            for row in wire.records(await self._calls.optional("cf.fields.types"))
        }
        for row in wire.records(await self._calls.optional("cf.fields.all"), "uid"):
            kind = lists.field_kind(row, types, self._config.field_types)
            yield lists.custom_field(row, kind, lists.type_name(row, types)), kind

    async def forms(self) -> dict[str, FieldForm]:
        """What each custom field holds, by uid."""
        return {field.id: field.form async for field, _ in self._fields() if field.form is not None}

    async def _categories(self) -> list[dict[str, Any]]:
        # Some versions cut the list at 20 rows without page_size, others ignore paging: stop at a repeat (3.8).
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, 1000):
            rows = wire.records(await self._calls.json("categories", [("page_size", PAGE_SIZE), ("page", page)]))
            before = len(found)
            found.update((str(row["id"]), row) for row in rows)
            if len(found) == before:
                break
        return list(found.values())
