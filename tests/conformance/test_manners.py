"""Manners: a desk is asked no more often than its budget allows, and what opens it is told to nobody."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from typing import Any

import pytest
import structlog

from syncer import log
from syncer.errors import SyncerError
from syncer.model.ids import Key, TicketId
from tests.conformance.asked import desks
from tests.conformance.drafts import drafter
from tests.conformance.driving import create
from tests.conformance.trial import Trial, on_trial

PER_SECOND = 60


@desks("remote")
async def test_a_desk_stays_in_its_budget(kind: str) -> None:
    """Many at once, read and written, in no sliding second more than was allowed.

    A machine that stands still for a moment hands over at once what gathered meanwhile; so the best of three counts.
    Whoever has no manners is too quick each time.
    """
    busiest = [await _busiest_second(kind)]
    while busiest[-1] > PER_SECOND and len(busiest) < 3:
        busiest.append(await _busiest_second(kind))
    assert busiest[-1] <= PER_SECOND, busiest


async def _busiest_second(kind: str) -> int:
    async with on_trial(kind, budget={"per_second": PER_SECOND, "parallel": 6}) as trial:
        work: list[Awaitable[Any]] = []
        if trial.claims.reads:
            work += [trial.source.fetch([TicketId(id)]) for id in list(trial.kept())[:12]]
        if trial.claims.writes:
            made = await drafter(trial)
            work += [create(trial, made.draft(), {}) for _ in range(20)]
            work += [trial.target.find([Key(f"CF-{n}")], None) for n in range(6)]
        trial.carrier.log.clear()
        await asyncio.gather(*work)
        while len(trial.carrier.log) < 1.4 * PER_SECOND:
            await asyncio.gather(*(_asked(trial) for _ in range(2)))
        return trial.carrier.busiest_second()


async def _asked(trial: Trial) -> None:
    async for _ in trial.desk.lookups():
        pass


HOWS = ({"before": 1.0, "refusal": 401}, {"before": 1.0, "refusal": 403}, {"before": 1.0, "refusal": 422},
        {"before": 1.0, "refusal": 500}, {"html": 1.0}, {"cut_after": 1.0}, {"half": 1.0})  # fmt: skip


@desks("remote")
async def test_secrets_are_told_to_nobody(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in what is logged, even of all there is, nor in an error with its causes, though the desk repeats what it
    was sent; nor in what a connector or its settings show of themselves."""
    log.set_up(verbose=True)
    try:
        shown = await _all_that_is_shown(kind)
    finally:
        structlog.reset_defaults()
    told = capsys.readouterr()
    shown["log"] = told.out + told.err
    secrets = shown.pop("secrets").split("\n")
    assert secrets
    assert "You sent: " in shown["errors"], "the desk repeats what it was sent"
    assert {name for name, text in shown.items() if any(secret in text for secret in secrets)} == set()


async def _all_that_is_shown(kind: str) -> dict[str, str]:
    async with on_trial(kind, pause=0.05, timeout=5) as trial:
        errors = []
        made = await drafter(trial) if trial.claims.writes else None
        for how in HOWS:
            trial.open(pause=0.05, timeout=5)
            await trial.desk.connect()
            work: list[Awaitable[Any]] = [trial.desk.check(), _asked(trial)]
            if trial.claims.reads:
                work.append(trial.source.fetch([TicketId(next(iter(trial.kept())))]))
            if made is not None:
                work += [trial.target.find([Key("CF-1")], None), create(trial, made.draft(), {})]
            trial.fail(**how)
            errors += [e for e in await asyncio.gather(*work, return_exceptions=True) if isinstance(e, Exception)]
            trial.fail()
        assert trial.credentials, "no credential was seen on its way"
        assert all(isinstance(e, SyncerError) for e in errors), errors
        return {
            "errors": "\n".join(
                (*("".join(traceback.format_exception(e)) for e in errors), *map(repr, errors),
                 *(getattr(e, "hint", "") for e in errors))
            ),
            "desk": f"{trial.desk!r} {trial.desk.budget!r} {trial.desk.capabilities!r}",
            "settings": f"{trial.config!r} {trial.config} {trial.config.model_dump()} {trial.config.model_dump_json()}",
            "secrets": "\n".join(trial.secrets()),
        }  # fmt: skip
