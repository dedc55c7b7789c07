"""Who may call: an API key as the UI shows it, or a token of the password grant (contract 2)."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.emulation import Carrier
from syncer.desks.motadata.emulator_answers import Refused
from syncer.desks.motadata.emulator_records import Person
from syncer.desks.motadata.emulator_switches import Auth
from syncer.desks.motadata.emulator_tables import Tables


class _Token(Struct):
    issued: float
    by: Person


class OAuthRefused(Exception):
    """The token call failed; the body is OAuth's own."""

    def __init__(self, status: int, error: str, text: str) -> None:
        super().__init__(status, error)
        self.status = status
        self.body = {"error": error, "error_description": text}


class Gate:
    """Issues tokens and checks credentials; `token_seconds` of the faults beats the switches."""

    def __init__(self, auth: Auth, carrier: Carrier, tables: Tables) -> None:
        self._auth = auth
        self._carrier = carrier
        self._tables = tables
        self._tokens: dict[str, _Token] = {}
        self.logins = 0

    def revoke_all(self) -> None:
        """No token issued so far is valid any more."""
        self._tokens.clear()

    def issue(self, form: Mapping[str, str], header: str | None, *, secure: bool) -> dict[str, Any]:
        """A new token for a client and a user that proved who they are; raises OAuthRefused."""
        if self._tables.switches.expects_https and not secure:
            raise OAuthRefused(401, "unauthorized", "Full authentication is required to access this resource")
        if _basic(header) != (self._auth.client_id, self._auth.client_secret):
            raise OAuthRefused(401, "unauthorized", "Bad client credentials")
        if form.get("grant_type") != "password":
            raise OAuthRefused(400, "unsupported_grant_type", "Unsupported grant type")
        user = self._user(form.get("username", ""))
        if user is None or form.get("password") != self._auth.password:
            raise OAuthRefused(400, "invalid_grant", "Bad credentials")
        self.logins += 1
        return self._token(user)

    def check(self, header: str | None) -> Person:
        """The user behind a header; raises 401 for an unknown scheme, key or token."""
        scheme, _, credential = (header or "").partition(" ")
        if scheme == "Apikey" and self._auth.by_key and credential == self._auth.api_key:
            return self._bot()
        token = self._tokens.get(credential) if scheme.lower() == "bearer" and self._auth.by_token else None
        if token is None or self._carrier.clock.now() >= token.issued + self._seconds():
            raise Refused(401, "Unauthorized")
        return token.by

    def _bot(self) -> Person:
        bot = self._tables.person(self._auth.user)
        if bot is None:
            raise Refused(401, "Unauthorized")
        return bot

    def _user(self, name: str) -> Person | None:
        found = self._tables.person(name)
        if found is None or found.disabled or not found.technician:
            return None
        return found if self._auth.client_users == "any" or found is self._bot() else None

    def _seconds(self) -> float:
        if self._carrier.faults.token_seconds:
            return self._carrier.faults.token_seconds
        switches = self._tables.switches
        return switches.expires_in if switches.lives_by == "expires_in" else switches.jwt_seconds

    def _token(self, user: Person) -> dict[str, Any]:
        now, switches = self._carrier.clock.now(), self._tables.switches
        jti = str(uuid.uuid4())
        claims = {
            "user_name": user.logon,
            "scope": ["other-api-scope"],
            "exp": int(now) + switches.jwt_seconds,
            "jti": jti,
            "client_id": self._auth.client_id,
        }
        token = secrets.token_urlsafe(32) if switches.opaque_tokens else _jwt(claims)
        self._tokens[token] = _Token(now, user)
        return {
            "access_token": token,
            "token_type": "bearer",
            # Ends with the access token, as recorded; there is no grant that takes it.
            "refresh_token": _jwt(claims | {"ati": jti, "jti": str(uuid.uuid4())}),
            "expires_in": switches.expires_in,
            "scope": "other-api-scope",
            "jti": jti,
        }


def _jwt(claims: dict[str, Any]) -> str:
    parts = [msgspec.json.encode({"alg": "RS256", "typ": "JWT"}), msgspec.json.encode(claims), secrets.token_bytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _basic(header: str | None) -> tuple[str, str] | None:
    kind, _, text = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return user, secret
