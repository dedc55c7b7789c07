"""The calls there are: name, method, path and who answers (contract 3); switches go by these names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from syncer.desks.motadata import emulator_conversations as conversations
from syncer.desks.motadata import emulator_lists as lists
from syncer.desks.motadata import emulator_people as people
from syncer.desks.motadata import emulator_requests as requests
from syncer.desks.motadata.emulator_answers import Refused
from syncer.desks.motadata.emulator_calls import Call
from syncer.desks.motadata.emulator_lookups import names_of, technicians
from syncer.desks.motadata.emulator_tables import Tables

Answer = Callable[[Tables, Call], Any]
LOOKUP = "lookup_"
SEARCH = "search"


class Route(Struct, frozen=True):
    """One call. The search of requests has no handler here: it needs to know the faults."""

    name: str
    method: str
    path: re.Pattern[str]
    answer: Answer | None


def _refuse_deletion(tables: Tables, call: Call) -> Any:
    """DELETE request/{id}: nobody may; that it was tried stays on record."""
    tables.deletions_tried += 1
    raise Refused(403, "Deleting is not allowed")


def _route(name: str, method: str, path: str, answer: Answer | None) -> Route:
    return Route(name, method, re.compile(path.replace("{id}", "([0-9]{1,18})")), answer)


ROUTES = [
    _route("create", "POST", "/api/v1/request", requests.create),
    _route(SEARCH, "POST", "/api/v1/request/search/byqual", None),
    _route("get", "GET", "/api/v1/request/{id}", requests.get),
    _route("update", "PATCH", "/api/v1/request/{id}", requests.update),
    _route("delete", "DELETE", "/api/v1/request/{id}", _refuse_deletion),
    _route("service_request", "POST", "/api/v1/service_catalog/servicerequest", requests.create_service),
    _route("conversation_create", "POST", "/api/v1/request/{id}/conversation", conversations.create),
    _route("conversation_search", "POST", "/api/v1/request/{id}/conversation/search/byqual", conversations.search),
    _route("conversation_update", "PATCH", "/api/v1/request/{id}/conversation/{id}", conversations.update),
    _route("requester_create", "POST", "/api/v1/requester", people.create_requester),
    _route("requester_search", "POST", "/api/v1/requester/search/byqual", lists.search_requesters),
    _route("requester_get", "GET", "/api/v1/requester/{id}", people.get_requester),
    _route("technician_get", "GET", "/api/v1/technician/{id}", people.get_technician),
    _route("module_search", "POST", "/api/v1/(?:problem|change|release)/search/byqual", lists.search_nothing),
    _route("lookup_status", "POST", "/api/request/status/search/byqual", names_of("status")),
    _route("lookup_priority", "POST", "/api/request/priority/search/byqual", names_of("priority")),
    _route("lookup_urgency", "POST", "/api/urgency/search/byqual", names_of("urgency")),
    _route("lookup_technician", "POST", "/api/request/technician/search/byqual", technicians),
    _route("lookup_category", "GET", "/api/request/category", names_of("category")),
]


def find(method: str, path: str) -> tuple[Route, tuple[int, ...]] | None:
    """The call that a method and a path mean, and the ids in the path."""
    for route in ROUTES:
        found = route.path.fullmatch(path) if route.method == method else None
        if found:
            return route, tuple(map(int, found.groups()))
    return None
