"""A sealed desk: all that reads goes on, and nothing that would write leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from syncer.deskkit.contract import TakesLinks, TakesPeople
from syncer.errors import Fatal
from syncer.model.lookups import LookupValue
from syncer.model.ticket import TicketLink
from tests.conformance.asked import desks
from tests.conformance.drafts import drafter
from tests.conformance.driving import bring, create, no_fence, steps_of, take
from tests.conformance.promised import promises
from tests.conformance.reading import fetched
from tests.conformance.trial import Trial, on_trial

Write = Callable[[], Awaitable[object]]


@desks("reads")
async def test_a_sealed_desk_is_read_as_ever(kind: str) -> None:
    async with on_trial(kind) as trial:
        ids = list(trial.kept())
        whole = await fetched(trial, ids)
        trial.desk.seal()
        await trial.desk.check()
        assert [value async for value in trial.desk.lookups()]
        assert {ref.id async for page in trial.source.scan() for ref in page.refs} == set(ids)
        assert await fetched(trial, ids) == whole


@desks("writes", "reads")
async def test_nothing_that_would_write_leaves_a_sealed_desk(kind: str) -> None:
    """Each way there is, of a draft that makes use of all of them: refused, and the desk is as it was."""
    async with on_trial(kind) as trial:
        writes = await _every_write(trial)
        trial.desk.seal()
        before = trial.kept()
        refused = set()
        for name, write in writes.items():
            try:
                await write()  # some steps find nothing to do
            except Fatal as e:
                if "nothing may be written" in e.message:
                    refused.add(name)
            assert trial.kept() == before, name
        certain = {name for name in writes if name in ("create", "link", "invite") or name.startswith("comment ")}
        assert certain <= refused


async def _every_write(trial: Trial) -> dict[str, Write]:
    made, desk = await drafter(trial), trial.desk
    other = await bring(trial, made.draft("On its own"))
    kinds = [True, False] if trial.claims.keeps_private else [True]
    said = [made.comment(n, public=public) for n, public in enumerate(kinds if trial.claims.takes_comments else [], 1)]
    bare = made.draft("Nothing was said yet", comments=tuple(said))
    there = await create(trial, bare, {})
    writes: dict[str, Write] = {"create": partial(create, trial, made.draft("New"), {})}
    writes |= {step.name: partial(take, trial, there.id, bare, step, {}) for step in steps_of(trial, bare)}
    if isinstance(desk, TakesLinks):
        writes["link"] = partial(desk.link, there.id, TicketLink(other.id), no_fence)
    if isinstance(desk, TakesPeople) and trial.claims.takes_people and not promises(trial.kind).anybody:
        person = LookupValue("person", "n1", "New Person", email="new.person@acme.example")
        writes["invite"] = partial(desk.invite, person, no_fence)
    return writes
