"""An archive in a folder that goes away with it, filled from a seeded world; it looks at what is there by itself."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.archive.emulator_fill import fill
from syncer.desks.archive.emulator_kept import kept, state

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware


class ArchiveEmulator:
    """A folder is all the desk there is; the server is for those who look at it and steer it from elsewhere.

    Ids: tickets from 1001, comments from 1, people from 1, all in the order of the world. An archive without tickets
    belongs to nobody yet.
    """

    def __init__(self, world: World) -> None:
        self.carrier = Carrier()
        self.folder = Path(tempfile.mkdtemp(prefix="syncer-archive-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        fill(self.folder, world)

    def app(self) -> web.Application:
        """Nothing but what tests ask."""
        app = web.Application(middlewares=[cast("Middleware", self.carrier.middleware())])
        app.add_routes(control_routes(self))
        return app

    def state(self) -> dict[str, Any]:
        """Everything in the folder, as plain JSON values."""
        return state(self.folder)

    def block(self, url: str) -> dict[str, Any]:
        """Where it is served does not matter: it lies on the disk."""
        return {"kind": "archive", "path": str(self.folder)}

    def kept(self) -> list[KeptTicket]:
        """Every whole ticket."""
        return kept(self.folder)
