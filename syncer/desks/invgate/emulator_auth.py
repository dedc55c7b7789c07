"""Who may call: Basic with a key, or a token of the client credentials flow with its scopes."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from syncer.deskkit.emulation import Carrier
from syncer.desks.invgate.emulator_matrix import SCOPES
from syncer.desks.invgate.emulator_params import Refused, refused
from syncer.desks.invgate.emulator_switches import Auth, Switches

TOKEN_SECONDS = 3600.0


class _Token(Struct):
    issued: float
    scopes: frozenset[str]


class Gate:
    """Issues tokens and checks credentials; a token lives as long as the faults say at the time of the call."""

    def __init__(self, auth: Auth, carrier: Carrier, switches: Switches) -> None:
        self._auth = auth
        self._carrier = carrier
        self._switches = switches
        self._tokens: dict[str, _Token] = {}

    def revoke_all(self) -> None:
        """No token issued so far is valid any more."""
        self._tokens.clear()

    def issue(self, form: Mapping[str, str], header: str | None) -> dict[str, Any]:
        """A new token for a client that proved who it is; raises the 200 that holds an error."""
        if form.get("grant_type") != "client_credentials":
            raise self._denied("unsupported_grant_type", "The grant type is not supported")
        claimed = _basic(header) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not self._auth.oauth or claimed != (self._auth.client_id, self._auth.client_secret):
            raise self._denied("invalid_client", "Client authentication failed")
        scopes = frozenset((form.get("scope") or "").split())
        granted = SCOPES if self._auth.scopes is None else self._auth.scopes
        if not scopes <= granted:
            raise self._denied("invalid_scope", "The requested scope is invalid, unknown or malformed")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(self._carrier.clock.now(), scopes)
        answer: dict[str, Any] = {"token_type": "Bearer", "access_token": token}
        match self._switches.expires_in:
            case "true":
                answer["expires_in"] = int(self._seconds())
            case "3600":
                answer["expires_in"] = int(TOKEN_SECONDS)
        return answer

    def check(self, header: str | None) -> frozenset[str] | None:
        """The scopes of a caller, None for all of them; raises 401 (or 403) for anybody unknown."""
        pair = _basic(header)
        if pair is not None:
            if self._auth.basic and pair == (self._auth.user, self._auth.key):
                return None
            raise refused(401, "The user or the key is wrong")
        kind, _, text = (header or "").partition(" ")
        if kind.lower() != "bearer":
            raise refused(401, "Credentials are missing")
        token = self._tokens.get(text.strip())
        if token is None or self._carrier.clock.now() >= token.issued + self._seconds():
            raise refused(self._switches.expired_status, "The token is invalid or has expired")
        return token.scopes

    def _seconds(self) -> float:
        return self._carrier.faults.token_seconds or TOKEN_SECONDS

    def _denied(self, name: str, text: str) -> Refused:
        return Refused(self._switches.token_error_status, {"error": name, "error_description": text})


def _basic(header: str | None) -> tuple[str, str] | None:
    kind, _, text = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, key = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, key
