"""What an answer of Znuny means: errors come with status 200, and 500 may be a wrong route (contract, errors)."""

from __future__ import annotations

from typing import Any

import msgspec

from syncer.deskkit.reply import Reply, classify
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected
from syncer.log import redact

HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
_BEGINNING = 200
_ADDRESS = "Is base_url the address of the web service itself, .../nph-genericinterface.pl/Webservice/NAME?"
_ROUTE = "Do the routes of this desk fit those of its web service? See its REST settings in Znuny."
_NOT_UNDERSTOOD = ("HTTP::REST Error while determine Operation", "Error while decoding request content")


class SessionRefused(AuthFailed):
    """Neither session nor password is taken; nothing was done."""


class Denied(NotFound):
    """There is no such ticket, or the account may not see it: Znuny says the same of both."""


def judge(what: str, reply: Reply) -> Exception | None:
    """The error an answer stands for, whatever its status; None when it is what was asked for."""
    if reply.status == 200:
        return _inside(what, reply)
    text = f"{what} answered {reply.status}: {reply.excerpt()}"
    if reply.status in {404, 405}:
        return ConfigError(text, hint=_ADDRESS)
    if reply.status == 413:
        return Rejected(text, reason="too_large", hint="Raise the maximum message length of the web service.")
    if reply.status == 500 and reply.body.decode("utf-8", "replace").lstrip().startswith(_NOT_UNDERSTOOD):
        return ConfigError(text, hint=_ROUTE)
    return classify(what, reply)


def _inside(what: str, reply: Reply) -> Exception | None:
    """An error object is all there is of an answer that has one."""
    body = reply.body.lstrip()
    if not body.startswith(b"{"):
        return ConfigError(f"{what}: no JSON but {reply.excerpt()[:60]!r}", hint=_ADDRESS)
    if b'"Error"' not in body[:_BEGINNING]:
        return None
    try:
        found = msgspec.json.decode(body).get("Error")
    except msgspec.DecodeError:
        return None  # whoever reads it will say so
    if not isinstance(found, dict):
        return None
    code, said = str(found.get("ErrorCode")), str(found.get("ErrorMessage"))
    text = f"{what}: {code}: {redact(said)}"
    if code.endswith(".AuthFail"):
        return SessionRefused(text)
    return Denied(text) if code.endswith(".AccessDenied") else Rejected(text, reason="refused")


def is_auth_fail(reply: Reply) -> bool:
    """Whether a call was not taken because of what opens the desk: then surely nothing was done."""
    return isinstance(judge("", reply), SessionRefused)


def decoded(what: str, reply: Reply) -> dict[str, Any]:
    """The object of an answer. Raises Rejected where there is none."""
    try:
        value = msgspec.json.decode(reply.body)
    except msgspec.DecodeError as e:
        raise Rejected(f"{what}: an answer that is no JSON", reason="no_json", hint=_ADDRESS) from e
    if not isinstance(value, dict):
        raise Rejected(f"{what}: an answer that is no object", reason="schema")
    return value
