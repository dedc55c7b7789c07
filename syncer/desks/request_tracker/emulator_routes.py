"""The calls there are: path, methods, who answers, and how a body is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from syncer.desks.request_tracker import emulator_lists as lists
from syncer.desks.request_tracker import emulator_messages as messages
from syncer.desks.request_tracker import emulator_people as people
from syncer.desks.request_tracker import emulator_single as single
from syncer.desks.request_tracker import emulator_tickets as tickets
from syncer.desks.request_tracker.emulator_calls import Call

Handler = Callable[[Call], Any]
Body = Literal["record", "message", "bulk", "asked", "form", ""]


class Route(Struct, frozen=True):
    """A path with the methods it takes. `versioned` is what If-Match looks at, `body` how what is sent is read."""

    path: re.Pattern[str]
    methods: dict[str, Handler]
    body: Body = ""
    versioned: bool = False


def _route(path: str, body: Body = "", *, versioned: bool = False, **methods: Handler) -> Route:
    return Route(re.compile(path), {name.upper(): answer for name, answer in methods.items()}, body, versioned)


ROUTES = [
    _route("/rt/?", get=single.server),
    _route("/tickets/?", "form", get=lists.tickets, post=lists.tickets),
    _route("/ticket/?", "record", post=tickets.create),
    _route("/ticket/([0-9]+)/?", "record", versioned=True,
           get=tickets.get, put=tickets.change, post=tickets.create, delete=tickets.delete),
    _route("/ticket/([0-9]+)/take", "record", versioned=True, put=tickets.take),
    _route("/ticket/([0-9]+)/(correspond|comment)", "message", post=messages.say),
    _route("/ticket/([0-9]+)/history/?", "asked", get=lists.history, post=lists.history),
    _route("/ticket/([0-9]+)/attachments/?", "asked", get=lists.attachments, post=lists.attachments),
    _route("/tickets/bulk/?", "bulk", put=tickets.change_many, post=tickets.create_many),
    _route("/tickets/bulk/(correspond|comment)", "bulk", post=messages.say_many),
    _route("/transactions/?", "asked", get=lists.transactions, post=lists.transactions),
    _route("/transaction/([0-9]+)/?", get=single.transaction),
    _route("/transaction/([0-9]+)/attachments/?", "asked", get=lists.parts, post=lists.parts),
    _route("/attachments/?", "asked", get=lists.all_attachments, post=lists.all_attachments),
    _route("/attachment/([0-9]+)/?", get=single.attachment),
    _route("/queues/all/?", "asked", get=lists.queues, post=lists.queues),
    _route("/queues/?", "asked", get=lists.asked_queues, post=lists.asked_queues),
    _route("/queue/([0-9]+)/customfields/?", "asked", get=lists.fields_of_queue, post=lists.fields_of_queue),
    _route("/queue/([^/]+)/?", get=single.queue),
    _route("/customfields/?", "asked", get=lists.asked_fields, post=lists.asked_fields),
    _route("/customfield/([0-9]+)/?", get=single.field),
    _route("/customfield/([0-9]+)/values/?", "asked", get=lists.values, post=lists.values),
    _route("/users/?", "asked", get=lists.users, post=lists.users),
    _route("/user/?", "record", post=people.create),
    _route("/user/([^/]+)/?", "record", get=people.get, put=people.change, delete=people.disable),
]  # fmt: skip


def find(path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The call that a path means, and the names in it."""
    for route in ROUTES:
        found = route.path.fullmatch(path)
        if found:
            return route, found.groups()
    return None
