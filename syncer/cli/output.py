"""What commands print: JSON or plain tables on stdout; errors with place, cause and next step on stderr."""

from __future__ import annotations

import asyncio
import errno
import shlex
import sys
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, NoReturn, TypeVar

import click

from syncer.errors import ConfigError, Interrupted, Stopped, SyncerError
from syncer.log import redact

T = TypeVar("T")
PARKED = 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:  # not to be had on Windows
        return asyncio.run(main)
    return uvloop.run(main)


def tell(error: BaseException) -> int:
    """Say what went wrong and what to do; the exit code."""
    if isinstance(error, OSError):
        error = _of_this_machine(error)
    if type(error).__module__.startswith("asyncpg."):  # not imported here, for it takes its time
        error = Stopped(f"database: {error}", hint="Nothing is lost: mend the database, then the same command goes on.")
    if not isinstance(error, SyncerError):
        import structlog

        structlog.get_logger().info("unforeseen", exc_info=error)
        click.echo(f"error: unforeseen: {type(error).__name__}: {redact(str(error))}", err=True)
        click.echo("next: This is a fault of syncer. Nothing is lost: the same command goes on; with -v it tells more.",
                   err=True)  # fmt: skip
        return 3
    click.echo(f"error: {redact(error.message)}", err=True)
    if isinstance(error, ConfigError):
        for problem in error.problems:
            click.echo(f"  {redact(problem)}", err=True)
    if error.hint:
        click.echo(f"next: {redact(error.hint)}", err=True)
    if isinstance(error, Stopped | Interrupted):
        click.echo(f"then: {redact(shlex.join(['syncer', *sys.argv[1:]]))}", err=True)
    return error.exit_code


def _of_this_machine(error: OSError) -> SyncerError:
    """A disk, a folder or a file that did not do what it should."""
    place = f"{error.filename}: " if error.filename else "this machine: "
    todo = {
        errno.ENOSPC: "Make room on the disk", errno.EDQUOT: "Make room within the quota",
        errno.EFBIG: "Allow larger files (ulimit -f) or make room",
        errno.EACCES: "Give syncer's user the right to write there", errno.EPERM: "Give syncer's user that right",
        errno.EROFS: "Make the file system writable", errno.EMFILE: "Allow more open files (ulimit -n)",
    }.get(error.errno or 0, "Mend that")  # fmt: skip
    return Stopped(f"{place}{error.strerror or error}", hint=f"{todo}. Nothing is lost: the same command goes on.")


def document(value: Any) -> None:
    """The one JSON document of a command."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns, right-aligned where they hold numbers; control characters in tickets' words do no harm."""
    cells = [[redact(str("" if c is None else c)) for c in row] for row in rows]
    if not cells:
        click.echo("(none)")
        return
    numeric = [all(_number(row[i]) for row in cells) for i in range(len(head))]
    widths = [max(len(h), *(len(row[i]) for row in cells)) for i, h in enumerate(head)]
    lines = [head, *cells]
    for row in lines:
        line = "  ".join(
            cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, numeric, strict=True)
        )
        click.echo(line.rstrip())


def _number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").replace("%", "").strip().isdigit() or not cell


def leave(code: int) -> NoReturn:
    """End the process with this exit code."""
    sys.stdout.flush()
    raise click.exceptions.Exit(code)
