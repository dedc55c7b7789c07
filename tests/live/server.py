"""A real server as tests want it: filled with a world, looked at behind its API, set back."""

from __future__ import annotations

import atexit
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import SeedTicket, World
from tests.live.database import Database, Mark
from tests.live.filler import Filler
from tests.live.told import told


class Server(ABC):
    """One server of one kind, up for as long as the tests run. `database` is its own, `filler` a program inside it."""

    kind: str
    script: str
    """The filler's file in this folder. It is told to `begin` with a world without tickets, to `add` tickets, whose ids
    it answers in their order, and to `change` a ticket: its id, its new title, when (epoch seconds)."""

    def __init__(self) -> None:
        self.told = told(self.kind)
        self.database = Database(self.told["DSN"])
        self.filler = Filler(self.told["RUN"], Path(__file__).parent / self.script)
        self._empty = self.database.known_mark("empty")
        self._filled: Mark | None = None
        self._world: World | None = None
        self.ids: list[str] = []
        """Of the world's tickets, in their order."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.told["URL"]

    # --- what each kind has its own way of

    @abstractmethod
    def block(self, emulated: dict[str, Any], base: str) -> dict[str, Any]:
        """The config block by which syncer gets at this server, reached at `base` (an address without a path), out of
        that of its emulator with the same world."""

    @abstractmethod
    def kept(self) -> list[KeptTicket]:
        """What its database holds, as the emulator tells it of itself; in the order in which tickets came."""

    @abstractmethod
    def contents(self) -> dict[str, bytes]:
        """The bytes of all files that it holds, by their SHA-256."""

    @abstractmethod
    def mails(self) -> list[str]:
        """Every mail it has sent, whole, since it was last set back."""

    @abstractmethod
    def hush(self) -> None:
        """What its desk's page tells to switch off for the time of a migration is off, until it is set back."""

    @abstractmethod
    def forget(self) -> None:
        """What the server remembers beside its database goes, after that was set back."""

    # --- the same for all

    def fill(self, world: World) -> None:
        """It holds this and nothing else, however it was before."""
        if world == self._world and self._filled is not None:
            self._back(self._filled)
            return
        self._empty_out(world)
        self.ids = self._add(world.tickets)
        self._world, self._filled = world, self.database.mark("filled")

    def becomes(self, world: World, before: World) -> None:
        """Somebody works on it: tickets get other titles, new ones come, or all are gone. Nothing else may differ."""
        self._world = None  # which is not what it was filled with any more
        if not world.tickets:
            self._empty_out(world)
            return
        for place, (old, new) in enumerate(zip(before.tickets, world.tickets, strict=False)):
            if old != new:
                assert replace(old, title=new.title, updated=new.updated) == new
                self.filler.ask("change", id=self.ids[place], title=new.title, at=new.updated)
        self.ids = self.ids + self._add(world.tickets[len(before.tickets) :])

    def _empty_out(self, world: World) -> None:
        self._back(self._empty)
        self.filler.ask("begin", world=msgspec.to_builtins(replace(world, tickets=[])))
        assert not self.kept(), f"{self.kind} had tickets when it was first asked: down.sh --purge, then up.sh"

    def _add(self, tickets: Sequence[SeedTicket]) -> list[str]:
        return [str(id) for id in self.filler.ask("add", tickets=msgspec.to_builtins(list(tickets)))] if tickets else []

    def _back(self, mark: Mark) -> None:
        mark.back()
        self.forget()

    def close(self) -> None:
        """As it was before the first test."""
        self.filler.close()
        self._back(self._empty)
        self.database.close()


@cache
def server(kind: str) -> Server:
    """The one of this kind, for as long as this process lasts."""
    found: Server = import_module(f"tests.live.{kind}").SERVER()
    atexit.register(found.close)
    return found
