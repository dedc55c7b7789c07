"""`db`: where the database is, its schema, and what may be forgotten."""

from __future__ import annotations

import re
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.asking import agree
from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import document, run
from syncer.reports.words import counted

if TYPE_CHECKING:
    from syncer.settings import Settings

ENDS = {signal.SIGINT, signal.SIGTERM}


def _age(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """12h, 90d, 26w."""
    match = re.fullmatch(r"(\d{1,5})([hdw])", value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is not an age: a number and h, d or w, such as 90d")
    unit = {"h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})


@click.group(epilog="Example: syncer db url")
def db() -> None:
    """The database: its address, its schema, what may be forgotten."""


@db.command(short_help="Print its address.", epilog='Example: psql "$(syncer db url --show-password)"')
@click.option("--show-password", is_flag=True, help="Print the password too.")
@click.option("--hold", is_flag=True, help="Start the embedded database if need be, and keep it until Ctrl-C.")
@CONFIG
@JSON
def url(show_password: bool, hold: bool, config: Path, as_json: bool) -> None:
    """Print the database's address, without the password unless you ask for it.

    \b
    The embedded database runs while a syncer command does. To look into it
      during a run      psql "$(syncer db url --show-password)" in another terminal
      at other times    syncer db url --hold --show-password, and psql in another one
    Look only: what syncer must never do twice is written there.
    """
    from syncer import settings
    from syncer.store.embedded import EmbeddedPostgres
    from syncer.store.pool import without_password

    found = settings.load(config)

    def say(dsn: str) -> None:
        shown = dsn if show_password else without_password(dsn)
        if as_json:
            document({"url": shown, "embedded": found.database == "embedded"})
        else:
            click.echo(shown)

    if not hold or found.database != "embedded":
        say(_address(found))
        return
    with EmbeddedPostgres(found.home / "postgres") as server:
        say(server.dsn)
        sys.stdout.flush()
        click.echo("kept running; Ctrl-C to end", err=True)
        # Fetched instead of raised, so that the server is stopped in order.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        signal.sigwait(ENDS)


def _address(found: Settings) -> str:
    from syncer.errors import StoreUnavailable
    from syncer.store.embedded import running

    if found.database != "embedded":
        return found.database
    server = running(found.home / "postgres")
    if server is None:
        raise StoreUnavailable(
            f"the embedded database in {found.home} is not running: it runs while a syncer command does",
            hint="syncer db url --hold starts it and keeps it until Ctrl-C",
        )
    return server.dsn


@db.command(short_help="Bring the schema up to date.", epilog="Example: syncer db migrate")
@CONFIG
@JSON
def migrate(config: Path, as_json: bool) -> None:
    """Bring the schema up to date. Every command that opens the database does so too; this one does nothing else."""

    async def main() -> list[dict[str, Any]]:
        from syncer import bootstrap, settings
        from syncer.store import schema

        async with bootstrap.open_store(settings.load(config)) as pool:
            return [{"migration": name, "applied_at": at} for name, at in await schema.applied(pool)]

    applied = run(main())
    if as_json:
        document({"version": len(applied), "applied": applied})
        return
    for one in applied:
        click.echo(f"{one['migration']}  applied {one['applied_at'].astimezone():%Y-%m-%d %H:%M:%S}")
    click.echo("The schema is up to date.")


@db.command(short_help="Forget old runs.", epilog="Example: syncer db prune --before 30d")
@click.option(
    "--before", callback=_age, metavar="AGE", default="90d", show_default=True,
    help="Runs that ended so long ago: 12h, 90d, 26w.",
)  # fmt: skip
@click.option("--private-notes", is_flag=True, help="Delete their files of private notes as well. Asks.")
@CONFIG
@JSON
@YES
def prune(before: timedelta, private_notes: bool, config: Path, as_json: bool, yes: bool) -> None:
    """Forget old runs: their rows and folders, what killed runs left in the spool, and old plans.

    What was migrated, announced or parked is never touched, nor the newest run and plan of a route; a migration goes
    on after this as before. Private notes that the target could not keep private exist nowhere else once the source is
    gone: their files stay unless --private-notes.
    """

    async def main() -> Any:
        from syncer import bootstrap, settings
        from syncer.store.prune import prune as forget

        found = settings.load(config)
        if private_notes:
            agree("Delete files of private notes that the target does not have?", yes=yes)
        async with bootstrap.open_store(found) as pool:
            return await forget(pool, found.home, before, private_notes=private_notes)

    result = run(main())
    if as_json:
        document(result)
        return
    click.echo(
        f"forgotten: {counted(result.runs, 'run')}, {counted(result.plans, 'plan')},"
        f" {counted(result.folders, 'folder')} of runs,"
        f" {counted(result.spools, 'spool')}"
        + (f"; {counted(result.notes_kept, 'file')} of private notes kept" if result.notes_kept else "")
    )
