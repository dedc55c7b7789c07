"""`describe` and `probe`: what a desk's answers are made of, and whether the calls it was given work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncer.deskkit.looking import Described, Tried


@click.command(epilog="Example: syncer describe old --ticket 4711")
@click.argument("desk")
@click.option("--ticket", metavar="ID", help="Look at this one, best with replies and files. [default: the first]")
@CONFIG
@JSON
def describe(desk: str, ticket: str | None, config: Path, as_json: bool) -> None:
    """Say what a desk's answers are made of: names and types of keys, never what they hold. Writes nothing.

    For desks that do not publish the keys of their tickets. Ends with the settings by which syncer reads them, to be
    checked and put into the desk's block of the config file.
    """
    found = run(_describe(config, desk, ticket))
    if as_json:
        document({"desk": desk, **_plain(found)})
    else:
        _show(desk, found)
    leave(PARKED if found.problems else 0)


async def _describe(path: Path, name: str, ticket: str | None) -> Described:
    from syncer import bootstrap, settings
    from syncer.deskkit.looking import Describes
    from syncer.errors import ConfigError
    from syncer.model.ids import TicketId

    async with bootstrap.open_desk(settings.load(path), name) as desk:
        if not isinstance(desk, Describes):
            raise ConfigError(
                f"desk {name} needs no describing: what its answers hold is published",
                hint=f"To look whether it lets us in: syncer check {name}",
            )
        return await desk.describe(TicketId(ticket) if ticket is not None else None)


def _plain(found: Described) -> dict[str, Any]:
    return {
        "answers": {name: dict(keys) for name, keys in found.answers.items()},
        "fields": [{"field": one.field, "paths": one.paths, "perhaps": one.perhaps} for one in found.fields],
        "settings": found.settings,
        "problems": found.problems,
    }


def _show(desk: str, found: Described) -> None:
    for name, keys in found.answers.items():
        click.echo(f"{name}:")
        table(("key", "type"), keys)
        click.echo()
    rows = [(one.field, ", ".join(one.paths) or "-", ", ".join(one.perhaps)) for one in found.fields]
    table(("field", "is at", "perhaps at"), rows)
    for problem in found.problems:
        click.echo(f"\ncannot be read from: {problem}")
    click.echo(f"\nUnder desks.{desk} of the config file, for what is right of it and what you add:\n")
    for block, entries in found.settings.items():
        click.echo(f"    {block}:")
        for field, paths in entries.items():
            click.echo(f"      {field}: [{', '.join(paths)}]")


@click.command(epilog="Example: syncer probe new 4711 --call ticket.reply")
@click.argument("desk")
@click.argument("ticket")
@click.option("--call", "calls", multiple=True, metavar="NAME", help="Only this one; may be repeated. [default: all]")
@CONFIG
@JSON
@YES
def probe(desk: str, ticket: str, calls: tuple[str, ...], config: Path, as_json: bool, yes: bool) -> None:
    """Try the calls that were configured for a desk on one of its tickets. WRITES to that ticket, after asking.

    For desks some of whose calls are not published. A call is used in a migration only when its block says
    `tested: true`, which you write there when this command said that it works. Take a ticket made for this: it gets a
    reply and a file, and is resolved and closed.
    """
    tried: list[Tried] = []

    def came(one: Tried) -> None:
        """Told at once: each has written, and the next one may take its time or end it all."""
        tried.append(one)
        if not as_json:
            _say(desk, one)

    try:
        run(_probe(config, desk, ticket, calls, came, yes=yes))
    finally:
        if as_json and tried:
            document({"desk": desk, "ticket": ticket, "calls": [_told(one) for one in tried]})
    leave(0 if all(one.worked for one in tried) else PARKED)


def _say(desk: str, one: Tried) -> None:
    click.echo(f"{one.call}: {'works' if one.worked else 'does not work'}: {one.said}")
    if one.worked and one.settings:
        words = ", ".join(f"{name}: {str(value).lower()}" for name, value in one.settings.items())
        click.echo(f"  under desks.{desk}.endpoints.{one.call}:  {words}")
    if one.hint:
        click.echo(f"  next: {one.hint}")


def _told(one: Tried) -> dict[str, Any]:
    return {"call": one.call, "worked": one.worked, "said": one.said, "settings": one.settings, "hint": one.hint}


async def _probe(
    path: Path, name: str, ticket: str, calls: tuple[str, ...], came: Callable[[Tried], None], *, yes: bool
) -> None:
    from syncer import bootstrap, settings
    from syncer.cli.asking import agree
    from syncer.deskkit.looking import Probes
    from syncer.errors import ConfigError
    from syncer.model.ids import TicketId

    async with bootstrap.open_desk(settings.load(path), name) as desk:
        there = desk.probes() if isinstance(desk, Probes) else {}
        if not isinstance(desk, Probes) or not there:
            raise ConfigError(f"desk {name} has no calls to try", hint="Configure them first: endpoints of the desk.")
        if unknown := sorted(set(calls) - there.keys()):
            raise ConfigError(f"not configured: {', '.join(unknown)}", hint=f"There are: {', '.join(there)}")
        chosen = [call for call in there if not calls or call in calls]
        if writing := [call for call in chosen if there[call]]:
            agree(f"This changes ticket {ticket} of desk {name}: {', '.join(writing)}. Go on?", yes=yes)
        for call in chosen:
            came(await desk.probe(call, TicketId(ticket)))
