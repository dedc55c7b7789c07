"""Files as Tikting's tickets and replies may show them: what each is known by, and whose it is (contract 3.3, 3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from syncer.desks.tikting.wire_fields import FieldMap, Hit, said, whole_number
from syncer.model.ticket import Comment, File

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NAMELESS = "file"


class Shown(Struct, frozen=True):
    """A file as it is shown somewhere: by an id, an address, a name, each empty where that is not told; the reply it
    says it is of, whether it says that not all may see it, and its bytes where they are told."""

    id: str
    url: str
    name: str
    reply: str = ""
    private: bool = False
    size: int | None = None

    @property
    def file(self) -> File:
        """A file's id for us: by which of its own it can be fetched, and its name, which is told nowhere else."""
        id = f"{quote(self.id, safe='')}/{quote(self.url, safe='')}/{self.name or NAMELESS}"
        return File(id, self.called, self.size)

    @property
    def called(self) -> str:
        """A name that says something: not its id again, nor the page behind an address with a query."""
        page = self.url.partition("?")[0].rpartition("/")[2] if "?" in self.url else ""
        return "" if self.name in {self.id, page, NAMELESS} else self.name

    def with_more(self, other: Shown) -> Shown:
        """The same file with what another list tells of it; private if either says so."""
        told = (self.id or other.id, self.url or other.url, self.called or other.name)
        size = other.size if self.size is None else self.size
        return Shown(*told, reply=self.reply, private=self.private or other.private, size=size)

    def is_surely(self, other: Shown) -> bool:
        """The same file: by its id, unless it is called otherwise, or by its address."""
        named_otherwise = self.called and other.called and self.called != other.called
        return bool((self.id and self.id == other.id and not named_otherwise) or (self.url and self.url == other.url))

    def is_perhaps(self, other: Shown) -> bool:
        """One of this name, where no two ids say that it is another; or of this id and another name: two lists may
        count on their own, or call one file differently."""
        if self.id and other.id:
            return self.id == other.id
        return bool(self.called) and self.called == other.called


class Parted(Struct, frozen=True):
    """Files by who may see them: the ticket's own, those of its comments, and those that no comment has and that not
    all may see."""

    own: tuple[File, ...]
    comments: tuple[Comment, ...]
    hidden: tuple[File, ...]


def shown(fields: FieldMap, row: Any) -> Shown:
    """A file as a list shows it: an object, an address, or only an id or a name."""
    if isinstance(row, str) and "/" in row:
        return Shown("", row, _page(row))
    if isinstance(row, str | int) and not isinstance(row, bool):
        return Shown(_id(str(row)), "", _id(str(row)))
    id, url = _id(fields.ident(row, "file_id")), fields.ident(row, "file_url")
    name = fields.ident(row, "file_name") or _page(url) or id
    public = fields.is_public(row, "file_public", "file_private", unmarked=True)
    reply = fields.ident(row, "file_reply")
    return Shown(id, url, name, reply=reply, private=not public, size=_size(fields.hit(row, "file_size")))


def parts(id: str) -> Shown:
    """What a file's id for us is made of."""
    own, url, name = id.split("/", 2)
    return Shown(unquote(own), unquote(url), name)


def listed(fields: FieldMap, row: Any) -> list[Shown]:
    """The files of a ticket or a reply; the same one only once, where that can be told."""
    seen: set[Shown] = set()
    found = []
    for one in (shown(fields, file) for file in fields.rows(row, "attachments") or ()):
        # A word that comes twice may be the name of two files: then nothing tells how to get the second one.
        is_a_word = one.id == one.name and not _is_an_id(one.id)
        if one not in seen or not (one.id or one.url):
            found.append(one)
        elif is_a_word:
            found.append(msgspec.structs.replace(one, id="", url=""))
        seen.add(one)
    return found


def apart(fields: FieldMap, row: Any, comments: Sequence[Comment]) -> Parted:
    """A ticket's own files without those of its comments, and the comments with all of theirs.

    A server may list every file at the ticket, too: one of a private note would become everybody's. What may be a
    file of a note, or may be another, goes with the note beside it: that loses nothing and shows nothing.
    """
    known = _known(fields, row)
    told = [[known.get(file.id) or parts(file.id) for file in comment.files] for comment in comments]
    theirs = [list(those) for those in told]
    own: list[Shown] = []
    hidden: list[Shown] = []
    for file in listed(fields, row):
        if places := [(n, m) for n, those in enumerate(told) for m, one in enumerate(those) if file.is_surely(one)]:
            for n, m in places:
                theirs[n][m] = theirs[n][m].with_more(file)
        elif file.reply:
            by_id = (those for those, comment in zip(theirs, comments, strict=True) if comment.id == file.reply)
            next(by_id, hidden).append(file)
        elif takers := [n for n, those in enumerate(told) if any(map(file.is_perhaps, those))]:
            theirs[min(takers, key=lambda n: comments[n].public)].append(file)
        else:
            (hidden if file.private else own).append(file)
    theirs = [_without_bare_names(those, before) for those, before in zip(theirs, told, strict=True)]
    for those, comment in zip(theirs, comments, strict=True):
        if comment.public:
            hidden += [one for one in those if one.private]
            those[:] = [one for one in those if not one.private]
    elsewhere = [*hidden, *chain.from_iterable(theirs)]
    own = [one for one in own if not any(map(one.is_surely, elsewhere))]
    mine, unseen, *others = _each_its_own([own, hidden, *theirs])
    return Parted(
        mine, tuple(msgspec.structs.replace(c, files=f) for c, f in zip(comments, others, strict=True)), unseen
    )


def _known(fields: FieldMap, row: Any) -> dict[str, Shown]:
    """Files of replies by their ids for us; private where any of its rows says so."""
    found: dict[str, Shown] = {}
    for one in (one for reply in fields.rows(row, "replies") or () for one in listed(fields, reply)):
        before = found.setdefault(one.file.id, one)
        found[one.file.id] = before.with_more(one)
    return found


def _without_bare_names(those: list[Shown], before: list[Shown]) -> list[Shown]:
    """Files of a comment, but for names of which the ticket told the files."""
    got = {one.called for one in those[len(before) :]} - {""}
    return [one for n, one in enumerate(those) if n >= len(before) or one.id or one.url or one.called not in got]


def _each_its_own(lists: Iterable[list[Shown]]) -> list[tuple[File, ...]]:
    """Files that cannot be told apart are numbered, so that each of them is counted as one that cannot be had."""
    taken: set[str] = set()

    def own(one: Shown) -> File:
        file, number = one.file, 1
        while not one.id and not one.url and file.id in taken:
            number += 1
            file = Shown("", "", f"{one.name or NAMELESS} ({number})").file
        taken.add(file.id)
        return file

    return [tuple(own(one) for one in those) for those in lists]


def names(fields: FieldMap, row: Any) -> Sequence[str | None] | None:
    """The names of a ticket's files, those of its replies included, None for one that shows no name; None where the
    ticket does not show its files at all."""
    found = fields.rows(row, "attachments")
    if found is None:
        return None
    for reply in fields.rows(row, "replies") or ():
        found += fields.rows(reply, "attachments") or ()
    return [_name(fields, one) for one in found]


def _name(fields: FieldMap, row: Any) -> str | None:
    if isinstance(row, str) and not _is_an_id(row):
        return _page(row) or None
    return fields.ident(row, "file_name") or _page(fields.ident(row, "file_url")) or None


def _size(hit: Hit | None) -> int | None:
    """Bytes; what is no whole number may be a size in words."""
    told = str(hit.value) if hit is not None else ""
    return int(told) if told.isascii() and told.isdigit() else None


def _page(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _id(word: str) -> str:
    """GUIDs are the same in any case (contract 7)."""
    return said(word).lower() if _GUID.fullmatch(word.strip()) else said(word)


def _is_an_id(word: str) -> bool:
    return bool(_GUID.fullmatch(word)) or whole_number(word) is not None
