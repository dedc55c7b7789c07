"""One ticket on both desks, compared: each thing is in its place on the target, or told in the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from syncer.deskkit.world import SeedTicket
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_losses import REST, carried
from tests.flows.matrix_texts import OWN, letters, missing, stamp, units, words

CUT = "[The rest is in the attached file.]"
Named = tuple[str, str]
_BODY = re.compile(r"body\d+end")
"""The word of a body's own."""
_ACTIVE = re.compile(r"<script|<[^>]*(\son\w+\s*=|javascript:)", re.IGNORECASE)


class Compared:
    """A ticket of the source, what the world says of it, and what it became."""

    def __init__(self, e: Evidence, seed: SeedTicket, old: KeptTicket, new: KeptTicket, over: Over) -> None:
        self.e, self.seed, self.old, self.new, self.over = e, seed, old, new, over
        self.ours = [one for one in new.comments if OWN.search(one.text)]
        """Comments that came over."""
        self.added = [one for one in new.comments if not OWN.search(one.text)]
        self.rest = [one for one in new.files if one.name.startswith(over.key) and one.name.endswith(REST)]

    @cached_property
    def told(self) -> str:
        """All of the ticket's own text on the target, as letters."""
        text = self.new.body
        for file in self.rest:
            text = text.replace(CUT, "", 1) + self.e.contents.get(file.sha256, b"").decode()
        return letters(text, html=self.e.holds.html)

    @cached_property
    def everything(self) -> str:
        """All that can be read of it, as letters."""
        said = (letters(comment.text, html=self.e.holds.html) for comment in self.new.comments)
        return "".join((self.told, *said))

    def knows(self, email: str | None) -> bool:
        """Whether the target knows this person of the source."""
        return email is not None and (self.e.holds.adopts or email in self.e.known)

    def names(self, email: str, text: str) -> bool:
        """Whether a text, as letters, names this person."""
        whole = [f"{one.name} {one.lastname}" for one in self.e.world.people if one.email.lower() == email]
        wanted = [letters(name, html=False) for name in (email, *whole)]
        return any(name.lower() in text.lower() for name in wanted)


def faults(one: Compared) -> Iterator[str]:
    """All that is wrong with it."""
    yield from _title(one)
    yield from _people(one)
    yield from _values(one)
    yield from _body(one)
    yield from _comments(one)
    yield from _files(one)
    yield from _beside(one)


def _title(one: Compared) -> Iterator[str]:
    title, shown = " ".join(one.old.title.split()), " ".join(one.new.title.split())
    if one.e.holds.marked:
        shown, marked, marker = shown.rpartition(" [")
        if not marked or marker != f"{one.over.key}]":
            yield f"the title {one.new.title!r} has no marker {one.over.key}"
    most = one.e.holds.max_title
    cut = most is not None and shown.endswith("…") and title.startswith(shown[:-1]) and units(one.new.title) <= most
    if cut and most is not None and units(one.new.title) > most - 40:
        if lost := missing(words(title, html=False), one.told):
            yield f"the title was cut, and its word {lost!r} stands nowhere"
    elif shown != title:
        yield f"title {shown!r} instead of {title!r}"


def _people(one: Compared) -> Iterator[str]:
    old, new, holds = one.old, one.new, one.e.holds
    wanted = old.requester if one.knows(old.requester) or holds.adopts else one.e.fallback
    # What a desk holds of somebody who is gone is less than what it tells.
    ghosts = holds.adopts and one.e.tells.ghosts
    if new.requester != wanted and not (ghosts and old.requester is None):
        yield f"requester {new.requester} instead of {wanted}"
    if new.requester != old.requester and old.requester and not one.names(old.requester, one.told):
        yield f"the requester {old.requester} is not named"
    assigned = old.assignee if holds.assignee and one.knows(old.assignee) else None
    if new.assignee not in {assigned, None} and not (ghosts and old.assignee is None):
        yield f"assignee {new.assignee} instead of {assigned}"
    if old.assignee and new.assignee != old.assignee and not one.names(old.assignee, one.told):
        yield f"the assignee {old.assignee} is neither there nor named"
    if old.created is None:
        return
    created = new.created
    if holds.created_in is not None:
        created = int(datetime.fromisoformat(new.custom[holds.created_in][0]).timestamp())
    if holds.created and created != old.created:
        yield f"created {created} instead of {old.created}"
    if not holds.times and stamp(old.created, minutes=False) not in one.told:
        yield f"when it was created is not told: {old.created}"


def _values(one: Compared) -> Iterator[str]:
    old, new, e = one.old.values, one.new.values, one.e
    wanted = {item.kind: item.value(old.get(item.of) if item.of else None) for item in e.listed}
    if e.holds.adopts:
        wanted = {kind: name for kind, name in old.items() if kind not in e.tells.untold}
    for kind, name in wanted.items():
        there = new.get(kind)
        if kind == "status":
            if not e.holds.status and name not in e.opened:
                if there not in e.opened:
                    yield f"status {there!r}, though none but open ones can be made"
                continue
            if there != name and {there, name} in e.holds.as_good:
                continue
        if there != name:
            yield f"{kind} {there!r} instead of {name!r}"


def _body(one: Compared) -> Iterator[str]:
    wanted = words(one.old.body, html=True)
    if lost := missing(wanted, one.told):
        yield f"the word {lost!r} of its text is missing, or not in its order"
    texts = (one.new.body, *(said.text for said in one.new.comments)) if one.e.holds.html else ()
    if not one.e.holds.adopts and any(map(_ACTIVE.search, texts)):
        yield "its text would run in a browser"
    own = [word for word in wanted if _BODY.fullmatch(word)]
    yield from (f"{word} is told {one.told.count(word)} times" for word in own if one.told.count(word) != 1)


def _comments(one: Compared) -> Iterator[str]:
    wanted = carried(one.e, one.old)
    if not one.e.holds.comments:
        if one.ours:
            yield "comments, though it takes none"
        yield from _transcript(one, wanted)
        return
    before, after = ([OWN.findall(said.text) for said in told] for told in (wanted, one.ours))
    if before != after:
        yield f"comments {after} instead of {before}"
        return
    for was, now in zip(wanted, one.ours, strict=True):
        yield from (f"comment {OWN.findall(was.text)[0]}: {fault}" for fault in _comment(one, was, now))


def _transcript(one: Compared, wanted: Sequence[KeptComment]) -> Iterator[str]:
    """Comments told one after the other in the text, each with who and when before it."""
    text = one.told
    told, before = OWN.findall(text), [OWN.findall(said.text)[0] for said in wanted]
    # A custom field of the source may say it too, in the head.
    also = {word for value in one.old.custom.values() for word in OWN.findall(" ".join(value))}
    head = len(told) - len(before)
    if told[max(head, 0) :] != before or not set(told[: max(head, 0)]) <= also:
        yield f"comments told as {told} instead of {before}"
        return
    at = max((found.end() for found in _BODY.finditer(text)), default=0)
    for said, word in zip(wanted, before, strict=True):
        end = text.find(word, at) + len(word)
        part, at = text[at:end], end
        if lost := missing(words(said.text, html=True), part):
            yield f"comment {word}: the word {lost!r} is missing, or not in its order"
        if said.author and not one.names(said.author, part):
            yield f"comment {word}: who said it is not named: {said.author}"
        if said.at is not None and stamp(said.at, minutes=one.e.tells.minutes) not in part:
            yield f"comment {word}: when it was said is not told: {said.at}"


def _comment(one: Compared, was: KeptComment, now: KeptComment) -> Iterator[str]:
    e, text = one.e, letters(now.text, html=one.e.holds.html)
    if now.public and not was.public:
        yield "it was private and is public"
    if was.public and not now.public and "Public" not in text:
        yield "it was public, is not, and does not say so"
    if lost := missing(words(was.text, html=True), text):
        yield f"the word {lost!r} is missing, or not in its order"
    if e.holds.authors and one.knows(was.author):
        if now.author != was.author:
            yield f"said by {now.author} instead of {was.author}"
    elif was.author and not e.holds.adopts and not one.names(was.author, text):
        yield f"who said it is not named: {was.author}"
    if was.at is not None and e.holds.times:
        if now.at != (was.at - was.at % 60 if e.tells.minutes else was.at):
            yield f"said at {now.at} instead of {was.at}"
    elif was.at is not None and stamp(was.at, minutes=e.tells.minutes) not in text:
        yield f"when it was said is not told: {was.at}"
    if e.tells.files and e.holds.files and _named(was.files) != _named(now.files):
        yield f"files {sorted(_named(now.files))} instead of {sorted(_named(was.files))}"


def _named(files: Iterable[KeptFile]) -> Counter[Named]:
    # In a form's quoted name a backslash may stand for itself, as browsers write it, or escape the next character; and
    # browsers write a quote as %22, which few servers take back.
    return Counter((file.name.replace("\\", "").replace("%22", '"'), file.sha256) for file in files)


def _files(one: Compared) -> Iterator[str]:
    e = one.e
    wanted = _named(one.old.files)
    folded = [file for said in carried(e, one.old) for file in said.files]
    if not e.holds.comments:
        wanted += _named(folded)
    there = _named(file for file in one.new.files if file not in one.rest)
    there += _named(file for said in one.added for file in said.files)
    if not (e.tells.files and e.holds.files):
        wanted = Counter()
        yield from (
            f"the file {file.name!r} is neither there nor named"
            for file in ((*one.old.files, *folded) if e.tells.files else ())
            if missing(words(file.name, html=False), one.everything)
        )
    if wanted != there:
        yield f"files {sorted((there - wanted) + (wanted - there))} too many or missing"


def _beside(one: Compared) -> Iterator[str]:
    e, old, new = one.e, one.old, one.new
    tags = [tag for tag in new.tags if not (e.holds.own_tags and tag.startswith(e.holds.own_tags))]
    if sorted(tags) != (sorted(old.tags) if e.holds.tags else []):
        yield f"tags {tags} instead of {list(old.tags)}"
    yield from (f"the tag {tag!r} is not told" for tag in old.tags
                if not e.holds.tags and letters(tag, html=False) not in one.told)  # fmt: skip
    kept = {email for email in old.cc if e.holds.cc and one.knows(email)}
    if sorted(new.cc) != sorted(kept):
        yield f"told are {list(new.cc)} instead of {sorted(kept)}"
    yield from (f"that {email} is told stands nowhere" for email in old.cc
                if email not in kept and not one.names(email, one.told))  # fmt: skip
    yield from _custom(one)
    yield from _world(one)


def _custom(one: Compared) -> Iterator[str]:
    e = one.e
    held = {name: value for name, value in one.new.custom.items() if name not in e.holds.own_custom}
    for name, value in one.old.custom.items() if e.tells.custom else ():
        there = held.pop(name, None)
        if e.holds.adopts or (e.holds.custom and name in e.custom):
            if there != value:
                yield f"{name} {there} instead of {value}"
        elif missing([*words(name, html=False), *words(" ".join(value), html=False)], one.told):
            yield f"{name} {value} is neither there nor told"
    yield from (f"nobody's custom value: {name} {value}" for name, value in held.items())


def _world(one: Compared) -> Iterator[str]:
    """What no desk is asked for alike: work and ratings."""
    e, seed = one.e, one.seed
    for work in seed.work if e.tells.work and not e.holds.work else ():
        if missing(["Work", str(round(work.seconds / 60)), "min", *words(work.note, html=False)], one.told):
            yield f"work of {work.seconds} seconds is not told"
    if e.tells.rating and seed.rating is not None and not e.holds.rating and f"Rated{seed.rating}of5" not in one.told:
        yield f"its rating {seed.rating} is not told"
    own = Counter(next((said for said in e.holds.says if said in added.text), added.text) for added in one.added)
    yield from (f"a comment that nobody said: {text[:80]!r}" for text in own if text not in e.holds.says)
    yield from (f"{times} times {text!r}" for text, times in own.items() if times > 1)
