"""A verification as a file of JSON lines: a head, a line for each ticket, and an end with the root over all of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from syncer.errors import ConfigError
from syncer.verify.merkle import Root, leaf
from syncer.verify.verdict import Check, Verdict, Verified

FORMAT = 1
MOST = 200
"""So many differences stand in a summary; all of them are in the file."""


class Head(Struct, frozen=True, kw_only=True, tag_field="kind", tag="head"):
    """What was verified."""

    format: int = FORMAT
    route: str
    source: str
    target: str
    began_at: datetime
    syncer: str
    lookup_version: int


class Line(Struct, frozen=True, kw_only=True, tag_field="kind", tag="ticket"):
    """One ticket. `print` is a hash of what the target showed."""

    source_id: str
    target_id: str | None
    verdict: Verdict
    checks: tuple[Check, ...] = ()
    equal: tuple[str, ...] = ()
    print: str = ""


class End(Struct, frozen=True, kw_only=True, tag_field="kind", tag="end"):
    """What it came to. `root` is over the head and every ticket's line; `seal` is over this line without itself."""

    tickets: int
    verdicts: dict[str, int]
    fields: dict[str, dict[str, int]]
    """How often each field was found how; comments count as one field."""
    unseen: tuple[str, ...]
    looked_at: int
    root: str
    seal: str = ""


class Summary(Struct, frozen=True, kw_only=True):
    """The end, with the first differences, for whoever reads it at once."""

    head: Head
    end: End
    differences: tuple[Line, ...]
    file: str


def sealed(end: End) -> End:
    """With its seal."""
    bare = msgspec.structs.replace(end, seal="")
    return msgspec.structs.replace(bare, seal=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


class Recording:
    """Writes such a file line by line, and counts."""

    def __init__(self, head: Head, path: Path) -> None:
        self._head = head
        self._path = path
        self._root = Root()
        self._verdicts: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}
        self.differences: list[Line] = []

    async def write(self, verified: AsyncIterator[Verified]) -> AsyncIterator[Line]:
        """Each ticket as it is written down."""
        with self._path.open("wb") as out:
            self._add(out, self._head)
            async for one in verified:
                line = Line(
                    source_id=one.source_id, target_id=one.target_id, verdict=one.verdict, checks=one.checks,
                    equal=one.equal, print=one.print,
                )  # fmt: skip
                self._count(line)
                self._add(out, line)
                yield line

    def _add(self, out: Any, line: Head | Line) -> None:
        text = msgspec.json.encode(line)
        self._root.add(leaf(text))
        out.write(text + b"\n")

    def _count(self, line: Line) -> None:
        self._verdicts[line.verdict] += 1
        if line.verdict not in {Verdict.EQUAL, Verdict.EXPECTED_LOSS} and len(self.differences) < MOST:
            self.differences.append(line)
        found = {field: str(Verdict.EQUAL) for field in map(_name, line.equal)}
        for check in line.checks:
            found[_name(check.field)] = str(check.verdict)
        for field, verdict in found.items():
            self._fields.setdefault(field, Counter())[verdict] += 1

    def end(self, unseen: set[str], looked_at: int) -> Summary:
        """Write the end."""
        end = sealed(
            End(
                tickets=sum(self._verdicts.values()), verdicts=dict(self._verdicts),
                fields={name: dict(counts) for name, counts in sorted(self._fields.items())},
                unseen=tuple(sorted(unseen)), looked_at=looked_at, root=self._root.hex(),
            )
        )  # fmt: skip
        with self._path.open("ab") as out:
            out.write(msgspec.json.encode(end) + b"\n")
        return Summary(head=self._head, end=end, differences=tuple(self.differences), file=str(self._path))


def _name(field: str) -> str:
    return "comments" if field.startswith("comment ") else field


class Checked(Struct, frozen=True, kw_only=True):
    """A file that is what it was when it was written, as far as it tells itself."""

    head: Head
    end: End


def check(path: Path, root: str | None) -> Checked:
    """Compute everything anew, without asking any desk. Raises ConfigError where the file was altered, or has another
    root than the one that was noted."""
    lines = _lines(path)
    tree, tickets, verdicts = Root(), 0, Counter[str]()
    head: Head | None = None
    end: End | None = None
    for number, text in enumerate(lines, 1):
        if end is not None:
            raise _altered(path, f"line {number} stands behind the end")
        line = _decoded(path, number, text)
        if isinstance(line, End):
            end = line
            continue
        if (number == 1) != isinstance(line, Head):
            raise _altered(path, f"line {number} is in the wrong place")
        tree.add(leaf(text))
        if isinstance(line, Head):
            head = line
        else:
            tickets += 1
            verdicts[line.verdict] += 1
    if head is None or end is None:
        raise _altered(path, "it has no end: was it cut?")
    if tree.hex() != end.root or (tickets, dict(verdicts)) != (end.tickets, end.verdicts):
        raise _altered(path, "its lines do not give the root at its end")
    if sealed(end) != end:
        raise _altered(path, "its end does not give its seal")
    if root is not None and end.root != root.strip().lower():
        raise _altered(path, f"its root is {end.root}, and not {root}")
    return Checked(head=head, end=end)


def differences(path: Path) -> Iterator[Line]:
    """Every ticket of a file that is not as it should be."""
    for number, text in enumerate(_lines(path), 1):
        line = _decoded(path, number, text)
        if isinstance(line, Line) and line.verdict not in {Verdict.EQUAL, Verdict.EXPECTED_LOSS}:
            yield line


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            for text in stream:
                if not text.endswith(b"\n"):
                    raise _altered(path, "its last line was cut")
                yield text[:-1]
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror or type(e).__name__}") from e


def _decoded(path: Path, number: int, text: bytes) -> Head | Line | End:
    try:
        line = msgspec.json.decode(text, type=Head | Line | End)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise _altered(path, f"line {number} is none of ours: {e}") from e
    if msgspec.json.encode(line) != text:
        raise _altered(path, f"line {number} was written by somebody else")
    return line


def _altered(path: Path, how: str) -> ConfigError:
    return ConfigError(f"{path} is not what was written: {how}", hint="Verify anew: syncer verify")
