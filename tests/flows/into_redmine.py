"""A Redmine moved into another one: notes found by their markers, silent answers read back, one mail at the end."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.redmine.emulator import RedmineEmulator
from syncer.desks.redmine.emulator_tables import ADMIN_ID
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

FALLBACK = "sync@example.org"
_OWN = re.compile(r"\[ext:RM-\d+-c(\d+)\]\Z")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
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
custom: {custom}
people: {{match: [email], missing: fallback, fallback: "{fallback}"}}
"""
Row = dict[str, Any]


class TwoRedmines(Twins):
    """Both desks are Redmines; the new one is empty."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.custom = [*world.custom, "Due on"]
        self.old = RedmineEmulator(world)
        self.new = RedmineEmulator(emptied(world))

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """All that is no GET."""
        return method in {"POST", "PUT", "DELETE"}

    def empty(self) -> None:
        """No issue on the target, no file, and nobody was mailed."""
        held = self.new.tables
        for rows in (held.issues, held.attachments, held.relations, held.mails):
            rows.clear()


class RedminePlace(TwinPlace):
    """Where a Redmine is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0, parallel: int = 2) -> None:
        """Write the config: both desks as they tell of themselves."""
        more = {"timeout": timeout, "budget": {"per_second": 5000, "parallel": parallel}, "page_size": 20}
        old = self.desks.old.block(self.desks.old_url) | more
        new = self.desks.new.block(self.desks.new_url) | more | {"probe_misses": 10}
        self.config.write_text(_CONFIG.format(dsn=self._dsn, old=json.dumps(old), new=json.dumps(new)))
        fields = {name: id for id, name in self.desks.new.state()["fields"].items()}
        custom = json.dumps({fields[name]: {"from": f"custom.{name}"} for name in self.desks.custom})
        (self.config.parent / "mapping.yaml").write_text(_MAPPING.format(custom=custom, fallback=FALLBACK))

    @property
    def tickets(self) -> int:
        """How many there are to move."""
        return len(self.desks.old.tables.issues)

    def faults(self, source: Row, target: Row) -> Iterator[str]:
        """Every issue is there once, whole; nobody else watches it, and nobody was mailed but who works on it."""
        marker, requester = (_field(target, name) for name in ("External ID", "Requester email"))
        there: dict[str, list[Row]] = defaultdict(list)
        for issue in target["tickets"].values():
            there[str(issue["custom"].get(marker)).removeprefix("RM-")].append(issue)
        active = {one["mail"] for one in source["users"].values() if one["status"] == 1}
        for id, old in source["tickets"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            asks = old["custom"].get(requester)
            wanted = asks if asks in active else FALLBACK
            if (told := there[id][0]["custom"].get(requester)) != wanted:
                yield f"{id}: requester {told} instead of {wanted}"
            yield from (f"{id}: {fault}" for fault in _issue(source, target, old, there[id][0]))
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["tickets"])
        became = {int(id): issues[0]["id"] for id, issues in there.items() if id in source["tickets"] and issues}
        yield from _links(source, target, became)
        yield from _mails(target)


def _field(state: Row, name: str) -> str:
    return str(next(id for id, called in state["fields"].items() if called == name))


def _issue(source: Row, target: Row, old: Row, new: Row) -> Iterator[str]:
    for key in ("project_id", "tracker_id", "priority_id", "status_id", "category_id"):
        if old[key] != new[key]:
            yield f"{key} {new[key]!r} instead of {old[key]!r}"
    locked = source["users"].get(str(old["assigned_to_id"]), {}).get("status") == 3
    worker = None if locked else old["assigned_to_id"]
    if new["assigned_to_id"] != worker:
        yield f"assignee {new['assigned_to_id']} instead of {worker}"
    # Killed between a link and the call that takes it off again, the account stays a watcher, as its README says.
    ours = (
        {ADMIN_ID} if any(new["id"] in (one["issue_id"], one["issue_to_id"]) for one in target["relations"]) else set()
    )
    if set(old["watchers"]) != set(new["watchers"]) - ours:
        yield f"watchers {new['watchers']} instead of {old['watchers']}"
    before, after = (_custom(state, one) for state, one in ((source, old), (target, new)))
    if before != after:
        yield f"custom {after} instead of {before}"
    title = " ".join(old["subject"].split())
    if new["subject"] != title and not (new["subject"].endswith("…") and title.startswith(new["subject"][:-1])):
        yield f"title {new['subject']!r} instead of {title!r}"
    if re.findall(r"body\d+end", old["description"]) != re.findall(r"body\d+end", new["description"]):
        yield "its text is another"
    yield from _said(old, new)


def _custom(state: Row, issue: Row) -> Row:
    ours = {"External ID", "Requester email", "Tags"}
    return {
        name: value
        for id, name in state["fields"].items()
        if name not in ours and (value := issue["custom"].get(id)) not in (None, "")
    }


def _said(old: Row, new: Row) -> Iterator[str]:
    said, told = ([one for one in issue["journals"] if (one["notes"] or "").strip()] for issue in (old, new))
    ours = [one for one in told if _OWN.search(one["notes"])]
    for name, before, after in (
        ("notes", [str(one["id"]) for one in said], [_OWN.findall(one["notes"])[-1] for one in ours]),
        ("words", *([_TOLD.findall(one["notes"]) for one in notes] for notes in (said, ours))),
        ("their visibility", *([one["private"] for one in notes] for notes in (said, ours))),
        (
            "their files",
            [[] if one["private"] else _files(old, one) for one in said],
            [_files(new, one) for one in ours],
        ),
        ("files", _others(old, said), _others(new, ours)),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"
    if len(ours) != len(told):
        yield "a note is nobody's"
    shown = [new["subject"], new["description"] or "", *(one["notes"] for one in told if not one["private"])]
    if any(SECRET in text for text in shown):
        yield "a private note can be read by everybody"


def _ids(note: Row) -> set[int]:
    return {int(one["name"]) for one in note["details"] if one["property"] == "attachment"}


def _files(issue: Row, note: Row) -> list[tuple[str, str]]:
    return sorted((one["name"], one["sha256"]) for one in issue["files"] if one["id"] in _ids(note))


def _others(issue: Row, notes: list[Row]) -> list[tuple[str, str]]:
    spoken_for = set[int]().union(*map(_ids, notes))
    return sorted((one["name"], one["sha256"]) for one in issue["files"] if one["id"] not in spoken_for)


def _links(source: Row, target: Row, became: dict[int, int]) -> Iterator[str]:
    wanted = Counter(frozenset(str(became.get(id)) for id in pair) for pair in _pairs(source))
    there = Counter(frozenset(map(str, pair)) for pair in _pairs(target))
    if wanted != there:
        yield f"links {sorted(map(sorted, there - wanted))} too many, {len(wanted - there)} missing"


def _pairs(state: Row) -> list[tuple[int, int]]:
    return [(one["issue_id"], one["issue_to_id"]) for one in state["relations"]]


def _mails(target: Row) -> Iterator[str]:
    """Its worker once at its end; its worker and watchers once for each of its links."""
    users, links = target["users"], Counter[int]()
    for pair in _pairs(target):
        links.update(pair)
    for (to, id), times in Counter((mail["to"], mail["issue_id"]) for mail in target["mails"]).items():
        issue = target["tickets"].get(str(id), {"assigned_to_id": None, "watchers": []})
        works = users.get(str(issue["assigned_to_id"]), {}).get("mail") == to
        watches = to in {users[str(one)]["mail"] for one in issue["watchers"]}
        if times > works + links[id] * (works or watches):
            yield f"{to} was mailed {times} times about {id}"
    if any(mail["about"] == "issue_add" for mail in target["mails"]):
        yield "somebody was mailed that there is a new issue"


def two_redmines(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoRedmines, RedminePlace, world, home, dsn)
