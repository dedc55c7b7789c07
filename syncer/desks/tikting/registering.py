"""Makes tickets by the one call there is for it, and says what each of its answers means (contract 3.1.2, 6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import Download, Written
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply
from syncer.desks.tikting import wire
from syncer.desks.tikting.access import Access, refuses_token
from syncer.desks.tikting.calls import TICKETS
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.uploads import Uploads
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

REGISTER = f"{TICKETS}/register"
CREATE = "Tickets.Create"


class Registering:
    """Registers tickets, at their own pace: each may mail and run the assignment."""

    def __init__(self, config: TiktingConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        budget, registering = config.reading(), config.registering()
        self.parallel = min(registering.parallel, budget.parallel)
        own = registering.per_second < budget.per_second
        self._registrations = Budget(registering.per_second) if own else None
        self._uploads = Uploads(max_text=config.max_body, html=config.text_mode == "html")

    async def admit(self) -> None:
        """Wait for the budget of registrations, then for that of all calls; with a token that holds until then.

        Logging in belongs here: a registration goes out right after its announcement, or the time from which a
        doubt counts would be too early.
        """
        for _ in range(2):
            await self._access.ready()
            if self._registrations is not None:
                await self._registrations.take()
            await self._http.budget.take()
            if not self._access.due:
                return

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None], status: str | None
    ) -> Written:
        """Register the ticket with everything it has, in `status` where one is given in place of its own.

        What surely did nothing is sent once more, while there is time within one timeout: a token that ran out,
        a body that was too large.
        """
        if status is not None:
            draft = replace(draft, fields={**draft.fields, "status": status})
        what = f"{self._config.name}: register {draft.key}"
        until = time.monotonic() + self._config.timeout
        bearer, renewed = await self._access.ready(), False
        while (left := until - time.monotonic()) > self._config.timeout / 2:
            body = self._uploads.body(draft, files)
            headers = {**body.headers, "Authorization": bearer}
            reply = await self._http.request(
                "POST", REGISTER, data=body.data, headers=headers, budgeted=False, timeout=left, fence=fence
            )
            if refuses_token(reply) and not renewed:
                bearer, renewed = await self._access.renew(bearer), True
            elif reply.status == 413 and body.files:
                self._uploads.refused(body)
            else:
                return Written(self._judge(what, reply), losses=("file_too_large",) * len(body.left_out))
            await self.admit()
        raise Retryable(f"{what}: no time is left in this attempt; it goes again", after=0.0)

    def _judge(self, what: str, reply: Reply) -> TicketId:
        """The id of a registered ticket, or what its answer means (contract 6)."""
        status = reply.status
        if status == 201:
            return wire.made_id(reply.body, reply.headers, what)
        text = f"{what} answered {status}: {reply.excerpt()}"
        if status == 400:
            raise self._refusal(text)
        if status == 413:
            raise Rejected(text, reason="too_large")
        if refuses_token(reply) or status == 403:
            raise AuthFailed(text, hint=f"May the account of desk {self._config.name} register tickets?")
        if status == 429:
            raise Retryable(text, after=self._http.budget.left())
        # A form may also be answered with the way to what it made.
        if status in {302, 303, 408} or status < 300 or status >= 500:
            raise InDoubt(text)
        if status in {404, 405, 415} or status < 400:
            raise ConfigError(text, hint=f"Is base_url of desk {self._config.name} right?")
        raise Rejected(text, reason="refused")

    def _refusal(self, text: str) -> Exception:
        """A 400, which also stands for a missing permission: only the token can tell them apart."""
        granted = self._access.permissions
        if granted is None:
            text += f" (or the account lacks {CREATE}: its token does not tell)"
        elif CREATE not in granted:
            return AuthFailed(
                f"{text} (the account lacks {CREATE}, which Tikting answers with 400)",
                hint=f"Grant {CREATE} to the account of desk {self._config.name}, then the same command again.",
            )
        return Rejected(text, reason="refused")
