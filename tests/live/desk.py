"""A real server in the place of an emulated desk."""

from __future__ import annotations

from email import message_from_string
from email.utils import getaddresses
from typing import Any

from aiohttp import web

from syncer.deskkit import registry
from syncer.deskkit.emulation import Carrier, EmulatedDesk
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from tests.live.proxy import proxy
from tests.live.server import Server, server
from tests.live.told import is_live


class LiveDesk:
    """What an emulated desk is to the tests, with a real server behind it. Its clock cannot be moved, and of faults it
    has those that happen on the way."""

    def __init__(self, kind: str, world: World) -> None:
        self.kind = kind
        self.server: Server = server(kind)
        self.carrier = Carrier()
        self._emulated: EmulatedDesk = registry.spec(kind).emulator(world)
        self._world = world
        self.server.fill(world)

    def app(self) -> web.Application:
        """What hands requests on to the server."""
        return proxy(self.server.url, self.carrier)

    def becomes(self, world: World) -> None:
        """The server goes on as if this had happened to it."""
        self.server.becomes(world, self._world)
        self._world = world

    def state(self) -> dict[str, Any]:
        """Whom it mailed; who wants to know more looks into the database."""
        return {"mails": [_recipients(mail) for mail in self.server.mails()]}

    def block(self, url: str) -> dict[str, Any]:
        """The config block of its emulator, with what opens this server."""
        return self.server.block(self._emulated.block(url), url)

    def kept(self) -> list[KeptTicket]:
        """What its database holds."""
        return self.server.kept()

    def contents(self) -> dict[str, bytes]:
        """The bytes of its files by their SHA-256."""
        return self.server.contents()


def _recipients(mail: str) -> list[str]:
    heads = message_from_string(mail.lstrip("\n"))
    said = [line for head in ("To", "Cc", "Bcc") for line in heads.get_all(head, [])]
    assert said, f"a mail to nobody: {mail[:200]}"
    return [address for _, address in getaddresses(said)]


def carried(kind: str, world: World) -> EmulatedDesk:
    """A desk of this kind that holds this: the real server where there is one, else an emulated one."""
    return LiveDesk(kind, world) if is_live(kind) else registry.spec(kind).emulator(world)


SLOWEST = 3.0
"""So many seconds a real server may take for an answer, with others at work on the machine."""


def patience(kind: str, seconds: float) -> float:
    """How long to wait for an answer where that is said to be enough for an emulator."""
    return max(seconds, SLOWEST) if is_live(kind) else seconds
