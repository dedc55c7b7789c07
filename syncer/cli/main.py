"""The command `syncer`: its groups are imported when they are called, so that help answers at once."""

from __future__ import annotations

import importlib
import signal
import sys
from pathlib import Path
from typing import Any

import click

from syncer import __version__

# command -> (module, what its line in the help says)
COMMANDS = {
    "demo": ("sandbox", "The whole story on emulated desks, in one command."),
    "sandbox": ("sandbox", "Start emulated desks, filled with tickets."),
    "init": ("start", "Ask a few questions and write a config and a mapping."),
    "config": ("configs", "Check the config and mapping files; print their schema."),
    "desks": ("cards", "What each desk can do."),
    "check": ("configs", "Log in to the desks and look around, without writing."),
    "describe": ("desks", "What a desk's answers are made of: keys and types, no values."),
    "probe": ("desks", "Try configured calls on one ticket. Writes to it, after asking."),
    "lookups": ("tables", "Value lists: pull, match, show, export, import."),
    "plan": ("moves", "Say what a migration would do. Writes nothing."),
    "plans": ("plans", "Plans on record: list, show, diff, waive."),
    "migrate": ("moves", "Carry every ticket over. Run again, it goes on."),
    "delta": ("moves", "Carry over what changed since."),
    "verify": ("proofs", "Prove afterwards that all of it is there."),
    "undo": ("undoing", "Take back what a run made, but for what people changed."),
    "cutover": ("handing", "Hand over: freeze, last delta, verify, id map."),
    "status": ("records", "Where each route stands."),
    "runs": ("records", "What was run, and how it ended."),
    "parked": ("records", "Tickets that could not pass: list, show, retry, drop."),
    "idmap": ("records", "Old ids and new ids, as CSV."),
    "db": ("database", "The database: url, migrate, prune."),
}


class Lazy(click.Group):
    """Knows its commands by name, and imports the module of the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a migration uses them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"syncer.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their one line each, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """An unknown command names the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ". See: syncer --help"))
        return super().resolve_command(ctx, args)


EPILOG = """Each command takes --help, which ends with an example. Exit codes: 0 done, 1 done but some tickets are
parked, 2 configuration, 3 stopped (desk, database, brake), 130 interrupted; the same command then goes on."""


@click.group(
    cls=Lazy, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="syncer")
@click.option("-v", "--verbose", is_flag=True, help="Log each step to stderr.")
@click.pass_context
def syncer(ctx: click.Context, verbose: bool) -> None:
    """Move tickets from one helpdesk to another: never lost, never doubled, safe to kill at any moment.

    \b
    The usual way:  syncer init          write syncer.yaml and a mapping
                    syncer check         log in to both desks
                    syncer lookups match carry over statuses, categories, people ...
                    syncer plan          see what would happen
                    syncer migrate       do it
                    syncer delta         carry over what changed meanwhile
    """
    from syncer import log

    log.set_up(verbose=verbose)


def main() -> None:
    """Run the command line; the exit code is the process's."""
    # Who ends us politely gets the same words as Ctrl-C, also before a run listens for itself.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(syncer.main(standalone_mode=False))
    except click.exceptions.Exit as e:
        sys.exit(e.exit_code)
    except click.ClickException as e:
        e.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted; the same command goes on", err=True)
        sys.exit(130)
    except Exception as e:  # noqa: BLE001 - the last place where an error can be told
        from syncer.cli.output import tell  # not before: help needs none of what it imports

        sys.exit(tell(e))


CONFIG = click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("syncer.yaml"), show_default=True,
    envvar="SYNCER_CONFIG", help="The config file.",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
