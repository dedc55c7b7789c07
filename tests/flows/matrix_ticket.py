"""One ticket on both desks, compared: each thing is in its place on the target, or told in the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from syncer.deskkit.kept import KeptFile
from tests.flows import matrix_expected as expected
from tests.flows.matrix_comments import becomes, comments, named, untold_names
from tests.flows.matrix_compared import CUT, Compared
from tests.flows.matrix_head import untold
from tests.flows.matrix_texts import spelled, units

_ACTIVE = re.compile(r"<script|<[^>]*(\son\w+\s*=|javascript:)", re.IGNORECASE)
ROOM = 200
"""What a desk adds to a text itself: its marker, lines about files."""


def faults(one: Compared) -> Iterator[str]:
    """All that is wrong with it."""
    yield from _title(one)
    yield from _people(one)
    yield from _values(one)
    yield from untold(one)
    yield from _body(one)
    yield from _rest(one)
    yield from comments(one)
    yield from _files(one)
    yield from _beside(one)


def _title(one: Compared) -> Iterator[str]:
    title, shown = " ".join(one.old.title.split()), " ".join(one.new.title.split())
    if one.e.holds.marked:
        shown, marked, marker = shown.rpartition(" [")
        if not marked or marker != f"{one.over.key}]":
            yield f"the title {one.new.title!r} has no marker {one.over.key}"
    most = one.e.holds.max_title
    long = expected.length(one.e, one.new.title)
    cut = most is not None and shown.endswith("…") and title.startswith(shown[:-1]) and long <= most
    if cut and most is not None and long > most - 40:
        if not one.tells(rf"^{spelled(title)}\W*$"):
            yield "the title was cut, and its whole is not told"
    elif shown != title:
        yield f"title {shown!r} instead of {title!r}"


def _people(one: Compared) -> Iterator[str]:
    old, new, e = one.old, one.new, one.e
    wanted = expected.requester(e, one.seed, old)
    if new.requester != wanted:
        yield f"requester {new.requester} instead of {wanted}"
    worker, _ = expected.worker(e, one.seed, old)
    if new.assignee != worker:
        yield f"assignee {new.assignee} instead of {worker}"
    created = new.created
    if e.holds.created_in is not None:
        created = int(datetime.fromisoformat(new.custom[e.holds.created_in][0]).timestamp())
    if e.holds.created and old.created is not None and created != old.created:
        yield f"created {created} instead of {old.created}"


def _values(one: Compared) -> Iterator[str]:
    wanted = expected.wanted(one.e, one.old)
    if "status" in wanted:
        wanted["status"] = expected.status(one.e, one.seed, one.old)[0] or ""
    for kind, name in wanted.items():
        if one.new.values.get(kind) != name:
            yield f"{kind} {one.new.values.get(kind)!r} instead of {name!r}"


def _body(one: Compared) -> Iterator[str]:
    if lost := one.lacks():
        yield f"the word {lost!r} of its text is missing, or not in its order"
    texts = (one.new.body, *(said.text for said in one.new.comments)) if one.e.shows_html else ()
    if not one.e.holds.adopts and any(map(_ACTIVE.search, texts)):
        yield "its text would run in a browser"
    yield from (f"{word} is told {one.text.count(word)} times" for word in one.own_words() if one.text.count(word) != 1)


def _rest(one: Compared) -> Iterator[str]:
    """What has no room is elsewhere, and the text says so; and nothing is cut that has."""
    cut, most = expected.is_cut(one.e, one.old), one.e.holds.max_body
    if cut is not None and one.is_cut != cut:
        yield f"its text was {'' if one.is_cut else 'not '}cut"
    if len(one.rest) > 1 or (CUT in one.new.body) != one.is_cut:
        yield "its text does not say truly whether there is a rest"
    if most is not None and units(one.new.body) > most + ROOM:
        yield f"its text is longer than {most}"


def _files(one: Compared) -> Iterator[str]:
    e = one.e
    wanted = named(becomes(e, one.old.files))
    yield from untold_names(e, one.old.files, one.text)
    folded = [file for said in expected.carried(e, one.old) for file in said.files]
    if not e.holds.comments:
        wanted += named(becomes(e, folded))
    there = named(file for file in one.new.files if file not in one.rest)
    there += named(file for said in one.added for file in said.files)
    if not (e.tells.files and e.holds.files):
        wanted = Counter()
        yield from (
            f"the file {file.name!r} is neither there nor named"
            for file in ((*one.old.files, *folded) if e.tells.files else ())
            if not _stayed(one, file)
        )
    yield from untold_names(e, one.old.files if e.holds.files else (), one.text)
    if wanted != there:
        yield f"files {sorted((there - wanted) + (wanted - there))} too many or missing"


def _stayed(one: Compared, file: KeptFile) -> bool:
    """Whether a line says that this file stayed behind."""
    return any(
        line.startswith(f"[File {file.name} ({file.size} bytes) ") for line in map(str.strip, one.said.split("\n"))
    )


def _beside(one: Compared) -> Iterator[str]:
    e, old, new = one.e, one.old, one.new
    tags = [tag for tag in new.tags if not (e.holds.own_tags and tag.startswith(e.holds.own_tags))]
    if sorted(tags) != (sorted(old.tags) if e.holds.tags else []):
        yield f"tags {tags} instead of {list(old.tags)}"
    kept = {email for email in old.cc if e.holds.cc and one.knows(email)}
    if sorted(new.cc) != sorted(kept):
        yield f"told are {list(new.cc)} instead of {sorted(kept)}"
    held = {name: value for name, value in new.custom.items() if name not in e.holds.own_custom}
    for name, value in old.custom.items() if e.tells.custom else ():
        if expected.is_field(e, name) and (there := held.pop(name, None)) != value:
            yield f"{name} {there} instead of {value}"
    yield from (f"nobody's custom value: {name} {value}" for name, value in held.items())
