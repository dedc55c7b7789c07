"""The demo: syncer's own commands on emulated desks, with a kill in the middle and a sum at the end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import click
import msgspec

from syncer.errors import Stopped
from syncer.sandbox import folder as place
from syncer.sandbox.up import Note, read_note
from syncer.store.embedded import EmbeddedPostgres

KILL_AT = 0.4
UP_WITHIN = 300.0
_REGISTER = "POST /api/TicketsApi/register "
_LONG_ENOUGH = 3.0  # seconds that the first run shall take at least, so that it has a middle
_AT_ONCE = 32  # creates under way, by the sandbox's config
_LATENCY = 0.4
_DONE = (0, 1)  # 1: done, some tickets are parked with a reason


class Target:
    """The emulated target, looked at past syncer, by its control calls."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._where = (host, int(port))

    def tickets(self) -> int:
        """How many it holds."""
        return int(self.summary()["tickets"])

    def summary(self) -> dict[str, Any]:
        """How many tickets there are, and which of syncer's markers stand on more than one."""
        found: dict[str, Any] = self._ask("GET", "summary")
        return found

    def registrations(self) -> int:
        """How many requests to create a ticket ever arrived, whatever the answer."""
        return sum(n for call, n in self._ask("GET", "counts").items() if call.startswith(_REGISTER))

    def slow_down(self, seconds: float) -> None:
        """Answer each request so much later from now on."""
        self._ask("POST", "faults", msgspec.json.encode({"latency": seconds}))

    def _ask(self, method: str, what: str, body: bytes | None = None) -> Any:
        connection = HTTPConnection(*self._where, timeout=30)
        try:
            connection.request(method, f"/_control/{what}", body=body)
            return msgspec.json.decode(connection.getresponse().read())
        except (OSError, HTTPException, msgspec.MsgspecError) as e:
            raise Stopped(f"the emulated target does not answer: {e}") from e
        finally:
            connection.close()


class Shell:
    """Types commands as a person would, in the folder of the demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Settings of the person who runs the demo are not meant for it.
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("SYNCER_")}

    def begin(self, *words: str, shown: str = "", **more: Any) -> subprocess.Popen[str]:
        """Show the command and start it."""
        click.secho(shown or f"$ syncer {shlex.join(words)}", bold=True)
        command = [sys.executable, "-m", "syncer", *words]
        return subprocess.Popen(command, cwd=self.folder, env=self._environment, text=True, **more)  # noqa: S603

    def do(self, *words: str) -> None:
        """Run a command to its end. Raises Stopped when it fails."""
        self._ended(self.begin(*words))

    def read(self, *words: str) -> Any:
        """Run a command to its end, show and give the JSON document it prints."""
        process = self.begin(*words, stdout=subprocess.PIPE)
        said, _ = process.communicate()
        click.echo(said, nl=False)
        self._ended(process)
        return msgspec.json.decode(said)

    def _ended(self, process: subprocess.Popen[str]) -> None:
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            raise
        if code not in _DONE:
            raise Stopped(f"the demo ends here: the last command ended with exit code {code}")


def tell(folder: Path, filling: Sequence[str], *, keep: bool) -> None:
    """The story. Raises Stopped where it does not go as it should."""
    began = time.monotonic()
    place.clear(folder)
    folder.mkdir(parents=True)
    shell = Shell(folder.absolute())
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _sandbox(shell, filling) as note, EmbeddedPostgres(folder / place.HOME / "postgres"):
            _act(shell, note)
            click.secho(f"\nAll of it holds. It took {time.monotonic() - began:.0f} s.", bold=True)
            if keep:
                click.echo(
                    f"The desks stay up. Look around:\n  cd {shell.folder}\n  syncer status\nCtrl-C here ends it."
                )
                signal.pause()
    finally:
        place.tidy(folder)
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def _sandbox(shell: Shell, filling: Sequence[str]) -> Iterator[Note]:
    _title("Two emulated desks: an InvGate full of tickets, and an empty Tikting")
    log = shell.folder / "sandbox.log"
    with log.open("w") as said:
        words = ("sandbox", *filling, "--port", "0", "--folder", str(shell.folder))
        shown = f"$ syncer {shlex.join(words)} &"
        process = shell.begin(*words, shown=shown, stdout=said, stderr=subprocess.STDOUT)
        try:
            note = _awaited(process, shell.folder / place.NOTE, log)
            for name, desk in note.desks.items():
                click.echo(f"{name}: {desk.kind} at {desk.url}, {desk.tickets:,} tickets")
            click.secho(f"$ cd {shell.folder}", bold=True)
            yield note
        finally:
            process.terminate()
            process.wait()


def _awaited(process: subprocess.Popen[str], note: Path, log: Path) -> Note:
    deadline = time.monotonic() + UP_WITHIN
    while time.monotonic() < deadline:
        if (found := read_note(note)) is not None and found.pid == process.pid:
            return found
        if process.poll() is not None:
            raise Stopped(f"the sandbox did not start:\n{log.read_text().strip()}")
        time.sleep(0.05)
    raise Stopped(f"the sandbox was not up within {UP_WITHIN:.0f} s", hint=f"See {log}")


def _act(shell: Shell, note: Note) -> None:
    source, target = note.desks[place.SOURCE], Target(note.desks[place.TARGET].url)
    _title("Can we log in, and what do we see?")
    shell.do("check")
    _title("Which value of the one desk is which of the other? Once decided, it stands in the database")
    shell.do("lookups", "match", place.ROUTE, "--yes")
    _title("What would happen? This writes nothing")
    shell.do("plan", place.ROUTE, "--out", "report")
    _title("Migrate, and kill -9 in the middle")
    _migrate_and_kill(shell, target, source.tickets)
    shell.do("status")
    _title("The same command again: it goes on")
    shell.do("migrate", place.ROUTE, "--yes")
    _title("And once more, when all is done: it writes nothing")
    before = target.registrations()
    last = shell.read("migrate", place.ROUTE, "--yes", "--json")
    again = target.registrations() - before
    _title("Is all of it there, letter by letter and file by file? Both desks are read again")
    shell.do("verify", place.ROUTE)
    _title("What is on record")
    shell.do("status")
    shell.do("runs")
    _title("The sum, by the desks' own counts")
    add_up(source.tickets, last["counts"], target.summary(), again)
    _private_notes(shell.folder)
    click.echo(f"The report of the plan, for a browser: {shell.folder / 'report' / 'plan.html'}")


def _migrate_and_kill(shell: Shell, target: Target, tickets: int) -> None:
    latency = min(_LATENCY, _LONG_ENOUGH * _AT_ONCE / tickets)
    if latency > 0.01:
        click.echo(f"(The target takes {latency:.2f} s for each answer now, so that there is a middle.)")
        target.slow_down(latency)
    process = shell.begin("migrate", place.ROUTE, "--yes")
    try:
        while (looked := time.monotonic()) and target.tickets() < KILL_AT * tickets:
            if process.poll() is not None:
                raise Stopped(f"the migration ended by itself, with exit code {process.returncode}, before its middle")
            time.sleep(max(0.02, 10 * (time.monotonic() - looked)))  # counting must not slow the desk down
    finally:
        process.kill()
        process.wait()
        target.slow_down(0.0)
    if sys.stderr.isatty():
        click.echo("\x1b[?25h", err=True)  # a killed process cannot give the cursor back
    click.secho(f"$ kill -9 {process.pid}", bold=True)
    time.sleep(2 * latency)  # what was on its way arrives
    click.echo(f"Killed. The target holds {target.tickets():,} of {tickets:,} tickets.")


def add_up(tickets: int, counts: dict[str, int], summary: dict[str, Any], again: int) -> None:
    """Print what both desks hold; Stopped when a ticket is missing, or there twice, or was written again."""
    held, doubled = summary["tickets"], len(summary["duplicate_markers"])
    rows = (
        (tickets, "tickets on the source", True),
        (counts["read"], "read by the last run", counts["read"] == tickets),
        (held, "on the target", held + counts["parked"] == tickets),
        (counts["parked"], "parked, each with a reason: syncer parked list", True),
        (summary["distinct_markers"], "different tickets on the target", summary["distinct_markers"] == held),
        (doubled, "twice on the target", doubled == 0),
        (again, "requests to create a ticket in the last run", again == 0),
    )
    for number, what, right in rows:
        click.echo(f"  {number:>9,}  {what}{'' if right else '   <- WRONG'}")
    if not all(right for _, _, right in rows):
        raise Stopped("the counts do not add up")
    click.echo(f"  {tickets:,} = {held:,} on the target + {counts['parked']:,} parked; 0 lost, 0 doubled.")


def _private_notes(folder: Path) -> None:
    runs = folder / place.HOME / "runs"
    files = runs.glob("*/private-notes.jsonl")
    rows = (row for file in files for row in msgspec.json.Decoder(dict[str, Any]).decode_lines(file.read_bytes()))
    notes = len({(row["ticket"], row["comment"]) for row in rows})
    click.echo(f"{notes:,} private notes, which Tikting would show to everybody, stayed on this machine: {runs}")


def _title(text: str) -> None:
    click.secho(f"\n== {text}", fg="green")
