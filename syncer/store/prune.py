"""Forgets old runs and what they left on the disk; never what was migrated, parked or announced."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Container
from datetime import timedelta
from pathlib import Path

import asyncpg
from msgspec import Struct

from syncer.store import leases, plans, runs

NOTES = "private-notes.jsonl"


class Pruned(Struct, frozen=True):
    """What was forgotten. `notes_kept` are files of private notes that were left alone."""

    runs: int
    spools: int
    folders: int
    notes_kept: int
    plans: int


async def prune(pool: asyncpg.Pool, home: Path, older: timedelta, *, private_notes: bool) -> Pruned:
    """Rows and folders of runs that ended so long ago, and the spools of runs that were killed."""
    # Folders first: a run that begins meanwhile has its row before it has a folder.
    spools, folders = _numbered(home / "spool"), _numbered(home / "runs")
    forgotten = await runs.forget(pool, older)
    plans_gone = await plans.forget(pool, older)
    known = await runs.numbers(pool)
    writers = await leases.holders(pool)
    at_work = {
        number
        for number, (route, state) in known.items()
        if state == "running" and route in writers and writers[route].alive
    }
    dead = [path for number, path in spools.items() if number not in at_work and (number in known or _old(path, older))]
    gone = [path for number, path in folders.items() if number not in known and _old(path, older)]
    kept = await asyncio.to_thread(_remove, dead, gone, () if private_notes else (NOTES,))
    return Pruned(len(forgotten), len(dead), len(gone) - kept, kept, plans_gone)


def _numbered(folder: Path) -> dict[int, Path]:
    if not folder.is_dir():
        return {}
    return {int(path.name): path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()}


def _old(path: Path, older: timedelta) -> bool:
    # By what is in it: a folder is as young as the last thing removed from it.
    newest = max((one.lstat().st_mtime for one in path.iterdir()), default=0.0)
    return newest < time.time() - older.total_seconds()


def _remove(spools: list[Path], folders: list[Path], keep: Container[str]) -> int:
    """Removes them; how many folders had to stay for what they hold."""
    for path in spools:
        shutil.rmtree(path)
    kept = 0
    for path in folders:
        inside = list(path.iterdir())
        staying = [one for one in inside if one.name in keep]
        if not staying:
            shutil.rmtree(path)
            continue
        kept += 1
        for one in inside:
            if one not in staying:
                shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
    return kept
