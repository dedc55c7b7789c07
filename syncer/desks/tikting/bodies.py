"""What a configured call sends: values by our names, written as the operator says (contract 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.deskkit.multipart import Form
from syncer.desks.tikting.config_endpoints import Endpoint
from syncer.desks.tikting.wire_fields import whole_number

FILES = "files"
JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TEXTS = {"title", "description", "message", "resolution", "search"}


class Sent(Struct, frozen=True):
    """A request's query and body."""

    query: str
    data: Any
    headers: Mapping[str, str]


def sent(endpoint: Endpoint, values: Mapping[str, str], form: Form, files: Sequence[Download] = ()) -> Sent:
    """What the operator gave no name for is not sent; a GET has it all in its query."""
    told = {name: (logical, values[logical]) for logical, name in endpoint.fields.items() if name and logical in values}
    words = [(name, value) for name, (_, value) in told.items()]
    if endpoint.method == "GET":
        return Sent(urlencode(words), None, {})
    if endpoint.encoding == "json":
        return Sent("", msgspec.json.encode({name: _of_json(*pair) for name, pair in told.items()}), JSON)
    if endpoint.encoding == "form":
        return Sent("", urlencode(words).encode(), _FORM)
    data, length = form.body(words, endpoint.name(FILES) or "", files)
    return Sent("", data, {"Content-Type": form.content_type, "Content-Length": str(length)})


def _of_json(logical: str, value: str) -> Any:
    """A value as JSON has it: ids of lists and tickets are numbers (contract 7)."""
    if logical == "public":
        return value == "true"
    return int(value) if logical not in _TEXTS and whole_number(value) == value else value
