"""People: an administrator lists, makes, locks and deletes them, all others see one at a time and no address."""

from __future__ import annotations

import hashlib
import re

from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Invalid, Refused, done, json_answer
from syncer.desks.redmine.emulator_gate import must_log_in
from syncer.desks.redmine.emulator_issues import refused_to
from syncer.desks.redmine.emulator_lists import listed, project_of
from syncer.desks.redmine.emulator_params import Call, blank, to_flag, to_number
from syncer.desks.redmine.emulator_records import ACTIVE, LOCKED, Member, User
from syncer.desks.redmine.emulator_tables import ANONYMOUS_ID, Tables
from syncer.desks.redmine.emulator_words import ROLES

_LONGEST_NAME, _LONGEST_LOGIN, _SHORTEST_PASSWORD = 30, 60, 8
_NAMES = (("firstname", "First name"), ("lastname", "Last name"))
_ADDRESS = re.compile(r"[^@\s]+@(?:[-a-z0-9]+\.)+[a-z]{2,}", re.IGNORECASE)


async def me(tables: Tables, call: Call) -> web.Response:
    """GET users/current.json: the one list where a wrong key is told."""
    if not call.by.logged:
        raise must_log_in(tables)
    return _answer(tables, call, call.by)


async def own_account(tables: Tables, call: Call) -> web.Response:
    """GET my/account.json: with one's own address."""
    if not call.by.logged:
        raise must_log_in(tables)
    shown = shapes.listed_user(call.by)
    del shown["updated_on"], shown["passwd_changed_on"], shown["twofa_scheme"]
    return json_answer({"user": shown | {"api_key": call.by.key}})


async def user(tables: Tables, call: Call) -> web.Response:
    """GET users/{id}.json."""
    row = tables.users.get(to_number(call.ids[0]))
    if row is None or (row.status != ACTIVE and not call.by.admin):
        raise Refused(404)
    return _answer(tables, call, row)


def _answer(tables: Tables, call: Call, row: User) -> web.Response:
    shown = shapes.user(tables, row, call.by)
    if call.by.admin and call.includes("groups"):
        shown["groups"] = []
    if call.includes("memberships"):
        seen = [one for one in tables.members.values() if one.user_id == row.id]
        seen = [one for one in seen if tables.sees_project(call.by, tables.projects[one.project_id])]
        shown["memberships"] = [
            {key: value for key, value in shapes.membership(tables, one).items() if key != "user"} for one in seen
        ]
    return json_answer({"user": shown})


async def users(tables: Tables, call: Call) -> web.Response:
    """GET users.json: those that are active, or in the state that is asked for; an empty one means any."""
    _administer(call)
    asked = call.query.get("status", str(ACTIVE))
    name = call.query.get("name", "").lower()
    rows = [one for one in tables.users.values() if one.id != ANONYMOUS_ID and (not asked or str(one.status) == asked)]
    if name:
        rows = [one for one in rows if name in f"{one.login}\n{one.firstname} {one.lastname}\n{one.mail}".lower()]
    return listed(call, "users", sorted(rows, key=lambda one: one.login), shapes.listed_user)


def _administer(call: Call) -> None:
    if not call.by.admin:
        raise refused_to(call)


async def create(tables: Tables, call: Call) -> web.Response:
    """POST users.json. Nobody is mailed about it who was not asked to be."""
    _administer(call)
    asked = call.section("user")
    texts = {name: str(asked.get(name) or "") for name in ("login", "firstname", "lastname", "mail", "password")}
    if errors := _wrong(tables, texts):
        raise Invalid(*errors)
    id = tables.take("user")
    row = User(
        id=id,
        login=texts["login"],
        firstname=texts["firstname"],
        lastname=texts["lastname"],
        mail=texts["mail"],
        key=hashlib.sha1(f"user {id}".encode(), usedforsecurity=False).hexdigest(),
        created=tables.now(),
        admin=to_flag(asked.get("admin")),
        password=texts["password"] or None,
        changed_password=bool(texts["password"]),
        mail_notification=str(asked.get("mail_notification") or "only_my_events"),
        watches=tables.switches.auto_watch,
    )
    tables.users[id] = row
    return json_answer({"user": shapes.user(tables, row, call.by)}, 201, f"{call.here}/users/{id}")


def _wrong(tables: Tables, texts: dict[str, str]) -> list[str]:
    wrong = []
    mail, login, password = texts["mail"], texts["login"], texts["password"]
    if not mail.strip():
        wrong.append("Email cannot be blank")
    elif not _ADDRESS.fullmatch(mail):
        wrong.append("Email is invalid")
    elif any((one.mail or "").lower() == mail.lower() for one in tables.users.values()):
        wrong.append("Email has already been taken")
    wrong += [f"{words} cannot be blank" for name, words in _NAMES if not texts[name].strip()]
    if not login.strip():
        wrong.append("Login cannot be blank")
    elif tables.user_by_login(login) is not None:
        wrong.append("Login has already been taken")
    elif not re.fullmatch(r"[a-z0-9_\-@.]*", login, re.IGNORECASE):
        wrong.append("Login is invalid")
    if len(login) > _LONGEST_LOGIN:
        wrong.append(f"Login is too long (maximum is {_LONGEST_LOGIN} characters)")
    too_long = f"is too long (maximum is {_LONGEST_NAME} characters)"
    wrong += [f"{words} {too_long}" for name, words in _NAMES if len(texts[name]) > _LONGEST_NAME]
    if password and len(password) < _SHORTEST_PASSWORD:
        wrong.append(f"Password is too short (minimum is {_SHORTEST_PASSWORD} characters)")
    return wrong


async def update(tables: Tables, call: Call) -> web.Response:
    """PUT users/{id}.json: who is locked cannot log in, and is there for administrators only."""
    _administer(call)
    row = tables.users.get(to_number(call.ids[0]))
    if row is None:
        raise Refused(404)
    asked = call.section("user")
    if to_number(asked.get("status")) in (ACTIVE, LOCKED):
        row.status = to_number(asked["status"])
    for name in ("firstname", "lastname", "mail", "mail_notification"):
        if not blank(asked.get(name)):
            setattr(row, name, str(asked[name]))
    return done()


async def delete(tables: Tables, call: Call) -> web.Response:
    """DELETE users/{id}.json: what they made is Anonymous' from then on, and nobody works on what they worked on."""
    _administer(call)
    row = tables.users.pop(to_number(call.ids[0]), None)
    if row is None:
        raise Refused(404)
    tables.forget_member(row.id)
    for file in tables.attachments.values():
        file.author_id = ANONYMOUS_ID if file.author_id == row.id else file.author_id
    for issue in tables.issues.values():
        issue.author_id = ANONYMOUS_ID if issue.author_id == row.id else issue.author_id
        issue.assigned_to_id = None if issue.assigned_to_id == row.id else issue.assigned_to_id
        issue.watchers = [one for one in issue.watchers if one != row.id]
        for said in issue.journals:
            said.user_id = ANONYMOUS_ID if said.user_id == row.id else said.user_id
    return done()


async def add_member(tables: Tables, call: Call) -> web.Response:
    """POST projects/{id}/memberships.json."""
    project = project_of(tables, call)
    if not tables.may(call.by, "manage_members", project.id):
        raise refused_to(call)
    asked = call.section("membership")
    user = tables.users.get(to_number(asked.get("user_id")))
    wanted = asked.get("role_ids")
    roles = [to_number(one) for one in wanted if to_number(one) in ROLES] if isinstance(wanted, list) else []
    errors = [] if user else ["Principal cannot be blank"]
    if user is not None and tables.roles(user, project.id):
        errors.append("User has already been taken")
    if not roles and not errors:
        errors.append("Role cannot be empty")
    if user is None or errors:
        raise Invalid(*errors)
    row = Member(id=tables.take("member"), project_id=project.id, user_id=user.id, role_ids=roles)
    tables.add_member(row)
    return json_answer({"membership": shapes.membership(tables, row)}, 201)
