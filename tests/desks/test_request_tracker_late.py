"""A transaction may show later than one with a higher number: a new ticket is looked at until its beginning shows."""

from __future__ import annotations

from typing import Any

from syncer.deskkit import registry
from syncer.deskkit.contract import Step
from syncer.desks.request_tracker.emulator import RequestTrackerEmulator, Switches
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key, TicketId
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.conformance.drafts import drafter
from tests.conformance.trial import on_trial
from tests.desks.serving import served


async def test_a_ticket_whose_beginning_does_not_show_yet_is_looked_at_again() -> None:
    async with on_trial("request_tracker") as trial:
        draft = (await drafter(trial)).draft()
    emulator = RequestTrackerEmulator(emptied(generate(3, 16)), switches=Switches(late_every=1, late_seconds=0.4))
    spec = registry.spec("request_tracker")
    async with served(emulator) as url:
        block = {**emulator.block(url), "name": "new", "write_lag": 5}
        desk: Any = spec.open(spec.config().model_validate(block))
        try:
            made = await desk.create(draft, ())
            step = Step("comment 1", CommentDraft("1", Key("CF-1-c1"), None, "<p>x</p>", True))
            assert await desk.happened(TicketId(made.id), draft, step) is None
        finally:
            await desk.close()
