"""The id-based lists of the product's own web pages, which are no public contract (contract 3.10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.desks.motadata.emulator_calls import Call
from syncer.desks.motadata.emulator_tables import Tables


def names_of(kind: str) -> Callable[[Tables, Call], Any]:
    """A handler that lists ids and names of a kind."""

    def answer(tables: Tables, call: Call) -> Any:
        return {"objectList": [{"id": id, "name": name} for id, name in tables.lookups[kind].items()]}

    return answer


def technicians(tables: Tables, call: Call) -> Any:
    """Those who can be assigned to a request."""
    rows = [one for one in tables.people.values() if one.technician and not one.deleted and not one.disabled]
    return {"objectList": [{"id": one.id, "name": one.name} for one in rows]}
