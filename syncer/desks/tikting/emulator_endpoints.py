"""Calls whose shape is not published, as an operator configures them: fixtures, no statements about the product."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import parse_qsl

from msgspec import Struct

_MESSAGE = frozenset({"id", "message", "files", "public"})
NAMES: Mapping[str, frozenset[str]] = {
    "ticket.reply": _MESSAGE,
    "ticket.requester_reply": _MESSAGE - {"public"},
    "ticket.close": frozenset({"id", "status", "resolution", "message"}),
    "ticket.resolve": frozenset({"id", "status", "resolution", "message"}),
    "ticket.update": frozenset(
        "id title description requester assignee status priority category group site department level".split()
    ),
    "ticket.pickup": frozenset({"id"}),
    "ticket.forward": frozenset({"id", "group", "level", "assignee", "message"}),
    "ticket.attach": frozenset({"id", "files"}),
    "user.all": frozenset({"page", "length"}),
    "user.search": frozenset({"search", "page", "length"}),
    "user.refresh": frozenset(),
}
"""The calls that can be configured, and the logical names their fields may have."""

_PLACE = re.compile(r"\{(\w+)\}")
_RESULT = re.compile(r"(?:\$\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class Endpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call: `fields` maps a logical name to the name in the request, none where the call has no such field.

    `path` begins with a slash, and logical names in braces stand for their values, also behind a question mark. The
    first of `success` is answered. `result_id` is the place of the new object's id in the answer.
    """

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: str
    encoding: Literal["json", "form", "multipart"] = "json"
    fields: dict[str, str | None] = {}
    success: tuple[int, ...] = (200, 201, 204)
    result_id: str | None = None

    @property
    def sent(self) -> dict[str, str]:
        """Logical name to name in the request, of the fields this call has."""
        return {logical: name for logical, name in self.fields.items() if name}

    @property
    def route(self) -> str:
        """The path as the server matches it."""
        plain = self.path.partition("?")[0]
        return _PLACE.sub(lambda found: "{id:[0-9]{1,20}}" if found[1] == "id" else f"{{{found[1]}}}", plain)

    @property
    def asked(self) -> dict[str, str]:
        """Logical name to the name in the query, of what the path has behind a question mark."""
        pairs = parse_qsl(self.path.partition("?")[2])
        return {found[1]: name for name, value in pairs if (found := _PLACE.fullmatch(value))}

    @property
    def placed(self) -> set[str]:
        """The logical names that stand in the path."""
        return set(_PLACE.findall(self.path))


def check_endpoints(endpoints: Mapping[str, Endpoint]) -> None:
    """Raises ValueError with all that is wrong with a configuration."""
    problems = [f"{name}: {problem}" for name, one in endpoints.items() for problem in _problems(name, one)]
    routes = [(one.method, one.route) for one in endpoints.values()]
    problems += [f"{method} {route}: is several calls" for method, route in {r for r in routes if routes.count(r) > 1}]
    if problems:
        raise ValueError("; ".join(problems))


def _problems(capability: str, endpoint: Endpoint) -> Iterator[str]:
    names = NAMES.get(capability)
    if names is None:
        yield "there is no such call here"
        return
    given = endpoint.sent.keys() | endpoint.placed
    if unknown := sorted((endpoint.fields.keys() | endpoint.placed) - names):
        yield f"has no {', '.join(unknown)}"
    if twice := sorted(endpoint.sent.keys() & endpoint.placed):
        yield f"has {', '.join(twice)} in path and body"
    if not endpoint.path.startswith("/") or "//" in endpoint.path or ".." in endpoint.path:
        yield "the path must be relative to the base URL"
    if capability.startswith("ticket.") and "id" not in given:
        yield "does not say which ticket"
    if "files" in endpoint.sent and (endpoint.encoding != "multipart" or endpoint.method == "GET"):
        yield "files go into a multipart form"
    if not endpoint.success or not all(200 <= status < 300 for status in endpoint.success):
        yield "success is a list of 2xx"
    elif endpoint.result_id and (endpoint.success[0] == 204 or not _RESULT.fullmatch(endpoint.result_id)):
        yield "result_id is names with dots between, of an answer that has a body"


def _ticket(action: str, method: Literal["POST", "PUT", "PATCH"] = "POST", **more: object) -> Endpoint:
    return Endpoint(method=method, path=f"/fixture/tickets/{{id}}{action}", **more)  # type: ignore[arg-type]


FIXTURES: dict[str, Endpoint] = {
    "ticket.reply": _ticket(
        "/reply",
        encoding="multipart",
        fields={"message": "Body", "files": "Files", "public": "IsPublic"},
        success=(201,),
        result_id="id",
    ),
    "ticket.requester_reply": _ticket(
        "/requester-reply",
        encoding="multipart",
        fields={"message": "Body", "files": "Files"},
        success=(201,),
        result_id="id",
    ),
    "ticket.close": _ticket("/close", fields={"message": "comment"}, success=(204,)),
    "ticket.resolve": _ticket("/resolve", fields={"resolution": "resolution"}, success=(200,)),
    "ticket.update": _ticket(
        "",
        method="PUT",
        fields={
            "title": "title",
            "description": "description",
            "requester": "creatorId",
            "assignee": "assigneeId",
            "status": "ticketStatusId",
            "priority": "ticketPriorityId",
            "category": "ticketCategoryId",
            "group": "groupId",
            "site": "siteId",
            "department": "departmentId",
            "level": "tierLevelId",
        },
        success=(200,),
    ),
    "ticket.pickup": _ticket("/pickup", success=(204,)),
    "ticket.forward": _ticket(
        "/forward", encoding="form", fields={"group": "groupId", "assignee": "assigneeId"}, success=(200,)
    ),
    "ticket.attach": _ticket(
        "/files", encoding="multipart", fields={"files": "Files"}, success=(201,), result_id="file.id"
    ),
    "user.all": Endpoint(
        method="GET", path="/fixture/users", fields={"page": "page", "length": "length"}, success=(200,)
    ),
    "user.search": Endpoint(method="GET", path="/fixture/users/search", fields={"search": "term"}, success=(200,)),
    "user.refresh": Endpoint(method="POST", path="/fixture/refresh", success=(200,)),
}
"""One endpoint for each call, of every method and encoding between them. The paths are made up, and look like it."""
