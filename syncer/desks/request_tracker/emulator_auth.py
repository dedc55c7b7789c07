"""Who calls: a token in a header or in the address, or a login with a password."""

from __future__ import annotations

import base64
import re

from aiohttp import web

from syncer.desks.request_tracker.emulator_answers import Refused
from syncer.desks.request_tracker.emulator_calls import Caller
from syncer.desks.request_tracker.emulator_switches import Auth
from syncer.desks.request_tracker.emulator_tables import ROOT, SYNC, Tables

_TOKEN = re.compile(r"token (.*)", re.IGNORECASE)
_BASIC = re.compile(r"basic (.*)", re.IGNORECASE)


class ToLogin(Exception):
    """What looks like a browser is shown the way to the login page."""


class Gate:
    """Knows whoever has a credential; `rights` of the user of the API may be taken away while it runs."""

    def __init__(self, auth: Auth, tables: Tables) -> None:
        self._tables = tables
        self._tokens = {auth.token: SYNC, auth.admin_token: ROOT}
        self.rights = auth.rights

    def revoke(self, token: str) -> None:
        """A token is no good any more."""
        self._tokens.pop(token, None)

    def check(self, request: web.Request) -> Caller:
        """Who calls. Raises 401, or ToLogin for what looks like a browser."""
        header = request.headers.get("Authorization", "")
        found = _TOKEN.fullmatch(header)
        token = found[1] if found else request.query.get("token", "")
        id = self._tokens.get(token, 0) or self._by_password(header)
        user = self._tables.users.get(id)
        if user is None or user.disabled:
            if "Mozilla" in request.headers.get("User-Agent", "") or "Cookie" in request.headers:
                raise ToLogin
            raise Refused(401)
        if user.id == ROOT:
            return Caller(user, None)
        return Caller(user, self.rights if user.id == SYNC else frozenset())

    def _by_password(self, header: str) -> int:
        found = _BASIC.fullmatch(header)
        if found is None:
            return 0
        try:
            name, _, password = base64.b64decode(found[1]).decode().partition(":")
        except ValueError:
            return 0
        user = self._tables.user(name)
        return user.id if user is not None and user.password and user.password == password else 0
