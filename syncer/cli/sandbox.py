"""`sandbox` and `demo`: try syncer without a desk, an account or a risk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.output import run

if TYPE_CHECKING:
    from syncer.deskkit.emulation import Faults
    from syncer.deskkit.world import World
    from syncer.sandbox.up import Running

TICKETS = click.IntRange(1, 1_000_000)
CSV = click.option(
    "--csv", type=click.Path(path_type=Path), help="Tickets from this CSV file (also .gz) instead of generated ones."
)


@click.command(epilog="Example: syncer sandbox --tickets 1000 --faults before=0.03 --faults new.cut_after=0.05")
@click.option("--seed", default=1, show_default=True, help="The same number gives the same tickets.")
@click.option("--tickets", type=TICKETS, help="How many. [default: 500, or all of the CSV file]")
@CSV
@click.option("--port", default=8700, show_default=True, help="Of the first desk, the next has the next; 0: any free.")
@click.option(
    "--faults", multiple=True, metavar="KEY=VALUE|FILE.json",
    help="What shall go wrong, how often; new.KEY=VALUE on that desk only. May be repeated.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("sandbox"), show_default=True,
    help="Where config, mapping and people are written.",
)  # fmt: skip
def sandbox(seed: int, tickets: int | None, csv: Path | None, port: int, faults: tuple[str, ...], folder: Path) -> None:
    """Start two emulated desks, an InvGate full of tickets and an empty Tikting, and a folder to try syncer in.

    They listen on this machine only and hold everything in memory, until Ctrl-C.
    """
    from syncer.sandbox import faults as schedule
    from syncer.sandbox import folder as place

    going_wrong = schedule.read_faults(faults, (place.SOURCE, place.TARGET))
    place.prepare(folder)
    run(_serve(_world(seed, tickets, csv), port, going_wrong, folder))
    click.echo("The desks are gone, and with them what they held.")


@click.command(epilog="Example: syncer demo --tickets 2000")
@CSV
@click.option("--tickets", type=TICKETS, help="How many. [default: 400, or all of the CSV file]")
@click.option("--seed", default=1, show_default=True, help="The same number gives the same tickets.")
@click.option("--keep", is_flag=True, help="Leave the desks up afterwards, to look around, until Ctrl-C.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path(".syncer/demo"), show_default=True,
    help="Where all its files go.",
)  # fmt: skip
def demo(csv: Path | None, tickets: int | None, seed: int, keep: bool, folder: Path) -> None:
    """The whole story on emulated desks: check, match, plan, migrate, kill -9 in the middle, go on, count.

    Each step is a command as you would type it. Exit code 0 only when every ticket is on the target exactly once,
    or parked with a reason, and when migrating once more writes nothing.
    """
    from syncer.cli import story

    filling = ["--csv", str(csv.absolute())] if csv else ["--seed", str(seed)]
    if tickets or not csv:
        filling += ["--tickets", str(tickets or 400)]
    story.tell(folder, filling, keep=keep)


def _world(seed: int, tickets: int | None, csv: Path | None) -> World:
    from syncer.sandbox import seed as worlds

    return worlds.from_csv(csv, tickets) if csv else worlds.generate(seed, tickets or 500)


async def _serve(world: World, port: int, faults: dict[str, Faults], folder: Path) -> None:
    from syncer.sandbox import folder as place
    from syncer.sandbox import up

    wanted = [
        up.Wanted(name=place.SOURCE, kind="invgate", world=world, port=port, faults=faults[place.SOURCE]),
        up.Wanted(
            name=place.TARGET, kind="tikting", world=up.emptied(world), port=port and port + 1,
            faults=faults[place.TARGET],
        ),
    ]  # fmt: skip
    async with up.up(wanted) as running:
        source, target = running
        assert isinstance(target.desk, up.ListsPeople)
        kept = place.fill(folder, source.url, target.url, target.desk.people_csv(), beside=_beside(world))
        _settle_memory()
        with up.signals() as stop:  # before anybody can know that we are up
            up.write_note(folder / place.NOTE, running)
            _welcome(running, folder, kept=kept)
            await stop.wait()
        click.echo()


def _beside(world: World) -> bool:
    """Whether any ticket has something that is asked for one by one."""
    return any(ticket.cc or ticket.links or ticket.work for ticket in world.tickets)


def _settle_memory() -> None:
    """The world lives to the end: without this the garbage collector goes over all its tickets again and again."""
    import gc

    gc.collect()
    gc.freeze()


def _welcome(running: list[Running], folder: Path, *, kept: bool) -> None:
    for one in running:
        held = f"{one.tickets:,} tickets" if one.tickets else "no tickets yet"
        click.echo(f"{one.name}: {one.title} at {one.url}, {held}")
    click.echo(f"{folder} holds syncer.yaml, mapping.yaml{' (yours, unchanged)' if kept else ''} and people.csv.")
    click.echo(
        f"""
Now type, in another terminal:
  cd {folder.absolute()}
  syncer check           log in to both desks
  syncer lookups match   carry over statuses, categories, people ...
  syncer plan            see what would happen
  syncer migrate         do it; kill it whenever you like and type it again
  syncer status          see where it stands

Ctrl-C here stops the desks."""
    )
