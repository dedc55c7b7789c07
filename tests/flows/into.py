"""A desk moved into another one of its kind, whose target takes many calls for each ticket: what such proofs share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from syncer.deskkit.world import World
from tests.elsewhere import Elsewhere
from tests.flows.desks import Desks
from tests.flows.judge import Broken
from tests.flows.place import Place, _connect


class Twins(Desks, ABC):
    """Both desks are of one kind; the new one is empty."""

    old: Any
    new: Any

    @staticmethod
    @abstractmethod
    def writes(method: str, path: str) -> bool:
        """Whether such a call changes a desk."""

    def registrations(self) -> int:
        """How many attempts to write anything arrived."""
        return sum(self.writes(e.method, e.path) for e in list(self.new.carrier.log))

    def is_write(self, request: web.Request) -> bool:
        """Whether this request would change the target."""
        return str(request.url.port) in self.new_url and self.writes(request.method, request.path)


class TwinPlace(Place, ABC):
    """Where a desk is moved into its twin. `faults` says what is not as it was promised, all of it."""

    desks: Any
    path = ""
    """Where people are made on it."""

    @abstractmethod
    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """By the states of both desks alone."""

    def judge(self) -> None:
        """Raises Broken unless every ticket is there once, whole, and what was private is private."""
        self.desks.settle()
        if faults := list(self.faults(self.desks.old.state(), self.desks.new.state())):
            raise Broken("\n".join(faults))


@contextmanager
def moving(desks: type[Twins], place: type[TwinPlace], world: World, home: Path, dsn: str) -> Iterator[TwinPlace]:
    """Both up, and a database."""
    elsewhere, stack = Elsewhere(), AsyncExitStack()
    try:
        both = desks(world, elsewhere)
        elsewhere.do(both.open(stack))
        admin = elsewhere.do(_connect(dsn))
        try:
            found = place(both, home, dsn, admin)
            found.configure()
            found.reset()
            yield found
        finally:
            elsewhere.do(admin.close(timeout=10))
    finally:
        elsewhere.do(stack.aclose())
        elsewhere.end()
