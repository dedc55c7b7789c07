"""Redmine's writing calls: sent once, and what each answer means."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply
from syncer.desks.redmine.access import Access
from syncer.desks.redmine.config import RedmineConfig
from syncer.errors import ConfigError, InDoubt, Rejected, Retryable
from syncer.log import redact

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
SWITCH = "X-Redmine-Switch-User"
AFTER_CLASH = 0.4
MISSING = frozenset({404, 410})


class Clash(Retryable):
    """422 with an empty list of errors: somebody else wrote at the same moment, and surely nothing was done."""


class Writes:
    """Nothing is repeated here; an answer says what became of a write, or that nobody knows."""

    def __init__(self, config: RedmineConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access

    async def send(
        self, method: str, path: str, data: Any, headers: Mapping[str, str], attempt: Attempt, *, query: str = ""
    ) -> Reply:
        """The answer, if it says yes. Raises what any other means."""
        await self._access.credential.ready()
        what = f"{self._config.name}: {method} {path}"
        reply = await self._http.request(
            method, path, query=query, data=data, headers=headers, budgeted=attempt.again, fence=attempt.fence,
            timeout=attempt.left(what),
        )  # fmt: skip
        attempt.again = True
        self._judge(what, reply)
        return reply

    def _judge(self, what: str, reply: Reply) -> None:
        status = reply.status
        if 200 <= status < 300:
            return
        text = f"{what} answered {status}: {_reasons(reply)}"
        if status == 401:
            raise self._access.refused(what, reply)
        if status == 429:
            raise Retryable(text, after=self._http.budget.left())
        if status == 422 and _errors(reply) == []:
            # Who clashed once must not come back at the same moment.
            raise Clash(text, after=AFTER_CLASH * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        if status == 408 or status >= 500:
            raise InDoubt(text)
        if 300 <= status < 400:
            raise ConfigError(text, hint="Give base_url as Redmine itself writes it; redirects are not followed.")
        if status == 403:
            raise Rejected(text, reason="refused", hint="Does the account's role have the right? See: syncer check.")
        raise Rejected(text, reason="too_large" if status == 413 else "refused")

    async def post(
        self, path: str, body: Mapping[str, Any], attempt: Attempt, *, empty: bool = False
    ) -> dict[str, Any]:
        """What was made, as the answer tells it. Raises InDoubt where it tells nothing, unless it may be `empty`."""
        reply = await self.send("POST", path, encoded(body), JSON, attempt)
        if empty and not reply.body.strip():
            return {}
        try:
            value = msgspec.json.decode(reply.body)
        except msgspec.DecodeError as e:
            raise InDoubt(f"{self._config.name}: POST {path}: no JSON but {reply.excerpt()[:60]!r}") from e
        if not isinstance(value, dict):
            raise InDoubt(f"{self._config.name}: POST {path}: an answer that is no object")
        return value

    async def put(self, path: str, body: Mapping[str, Any], attempt: Attempt, login: str | None = None) -> None:
        """Change it. A yes comes without a word: only reading tells what was done. Raises InDoubt for a page."""
        headers = {**JSON, SWITCH: login} if login is not None else JSON
        reply = await self.send("PUT", path, encoded(body), headers, attempt)
        if reply.body.strip():  # Redmine's yes is 204 without a body
            raise InDoubt(f"{self._config.name}: PUT {path} answered {reply.status} with {reply.excerpt()[:60]!r}")

    async def delete(self, path: str, attempt: Attempt) -> None:
        """Take it away; what is not there is gone already."""
        try:
            await self.send("DELETE", path, None, JSON, attempt)
        except Rejected as e:
            if not any(f"answered {status}" in e.message for status in MISSING):
                raise


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON that Redmine takes: its database refuses NUL with a 500, and half a character is no text."""
    return msgspec.json.encode(clean(body))


def clean(value: Any) -> Any:
    """Texts as they can be kept, whatever they stand in."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value


def _errors(reply: Reply) -> Any:
    try:
        value = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return None
    return value.get("errors") if isinstance(value, dict) else None


def _reasons(reply: Reply) -> str:
    """Why, in Redmine's words."""
    errors = _errors(reply)
    return redact("; ".join(map(str, errors)))[:300] if isinstance(errors, list) and errors else reply.excerpt()
