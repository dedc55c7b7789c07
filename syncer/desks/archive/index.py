"""Where each ticket stands, by id and by key: made from the segments, and made again when it does not fit them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock

from msgspec import Struct

from syncer.errors import Stopped
from syncer.model.ids import Key, TicketId, Version

LAYOUT = 1
_PATIENCE = 30.0
_AT_ONCE = 500
_TABLES = f"""
create table ticket (place integer primary key, length integer not null, id text not null unique, key text,
                     version text not null);
create index ticket_key on ticket (key);
create table segment (number integer primary key, bytes integer not null, changed integer not null);
create table told (name text not null, number integer not null, text text not null, primary key (name, number));
pragma user_version = {LAYOUT};
"""


class Row(Struct, frozen=True):
    """One ticket: where its line stands, and what the line is known by."""

    place: int
    length: int
    id: TicketId
    key: Key | None
    version: Version


class Index:
    """A file that may be lost at any time. What it says of `segment` is how far it has read each of them."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self.path = path
        self._guard = RLock()
        self._db = _opened(path, writable=writable)

    def reset(self) -> None:
        """Forget all."""
        with self._safely() as db:
            for table in ("ticket", "segment", "told"):
                db.execute(f"delete from {table}")  # noqa: S608 - names of this file
            db.commit()

    def add(self, rows: Iterable[Row]) -> None:
        """Remember these; a later line of an id takes the place of an earlier one."""
        with self._safely() as db:
            db.executemany(
                "insert or replace into ticket (place, length, id, key, version) values (?, ?, ?, ?, ?)",
                ((row.place, row.length, row.id, row.key, row.version) for row in rows),
            )

    def has_read(self, number: int, size: int, changed: int) -> None:
        """This segment is in, up to so many bytes; that was when it had last been changed at that time."""
        with self._safely() as db:
            db.execute("insert or replace into segment (number, bytes, changed) values (?, ?, ?)",
                       (number, size, changed))  # fmt: skip

    def commit(self) -> None:
        """What was said so far is in the file."""
        with self._safely() as db:
            db.commit()

    def segments(self) -> dict[int, tuple[int, int]]:
        """How far each segment is in, and when it had last been changed."""
        with self._safely() as db:
            return {n: (size, changed) for n, size, changed in db.execute("select number, bytes, changed from segment")}

    def last_before(self, place: int) -> Row | None:
        """The last ticket that begins before this place."""
        with self._safely() as db:
            query = "select place, length, id, key, version from ticket where place < ? order by place desc limit 1"
            found = db.execute(query, (place,)).fetchone()
        return Row(*found) if found else None

    def find(self, ids: Sequence[str]) -> dict[TicketId, Row]:
        """Those that are there."""
        return {row.id: row for row in self._by("id", ids)}

    def find_keys(self, keys: Sequence[str]) -> dict[Key, Row]:
        """Those that are there; the first one written, should a key be there twice."""
        found: dict[Key, Row] = {}
        for row in self._by("key", keys):
            if row.key is not None and (row.key not in found or row.place < found[row.key].place):
                found[row.key] = row
        return found

    def page(self, after: int, until: int, most: int) -> list[Row]:
        """Tickets in the order of writing, behind one place and not behind the other."""
        with self._safely() as db:
            query = (
                "select place, length, id, key, version from ticket where place > ? and place <= ?"
                " order by place limit ?"
            )
            return [Row(*found) for found in db.execute(query, (after, until, most))]

    def count(self) -> int:
        """How many tickets there are."""
        with self._safely() as db:
            return int(db.execute("select count(*) from ticket").fetchone()[0])

    def tell(self, name: str, text: str) -> None:
        """Keep a text under a name, after those that are there."""
        with self._safely() as db:
            db.execute(
                "insert into told (name, number, text) select ?, count(*), ? from told where name = ?",
                (name, text, name),
            )

    def told(self, name: str) -> list[str]:
        """The texts under a name, in order, and forgotten with this."""
        with self._safely() as db:
            rows = db.execute("select text from told where name = ? order by number", (name,)).fetchall()
            if rows:
                db.execute("delete from told where name = ?", (name,))
        return [text for (text,) in rows]

    def untold(self, most: int) -> list[tuple[str, str]]:
        """Some names whose texts nobody asked for, each with its first one."""
        with self._safely() as db:
            return list(db.execute("select name, text from told where number = 0 order by name limit ?", (most,)))

    def close(self) -> None:
        """What was said is kept."""
        with self._safely() as db:
            db.commit()
            db.close()

    def _by(self, column: str, wanted: Sequence[str]) -> Iterator[Row]:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"select place, length, id, key, version from ticket where {column} in ({marks})"  # noqa: S608
            with self._safely() as db:
                rows = db.execute(query, tuple(some)).fetchall()
            yield from (Row(*found) for found in rows)

    @contextmanager
    def _safely(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            try:
                yield self._db
            except sqlite3.Error as e:
                raise Stopped(
                    f"{self.path}: {e}",
                    hint="Is the disk full? It is only an index: delete it, and the same command makes it anew.",
                ) from e


def _opened(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A file that is no index of ours, or was spoilt by a power cut, is taken away: it can be made again."""
    for last in (False, True):
        try:
            return _connected(path, writable=writable)
        except sqlite3.DatabaseError as e:
            busy_or_unreadable = isinstance(e, sqlite3.OperationalError)
            if last or busy_or_unreadable or not writable:
                raise Stopped(f"{path}: {e}", hint="It is only an index: delete it, and try again.") from e
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    raise AssertionError("unreachable")


def _connected(path: Path, *, writable: bool) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if writable else 'ro'}"
    db = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, check_same_thread=False)
    with ExitStack() as undo:
        undo.callback(db.close)
        (layout,) = db.execute("pragma user_version").fetchone()
        if layout != LAYOUT:
            if layout or db.execute("select count(*) from sqlite_master").fetchone()[0]:
                raise sqlite3.DatabaseError("made by another version of syncer")
            db.executescript(_TABLES)
        db.execute("pragma cache_size = -8000")
        undo.pop_all()
    return db
