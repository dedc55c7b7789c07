"""A folder of JSON lines and files: tickets kept, brought along, or made from somebody else's CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.archive.config import ArchiveConfig

    return ArchiveConfig


def _open(config: Any) -> Desk:
    from syncer.desks.archive.desk import Archive

    return Archive(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.archive.emulator import ArchiveEmulator

    return ArchiveEmulator(world)


SPEC = DeskSpec(
    kind="archive",
    title="Archive",
    mark="AR",
    tested_against="real folders",
    config=_config,
    open=_open,
    emulator=_emulator,
)
