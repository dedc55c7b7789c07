"""Says whether a migration is whole, from what both desks hold and nothing else: no code of the engine is used here.

The tables are those of the sandbox's mapping file, written down once more.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.flows.desks import Desks
from tests.flows.worlds import SECRET

STATUS = {"New": "Open", "Waiting": "On hold", "Solved": "Resolved", "Rejected": "Closed", "Cancelled": "Closed"}
PRIORITY = {"Critical": "Urgent"}
FALLBACK = "unknown.requester@example.org"
_MARK = re.compile(r"\[IG-(\d+)\]$")
_REST = re.compile(r"^IG-\d+-rest\.txt$")
_WORD = re.compile(r"\w+")
_TOLD = re.compile(r"told\d+x\d+end")
_LABELS = ("name", "title", "group", "priority", "status")


class Broken(AssertionError):
    """What is not as it was promised, all of it."""


def judge(desks: Desks, home: Path) -> None:
    """Raises Broken unless every ticket is on the target once, whole, and no private note is."""
    source, target = desks.old.state(), desks.new.state()
    marked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    faults: list[str] = []
    for ticket in target["tickets"]:
        if found := _MARK.search(ticket["title"]):
            marked[found[1]].append(ticket)
        else:
            faults.append(f"target ticket {ticket['id']} carries no marker: {ticket['title']!r}")
    faults += [f"lost: {id}" for id in source["tickets"] if not marked[id]]
    faults += [f"doubled: {id}: {[t['id'] for t in there]}" for id, there in marked.items() if len(there) > 1]
    faults += [f"invented: {id}" for id in marked if id not in source["tickets"]]
    contents, people = desks.contents(), desks.new.people_csv().casefold()
    for id, there in marked.items():
        if there and id in source["tickets"]:
            old, new = source["tickets"][id], there[0]
            wrong = [*_fields(old, new, source, target, people), *_files(old, new)]
            text = _letters(new, contents)
            wrong += [*_texts(old, text), *_names_and_times(old, text, source["users"])]
            faults += [f"{id}: {one}" for one in wrong]
    faults += _leaks(source, target, contents)
    faults += [f"a private note was told in {call}" for call in desks.leaks]
    faults += _sidecars(source, home)
    if faults:
        raise Broken("\n".join(faults))


def counts_add_up(counts: dict[str, int], tickets: int | None = None) -> None:
    """Raises Broken unless the run's five outcomes add up to what was read, and that is so many where told."""
    ended = sum(counts[name] for name in ("created", "updated", "unchanged", "skipped", "parked"))
    if ended != counts["read"] or counts["read"] != (counts["read"] if tickets is None else tickets):
        raise Broken(f"{tickets} tickets, but {counts}")


def _fields(
    old: dict[str, Any], new: dict[str, Any], source: dict[str, Any], target: dict[str, Any], people: str
) -> Iterator[str]:
    title = " ".join(old["title"].split())
    shown = new["title"].rpartition(" [")[0]
    whole = shown == title or (shown.endswith("…") and len(new["title"]) == 255 and title.startswith(shown[:-1]))
    if not whole:
        yield f"title {shown!r} instead of {title!r}"
    names = _names(target["lookups"])
    leaf = old["category"][-1] if old["category"] else None
    expected = {
        "status": STATUS.get(old["status"], old["status"]),
        "priority": PRIORITY.get(old["priority"], old["priority"]),
        "category": leaf if leaf in names["category"].values() else "General",
        "group": old["queue"] or "Service Desk",
        "site": old["location"] or "Head office",
        "department": "IT",
    }
    for field, value in expected.items():
        if names[field].get(new[field]) != value:
            yield f"{field} {names[field].get(new[field])!r} instead of {value!r}"
    user = source["users"].get(str(old["user_id"]))
    wanted = user["email"].casefold() if user and user["email"].casefold() in people else FALLBACK
    if new["creator_email"].casefold() != wanted:
        yield f"requester {new['creator_email']} instead of {wanted}"


def _letters(new: dict[str, Any], contents: dict[str, bytes]) -> str:
    """The text on the target without its spaces: one that was cut in two may have been cut within a word."""
    rest = [contents[file["sha256"]].decode() for file in new["uploads"] if _REST.match(file["name"])]
    text = "".join([new["description"].removesuffix("[The rest is in the attached file.]").rstrip(), *rest])
    return "".join(_WORD.findall(text))


def _texts(old: dict[str, Any], letters: str) -> Iterator[str]:
    """The body, then the public comments in their order, each once, and every word of them."""
    public = [c for c in old["comments"] if c["customer_visible"]]
    wanted = [w for html in (old["description"], *(c["message"] for c in public)) for w in _words(html)]
    at = 0
    for word in wanted:
        at = letters.find(word, at)
        if at < 0:
            yield f"the word {word!r} is missing, or not in its order"
            break
        at += len(word)
    told = _TOLD.findall(letters)
    if told != [word for comment in public for word in _TOLD.findall(comment["message"])]:
        yield f"comments told as {told}"


def _names_and_times(old: dict[str, Any], letters: str, users: dict[str, Any]) -> Iterator[str]:
    """Who asked, who works on it, when it began; who said each comment and when, right before it."""

    def missing(told: str, who: int | None, when: int) -> Iterator[str]:
        user = users.get(str(who))
        if user and "".join(_WORD.findall(f"{user['name']} {user['lastname']}")) not in told:
            yield f"{user['name']} {user['lastname']} is not named"
        if datetime.fromtimestamp(when, UTC).strftime("%Y%m%d%H%M%SUTC") not in told:
            yield f"the time {when} is not told"

    head, _, _ = letters.partition("body")
    for who in (old["user_id"], old["assigned_id"]):
        yield from missing(head, who, old["created_at"])
    at = 0
    for comment in old["comments"]:
        for word in _TOLD.findall(comment["message"]) if comment["customer_visible"] else ():
            end = letters.find(word, at)
            for one in missing(letters[at:end], comment["author_id"], comment["created_at"]):
                yield f"comment {word}: {one}"
            at = end


def _files(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    public = [file for c in old["comments"] if c["customer_visible"] for file in c["files"]]
    wanted = Counter(_file(f) for f in (*old["files"], *public))
    there = Counter(_file(f) for f in new["uploads"] if not _REST.match(f["name"]))
    if wanted != there:
        other = [*wanted - there, *there - wanted]
        yield f"{there.total()} attachments of {wanted.total()}, or others: {other}"


def _file(file: dict[str, Any]) -> tuple[str, str, int]:
    # In a quoted name a backslash may stand for itself, as browsers write it, or escape the next character.
    return file["name"].replace("\\", ""), file["sha256"], file["size"]


def _leaks(source: dict[str, Any], target: dict[str, Any], contents: dict[str, bytes]) -> Iterator[str]:
    """A private note, or a file of one, anywhere on the target."""
    everything = json.dumps(target, ensure_ascii=False)
    if found := re.search(rf"{SECRET}\w+", everything):
        yield f"a private note is on the target: {found[0]}"
    yield from (
        f"a private note is in a file on the target: {c[:60]!r}" for c in contents.values() if SECRET.encode() in c
    )
    private = {f["sha256"] for t in source["tickets"].values() for c in t["comments"]
               if not c["customer_visible"] for f in c["files"]}  # fmt: skip
    uploaded = {file["sha256"] for ticket in target["tickets"] for file in ticket["uploads"]}
    yield from (f"the file of a private note is on the target: {sha}" for sha in private & uploaded)


def _sidecars(source: dict[str, Any], home: Path) -> Iterator[str]:
    """Each private note is kept on this machine: in some run's file, and in no file twice."""
    kept: dict[tuple[str, str], str] = {}
    for path in sorted(home.glob("runs/*/private-notes.jsonl")):
        # A process killed while it wrote leaves half a line at the end.
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        notes = [json.loads(line) for line in lines]
        ids = Counter((n["ticket"], n["comment"]) for n in notes)
        yield from (f"{path}: kept {times} times: {id}" for id, times in ids.items() if times > 1)
        kept.update(((n["ticket"], n["comment"]), n["body"]) for n in notes)
    wanted = {
        (id, str(comment["id"])): comment["message"]
        for id, ticket in source["tickets"].items()
        for comment in ticket["comments"]
        if not comment["customer_visible"]
    }
    if kept != wanted:
        yield f"{len(kept)} private notes kept of {len(wanted)}, or not the same text: {kept.keys() ^ wanted.keys()}"


def _names(lookups: dict[str, Any]) -> dict[str, dict[int, str]]:
    lists = {"status": "status", "priority": "priorities", "category": "categories", "group": "groups",
             "site": "sites", "department": "departments"}  # fmt: skip
    return {
        field: {row["id"]: next(row[label] for label in _LABELS if label in row) for row in lookups[name]}
        for field, name in lists.items()
    }


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _words(html: str) -> list[str]:
    """What a person would read, as words."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return _WORD.findall(" ".join(reader.said))
