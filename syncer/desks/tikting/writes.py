"""The configured calls that write: sent once, and what each answer means (contract 3.4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.multipart import Form
from syncer.deskkit.reply import Reply
from syncer.desks.tikting.access import Access, refuses_token
from syncer.desks.tikting.bodies import sent
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import Endpoint, EndpointKey
from syncer.desks.tikting.wire_fields import at
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable
from syncer.model.ids import TicketId


class Writes:
    """Nothing is repeated here but what surely did nothing: a call whose token was refused."""

    def __init__(self, config: TiktingConfig, http: DeskHttp, access: Access, calls: Calls) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._calls = calls
        self._form = Form()

    async def send(
        self,
        key: EndpointKey,
        id: TicketId,
        values: Mapping[str, str],
        attempt: Attempt,
        files: Sequence[Download] = (),
    ) -> str:
        """Make a call of a ticket: the id of what it made, where that is told. `values` are by our names; what the
        operator gave no name for is not sent. Raises as `step` of a target does."""
        endpoint = self._config.endpoints[key]
        what = f"{self._config.name}: {key} of ticket {id}"
        path = endpoint.path.replace("{id}", quote(id, safe=""))
        bearer, renewed = await self._access.ready(), False
        while True:
            body = sent(endpoint, {"id": id, **values}, self._form, files)
            reply = await self._http.request(
                endpoint.method, path, data=body.data, headers={**body.headers, "Authorization": bearer},
                budgeted=attempt.again, fence=attempt.fence, timeout=attempt.left(what),
            )  # fmt: skip
            attempt.again = True
            if not refuses_token(reply) or renewed:
                break
            bearer, renewed = await self._access.renew(bearer), True
        await self._judge(what, id, endpoint, reply)
        return _made(endpoint, reply)

    async def _judge(self, what: str, id: TicketId, endpoint: Endpoint, reply: Reply) -> None:
        """Passes over an answer that says it was done; raises what any other means."""
        status, text = reply.status, f"{what} answered {reply.status}: {reply.excerpt()}"
        if status in endpoint.success and not reply.body.lstrip().startswith(b"<"):
            return
        if refuses_token(reply) or status == 403:
            raise AuthFailed(text, hint=f"May the account of desk {self._config.name} do this?")
        if status == 429:
            raise Retryable(text, after=self._http.budget.left())
        if status in {302, 303, 408} or 200 <= status < 300 or status >= 500:
            raise InDoubt(text)
        if status == 404 and await self._calls.glance(id) is None:
            raise Rejected(f"{text}; the ticket is not there any more", reason="refused")
        if status in {404, 405, 415} or 300 <= status < 400:
            raise ConfigError(
                text,
                hint=f"Is this call of desk {self._config.name} right? Set tested: false, and try it: syncer probe"
                f" {self._config.name} TICKET",
            )
        raise Rejected(text, reason="too_large" if status == 413 else "refused")


def _made(endpoint: Endpoint, reply: Reply) -> str:
    """The id of what was made, where the settings say how to find it and it is there."""
    if endpoint.result_id is None:
        return ""
    try:
        found, value = at(msgspec.json.decode(reply.body), endpoint.result_id)
    except msgspec.DecodeError:
        return ""
    return str(value) if found and value is not None else ""
