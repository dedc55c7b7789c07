"""Who calls: login and password with each call, or a session. No header of HTTP's own is looked at."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from syncer.deskkit.emulation import Carrier
from syncer.desks.znuny.emulator_answers import Refused
from syncer.desks.znuny.emulator_records import Agent
from syncer.desks.znuny.emulator_switches import Auth
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_values import is_given, text

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 32
_WRITES = frozenset({"TicketCreate", "TicketUpdate"})


class Gate:
    """Issues sessions and checks callers; `token_seconds` of the faults beats the switches. Sessions live by use."""

    def __init__(self, auth: Auth, carrier: Carrier, tables: Tables) -> None:
        self._auth = auth
        self._carrier = carrier
        self._tables = tables
        self._sessions: dict[str, float] = {}
        self.logins = 0

    def revoke_all(self) -> None:
        """No session is good any more."""
        self._sessions.clear()

    def session(self, data: Mapping[str, Any]) -> dict[str, str]:
        """A new session. Raises Refused."""
        if not is_given(data.get("Password")):
            raise Refused("SessionCreate", "MissingParameter", "Password parameter is missing!")
        if not self._proves(data):
            raise Refused("SessionCreate", "AuthFail", "Authorization failing!")
        self.logins += 1
        id = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        self._sessions[id] = self._carrier.clock.now()
        return {"SessionID": id}

    def check(self, operation: str, data: Mapping[str, Any]) -> Agent:
        """The agent who calls an operation. Raises Refused; a session that is sent along is all that counts."""
        if operation in _WRITES:
            _check_presence(operation, data)
        session = text(data.get("SessionID"))
        if self._is_good(session) if session else self._proves(data):
            return self._tables.caller
        words = "User could not be authenticated!" if operation in _WRITES else "Authorization failing!"
        raise Refused(operation, "AuthFail", words)

    def _is_good(self, session: str) -> bool:
        used, now = self._sessions.get(session), self._carrier.clock.now()
        lives = self._carrier.faults.token_seconds or self._tables.switches.session_seconds
        if used is None or now >= used + lives:
            self._sessions.pop(session, None)
            return False
        if not self._carrier.faults.token_seconds:  # a lifetime that is asked for is one from the beginning
            self._sessions[session] = now
        return True

    def _proves(self, data: Mapping[str, Any]) -> bool:
        return (text(data.get("UserLogin")), text(data.get("Password"))) == (self._auth.user, self._auth.password)


def _check_presence(operation: str, data: Mapping[str, Any]) -> None:
    named = [key for key in ("UserLogin", "CustomerUserLogin") if is_given(data.get(key))]
    if not named and not is_given(data.get("SessionID")):
        words = "UserLogin, CustomerUserLogin or SessionID is required!"
        raise Refused(operation, "MissingParameter", words)
    if named and not is_given(data.get("Password")):
        raise Refused(operation, "MissingParameter", "Password or SessionID is required!")
