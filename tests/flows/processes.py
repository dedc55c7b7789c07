"""Migrations as real processes, killed from outside when the emulated desks see a certain request."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from syncer.deskkit.emulation import Faults
from tests.cli.front_door import command, environment
from tests.flows.desks import REGISTER, Answer, only_answer
from tests.flows.judge import Broken, counts_add_up
from tests.flows.place import Place

Moment = Literal["arrived", "under way", "done"]
"""The desk never did it; did it when the sender was dead; did it, and the answer never left."""
MOMENTS: tuple[Moment, ...] = ("arrived", "under way", "done")
STOPPED = 3
PATIENCE = 120
MOST_LIVES = 15


@dataclass(frozen=True)
class Shot:
    """Kill at the so-manyth request of a life: of any, or of those that write."""

    writes: bool
    number: int
    moment: Moment


@dataclass
class Story:
    """What happened to one migration: how often it was killed and when, and how many lives it took."""

    kills: Counter[Moment] = field(default_factory=Counter)
    lives: int = 0
    stops: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def shots(seed: int, number: int) -> list[Shot]:
    """So many shots, the same ones for the same seed; most of them at writes."""
    chance = random.Random(seed)
    found = []
    for place in range(number):
        writes = chance.random() < 0.75
        found.append(Shot(writes, chance.randint(1, 7 if writes else 40), MOMENTS[(place + seed) % len(MOMENTS)]))
    return found


def start(place: Place) -> subprocess.Popen[str]:
    """`syncer migrate`, as a person would start it."""
    line = command("migrate", "--yes", "--json", "--config", place.config)
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment()
    )


def finish(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code and what it said; it does not outlive this call."""
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except BaseException:
        child.kill()
        child.communicate()
        raise
    return child.returncode, out, err


def aim(place: Place, child: subprocess.Popen[str], shot: Shot, number: int = signal.SIGKILL) -> None:
    """Send a signal to this process, once, when the desks have seen what the shot says."""
    seen = 0
    fired = False

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        nonlocal seen, fired
        if fired or (shot.writes and f"{request.method} {request.path}" != REGISTER):
            return await answer()
        seen += 1
        if seen < shot.number:
            return await answer()
        fired = True
        if shot.moment == "arrived":
            _send(child, number)
            return web.Response(status=503)
        if shot.moment == "under way":
            _send(child, number)
            await asyncio.sleep(0.2)
            return await answer()
        response = await answer()
        _send(child, number)
        return response

    place.desks.watch = watch


def _send(child: subprocess.Popen[str], number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child.pid, number)


def killed_and_killed_again(place: Place, seed: int, kills: int, story: Story) -> None:
    """One migration, killed so often; then run to its end, judged, and run once more. Raises Broken."""
    for shot in shots(seed, kills):
        child = start(place)
        aim(place, child, shot)
        code, _, err = finish(child)
        story.lives += 1
        if code == -signal.SIGKILL:
            story.kills[shot.moment] += 1
        elif code == 0:
            break
        elif code == STOPPED:
            story.stops += 1
        else:
            raise Broken(f"exit code {code}: {err}")
    story.counts = _to_the_end(place, story)
    counts_add_up(story.counts, place.tickets)
    place.judge()
    registered = place.desks.registrations()
    counts_add_up(_to_the_end(place, story), place.tickets)
    if place.desks.registrations() != registered:
        raise Broken("the third run wrote to the target")
    place.judge()


def _to_the_end(place: Place, story: Story) -> dict[str, int]:
    """The same command until it is through, as it says when it stops; the counts of the last run."""
    place.desks.watch = only_answer
    for _ in range(MOST_LIVES):
        code, out, err = finish(start(place))
        story.lives += 1
        if code == 0:
            document: dict[str, Any] = json.loads(out)
            return dict(document["counts"])
        if code != STOPPED:
            raise Broken(f"exit code {code}: {err}{out}")
        story.stops += 1
    raise Broken(f"not through after {MOST_LIVES} lives: {err}")


def let_go_wrong(place: Place, seed: int) -> None:
    """5 % of answers lost after the desk did it, 3 % 503, tokens of one second, a search two seconds behind."""
    place.configure(timeout=2, search_lag=2.2)
    for desk in (place.desks.old, place.desks.new):
        desk.carrier.set_faults(Faults(seed=seed, cut_after=0.05, before=0.03, token_seconds=1, search_lag=2))


def total(stories: Iterable[Story]) -> Counter[Moment]:
    """All kills of all stories."""
    return sum((story.kills for story in stories), Counter())
