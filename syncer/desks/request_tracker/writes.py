"""RT's writing calls: sent once, and what each answer means. A yes may hold a no: whoever writes reads back."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.multipart import Form, in_a_form
from syncer.deskkit.reply import Reply, classify
from syncer.desks.request_tracker import wire, wire_out
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.calls import HEADERS, REST
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable

FILES = "Attachments"
MOST_INLINE = 16 * 1024 * 1024
"""Bytes of files that go into JSON together, where one of them is empty or has a name that no form keeps."""
_TRANSACTION = re.compile(r"/transaction/(\d+)/?\Z")


class Broke(Rejected):
    """RT broke off without a word: something in what it was told is more than it can take, now and later."""


class Packed(Struct, frozen=True):
    """What is sent, with its headers."""

    data: Any
    headers: Mapping[str, str]


class Writes:
    """Nothing is repeated here."""

    def __init__(self, config: RequestTrackerConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._form = Form()

    def pack(self, value: Mapping[str, Any], files: Sequence[Download]) -> Packed:
        """JSON alone, a form with files, or JSON with files in it where a form would lose one, or its name."""
        sent = [wire_out.as_sent(file) for file in files]
        if not sent:
            return Packed(msgspec.json.encode(value), HEADERS)
        if not all(file.size and in_a_form(file.name) == file.name for file in sent):
            # Read piece by piece when it is sent: all other calls go on meanwhile.
            return Packed(io.BytesIO(msgspec.json.encode({**value, FILES: wire_out.inline(sent)})), HEADERS)
        data, length = self._form.body([("JSON", msgspec.json.encode(value).decode())], FILES, sent)
        headers = {"Content-Type": self._form.content_type, "Content-Length": str(length), "Accept": "application/json"}
        return Packed(data, headers)

    async def ticket(self, packed: Packed, attempt: Attempt) -> str:
        """POST ticket: its id. Raises InDoubt where the answer does not tell."""
        what = f"{self._config.name}: POST /ticket"
        value = await self._made("/ticket", packed, attempt, what)
        id = wire.ident(value) if isinstance(value, dict) and value.get("type") == wire.TICKET else None
        if id is None:
            raise InDoubt(f"{what}: an answer without the id of a ticket")
        return id

    async def message(self, id: str, kind: str, packed: Packed, attempt: Attempt) -> str:
        """POST correspond or comment: the id of the transaction."""
        path = f"/ticket/{id}/{kind}"
        what = f"{self._config.name}: POST {path}"
        reply = await self._send("POST", path, packed, attempt)
        self._judged(what, reply)
        found = _TRANSACTION.search(reply.headers.get("Location", ""))
        if found is None:
            raise InDoubt(f"{what}: an answer that names no transaction: {reply.excerpt()}")
        return found[1]

    async def user(self, value: Mapping[str, Any], attempt: Attempt) -> str:
        """POST user: the login name."""
        what = f"{self._config.name}: POST /user"
        found = await self._made("/user", self.pack(value, ()), attempt, what)
        if not isinstance(found, dict) or found.get("type") != "user" or not found.get("id"):
            raise InDoubt(f"{what}: an answer without the name of a user")
        return str(found["id"])

    async def change(self, id: str, value: Mapping[str, Any], attempt: Attempt) -> list[str]:
        """PUT ticket: what RT says of each part, in the words of its language. Whether it stuck, only reading tells.

        Raises Broke where RT breaks off: a part of it may be done.
        """
        path = f"/ticket/{id}"
        what = f"{self._config.name}: PUT {path}"
        reply = await self._send("PUT", path, self.pack(value, ()), attempt)
        if reply.status == 500 and not reply.body.strip():
            raise Broke(f"{what} answered 500 without a word", reason="refused")
        self._judged(what, reply)
        found = _decoded(what, reply)
        if not isinstance(found, list):
            raise InDoubt(f"{what}: an answer that is no list of messages: {reply.excerpt()}")
        return [str(one) for one in found]

    async def delete(self, id: str, attempt: Attempt) -> None:
        """DELETE ticket."""
        path = f"/ticket/{id}"
        reply = await self._send("DELETE", path, Packed(None, HEADERS), attempt)
        self._judged(f"{self._config.name}: DELETE {path}", reply)

    async def _made(self, path: str, packed: Packed, attempt: Attempt, what: str) -> Any:
        reply = await self._send("POST", path, packed, attempt)
        if reply.status == 404:
            hint = f"Is base_url of desk {self._config.name} the root of RT 5, without /REST/2.0?"
            raise ConfigError(f"{what} answered 404: {reply.excerpt()}", hint=hint)
        self._judged(what, reply)
        return _decoded(what, reply)

    async def _send(self, method: str, path: str, packed: Packed, attempt: Attempt) -> Reply:
        what = f"{self._config.name}: {method} {path}"
        await self._access.credential.ready()
        reply = await self._http.request(
            method, REST + path, data=packed.data, headers=packed.headers, budgeted=attempt.again, fence=attempt.fence,
            timeout=attempt.left(what),
        )  # fmt: skip
        attempt.again = True
        return reply

    def _judged(self, what: str, reply: Reply) -> None:
        """Passes over an answer that says yes; raises what any other means. After a 5xx nobody knows before looking."""
        status, text = reply.status, f"{what} answered {reply.status}: {reply.excerpt()}"
        error = classify(what, reply)
        if error is None:
            return
        if status == 401:
            raise self._access.refused(AuthFailed(text))
        if status == 429:
            assert isinstance(error, Retryable)
            raise Retryable(text, after=error.after if error.after is not None else self._http.budget.left())
        if status == 408 or status >= 500:
            raise InDoubt(text)
        if 300 <= status < 400:
            raise ConfigError(text, hint="Give base_url as RT itself writes it; redirects are not followed.")
        hint = "Is there such a queue, and has the API user the right to create tickets in it?" if status == 403 else ""
        raise Rejected(text, reason="too_large" if status == 413 else "refused", hint=hint)


def _decoded(what: str, reply: Reply) -> Any:
    try:
        return wire.decoded(reply.body, what)
    except Rejected as e:
        raise InDoubt(f"{e.message}; it may have been done") from e
