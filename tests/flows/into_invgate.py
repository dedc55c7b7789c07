"""An InvGate moved into another one: a target that takes many calls for each ticket; its place and its judge."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

AS_GOOD = {"New": "Open", "Pending": "Waiting"}
_MARK = re.compile(r"\[IG-(\d+)\]$")
_OWN = re.compile(r"\[IG-\d+-c(\d+)\]")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_CONFIG = """\
database: {dsn}
desks:
  old: {{kind: invgate, base_url: {old}, view_id: 1, auth: {auth}, budget: {budget}, timeout: {timeout}}}
  new: {{kind: invgate, base_url: {new}, view_id: 1, auth: {auth}, budget: {budget}, timeout: {timeout},
        acting_user: {acting}, probe_misses: 20, bulk: 20}}
routes:
  move: {{source: old, target: new, mapping: mapping.yaml, accept_mails: true}}
"""
_MAPPING = """\
fields:
  title: {{from: title}}
  body: {{from: body}}
  category: {{lookup: category}}
  priority: {{lookup: priority}}
  type: {{lookup: type}}
  status: {{lookup: status}}
  source: {{lookup: source}}
  location: {{lookup: location}}
  group: {{lookup: group}}
custom:
{custom}
people: {{match: [email], missing: fallback, fallback: "{acting}"}}
"""


class TwoInvGates(Twins):
    """Both desks are InvGates; the new one is empty."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.new = InvGateEmulator(emptied(world))

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Logging in is none."""
        return method in {"POST", "PUT"} and path.startswith("/api/v1/")

    def empty(self) -> None:
        """No ticket on the target."""
        self.new.tables.tickets.clear()
        self.new.tables.changed()

    def acting(self) -> int:
        """An agent of the target."""
        users = self.new.state()["users"].values()
        return int(next(u["id"] for u in users if u["user_type"] != 1 and _active(u)))


class InvGatePlace(TwinPlace):
    """Where an InvGate is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0, parallel: int = 2) -> None:
        """Write the config."""
        acting = self.desks.acting()
        self.config.write_text(
            _CONFIG.format(
                dsn=self._dsn, old=self.desks.old_url, new=self.desks.new_url, acting=acting, timeout=timeout,
                auth="{kind: oauth2, client_id: syncer, client_secret: sandbox-secret}",
                budget=f"{{per_second: 5000, parallel: {parallel}}}",
            )
        )  # fmt: skip
        fields = [field["label"] for field in self.desks.old.state()["fields"].values()]
        custom = "\n".join(f'  "{label}": {{from: "custom.{label}"}}' for label in fields)
        (self.config.parent / "mapping.yaml").write_text(_MAPPING.format(acting=acting, custom=custom))

    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """Every ticket is there once, whole; and in whose name."""
        there: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in target["tickets"].values():
            found = _MARK.search(ticket["title"])
            there[found[1] if found else "?"].append(ticket)
        acting = self.desks.acting()
        names = {user["id"]: user["id"] if _active(user) else acting for user in target["users"].values()}
        for id, old in source["tickets"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            new = there[id][0]
            faults = [*_ticket(old, new), *_people(old, new, names, acting), *_beside(old, new, names)]
            linked = sorted(str(t["id"]) for other in old["links"] for t in there[str(other)][:1])
            if linked != sorted(map(str, new["links"])):
                faults.append(f"linked to {new['links']} instead of {linked}")
            yield from (f"{id}: {fault}" for fault in faults)
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["tickets"])


def _active(user: dict[str, Any]) -> bool:
    return not user["is_disabled"] and not user["is_deleted"]


def _people(old: dict[str, Any], new: dict[str, Any], names: dict[int, int], acting: int) -> Iterator[str]:
    """Both desks know the same people by the same ids; who is gone has a stand-in."""
    wanted = names.get(old["user_id"], acting)
    if new["user_id"] != wanted:
        yield f"requester {new['user_id']} instead of {wanted}"
    said = [names.get(c["author_id"], acting) for c in old["comments"]]
    told = [c["author_id"] for c in new["comments"] if _OWN.search(c["message"])]
    if told != said:
        yield f"said by {told} instead of {said}"


def _beside(old: dict[str, Any], new: dict[str, Any], names: dict[int, int]) -> Iterator[str]:
    """Custom fields, observers, what was worked on it, its rating."""
    if old["custom_by_label"] != new["custom_by_label"]:
        yield f"custom {new['custom_by_label']} instead of {old['custom_by_label']}"
    told = sorted(id for id in old["observers"] if names.get(id) == id)
    if told != sorted(new["observers"]):
        yield f"observed by {new['observers']} instead of {told}"
    for work in old["work"]:
        if f"Work: {work['seconds'] // 60} min" not in new["description"]:
            yield "its work is not told"
    if new["status"] == "Closed" and new["rating"] != (old["rating"] or 5):
        yield f"rated {new['rating']} instead of {old['rating']}"


def _ticket(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    title = " ".join(old["title"].split())
    shown = new["title"].rpartition(" [")[0]
    if shown != title and not (shown.endswith("…") and title.startswith(shown[:-1])):
        yield f"title {shown!r} instead of {title!r}"
    for field in ("category", "priority", "type", "source", "location", "queue"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    wanted, now = (AS_GOOD.get(one["status"], one["status"]) for one in (old, new))
    if wanted != now:
        yield f"status {new['status']} instead of {old['status']}"
    if "body" in old["description"] and old["description"] not in new["description"]:
        told = re.findall(r"body\d+end", old["description"])
        if told != re.findall(r"body\d+end", new["description"]):
            yield "its text is another"
    ours = [c for c in new["comments"] if _OWN.search(c["message"])]
    for name, before, after in (
        ("comments", [str(c["id"]) for c in old["comments"]], [_OWN.findall(c["message"])[-1] for c in ours]),
        ("words", [_TOLD.findall(c["message"]) for c in old["comments"]], [_TOLD.findall(c["message"]) for c in ours]),
        ("visibility", *([c["customer_visible"] for c in cs] for cs in (old["comments"], ours))),
        ("files of comments", *([_files(c) for c in cs] for cs in (old["comments"], ours))),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"
    rest = [c for c in new["comments"] if not _OWN.search(c["message"])]
    files = sorted(f for one in (new, *rest) for f in _files(one))
    own = [f for c in ours for f in _files(c)]  # a ticket's files are those of its comments too
    if [f for f in files if f not in own] != sorted(f for f in _files(old) if f not in own):
        yield f"files {files} instead of {_files(old)}"
    solutions = [c for c in new["comments"] if c["is_solution"]]
    last = old["comments"][-1] if old["comments"] else {"is_solution": False}
    if old["status"] in {"Solved", "Closed"} and last["is_solution"] and solutions != ours[-1:]:
        yield "its solution is another"
    if len(solutions) > 1 or any(SECRET in c["message"] and c["customer_visible"] for c in new["comments"]):
        yield "solved twice, or a secret is told"


def _files(one: dict[str, Any]) -> list[tuple[str, str]]:
    # In a quoted name a backslash may stand for itself, as browsers write it, or escape the next character.
    return sorted((file["name"].replace("\\", ""), file["sha256"]) for file in one["files"])


def two_invgates(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoInvGates, InvGatePlace, world, home, dsn)
