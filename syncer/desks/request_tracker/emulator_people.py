"""Who is meant by a login or an address, people who come to be known by it, and what an administrator does to them."""

from __future__ import annotations

import re
from typing import Any

from syncer.desks.request_tracker import emulator_shapes as shapes
from syncer.desks.request_tracker.emulator_answers import Answer, Refused
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_history import birth_of_a_user, change_of_a_user
from syncer.desks.request_tracker.emulator_records import User
from syncer.desks.request_tracker.emulator_tables import SYSTEM, Tables

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_DENIED = "Permission Denied"
_SETTABLE = {"Comments": "comments", "EmailAddress": "email", "Name": "name", "RealName": "real_name",
             "Timezone": "timezone"}  # fmt: skip


def is_address(text: str) -> bool:
    """Whether this can be somebody's address."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def watcher(tables: Tables, given: Any) -> User | None:
    """Whom a role shall have: known by id, login or address, else made on the spot when it is an address."""
    text = str(given).strip()
    known = tables.user(text)
    if known is not None:
        return known
    first = _ADDRESS.search(text)
    if first is None:
        return None
    address, name = first[0], text[: first.start()].strip('<" ')
    found = tables.by_email(address)
    if found is not None:
        return found
    now = tables.now()
    user = User(
        id=tables.take("user"), name=address, email=address, real_name=name, created=now, updated=now,
        comments="Autocreated when added as a watcher",
    )  # fmt: skip
    birth_of_a_user(tables, user)
    return tables.add_user(user)


def get(call: Call) -> Any:
    """GET /user/{name or id}"""
    return shapes.user(call, _whom(call))


def create(call: Call) -> Answer:
    """POST /user"""
    body, tables = call.body, call.tables
    if not call.can("AdminUsers"):
        raise Refused(400, _DENIED)
    email = str(body.get("EmailAddress") or "")
    name = str(body.get("Name") or email)
    if not name:
        raise Refused(400, "Must specify 'Name' attribute")
    if email and not is_address(email):
        raise Refused(400, "Invalid syntax for email address")
    if tables.user(name) is not None:
        raise Refused(400, "Name in use")
    if email and tables.by_email(email) is not None:
        raise Refused(400, "Email address in use")
    now = tables.now()
    user = User(
        id=tables.take("user"), name=name, email=email, real_name=str(body.get("RealName") or ""),
        privileged=str(body.get("Privileged") or "0") == "1", timezone=str(body.get("Timezone") or ""),
        password=str(body.get("Password") or ""), comments=str(body.get("Comments") or ""),
        creator=call.by.user.id, updater=call.by.user.id, created=now, updated=now,
    )  # fmt: skip
    birth_of_a_user(tables, user)
    tables.add_user(user)
    return shapes.made(call, "user", user.name, f"user/{user.id}")


def change(call: Call) -> list[str]:
    """PUT /user/{name or id}"""
    user, tables, said = _whom(call), call.tables, []
    for key, name in _SETTABLE.items():
        value = call.body.get(key)
        if value is None or str(value) == getattr(user, name):
            continue
        refused = _why_not(call, user, key, str(value))
        if refused:
            said.append(f"User {user.name}: {refused}")
            continue
        old = getattr(user, name)
        setattr(user, name, str(value))
        tables.name_user(user)
        change_of_a_user(tables, user, key, old, str(value), call.by.user.id)
        said.append(f"User {user.name}: {key} changed from {_quoted(old)} to {_quoted(str(value))}")
    for key, name in (("Disabled", "disabled"), ("Privileged", "privileged")):
        if str(call.body.get(key)) in {"0", "1"}:
            said.append(_flag(call, user, name, str(call.body[key]) == "1"))
    return said


def disable(call: Call) -> Answer:
    """DELETE /user/{name or id}: nobody is ever deleted."""
    user = _whom(call)
    if not call.can("AdminUsers") or user.disabled:
        raise Refused(500)
    _flag(call, user, "disabled", on=True)
    return Answer(status=204)


def _whom(call: Call) -> User:
    user = call.tables.user(call.names[0])
    if user is None:
        raise Refused(404)
    return user


def _why_not(call: Call, user: User, key: str, value: str) -> str:
    if not call.can("AdminUsers") or user.id == SYSTEM:
        return _DENIED
    if key == "EmailAddress" and value and not is_address(value):
        return "Invalid syntax for email address"
    if key == "EmailAddress" and (call.tables.by_email(value) or user) is not user:
        return "Email address in use"
    if key == "Name" and (call.tables.user(value) or user) is not user:
        return "Name in use"
    return ""


def _flag(call: Call, user: User, name: str, on: bool) -> str:
    if not call.can("AdminUsers"):
        return _DENIED
    setattr(user, name, on)
    change_of_a_user(call.tables, user, name.capitalize(), str(int(not on)), str(int(on)), call.by.user.id)
    words = {"disabled": ("User enabled", "User disabled"), "privileged": ("User unprivileged", "User privileged")}
    return words[name][on]


def _quoted(text: str) -> str:
    return f"'{text}'" if text else "(no value)"
