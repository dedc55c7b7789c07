"""One way of the matrix: a kind of desk as source, one as target, a world moved from the one into the other, twice."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from logging import WARNING
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import structlog
from msgspec import Struct

from syncer.cli.main import syncer
from syncer.cli.output import PARKED, tell
from syncer.deskkit import registry
from syncer.deskkit.emulation import EmulatedDesk
from syncer.deskkit.world import World
from syncer.sandbox.up import ListsPeople, emptied
from tests.desks.serving import served
from tests.elsewhere import Elsewhere
from tests.flows import matrix_facts as facts
from tests.flows import matrix_mapping as rules
from tests.flows.matrix_evidence import Evidence, Holds, Over
from tests.flows.worlds import ugly
from tests.live.desk import LiveDesk, carried

ODD = 150
"""Of so many tickets thirty are odd, each in its own way."""


class Stuck(Exception):
    """A command of a way ended otherwise than it should."""


class Answer(Struct, frozen=True):
    """What a command said: its exit code, the one document on stdout, and stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout. Raises Stuck where there is none."""
        if self.code > PARKED or not self.out:
            raise Stuck(f"a command ended with {self.code}: {self.err.strip()}")
        return json.loads(self.out)


def ways() -> list[tuple[str, str]]:
    """Every kind into every kind, itself included."""
    return [(source, target) for source in sorted(facts.TELLS) for target in sorted(facts.HOLDS)]


def world(tickets: int, seed: int = 1) -> World:
    """So many ugly tickets; of few, most are odd, each in its own way."""
    if tickets >= ODD:
        return ugly(tickets, seed)
    whole = ugly(ODD, seed)
    odd = [number for number in range(ODD) if number % 5 == 4]
    plain = [number for number in range(ODD) if number % 5 != 4]
    usual = max(tickets - len(odd), tickets // 6)
    kept = sorted([*plain[:usual], *odd[: tickets - usual]])
    place = {number: at for at, number in enumerate(kept)}
    made = [whole.tickets[number] for number in kept]
    for ticket in made:
        ticket.links = [place[other] for other in ticket.links if other in place]
    for at in range(0, len(made) - 1, 5):
        made[at].links = made[at].links or [at + 1]
    return msgspec.structs.replace(whole, tickets=made)


class Way:
    """Both desks up, and a folder with config and mapping. `move` runs the migration and tells all of it."""

    def __init__(self, old: EmulatedDesk, new: EmulatedDesk, filled: World, place: Path) -> None:
        self.old, self.new, self.world, self.place = old, new, filled, place

    def prepare(self, source: str, target: Target, urls: tuple[str, str], dsn: str) -> None:
        """Config and mapping, from what both kinds call the same tickets."""
        self.kinds = source, target.kind
        self.tells, self.holds = facts.TELLS[source], target.holds
        blocks = self.old.block(urls[0]), target.settings(self.new.block(urls[1]))
        self.before = self.old.kept()
        self.members = facts.members(self.new.state())
        same = registry.spec(target.kind).emulator(self.world).kept()
        export = self.new.people_csv() if isinstance(self.new, ListsPeople) and self.holds.people_csv else None
        self.known, table = rules.known(self.world, export)
        self.fallback = rules.stand_in(self.world, self.known)
        takes = self.holds.custom and not self.holds.adopts
        custom = asyncio.run(_fields(blocks[1], list(self.world.custom))) if takes else {}
        self.listed = rules.listed(self.holds.lists, self.tells, self.world, self.before, same)
        mapping = rules.mapping(self.listed, custom, self.fallback, table=table is not None)
        if self.holds.adopts:
            mapping = {"fields": mapping["fields"]}
        rules.write(self.place, dsn, blocks, mapping, table)

    def command(self, *line: str) -> Answer:
        """The command line as it is typed, in this process."""
        return in_process(*line, "--config", str(self.place / rules.CONFIG))

    def move(self) -> Evidence:
        """Lists, the migration, the same once more, the id map. All the judge needs."""
        migrate = ("migrate", "move", "--yes", "--no-plan", "--json")
        assert self.command("lookups", "match", "--json", "move").document
        read_so_far = _calls(self.new)
        first = self.command(*migrate).document
        after, seen = self.new.kept(), _calls(self.new)
        again = self.command(*migrate).document
        now = self.new.kept()
        writes = sum(1 for one, other in zip(after, now, strict=False) if one != other) + abs(len(now) - len(after))
        # Reading the lists and logging in is no writing, whatever the method.
        called = _calls(self.new) - seen
        writes += sum(times for call, times in called.items() if call not in read_so_far)
        over = self.command("idmap", "--json", "move").document["tickets"]
        notes = [json.loads(line) for line in _lines(first["private_notes"])]
        return Evidence(
            source=self.kinds[0], target=self.kinds[1], tells=self.tells, holds=self.holds, world=self.world,
            old=self.before, new=now, listed=self.listed, members=self.members,
            over=[Over(one["old_id"], one["marker"], one["new_id"]) for one in over], known=self.known,
            fallback=self.fallback, contents=contents(self.new),
            withheld=[(note["ticket"], note["body"]) for note in notes], counts=first["counts"],
            losses={one["code"]: one["count"] for one in first["losses"]}, again=again["counts"], writes=writes,
        )  # fmt: skip


class Target(Struct, frozen=True):
    """A desk to fill: its kind, how it is emulated, what it must hold, and what is changed of its config block."""

    kind: str
    emulator: Callable[[World], EmulatedDesk]
    holds: Holds
    settings: Callable[[dict[str, Any]], dict[str, Any]] = dict


def whole(kind: str) -> Target:
    """One with all that can be configured."""
    return Target(kind, partial(carried, kind), facts.HOLDS[kind])


@contextmanager
def way(source: str, target: str | Target, filled: World, place: Path, dsn: str) -> Iterator[Way]:
    """Both desks up, ready to move."""
    elsewhere, stack = Elsewhere(), AsyncExitStack()
    into = whole(target) if isinstance(target, str) else target
    try:
        made = Way(carried(source, filled), into.emulator(emptied(filled)), filled, place)
        urls = (
            elsewhere.do(stack.enter_async_context(served(made.old))),
            elsewhere.do(stack.enter_async_context(served(made.new))),
        )
        made.prepare(source, into, urls, dsn)
        yield made
    finally:
        elsewhere.do(stack.aclose())
        elsewhere.end()


async def _fields(block: dict[str, Any], wanted: Sequence[str]) -> dict[str, str]:
    """Name -> id of these custom fields, as far as the desk has them; of several of one name the first."""
    desk = facts.opened(block)
    try:
        values = [value async for value in desk.lookups() if value.kind == "custom_field" and value.name in wanted]
    finally:
        await desk.close()
    found = {value.name: value.id for value in reversed(values)}
    if lost := set(wanted) - found.keys():
        raise Stuck(f"the desk does not tell its custom fields {sorted(lost)}")
    return found


def in_process(*line: str) -> Answer:
    """A syncer command line, without the time a process takes to start."""
    out, err = _page(), _page()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _as_it_was(err):
        try:
            code = syncer.main(list(line), prog_name="syncer", standalone_mode=False)
        except Exception as e:  # noqa: BLE001 - as the command itself
            code = tell(e)
    return Answer(int(code or 0), _read(out), _read(err))


@contextmanager
def _as_it_was(err: io.TextIOWrapper) -> Iterator[None]:
    """What a command does to its process, logging and memory, is taken back."""
    before, logging = gc.get_threshold(), structlog.get_config()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(err),
        wrapper_class=structlog.make_filtering_bound_logger(WARNING),
        cache_logger_on_first_use=False,
    )
    try:
        with patch("syncer.log.set_up"):
            yield
    finally:
        structlog.configure(**logging)
        gc.unfreeze()
        gc.set_threshold(*before)


def _page() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _read(page: io.TextIOWrapper) -> str:
    page.seek(0)
    return page.read()


def _lines(path: str | None) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if path else []


def writing_calls(desk: EmulatedDesk) -> set[str]:
    """Which calls have been made that may write; logging in is among them, for the method does not tell."""
    return set(_calls(desk))


def _calls(desk: EmulatedDesk) -> Counter[str]:
    """How often each call that may write was made, whatever the numbers in its path."""
    calls = [f"{one.method} {one.path}" for one in list(desk.carrier.log) if one.method not in {"GET", "HEAD"}]
    return Counter(re.sub("[0-9]+", "#", call) for call in calls if not facts.LOOKS.fullmatch(call))


def contents(desk: EmulatedDesk) -> dict[str, bytes]:
    """All bytes a desk holds, by their SHA-256: of files, wherever it keeps them."""
    if isinstance(desk, LiveDesk):
        return desk.contents()
    found: dict[str, bytes] = {}
    seen: set[int] = set()
    left: list[object] = [desk]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, bytes):
            found[hashlib.sha256(one).hexdigest()] = one
        elif isinstance(one, Path):
            left += [file.read_bytes() for file in one.rglob("*") if file.is_file()] if one.is_dir() else []
        else:
            left += _within(one)
    return found


def _within(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, Struct):
        return [getattr(one, name) for name in one.__struct_fields__]
    if type(one).__module__.startswith("syncer."):
        return list(getattr(one, "__dict__", {}).values())
    return []
