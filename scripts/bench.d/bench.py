"""Runs syncer and the plain pipeline in turn on fresh emulated desks and prints what each cost."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def ask(url: str, method: str = "GET") -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as reply:
        return dict(json.load(reply))


class Desks:
    """A sandbox in a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, tickets: int, faults: list[str]) -> None:
        self.folder = folder
        more = [word for fault in faults for word in ("--faults", fault)]
        command = [sys.executable, "-m", "syncer", "sandbox", "--port", "0", "--tickets", str(tickets)]
        self.process = subprocess.Popen(
            [*command, "--folder", str(folder), *more], stdout=subprocess.DEVNULL, start_new_session=True
        )
        note = folder / "sandbox.json"
        for _ in range(600):
            if note.exists() and (folder / "mapping.yaml").exists():
                break
            time.sleep(0.1)
        config = (folder / "syncer.yaml").read_text()
        self.old, self.new = re.findall(r"base_url: (\S+)", config)
        (self.requester,) = re.findall(r"fallback: (\S+)", (folder / "mapping.yaml").read_text())

    def limit(self, per_second: int) -> None:
        """Give the target a budget, and an emulator that refuses what exceeds it."""
        path = self.folder / "syncer.yaml"
        head, target = path.read_text().split("  new:", 1)
        path.write_text(head + "  new:" + target.replace("per_second: 5000", f"per_second: {per_second}", 1))

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def measured(command: list[str], folder: Path) -> dict[str, Any]:
    started = time.time()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "code": process.returncode,
        "wall": time.time() - started,
        "cpu": used.ru_utime + used.ru_stime,
        "rss": used.ru_maxrss / 1024,
    }


def run(name: str, tickets: int, limit: int = 0) -> dict[str, Any]:
    """One run on fresh desks; what is not the run itself (set-up, lookups) is not measured."""
    with tempfile.TemporaryDirectory(prefix="syncer-bench-") as scratch:
        folder = Path(scratch) / "desks"
        desks = Desks(folder, tickets, [f"new.per_second={limit}"] if limit else [])
        try:
            if limit:
                desks.limit(limit)
            syncer = [sys.executable, "-m", "syncer"]
            keeper = None
            if name == "syncer":
                # The database stays up between preparation and run, as a configured one would.
                keeper = subprocess.Popen([*syncer, "db", "url", "--hold"], cwd=folder, stdout=subprocess.PIPE)
                assert keeper.stdout is not None
                keeper.stdout.readline()
                subprocess.run([*syncer, "lookups", "match"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
                command = [*syncer, "migrate", "--yes"]
            else:
                command = [sys.executable, str(HERE / "plain.py"), desks.old, desks.new, desks.requester]
            ask(f"{desks.new}/_control/forget", "POST")  # what the preparation asked is not the run's
            row = measured(command, folder)
            pace = ask(f"{desks.new}/_control/pace")
            summary = ask(f"{desks.new}/_control/summary")
            again = measured(command, folder) if name == "syncer" else None
            if keeper is not None:
                keeper.send_signal(signal.SIGINT)
                keeper.wait(30)
        finally:
            desks.stop()
            shutil.rmtree(folder, ignore_errors=True)
    made = summary["tickets"]
    row |= {"name": name, "rate": tickets / row["wall"]}
    row |= {"busiest": pace["busiest_second"], "steady": (pace["requests"] - 1) / pace["first_to_last"]}
    row |= {"ok": made == tickets and row["code"] in (0, 1), "again": tickets / again["wall"] if again else 0.0}
    return row


def table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    for number, row in enumerate([head, *rows]):
        cells = enumerate(zip(row, widths, strict=True))
        print("| " + " | ".join(c.rjust(w) if number and i else c.ljust(w) for i, (c, w) in cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tickets", type=int, default=5000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--limit", type=int, default=200, help="requests/s of the target in the last rows, 0 for none")
    given = options.parse_args()
    rows: dict[str, list[dict[str, Any]]] = {"plain aiohttp, no database": [], "syncer": []}
    for _ in range(given.rounds):
        for name, found in rows.items():
            found.append(run(name, given.tickets))
            print(f"  {name}: {found[-1]['rate']:.0f} tickets/s", file=sys.stderr)

    def middle(name: str, key: str) -> float:
        return float(statistics.median(r[key] for r in rows[name]))

    plain = "plain aiohttp, no database"
    print(f"{given.tickets:,} tickets, {given.rounds} rounds, medians; both desks are emulated on this machine\n")
    table(
        ["", "tickets/s", "of plain", "CPU s / 1,000", "peak RSS MB", "passed over again /s", "all there"],
        [[name, f"{middle(name, 'rate'):,.0f}", f"{middle(name, 'rate') / middle(plain, 'rate'):.2f}",
          f"{middle(name, 'cpu') / given.tickets * 1000:.3f}", f"{middle(name, 'rss'):.0f}",
          f"{middle(name, 'again'):,.0f}" if name == "syncer" else "-", "yes" if all(r["ok"] for r in found) else "NO"]
         for name, found in rows.items()],
    )  # fmt: skip
    good = all(r["ok"] for found in rows.values() for r in found)
    if given.limit:
        count = max(200, given.limit * 10)
        row = run("syncer", count, given.limit)
        steady = row["steady"]
        print(f"\nA target that allows {given.limit} requests/s ({count:,} tickets):\n")
        table(["", "requests/s", "share of the limit used", "most in any second", "all there"],
              [["syncer", f"{steady:.0f}", f"{100 * steady / given.limit:.1f} %", str(row["busiest"]),
                "yes" if row["ok"] else "NO"]])  # fmt: skip
        good = good and row["ok"] and row["busiest"] <= given.limit
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
