"""A Request Tracker moved into another one: a ticket without people, what was said, its status, people last."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.request_tracker.emulator import RequestTrackerEmulator, Switches
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

FALLBACK, OWN_FIELDS = "sync", ("External ID", "Original Created")
_WRITES = re.compile(r"/REST/2\.0/(ticket|ticket/\d+/(correspond|comment)|user)")
_OWN = re.compile(r"\[ext:RT-\d+-c(\d+)\]")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_QUIET = "On Owner Change Notify Owner"
"""The one mail that syncer cannot keep a desk of default scrips from: to who works on a ticket."""
_MAPPING = {
    "fields": {
        "title": {"from": "title"},
        "body": {"from": "body"},
        **{name: {"lookup": name} for name in ("queue", "status", "priority")},
    },
    "people": {"match": ["email"], "missing": "fallback", "fallback": FALLBACK},
}


class TwoRequestTrackers(Twins):
    """Both desks are Request Trackers; the new one is empty, and shows some transactions later than others."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.old = RequestTrackerEmulator(world)
        self.new = RequestTrackerEmulator(emptied(world), switches=Switches(late_every=7, late_seconds=0.02))

    def empty(self) -> None:
        """No ticket on the target, and no mail that left it."""
        for ticket in list(self.new.tables.tickets.values()):
            self.new.tables.shred(ticket)
        self.new.tables.mails.clear()

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Lists that are asked with conditions are POSTs, and none."""
        return method == "PUT" or (method == "POST" and _WRITES.fullmatch(path) is not None)


class RequestTrackerPlace(TwinPlace):
    """Where a Request Tracker is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0.1, parallel: int = 2) -> None:
        """Write the config: both desks as they tell of themselves."""
        more = {"timeout": timeout, "budget": {"per_second": 5000, "parallel": parallel}, "page_size": 20}
        old = self.desks.old.block(self.desks.old_url) | more
        new = self.desks.new.block(self.desks.new_url) | more | {"write_lag": max(search_lag, 0.1)}
        routes = {"move": {"source": "old", "target": "new", "mapping": "mapping.yaml"}}
        self.config.write_text(json.dumps({"database": self._dsn, "desks": {"old": old, "new": new}, "routes": routes}))
        names = {field.name for field in self.desks.new.tables.fields.values()}
        ours = {*OWN_FIELDS, "Tags"}
        ids = {field.name: str(field.id) for field in self.desks.new.tables.fields.values() if field.name not in ours}
        assert ours <= names
        custom = {id: {"from": f"custom.{name}"} for name, id in ids.items()}
        (self.config.parent / "mapping.yaml").write_text(json.dumps({**_MAPPING, "custom": custom}))

    @property
    def tickets(self) -> int:
        """How many there are to move."""
        return len(self.desks.old.tables.tickets)

    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """Every ticket is there once, whole; whoever asks or is told was not mailed."""
        there: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in target["tickets"].values():
            there["".join(ticket["custom"].get("External ID", ["?"])).removeprefix("RT-")].append(ticket)
        users = {one["name"] for one in target["users"].values() if one["email"] and not one["disabled"]}
        for id, old in source["tickets"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            yield from (f"{id}: {fault}" for fault in (*_ticket(old, there[id][0]), *_people(old, there[id][0], users)))
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["tickets"])
        became = {int(id): tickets[0]["id"] for id, tickets in there.items() if tickets and id.isdigit()}
        # Which of two related tickets refers to the other is nobody's matter; that it is said once, is.
        before = {frozenset((became.get(one["base"]), became.get(one["target"]))) for one in source["links"]}
        after = Counter(frozenset((one["base"], one["target"])) for one in target["links"])
        if Counter(before) != after:
            yield f"links {before ^ after.keys()} are missing or too many, of {after.total()}"
        yield from (f"{mail['reason']}: {mail['to']}" for mail in target["mails"] if mail["reason"] != _QUIET)


def _ticket(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for field in ("status", "queue_name", "priority"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    title = " ".join(old["subject"].split())
    if new["subject"] != title:
        yield f"title {new['subject']!r} instead of {title!r}"
    created = new["custom"].get("Original Created")
    if created != [datetime.fromtimestamp(old["created"], UTC).strftime("%Y-%m-%d %H:%M:%S")]:
        yield f"created {created} instead of {old['created']}"
    held = {name: sorted(values) for name, values in new["custom"].items() if name not in OWN_FIELDS}
    if held != (wanted := {name: sorted(values) for name, values in old["custom"].items()}):
        yield f"custom {held} instead of {wanted}"
    (first, *said), (told, *ours) = old["said"], new["said"]
    if re.findall(r"body\d+end", _text(first)) != re.findall(r"body\d+end", _text(told)):
        yield "its text is another"
    for name, before, after in (
        ("comments", [str(one["id"]) for one in said], ["".join(_OWN.findall(_text(one))) for one in ours]),
        ("words", *([_TOLD.findall(_text(one)) for one in talk] for talk in (said, ours))),
        ("their visibility", *([one["type"] for one in talk] for talk in (said, ours))),
        ("their files", *([_files(one) for one in talk] for talk in (said, ours))),
        ("files", _files(first), _files(told)),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"


def _people(old: dict[str, Any], new: dict[str, Any], known: set[str]) -> Iterator[str]:
    asking = [one if one in known else FALLBACK for one in old["watchers"]["Requestor"]] or [FALLBACK]
    told = [one for one in old["watchers"]["Cc"] if one in known]
    owner = old["owner_name"] if old["owner_name"] in known else "Nobody"
    for name, before, after in (
        ("requestors", asking, new["watchers"]["Requestor"]),
        ("people told", sorted(told), sorted(new["watchers"]["Cc"])),
        ("owner", owner, new["owner_name"]),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"


def _text(one: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in one["parts"])


def _files(one: dict[str, Any]) -> list[tuple[str, str]]:
    """A path that is a name loses all but its last step."""
    named = (part for part in one["parts"] if part["name"])
    return sorted((part["name"].rpartition("/")[2], part["sha256"]) for part in named)


def two_request_trackers(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoRequestTrackers, RequestTrackerPlace, world, home, dsn)
