"""Handing over: the source is frozen, the last changes go over, all is verified, then people go to the new desk.

A state machine whose states are on record: killed at any point, the same command goes on; until the last step one can
go back, step by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from syncer.errors import ConfigError, Stopped
from syncer.migrate.delta import delta
from syncer.migrate.engine import Engine, Report
from syncer.store import cutovers, dead_letters, runs
from syncer.store.cutovers import Done
from syncer.store.pool import Pool

ROUNDS = 5
"""A frozen source brings nothing new in the second delta; one that still does after so many is not frozen."""


class Step(StrEnum):
    """The steps, in their order."""

    FREEZE = "freeze"
    CATCH_UP = "catch_up"
    VERIFY = "verify"
    HAND_OVER = "hand_over"


STEPS: Sequence[Step] = tuple(Step)


def next_step(done: Mapping[str, Done]) -> Step | None:
    """The first step that is not done; None when all are."""
    return next((step for step in STEPS if done.get(step) is None or done[step].state != "done"), None)


def last_step(done: Mapping[str, Done]) -> Step:
    """What can be taken back. Raises ConfigError where nothing can."""
    following = next_step(done)
    if following is None:
        raise ConfigError(
            "the route was handed over: there is no way back from here",
            hint="People work on the new desk by now. To take back what a run made: syncer undo",
        )
    at = STEPS.index(following)
    if at == 0:
        raise ConfigError("nothing of a cutover was done yet, so nothing can be taken back")
    return STEPS[at - 1]


async def ready(engine: Engine) -> None:
    """Raises ConfigError before the migration itself has been through, or while tickets are parked."""
    if await runs.checkpoint(engine.pool, engine.id) is None:
        raise ConfigError(
            f"route {engine.config.name} has not been migrated yet", hint=f"First: syncer migrate {engine.config.name}"
        )
    parked = await dead_letters.count(engine.pool, engine.id)
    if parked:
        said = ", ".join(f"{count:,} {reason}" for reason, count in parked.items())
        raise ConfigError(
            f"tickets are parked: {said}",
            hint=f"Decide about each: syncer parked list {engine.config.name}, then retry or drop them",
        )


async def catch_up(engine: Engine) -> list[Report]:
    """Deltas until one finds nothing to do. Raises Stopped when the source does not keep still."""
    reports: list[Report] = []
    for _ in range(ROUNDS):
        report = await delta(engine)
        reports.append(report)
        results = report.tally.results
        if not (results["created"] or results["updated"] or results["parked"]):
            return reports
    raise Stopped(
        f"desk {engine.config.source} still changes after {ROUNDS} deltas: it is not frozen",
        hint="See who still works there; then the same command again.",
    )


async def take_back(pool: Pool, route: int, by: str) -> Step:
    """Undo the last step, on record alone. Raises ConfigError where nothing can be taken back."""
    step = last_step(await cutovers.standing(pool, route))
    await cutovers.note(pool, route, step, "back", by, "")
    return step


async def note(engine: Engine, step: Step, state: str, by: str, detail: str = "") -> None:
    """Put it on record."""
    await cutovers.note(engine.pool, engine.id, step, state, by, detail)
