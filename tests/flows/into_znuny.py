"""A Znuny moved into another one, in whose lists no customer is: each asks by their own address, and is not mailed."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.znuny.emulator import ZnunyEmulator
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

FALLBACK = "sync@example.org"
ROOT = "root@localhost"
_OWN = re.compile(r"\[ext:ZN-\d+-c(\d+)\]")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_ADDRESS = re.compile(r"[^\s<>\"]+@[^\s<>\"]+")
_WRITE = re.compile(r".*/Ticket(/\d+)?")
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
  queue: {{lookup: queue}}
  type: {{lookup: type}}
  priority: {{lookup: priority}}
  status: {{lookup: status}}
custom: {custom}
people: {{match: [email], missing: create, fallback: "{fallback}"}}
"""
Row = dict[str, Any]


class TwoZnunys(Twins):
    """Both desks are Znunys; the new one is empty."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.old = ZnunyEmulator(world)
        self.new = ZnunyEmulator(emptied(world))

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Reading is done by POST, too."""
        return method in {"POST", "PATCH"} and _WRITE.fullmatch(path) is not None

    def empty(self) -> None:
        """No ticket on the target, and nobody was mailed."""
        self.new.tables.tickets.clear()
        self.new.tables.mails.clear()


class ZnunyPlace(TwinPlace):
    """Where a Znuny is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0, parallel: int = 2) -> None:
        """Write the config: both desks as they tell of themselves, but for customers of the new one, who are in no list
        unless they left."""
        more = {"timeout": timeout, "budget": {"per_second": 5000, "parallel": parallel}, "page_size": 20}
        old = self.desks.old.block(self.desks.old_url) | more
        new = self.desks.new.block(self.desks.new_url) | more | {"probe_misses": 10}
        new["lists"]["customers"] = [one for one in new["lists"]["customers"] if not one["active"]]
        self.config.write_text(_CONFIG.format(dsn=self._dsn, old=json.dumps(old), new=json.dumps(new)))
        names = [one.name for one in self.desks.old.tables.fields.values() if one.name != "ExternalID"]
        custom = json.dumps({name: {"from": f"custom.{name}"} for name in names})
        (self.config.parent / "mapping.yaml").write_text(_MAPPING.format(custom=custom, fallback=FALLBACK))

    @property
    def tickets(self) -> int:
        """How many there are to move."""
        return len(self.desks.old.tables.tickets)

    def faults(self, source: Row, target: Row) -> Iterator[str]:
        """Every ticket is there once, whole, and of who asked; and nobody was mailed but its owner, once."""
        there: dict[str, list[Row]] = defaultdict(list)
        for ticket in target["tickets"].values():
            there[str(ticket["fields"].get("ExternalID")).removeprefix("ZN-")].append(ticket)
        for id, old in source["tickets"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            new = there[id][0]
            yield from (f"{id}: {fault}" for fault in _people(source, target, old, new))
            yield from (f"{id}: {fault}" for fault in _ticket(old, new))
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["tickets"])
        if target["customers"] != source["customers"]:
            yield "a customer was made, or lost"
        yield from _mails(target)


def _people(source: Row, target: Row, old: Row, new: Row) -> Iterator[str]:
    left = {one["email"].lower() for one in target["customers"].values() if not one["valid"]}
    asks = (old["customer"] or "").lower()
    wanted = asks if asks and asks not in left else FALLBACK
    if (new["customer"] or "").lower() != wanted:
        yield f"requester {new['customer']} instead of {wanted}"
    works = {one["login"]: one["valid"] for one in source["agents"].values()}
    owner = old["owner"] if works[old["owner"]] else ROOT
    if new["owner"] != owner:
        yield f"owner {new['owner']} instead of {owner}"
    active = {one["email"].lower() for one in target["agents"].values() if one["valid"]}
    for before, after in zip(old["articles"][1:], _ours(new), strict=False):
        wrote, said = (_ADDRESS.findall(one["from_"].lower()) for one in (before, after))
        if wrote and wrote[0] in active and said != wrote:
            yield f"said by {said} instead of {wrote}"


def _ticket(old: Row, new: Row) -> Iterator[str]:
    for field in ("queue", "state", "priority", "type"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    held = {name: value for name, value in new["fields"].items() if name != "ExternalID"}
    if held != old["fields"]:
        yield f"fields {held} instead of {old['fields']}"
    title, shown = " ".join(old["title"].split()), new["title"]
    if shown != title and not (shown.endswith("…") and title.startswith(shown[:-1])):
        yield f"title {shown!r} instead of {title!r}"
    said, told = old["articles"][1:], _ours(new)
    others = [one for one in new["articles"] if one not in told]
    if _words(r"body\d+end", old["articles"][:1]) != _words(r"body\d+end", others):
        yield "its text is another"
    for name, before, after in (
        ("articles", [str(one["id"]) for one in said], [_OWN.findall(_text(one))[-1] for one in told]),
        ("words", *([_TOLD.findall(_text(one)) for one in all] for all in (said, told))),
        ("their visibility", *([one["visible"] for one in all] for all in (said, told))),
        ("their files", *([_files([one]) for one in all] for all in (said, told))),
        ("files", _files(old["articles"][:1]), _files(others)),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"
    if any("More files of the same names." not in _text(one) for one in others[1:]):
        yield "an article is nobody's"
    shown = [new["title"], *(_text(one) for one in new["articles"] if one["visible"])]
    if any(SECRET in text for text in shown):
        yield "a private note can be read by everybody"


def _ours(ticket: Row) -> list[Row]:
    return [one for one in ticket["articles"] if _OWN.search(_text(one))]


def _text(article: Row) -> str:
    return str(article["html"] or article["body"])


def _words(pattern: str, articles: list[Row]) -> list[str]:
    return [word for one in articles for word in re.findall(pattern, _text(one))]


def _files(articles: list[Row]) -> list[tuple[str, str]]:
    """What has no name there is told by its number, the first of all by name."""
    return sorted((file["name"] or "unnamed-1", file["sha256"]) for one in articles for file in one["files"])


def _mails(target: Row) -> Iterator[str]:
    emails = {one["login"]: one["email"] for one in target["agents"].values()}
    for (ticket, kind, to), times in Counter((m["ticket"], m["kind"], m["to"]) for m in target["mails"]).items():
        owner = emails[target["tickets"][str(ticket)]["owner"]]
        if (kind, to, times) != ("owner", owner, 1):
            yield f"{to} was mailed {times} times about {ticket}: {kind}"


def two_znunys(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoZnunys, ZnunyPlace, world, home, dsn)
