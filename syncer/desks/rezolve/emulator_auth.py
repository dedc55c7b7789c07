"""Who may call the emulated tenant: tokens and keys, tenant and realm, roles and scopes (contract 2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.emulation import Carrier
from syncer.desks.rezolve.emulator_answers import ROLE_MISSING, Refused
from syncer.desks.rezolve.emulator_switches import ALL_ROLES, Auth, Switches

SERVICE = "service-account-"
_SECRET = b"nobody verifies this"


class Caller(Struct, frozen=True):
    """Somebody who proved who he is; `expires` in epoch seconds."""

    username: str
    roles: frozenset[str]
    scopes: frozenset[str]
    teams: frozenset[str] | None
    expires: float


class _Refresh(Struct, frozen=True):
    grant: str
    scope: str
    expires: float


class Gate:
    """Issues tokens and lets callers in."""

    def __init__(self, auth: Auth, carrier: Carrier, switches: Switches) -> None:
        self._auth = auth
        self._carrier = carrier
        self._switches = switches
        self._tokens: dict[str, Caller] = {}
        self._refresh: dict[str, _Refresh] = {}
        self.issued = 0

    def revoke_all(self) -> None:
        """No token issued so far is valid any more."""
        self._tokens.clear()
        self._refresh.clear()

    def issue(self, form: Mapping[str, str], header: str | None) -> dict[str, Any]:
        """A token by client credentials, password or an earlier refresh token; raises an OAuth error."""
        claimed = _basic(header) or (form.get("client_id", ""), form.get("client_secret", ""))
        if claimed != (self._auth.client_id, self._auth.client_secret):
            raise _denied(401, "invalid_client", "Client authentication failed")
        grant, scope = self._grant(form)
        unknown = set(scope.split()) - set(self._auth.scopes)
        if unknown:
            raise _denied(400, "invalid_scope", f"Invalid scopes: {' '.join(sorted(unknown))}")
        return self._token(grant, scope)

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who calls; raises 401 for anybody unknown and 404 for another tenant or realm."""
        caller = self._known(headers)
        if headers.get("x-tenantid") != self._auth.tenant:
            raise Refused(404, "TENANT_NOT_FOUND", "Tenant not found")
        if headers.get("realmname") != self._auth.realm:
            raise Refused(404, "TENANT_NOT_FOUND", "Realm not found")
        return caller

    def may_write(self, caller: Caller) -> None:
        """Raises 401 for a caller without the scope or without a role (contract 2)."""
        if self._auth.write_scope not in caller.scopes or caller.roles.isdisjoint(ALL_ROLES):
            raise Refused(401, ROLE_MISSING, "The user does not have permission to perform this operation")

    def may_read(self, caller: Caller) -> None:
        """Raises 403 for a caller without a role, where the tenant has it so."""
        if self._switches.roleless == "403" and caller.roles.isdisjoint(ALL_ROLES):
            raise Refused(403, "FORBIDDEN", "Insufficient permissions")

    def alive(self, caller: Caller) -> bool:
        """Whether the caller's token still lasts."""
        return self._carrier.clock.now() < caller.expires

    def _known(self, headers: Mapping[str, str]) -> Caller:
        key = headers.get("X-API-Key")
        if key is not None and self._switches.api_keys and key == self._auth.api_key:
            return self._caller("password", " ".join(self._auth.scopes), float("inf"))
        kind, _, text = headers.get("Authorization", "").partition(" ")
        found = self._tokens.get(text.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise Refused(401, "UNAUTHORIZED", "Authentication required")
        if not self.alive(found):
            raise Refused(401, "TOKEN_EXPIRED", "The token has expired")
        return found

    def _grant(self, form: Mapping[str, str]) -> tuple[str, str]:
        grant, scope = form.get("grant_type", ""), form.get("scope", "")
        if grant == "client_credentials" and self._switches.client_credentials:
            return grant, scope
        if grant == "password" and self._switches.password_grant:
            if (form.get("username"), form.get("password")) != (self._auth.username, self._auth.password):
                raise _denied(401, "invalid_grant", "Invalid user credentials")
            return grant, scope
        if grant == "refresh_token":
            kept = self._refresh.pop(form.get("refresh_token", ""), None)
            if kept is None or self._carrier.clock.now() >= kept.expires:
                raise _denied(400, "invalid_grant", "Token is not active")
            return kept.grant, kept.scope
        raise _denied(400, "unsupported_grant_type", "The grant type is not supported")

    def _token(self, grant: str, scope: str) -> dict[str, Any]:
        life = self._carrier.faults.token_seconds or self._switches.token_life
        now = self._carrier.clock.now()
        caller = self._caller(grant, scope or " ".join(self._auth.scopes), now + life)
        token = self._jwt(caller, now)
        self._tokens[token] = caller
        self.issued += 1
        given: dict[str, Any] = {"access_token": token, "expires_in": int(life), "token_type": "Bearer"}
        if self._switches.refresh_tokens:
            given["refresh_token"] = secrets.token_urlsafe(24)
            self._refresh[given["refresh_token"]] = _Refresh(grant, scope, now + self._switches.refresh_life)
        return given

    def _caller(self, grant: str, scope: str, expires: float) -> Caller:
        auth, service = self._auth, grant == "client_credentials"
        return Caller(
            username=SERVICE + auth.client_id if service else auth.username,
            roles=frozenset(auth.client_roles if service else auth.user_roles),
            scopes=frozenset(scope.split()),
            teams=None if auth.teams is None else frozenset(auth.teams),
            expires=expires,
        )

    def _jwt(self, caller: Caller, now: float) -> str:
        claims = {
            "jti": secrets.token_hex(8),
            "iat": int(now),
            "exp": int(caller.expires),
            "preferred_username": caller.username,
            "tenant_id": self._auth.tenant,
            "scope": " ".join(sorted(caller.scopes)),
            "realm_access": {"roles": sorted(caller.roles)},
        }
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{signed}.{_base64(hmac.digest(_SECRET, signed.encode(), hashlib.sha256))}"


def _denied(status: int, code: str, message: str) -> Refused:
    return Refused(status, code, message, shape="oauth")


def _part(value: Any) -> str:
    return _base64(msgspec.json.encode(value))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _basic(header: str | None) -> tuple[str, str] | None:
    kind, _, text = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password
