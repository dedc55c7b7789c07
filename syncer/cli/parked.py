"""`parked`: tickets that could not pass: list, show, retry, drop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli import opening
from syncer.cli.asking import agree
from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run, table
from syncer.cli.silence import ACCEPT, accepted
from syncer.reports.words import counted

if TYPE_CHECKING:
    from syncer.migrate.retry import Retried
    from syncer.settings import Settings

REASON = click.option("--reason", help="Only those parked for this reason, as `syncer status` names it.")
IDS = click.argument("args", nargs=-1, metavar="[ROUTE] ID...")
ALL = click.option("--all", "everything", is_flag=True, help="All of them instead of ids.")


@click.group(epilog="Example: syncer parked list move")
def parked() -> None:
    """Tickets that could not pass, why, and what to do about them."""


@parked.command(
    "list", short_help="List them, oldest first.", epilog="Example: syncer parked list move --reason refused --limit 20"
)
@click.argument("route", required=False)
@REASON
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="So many, the oldest first.")
@CONFIG
@JSON
def listing(route: str | None, reason: str | None, limit: int, config: Path, as_json: bool) -> None:
    """List them, oldest first; dropped ones too, marked as such."""
    from syncer.reports import letters

    known = _settings(config)
    route = known.route(route).name

    async def main() -> tuple[list[Any], int]:
        from syncer.store import dead_letters

        async with opening.ledger(known, route) as (_, id, pool):
            states = await dead_letters.states(pool, id)
            total = sum(count for (_, why), count in states.items() if reason in (None, why))
            return await dead_letters.letters(pool, id, reason=reason, most=limit), total

    found, total = run(main())
    if as_json:
        document({"route": route, "total": total, "parked": [letters.of_letter(one) for one in found]})
        return
    table(letters.ROW, map(letters.row, found))
    if total > len(found):
        click.echo(f"... and {total - len(found):,} more: --limit {total}")
    if found:
        click.echo(f"next: syncer parked show {route} {found[0].source_id}")


@parked.command(short_help="Show one of them, and what can be done.", epilog="Example: syncer parked show move 4711")
@click.argument("args", nargs=-1, metavar="[ROUTE] ID")
@CONFIG
@JSON
def show(args: tuple[str, ...], config: Path, as_json: bool) -> None:
    """Show all that is known of one parked ticket, and what can be done."""
    from syncer.reports import letters

    known = _settings(config)
    route, ids = _split(known, args)
    if len(ids) != 1:
        raise click.UsageError("name one ticket's id")

    async def main() -> dict[str, Any]:
        from syncer.errors import ConfigError
        from syncer.store import dead_letters, effects

        async with opening.ledger(known, route) as (_, number, pool):
            found = await dead_letters.letters(pool, number, ids)
            if not found:
                raise ConfigError(f"not parked: {ids[0]}", hint=f"See: syncer parked list {route}")
            return letters.of_letter(found[0], await effects.one(pool, number, found[0].source_id))

    result = run(main())
    if as_json:
        document(result)
    else:
        click.echo(letters.text(result))


@parked.command(short_help="Leave tickets behind for good.", epilog="Example: syncer parked drop move 4711 4712")
@IDS
@ALL
@REASON
@CONFIG
@JSON
@YES
def drop(args: tuple[str, ...], everything: bool, reason: str | None, config: Path, as_json: bool, yes: bool) -> None:
    """Leave tickets behind for good: no run tries them again, they count as parked no more.

    They stay listed as dropped, and `syncer parked retry` takes them back. --all needs a --reason.
    """
    known = _settings(config)
    route, ids = _split(known, args)
    _which(ids, everything)
    if everything and reason is None:
        raise click.UsageError("--all needs --reason: what is dropped should be known")

    async def main() -> list[str]:
        from syncer.migrate import retry as again
        from syncer.store import dead_letters

        async with opening.ledger(known, route) as (_, number, pool):
            choice = await again.choose(pool, number, ids, reason)
            chosen = [*choice.ids, *choice.over]
            if chosen:
                agree(f"Leave {counted(len(chosen), 'ticket')} behind?", yes=yes)
            return await dead_letters.mark(pool, number, chosen, "dropped")

    dropped = run(main())
    if as_json:
        document({"route": route, "dropped": dropped})
    else:
        click.echo(f"{counted(len(dropped), 'ticket')} dropped; to take them back: syncer parked retry {route} ID...")


@parked.command(short_help="Try tickets once more.", epilog="Example: syncer parked retry move --all --reason refused")
@IDS
@ALL
@REASON
@ACCEPT
@CONFIG
@JSON
def retry(
    args: tuple[str, ...], everything: bool, reason: str | None, accept_mails: bool, config: Path, as_json: bool
) -> None:
    """Try tickets once more, these and no others. Dropped ones are taken back when they are named.

    A ticket in doubt is looked for on the target before it is written again. One that changed after it was migrated
    is over already and cannot be helped on a target that takes no updates: it stays parked, and this says so.
    Exit code 0: all came over; 1: some are still parked.
    """
    route, ids = _split(_settings(config), args)
    _which(ids, everything)

    async def main() -> Retried:
        from syncer.migrate import retry as again

        async with opening.engine(config, route, "retry", quiet=as_json) as (engine, progress):
            try:
                await accepted(engine, accept=accept_mails, ask=False)
                return await again.retry(engine, await again.choose(engine.pool, engine.id, ids, reason))
            finally:
                progress.close()

    _tell(run(main()), as_json, route)


def _settings(config: Path) -> Settings:
    from syncer import settings

    return settings.load(config)


def _split(found: Settings, args: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The route and the ids: the route may be left out where there is only one."""
    named = bool(args) and args[0] in found.routes
    return found.route(args[0] if named else None).name, args[1:] if named else args


def _which(ids: tuple[str, ...], everything: bool) -> None:
    if bool(ids) == everything:
        raise click.UsageError("name the tickets' ids, or --all, and not both")


def _tell(result: Retried, as_json: bool, route: str) -> None:
    from syncer.reports import summary

    report = result.report
    if as_json:
        tried = summary.of_run(report) if report else None
        document({"route": route, "tried": tried, "over_already": result.over, "in_doubt_unseen": result.unseen})
    else:
        click.echo(summary.run_text(report) if report else "Nothing to try.")
        if result.over:
            some = ", ".join(f"{old} (as {new})" for old, new in list(result.over.items())[:5])
            click.echo(
                f"{len(result.over):,} not tried: migrated already, changed on the source afterwards, and the target"
                f" takes no updates: {some}. Make the change there by hand, then: syncer parked drop {route} ID"
            )
        if result.unseen:
            click.echo(
                f"{len(result.unseen):,} not tried: in doubt, and the target's search does not show what is known to"
                f" be there: {', '.join(result.unseen[:5])}. See: syncer parked show {route} {result.unseen[0]}"
            )
    still = report is not None and report.tally.results["parked"]
    leave(PARKED if still or result.over or result.unseen else 0)
