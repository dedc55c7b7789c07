"""A Rezolve.ai moved into another one: types and fields by their UUIDs, changes under an etag that rules make stale."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.rezolve.emulator import RezolveEmulator, Switches
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

NOTES = "/api/v2/ticketing/ticket/{objectId}/notes"
_OWN = re.compile(r"\[RZ-[A-Z]+-\d+-c([\w-]+)\]")
TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_RESOLVED = ("Resolved", "Closed")
_CONFIG = """\
database: {dsn}
desks:
  old: {old}
  new: {new}
routes:
  move: {{source: old, target: new, mapping: mapping.yaml, accept_mails: true}}
"""
_MAPPING = """\
fields:
  title: {{from: title}}
  body: {{from: body}}
  type: {{lookup: type}}
  group: {{lookup: group}}
  category: {{lookup: category}}
  priority: {{lookup: priority}}
  status: {{lookup: status}}
people: {{match: [email], missing: fallback, fallback: "{fallback}"}}
"""


class TwoRezolves(Twins):
    """Both desks are Rezolve.ai; the new one is empty, and its rules touch each ticket right after a write."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.old = RezolveEmulator(world, switches=Switches(status_field=True, notes_read_path=NOTES))
        touched = Switches(
            status_field=True, notes_read_path=NOTES, notes_write_path=NOTES, automation="touch", update_answer="etag"
        )
        self.new = RezolveEmulator(emptied(world), switches=touched)

    def empty(self) -> None:
        """No ticket on the target."""
        self.new.tables.tickets.clear()
        self.new.tables.reorder()

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Lists and counts are POSTs, and none."""
        return method == "PATCH" or (method == "POST" and ("/ticket/create/" in path or path.endswith("/notes")))


class RezolvePlace(TwinPlace):
    """Where a Rezolve.ai is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0, parallel: int = 2) -> None:
        """Write the config: both desks as they tell of themselves."""
        more = {"timeout": timeout, "budget": {"per_second": 5000, "parallel": parallel}, "list_rows": 20}
        old = self.desks.old.block(self.desks.old_url) | more
        new = self.desks.new.block(self.desks.new_url) | more
        self.config.write_text(_CONFIG.format(dsn=self._dsn, old=json.dumps(old), new=json.dumps(new)))
        (self.config.parent / "mapping.yaml").write_text(_MAPPING.format(fallback=self.desks.new.auth.username))

    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """Every ticket is there once, whole."""
        there: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in target["tickets"].values():
            there[str(ticket["by_label"].get("External Id")).removeprefix("RZ-")].append(ticket)
        active = {name for name, one in target["people"].items() if one["active"] and not one["deleted"]}
        for id, old in source["tickets"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            asker = old["by_label"]["Requested For"]
            wanted = asker if asker in active else self.desks.new.auth.username
            if (told := there[id][0]["by_label"].get("Requested For")) != wanted:
                yield f"{id}: requester {told} instead of {wanted}"
            yield from (f"{id}: {fault}" for fault in _ticket(old, there[id][0]))
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["tickets"])


def _ticket(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for field in ("type", "team", "status"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    before, after = old["by_label"], new["by_label"]
    for label in ("Priority", "Category"):
        if before.get(label) != after.get(label):
            yield f"{label} {after.get(label)!r} instead of {before.get(label)!r}"
    title = " ".join(old["summary"].split())
    if new["summary"] != title and not (new["summary"].endswith("…") and title.startswith(new["summary"][:-1])):
        yield f"title {new['summary']!r} instead of {title!r}"
    if re.findall(r"body\d+end", before["Description"]) != re.findall(r"body\d+end", after["Description"]):
        yield "its text is another"
    if ("Resolution" in after) != (new["status"] in _RESOLVED):
        yield f"it has {'a' if 'Resolution' in after else 'no'} resolution, and is {new['status']}"
    ours = [note for note in new["notes"] if _OWN.search(note["body"])]
    for name, said, told in (
        ("notes", [note["id"] for note in old["notes"]], [_OWN.findall(note["body"])[-1] for note in ours]),
        ("words", *([TOLD.findall(note["body"]) for note in notes] for notes in (old["notes"], ours))),
        ("their visibility", *([note["private"] for note in notes] for notes in (old["notes"], ours))),
    ):
        if said != told:
            yield f"{name}: {told} instead of {said}"
    if len(ours) != len(new["notes"]):
        yield "a note is nobody's"


def two_rezolves(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoRezolves, RezolvePlace, world, home, dsn)
