"""Who calls. A key that is none is no error here: whoever has it is nobody, and sees what nobody sees."""

from __future__ import annotations

import base64

from aiohttp import web

from syncer.desks.redmine.emulator_answers import Refused
from syncer.desks.redmine.emulator_records import ACTIVE, User
from syncer.desks.redmine.emulator_tables import Tables


def caller(tables: Tables, request: web.Request) -> User:
    """The user of a key, of a name with its password, or whom an administrator acts for. Raises 412 for one of those
    whom nobody knows, 401 where everybody must log in."""
    user = _known(tables, request) if tables.switches.rest_api else None
    wanted = request.headers.get("X-Redmine-Switch-User", "")
    if user is not None and user.admin and wanted:
        user = tables.user_by_login(wanted)
        if user is None or user.status != ACTIVE:
            raise Refused(412)
    if user is None and tables.switches.login_required:
        raise must_log_in(tables)
    return user or tables.anonymous


def must_log_in(tables: Tables) -> Refused:
    """No for nobody. Where there is no API, no credential would help."""
    return Refused(401, challenge=True) if tables.switches.rest_api else Refused(403)


def _known(tables: Tables, request: web.Request) -> User | None:
    key = request.query.get("key") or request.headers.get("X-Redmine-API-Key", "").strip()
    if key:
        return tables.user_by_key(key)
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(credential.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    user = tables.user_by_login(name) if name else None
    if user is not None and user.status == ACTIVE and user.password is not None and user.password == password:
        return user
    return tables.user_by_key(name)
