"""The command as people start it: a process of its own, its output, its exit code."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from syncer.store.pool import connect

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def command(*args: str | Path) -> list[str]:
    """A syncer command line."""
    return [sys.executable, "-m", "syncer", *map(str, args)]


def environment() -> dict[str, str]:
    """Ours, without settings of syncer's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SYNCER_")}


def syncer(*args: str | Path, answer: str = "", patience: float = 120) -> Answer:
    """Run a command to its end; `answer` is typed in."""
    done = subprocess.run(
        command(*args), input=answer, capture_output=True, text=True, env=environment(), timeout=patience
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def in_store(dsn: str, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    """Do something with the database, in a loop of its own."""

    async def main() -> T:
        async with connect(dsn) as pool:
            return await work(pool)

    return asyncio.run(main())
