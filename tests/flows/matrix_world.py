"""Whether what an emulated desk says it holds is what it was filled with: the world, in the words of its kind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World
from tests.flows.matrix_texts import words

_STATUS = ("new", "open", "pending", "waiting", "solved", "closed", "rejected", "cancelled")


class Words(Struct, frozen=True, kw_only=True):
    """What a kind of desk calls the things of a world, and what it has no place for at all."""

    status: tuple[str, ...] = tuple(map(str.capitalize, _STATUS))
    priority: dict[str, str] = {}
    """Where it is not called the same."""
    category: Callable[[tuple[str, ...]], str] | None = " / ".join
    group: str = "{}"
    grouped: str = "group"
    """The list that says who works on it."""
    place: str | None = "location"
    types: Callable[[str], str] | None = str.capitalize
    tags: bool = True
    tags_in: str = ""
    """The custom field that has them, where there are none."""
    cc: bool = True
    links: bool = True
    both_ways: bool = False
    """A link is one of both tickets."""
    custom: bool = True
    own_custom: tuple[str, ...] = ()
    """Custom fields that are no custom fields of the world."""
    files_in_text: bool = False
    """Texts show the files they mean by other addresses than they did."""
    html: bool = True
    """Its texts are HTML; else they are what one sees of it."""
    title: Callable[[str], str] = str
    named: Callable[[Sequence[str]], Iterable[str]] = tuple
    """What the files of one text are called there."""
    nobody: str | None = None
    """Who asks for what nobody asks for."""
    by_address: bool = False
    """Who asks is an address that stands there, whoever is gone."""
    knows_deleted: bool = True
    unix: bool = False
    """Line ends of texts are those of Unix."""


def _one_line(title: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", title)[:255]


def _first_bytes(title: str) -> str:
    return title.replace("\n", "").encode()[:200].decode(errors="ignore")


def _without_dots(names: Sequence[str]) -> Iterator[str]:
    """Those of a Znuny: the second of a name has a number, and what is left of none is the first of all by name."""
    for at, name in enumerate(names):
        stem, dot, ending = name.lstrip(".").rpartition(".")
        earlier = names[:at].count(name)
        yield f"{stem}-{earlier}{dot}{ending}" if earlier else name.lstrip(".") or "unnamed-1"


def _first_step(path: tuple[str, ...]) -> str:
    return " > ".join(path).replace(" > ", " / ", 1)


_WORDS = {
    "archive": Words(),
    "invgate": Words(group=r"{} / level [12]", tags=False, both_ways=True),
    "motadata": Words(
        status=("Open", "In Progress", "Pending", "Waiting for Requester", "Resolved", "Closed", "Rejected",
                "Cancelled"),
        priority={"critical": "Urgent"}, category=lambda path: path[-1],
        types=lambda kind: "Service Request" if kind == "service request" else "Incident",
    ),
    "redmine": Words(
        status=("New", "In Progress", "Feedback", "Feedback", "Resolved", "Closed", "Rejected", "Rejected"),
        priority={"medium": "Normal", "critical": "Immediate"},
        types=lambda kind: {"incident": "Bug", "problem": "Bug", "change": "Feature"}.get(kind, "Support"),
        place=None, tags=False, tags_in="Tags", both_ways=True, own_custom=("Tags", "Due on"), html=False,
        title=lambda title: title[:255],
        named=lambda names: [re.sub(r"[/?%*:|\"'<>\n\r]+", "_", re.split(r"[\\/]", name)[-1]) for name in names],
        by_address=True, knows_deleted=False,
    ),
    "request_tracker": Words(
        status=("new", "open", "stalled", "stalled", "resolved", "resolved", "rejected", "rejected"),
        priority={"normal": "Medium", "urgent": "High", "critical": "High"}, category=None, grouped="queue", place=None,
        types=None, both_ways=True, title=_first_bytes, knows_deleted=False, unix=True,
        named=lambda names: [name.rpartition("/")[2] for name in names],  # the last step of a path
    ),
    "rezolve": Words(
        status=("Open", "In Progress", "Pending", "Waiting for User", "Resolved", "Closed", "Rejected", "Cancelled"),
        category=_first_step, types=str.title, place="custom Location", own_custom=("Location", "Resolution"),
        knows_deleted=False,
    ),
    "tikting": Words(
        status=("Open", "Open", "Pending", "On hold", "Resolved", "Closed", "Closed", "Closed"),
        priority={"critical": "Urgent"}, category=lambda path: path[-1], place="site", types=None, tags=False, cc=False,
        links=False, custom=False, files_in_text=True, title=_one_line, nobody="unknown.requester@example.org",
        knows_deleted=False,
    ),
    "znuny": Words(
        status=("new", "open", "pending reminder", "pending auto close+", "closed successful", "closed successful",
                "closed unsuccessful", "closed unsuccessful"),
        priority={"low": "2 low", "medium": "3 normal", "normal": "3 normal", "high": "4 high",
                  "urgent": "5 very high", "critical": "5 very high"},
        category=None, grouped="queue", place=None, tags=False, cc=False, links=False, files_in_text=True,
        title=lambda title: title[:255], named=lambda names: tuple(_without_dots(names)),
    ),
}  # fmt: skip


def unlike(kind: str, world: World, kept: Sequence[KeptTicket]) -> Iterator[str]:
    """Where a desk of this kind does not hold what it was filled with."""
    if len(kept) != len(world.tickets):
        yield f"the source says {len(kept)} tickets, and the world has {len(world.tickets)}"
        return
    links = [set(seed.links) for seed in world.tickets]
    for number, seed in enumerate(world.tickets):
        for other in seed.links if _WORDS[kind].both_ways else ():
            links[other].add(number)
    for seed, one, linked in zip(world.tickets, kept, links, strict=True):
        yield from (f"{one.id}: the source says another {what}" for what in _differs(_WORDS[kind], world, seed, one))
        if _WORDS[kind].links and sorted(one.links) != sorted(kept[other].id for other in linked):
            yield f"{one.id}: the source says other links"


def _differs(of: Words, world: World, seed: SeedTicket, one: KeptTicket) -> Iterator[str]:
    pairs = {
        "title": (one.title, of.title(seed.title)),
        "text": _texts(of, one.body, seed.body),
        "requester": (one.requester, _asks(of, world, seed.requester) or of.nobody),
        "assignee": (one.assignee, _email(of, world, seed.assignee)),
        "creation": (one.created, seed.created),
        "tags": (sorted(one.custom.get(of.tags_in, one.tags)), sorted(seed.tags) if of.tags or of.tags_in else []),
        "people told": (sorted(one.cc), sorted(_email(of, world, told) or "" for told in seed.cc) if of.cc else []),
        "files": (_files(one.files), _digests(of, seed.files)),
        "number of comments": (len(one.comments), len(seed.comments)),
        "custom values": (
            {name: value for name, value in one.custom.items() if name not in of.own_custom},
            {name: (value,) for name, value in seed.custom.items()} if of.custom else {},
        ),
    }
    yield from (what for what, (said, meant) in pairs.items() if said != meant)
    yield from _values(of, seed, one)
    for said, comment in zip(one.comments, seed.comments, strict=False):
        yield from _comment(of, world, said, comment)


def _values(of: Words, seed: SeedTicket, one: KeptTicket) -> Iterator[str]:
    wanted = {
        "status": re.escape(of.status[_STATUS.index(seed.status)]),
        "priority": of.priority.get(seed.priority, seed.priority.capitalize()),
        of.grouped: of.group.format(re.escape(seed.queue)),
    }
    if of.category is not None:
        wanted["category"] = re.escape(of.category(seed.category))
    if of.types is not None:
        wanted["type"] = of.types(seed.kind)
    yield from (f"{kind}" for kind, name in wanted.items() if not re.fullmatch(name, one.values.get(kind, "")))
    field, _, name = (of.place or "").rpartition(" ")
    place = one.custom.get(name, (None,))[0] if field else one.values.get(name)
    if of.place is not None and seed.location is not None and place != seed.location:
        yield "place"


def _comment(of: Words, world: World, said: KeptComment, seed: SeedComment) -> Iterator[str]:
    pairs = {
        "text": _texts(of, said.text, seed.body),
        "author": (said.author, _email(of, world, seed.author)),
        "visibility": (said.public, not seed.private),
        "time": (said.at, seed.at),
        "files": (_files(said.files), _digests(of, seed.files)),
    }
    yield from (f"{what} of the comment {said.id}" for what, (one, meant) in pairs.items() if one != meant)


def _texts(of: Words, said: str, meant: str) -> tuple[object, object]:
    if not of.html:  # markup within a word parts none
        return "".join(words(said, html=False)), "".join(words(meant, html=True))
    meant = meant.replace("\r\n", "\n") if of.unix else meant
    return (words(said, html=True), words(meant, html=True)) if of.files_in_text else (said, meant)


def _asks(of: Words, world: World, position: int) -> str | None:
    if of.by_address and position >= 0:
        return world.people[position].email.lower()
    return _email(of, world, position)


def _email(of: Words, world: World, position: int | None) -> str | None:
    if position is None or position < 0:
        return None
    person = world.people[position]
    return person.email.lower() if of.knows_deleted or not person.deleted else None


def _files(files: Sequence[KeptFile]) -> list[tuple[str, str, int]]:
    return sorted((one.name, one.sha256, one.size) for one in files)


def _digests(of: Words, files: Sequence[SeedFile]) -> list[tuple[str, str, int]]:
    names = of.named([one.name for one in files])
    return sorted(
        (name, hashlib.sha256(one.content).hexdigest(), len(one.content))
        for name, one in zip(names, files, strict=True)
    )
