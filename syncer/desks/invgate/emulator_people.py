"""The calls on users and on who belongs where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.desks.invgate import emulator_shapes as shapes
from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_tables import Tables, User

USERS_BY_PAGE = 10
_NAMED = ("username", "email")
_NUMBERED = ("phone", "phones", "mobile_phone", "office_phone", "other_phone", "fax_phone", "employee_number")


class NoUser(Exception):
    """Nobody was found, and the instance answers with something empty; `answer` is the body."""

    def __init__(self, answer: Any) -> None:
        super().__init__(answer)
        self.answer = answer


def _nobody(tables: Tables) -> Exception:
    match tables.switches.unknown_user:
        case "404":
            return refused(404, "The user does not exist")
        case "error":
            return error("The user does not exist")
        case "empty":
            return NoUser([])
        case "null":
            return NoUser(None)


def _shown(user: User, include_disabled: bool) -> bool:
    return include_disabled or not (user.is_disabled or user.is_deleted)


def active_user(tables: Tables, id: int) -> User:
    """The user who may write; a disabled or deleted one may not."""
    user = tables.users.get(id)
    if user is None or user.is_disabled or user.is_deleted:
        raise error(f"The user {id} does not exist or is disabled")
    return user


def person_of(tables: Tables, ask: Params) -> int:
    """The id of whoever is named by one of id, username and email."""
    if not ask.has("id", *_NAMED):
        raise error("One of id, username and email must be given")
    id = ask.number("id")
    found = tables.users.get(id) if id is not None else _by_name(tables, ask)
    if found is None:
        raise error("The user does not exist")
    return found.id


def _by_name(tables: Tables, ask: Params) -> User | None:
    wanted = {name: text.lower() for name in _NAMED if (text := ask.text(name))}
    for user in tables.users.values():
        if all(getattr(user, name).lower() == text for name, text in wanted.items()):
            return user
    return None


def _user(tables: Tables, ask: Params) -> Any:
    user = tables.users.get(ask.given_number("id"))
    if user is None or not _shown(user, ask.flag("include_disabled") or False):
        raise _nobody(tables)
    return shapes.user(tables, user)


def _user_by(tables: Tables, ask: Params) -> Any:
    if not ask.has(*_NAMED):
        raise error("username or email must be given")
    user = _by_name(tables, ask)
    if user is None or user.is_deleted:
        raise _nobody(tables)
    return shapes.user(tables, user)


def _users(tables: Tables, ask: Params) -> Any:
    ids, include_disabled = ask.numbers("ids"), ask.flag("include_disabled") or False
    if ids:
        found = [tables.users[id] for id in ids if id in tables.users]
    else:
        found = [user for user in tables.users.values() if not user.is_deleted]
    return [shapes.user(tables, user) for user in found if _shown(user, include_disabled)]


def _users_by(tables: Tables, ask: Params) -> Any:
    wanted = {name: text.lower() for name in (*_NAMED, *_NUMBERED) if (text := ask.text(name))}
    if not wanted:
        raise error("Something to search by must be given")
    exact, include_disabled = ask.flag("exact_match") or False, ask.flag("include_disabled") or False
    after = _after(ask)
    found = [
        user
        for user in tables.users.values()
        if user.id > after
        and not user.is_deleted
        and _shown(user, include_disabled)
        and all(_matches(user, name, text, exact) for name, text in wanted.items())
    ]
    page = {str(user.id): shapes.user(tables, user) for user in found[:USERS_BY_PAGE]}
    more = len(found) > USERS_BY_PAGE
    next_key = f"u{found[USERS_BY_PAGE - 1].id:x}" if more else None
    return {"data": shapes.mapping(tables, page), "next_page_key": next_key}


def _after(ask: Params) -> int:
    key = ask.text("page_key")
    try:
        return int(key[1:], 16) if key else 0
    except ValueError:
        raise error("The page_key is not valid") from None


def _matches(user: User, name: str, text: str, exact: bool) -> bool:
    value = (getattr(user, name) if name in _NAMED else user.phone) or ""
    return value.lower() == text if exact else text in value.lower()


def _users_groups(tables: Tables, ask: Params) -> Any:
    found = [tables.users[id] for id in ask.given_numbers("ids") if id in tables.users]
    return shapes.mapping(tables, {str(user.id): _belongings(tables, user) for user in found})


def _belongings(tables: Tables, user: User) -> dict[str, Any]:
    def named(values: dict[int, str]) -> Any:
        return shapes.mapping(tables, {str(id): {"id": id, "name": name} for id, name in values.items()})

    desks = {desk.id: desk.name for desk in tables.helpdesks.values() if user.id in desk.members}
    locations = {id: name for id, name in tables.locations.items() if id == user.location_id}
    companies = [{"id": id, "name": name} for id, name in tables.companies.items() if id == user.company_id]
    return {
        "groups": named(tables.groups if user.user_type == 1 else {}),
        "helpdesks": named(desks),
        "locations": named(locations),
        "companies": companies,
        "groups_observed": [],
        "helpdesks_observed": [],
        "locations_observed": [],
        "companies_observed": [],
    }


def _members(belongs: Callable[[User, int], bool]) -> Callable[[Tables, Params], Any]:
    def answer(tables: Tables, ask: Params) -> Any:
        id, only = ask.given_number("id"), ask.number("user_id")
        return [
            {
                "id": shapes.user(tables, user)["id"],
                "username": user.username,
                "name": f"{user.name} {user.lastname}".strip(),
                "email": user.email,
            }
            for user in tables.users.values()
            if _shown(user, include_disabled=False) and belongs(user, id) and only in (None, user.id)
        ]

    return answer


def _create(tables: Tables, ask: Params) -> Any:
    name, lastname, email = ask.given_text("name"), ask.given_text("lastname"), ask.given_text("email")
    username = ask.text("username") or email
    known = {user.username.lower() for user in tables.users.values()}
    known |= {user.email.lower() for user in tables.users.values()}
    if username.lower() in known or email.lower() in known:
        raise error("The user exists already")
    id = tables.take_id("user")
    external = ask.flag("is_external") or False
    tables.users[id] = user = User(
        id=id, username=username, name=name, lastname=lastname, email=email, is_external=external
    )
    user.phone = ask.text("phone")
    return shapes.user(tables, user)


def _update(tables: Tables, ask: Params) -> Any:
    user = tables.users.get(ask.given_number("id"))
    if user is None:
        raise _nobody(tables)
    for name in ("username", "name", "lastname", "email", "phone"):
        text = ask.text(name)
        if text is not None:
            setattr(user, name, text)
    return {"status": "OK", "info": "User updated"}


def _set_disabled(disabled: bool) -> Callable[[Tables, Params], Any]:
    def answer(tables: Tables, ask: Params) -> Any:
        user = tables.users.get(ask.given_number("id"))
        if user is None:
            raise _nobody(tables)
        user.is_disabled = disabled
        return {"status": "OK", "info": "User updated"}

    return answer


HANDLERS = {
    ("GET", "user"): _user,
    ("GET", "user.by"): _user_by,
    ("GET", "users"): _users,
    ("GET", "users.by"): _users_by,
    ("GET", "users.groups"): _users_groups,
    ("GET", "groups.users"): _members(lambda user, id: id == 21 and user.user_type == 1),
    ("GET", "companies.users"): _members(lambda user, id: user.company_id == id),
    ("GET", "locations.users"): _members(lambda user, id: user.location_id == id),
    ("POST", "user"): _create,
    ("PUT", "user"): _update,
    ("PUT", "user.disable"): _set_disabled(True),
    ("PUT", "user.enable"): _set_disabled(False),
}
