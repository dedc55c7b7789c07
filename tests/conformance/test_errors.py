"""Errors: whatever a desk answers, it is taken for what it says; a refused look is no absence, a doubt no guess."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from syncer.deskkit.contract import Unreadable
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket
from tests.conformance.asked import desks
from tests.conformance.drafts import drafter, words_of
from tests.conformance.driving import create, steps_of, take
from tests.conformance.trial import Trial, on_trial
from tests.conformance.words import seen

Expected = Mapping[str, frozenset[type]]
_CLASSES: tuple[type[SyncerError], ...] = (AuthFailed, ConfigError, Retryable, Rejected, InDoubt, Fatal)


class Gone:
    """The desk does not have this ticket any more."""


class Answered:
    """There was an answer, as if nothing were wrong."""


def _each(hows: str, *classes: type) -> Expected:
    return {how: frozenset(classes) for how in hows.split(", ")}


LATER = _each("429, 429 untold, 500, 503, hang, cut_after, half", Retryable)
LISTED: Expected = {
    **_each("401, 403", AuthFailed),
    # No ticket can be at fault for it: it ends the run, and is never an empty list.
    **_each("404, 409, 422", ConfigError),
    **_each("html", AuthFailed, ConfigError),
    **LATER,
}
FETCHED: Expected = {
    **_each("401", AuthFailed),
    **_each("403", AuthFailed, Rejected, Unreadable),
    **_each("404", Gone, ConfigError),
    **_each("409, 422", Rejected, Unreadable),
    **_each("html", AuthFailed, ConfigError, Rejected, Unreadable),
    **LATER,
}
LOOKED: Expected = {
    **_each("401", AuthFailed),
    **_each("403", AuthFailed, Rejected),
    **_each("404, 409, 422", ConfigError, Rejected),
    **_each("html", AuthFailed, ConfigError, Rejected, Fatal),
    **LATER,
}
WRITTEN: Expected = {
    **_each("401", AuthFailed),
    **_each("403", AuthFailed, Rejected),
    **_each("404", ConfigError, Rejected),
    **_each("409, 422", Rejected),
    **_each("429, 429 untold", Retryable),
    **_each("500, 503, after, hang, cut_before, cut_after, half, html", InDoubt),
}


def go_wrong(trial: Trial, how: str, *, first: Sequence[str] = ()) -> None:
    """From now on every answer is this one, but for the `first` ones."""
    status, _, untold = how.partition(" ")
    if status.isdigit():
        trial.fail(before=1.0, refusal=int(status), retry_after=not untold, first=[*first])
    else:
        trial.fail(**{how: 1.0}, first=[*first])


async def outcome(work: Awaitable[Any]) -> type:
    """What comes of it, by the class that the engine goes by."""
    try:
        found = await work
    except SyncerError as e:
        return next(one for one in _CLASSES if isinstance(e, one))
    match found:
        case [Unreadable() as one]:
            return Gone if one.gone else Unreadable
        case [Ticket()]:
            return Ticket
    return Answered


async def wrong_ones(
    kind: str, expected: Expected, work: Callable[[Trial], Awaitable[Any]],
    before: Callable[[Trial], Awaitable[Any]] | None = None,
) -> dict[str, str]:  # fmt: skip
    """What is not taken for what it is, each on a desk of its own, all at once. `before` is done while all is well."""
    async with AsyncExitStack() as stack:
        trials = {how: await stack.enter_async_context(on_trial(kind)) for how in expected}
        for how, trial in trials.items():
            await trial.again(**_patience(how))

        async def came_of(how: str, trial: Trial) -> type:
            if before is not None:
                await before(trial)
            go_wrong(trial, how)
            came = await outcome(work(trial))
            assert how != "429" or trial.desk.budget.left() > 0, "it does not hold back although it was asked to"
            return came

        found = await asyncio.gather(*(came_of(how, trial) for how, trial in trials.items()))
    return {how: came.__name__ for how, came in zip(expected, found, strict=True) if came not in expected[how]}


def _patience(how: str) -> dict[str, Any]:
    return {"pause": 0.1, "timeout": 0.4 if how == "hang" else 10}


async def listed(trial: Trial) -> list[str]:
    """A first pass."""
    return [ref.id async for page in trial.source.scan() for ref in page.refs]


@desks("remote")
async def test_a_check_says_what_is_wrong(kind: str) -> None:
    assert not await wrong_ones(kind, LISTED, lambda trial: trial.desk.check())


@desks("remote", "reads")
async def test_a_list_that_fails_is_never_an_empty_one(kind: str) -> None:
    assert not await wrong_ones(kind, LISTED, listed)


@desks("remote", "reads")
async def test_only_a_ticket_that_is_not_there_is_gone(kind: str) -> None:
    async def fetched(trial: Trial) -> Any:
        return await trial.source.fetch([TicketId(next(iter(trial.kept())))])

    async with on_trial(kind) as trial:
        never = re.sub(r"\d+", "99999999", next(iter(trial.kept())))
        assert await outcome(trial.source.fetch([TicketId(never)])) is Gone

    # As a run does it, which has listed what it reads: else a desk may have to list it, and that is what is refused.
    assert not await wrong_ones(kind, FETCHED, fetched, before=listed)


@desks("remote", "writes", "finds_by_key")
async def test_a_look_that_is_refused_does_not_say_that_nothing_is_there(kind: str) -> None:
    async def looked(trial: Trial) -> Any:
        return await trial.target.find([Key("CF-1")], None)

    assert not await wrong_ones(kind, LOOKED, looked)


# --- writes


@desks("remote", "writes")
@pytest.mark.parametrize("how", WRITTEN)
async def test_a_write_is_in_doubt_exactly_where_it_may_have_happened(kind: str, how: str) -> None:
    async with on_trial(kind) as trial:
        made, before = await drafter(trial), trial.kept().keys()
        await trial.again(**_patience(how))
        came = await outcome(create(trial, made.draft(), {}, lambda: go_wrong(trial, how)))
        assert came in WRITTEN[how], came.__name__
        assert came is InDoubt or trial.kept().keys() == before, "it was done, and is said to be not"
        if how.startswith("429"):
            assert trial.desk.budget.left() > 0, "it does not hold back although it was asked to"


@desks("remote", "writes", "takes_comments")
@pytest.mark.parametrize("how", WRITTEN)
async def test_a_comment_is_in_doubt_exactly_where_it_may_have_been_said(kind: str, how: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        draft = made.draft(comments=(made.comment(1, public=True),))
        id = (await create(trial, draft, {})).id
        await trial.again(**_patience(how))
        step = next(step for step in steps_of(trial, draft) if step.comment is not None)
        came = await outcome(take(trial, id, draft, step, {}, lambda: go_wrong(trial, how)))
        assert came in WRITTEN[how], came.__name__
        said = [one for one in trial.kept()[id].comments if seen(words_of(1)) in seen(one.text)]
        assert came is InDoubt or not said, "it was said, and is told to be not"
        go_wrong(trial, "422")
        assert await outcome(trial.desk.happened(id, draft, step)) is not Answered, "a refused look tells nothing"


@desks("remote", "writes", "takes_comments")
@pytest.mark.parametrize("how", ["401", "403", "404", "422", "500", "503", "cut_after", "html"])
async def test_a_comment_that_was_said_is_in_doubt_when_nothing_after_it_is_answered(kind: str, how: str) -> None:
    """Whoever reads back what was written, and cannot, knows no more than before: it would be said twice."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        draft = made.draft(comments=(made.comment(1, public=True),))
        id = (await create(trial, draft, {})).id
        await trial.again(**_patience(how))
        step = next(step for step in steps_of(trial, draft) if step.comment is not None)
        came = await outcome(take(trial, id, draft, step, {}, lambda: go_wrong(trial, how, first=["ok"])))
        said = [one for one in trial.kept()[id].comments if seen(words_of(1)) in seen(one.text)]
        assert came in {InDoubt, Answered} or not said, f"it was said, and is {came.__name__}"


@desks("remote", "writes")
async def test_a_desk_that_is_down_surely_did_nothing(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        await trial.target.admit()
        await trial.stop()
        await asyncio.sleep(0.1)  # until it is noticed that the old connections are closed
        assert await outcome(trial.target.create(made.draft(), [])) is Retryable
