"""Pure: what the account may do, by its roles and its token, and what is missing, by name (contract 2, 3.6, 3.7)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from syncer.desks.rezolve import wire
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.ticket_types import TicketType

ROLES = ("ticket_agent", "ticket_user", "tenant_admin", "ticket_admin")
"""Any of these lets a token write."""
SEEING = frozenset(("ticket_admin",))
"""These are shown all tickets: agents see those of their teams, users their own (contract 2)."""
WRITE_SCOPES = ("tickets:write", "ticketing:write", "ticketing:admin")
"""What the pages call the scope for writing; they disagree."""
_ROLES_AT = ("data/user/roles", "data/roles", "data/user/realmRoles", "data/realm_access/roles")


def claims(token: str) -> dict[str, Any]:
    """What a token says of itself; nothing where it is opaque. Nobody verifies it here: it is only told about."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def roles(userinfo: Any, told: dict[str, Any]) -> tuple[str, ...]:
    """The account's roles, by user/userinfo and by the token; none where neither tells."""
    places = (*(wire.at(userinfo, path) for path in _ROLES_AT), wire.at(told, "realm_access/roles"))
    words = (wire.text(one) for value in places if isinstance(value, list) for one in value)
    return tuple({word.casefold(): word for word in words if word}.values())


def sees_all(config: RezolveConfig, own: Sequence[str]) -> bool:
    """Whether every ticket is shown: by a role that does, or as the operator has seen. Of other roles nobody says."""
    return config.sees_all_tickets or any(role.casefold() in SEEING for role in own)


def findings(config: RezolveConfig, own: Sequence[str], told: dict[str, Any], known: Known) -> Iterator[str]:
    """What is missing, and what is not known and must be."""
    if (tenant := wire.text(told.get("tenant_id"))) is not None and not wire.same(tenant, config.tenant_id):
        yield f"the token is of tenant {tenant}, and tenant_id is {config.tenant_id}: calls are answered with 404"
    mine = {role.casefold() for role in own}
    if not sees_all(config, own):
        whose = f"the account's roles ({', '.join(own)})" if own else "an account whose roles nothing tells"
        more = ", and lost answers cannot be looked for" if config.writable else ""
        yield (
            f"{whose} may not see all tickets: ticket_admin does{more}; where an administrator sees no ticket that"
            " this account does not see, set sees_all_tickets: true"
        )
    if not config.writable:
        return
    if mine and mine.isdisjoint(ROLES):
        yield f"the account may not write: it needs one of the roles {', '.join(ROLES)}, and has {', '.join(own)}"
    scopes = told.get("scope")
    if isinstance(scopes, str) and scopes and not set(scopes.split()) & set(WRITE_SCOPES):
        yield f"the token may not write: it needs a scope such as {WRITE_SCOPES[0]}, and has {scopes}"
    for id, settings in config.writable.items():
        if mine and (kind := known.types.get(id)) is not None:
            yield from _of_type(kind, mine, leads=settings.status_field_id is not None)


def _of_type(kind: TicketType, mine: set[str], *, leads: bool) -> Iterator[str]:
    creators = {role.casefold() for role in kind.creators}
    if creators and mine.isdisjoint(creators):
        yield f"types.{kind.id}: only {', '.join(kind.creators)} may create tickets of type {kind.name}"
    if not leads:
        return
    for step in kind.transitions:
        if step.roles and mine.isdisjoint(role.casefold() for role in step.roles):
            there = kind.status(step.target)
            name = there.name if there is not None else step.target
            yield f"types.{kind.id}: only {', '.join(step.roles)} may lead tickets of type {kind.name} to {name}"
