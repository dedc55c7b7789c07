"""From a desk into an archive and from there into another desk: nothing lost, doubled or changed, killed anywhere."""

from __future__ import annotations

import fcntl
import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from syncer.desks.archive import wire, writing
from syncer.desks.archive.blobs import Blobs
from syncer.desks.archive.emulator_kept import state
from syncer.desks.archive.wire import FileLine
from syncer.errors import SyncerError
from tests.cli.front_door import command, environment, syncer
from tests.flows import lives, processes
from tests.flows.desks import Desks, desks_of
from tests.flows.into_archive import ArchivePlace, begin
from tests.flows.judge import Broken, counts_add_up, judge
from tests.flows.lives import at
from tests.flows.place import _connect
from tests.flows.test_killed_at_each_step import nearly_all
from tests.flows.worlds import ugly

STRIDE = 7


@pytest.fixture(scope="module")
def ugly_old() -> Iterator[Desks]:
    """Sixty odd tickets."""
    with desks_of(ugly(60)) as desks:
        yield desks


def place_in(desks: Desks, home: Path, dsn: str, *, both: bool = False) -> Iterator[ArchivePlace]:
    admin = desks.elsewhere.do(_connect(dsn))
    try:
        place = ArchivePlace(desks, home, dsn, admin)
        place.both = both
        place.configure()
        place.reset()
        yield place
        lives.bury_sleepers()
    finally:
        desks.elsewhere.do(admin.close(timeout=10))


@pytest.fixture
def place(small_desks: Desks, tmp_path: Path, dsn: str) -> Iterator[ArchivePlace]:
    yield from place_in(small_desks, tmp_path, dsn)


@pytest.fixture
def ugly_place(ugly_old: Desks, tmp_path: Path, dsn: str) -> Iterator[ArchivePlace]:
    yield from place_in(ugly_old, tmp_path, dsn)


@pytest.fixture
def way(ugly_old: Desks, tmp_path: Path, dsn: str) -> Iterator[ArchivePlace]:
    """From the old desk into the archive, and from there into the new one."""
    yield from place_in(ugly_old, tmp_path, dsn, both=True)


def whole(place: ArchivePlace) -> dict[str, int]:
    """A life nobody disturbs; its counts."""
    life = begin(place)
    if life.report is None:
        assert life.error is not None
        raise life.error
    counts = life.report.tally.counts()
    counts_add_up(counts, place.tickets)
    return counts


def test_everything_lies_in_the_archive_as_it_was_and_a_second_run_writes_nothing(ugly_place: ArchivePlace) -> None:
    assert whole(ugly_place)["created"] == ugly_place.tickets
    ugly_place.judge()
    before = ugly_place.registered()
    assert whole(ugly_place)["unchanged"] == ugly_place.tickets
    assert ugly_place.registered() == before
    assert before["manifest"]["origin"] == f"invgate {ugly_place.desks.old_url}"


def test_nothing_is_lost_on_the_way_but_what_a_rule_says(place: ArchivePlace) -> None:
    life = begin(place)
    assert life.report is not None
    assert dict(life.report.tally.losses) == {}
    place.reset()
    mapping = place.config.parent / "as-it-is.yaml"
    mapping.write_text(
        "fields:\n  title: {template: '{{ ticket.key }}: {{ ticket.title }}'}\n  priority: {value: '1'}\n"
        "comments: {private: drop}\nskip: {status: [Open]}\n"
    )
    life = begin(place)
    assert life.report is not None
    held = place.registered()["tickets"]
    opened = [id for id, old in place.desks.old.state()["tickets"].items() if old["status"] == "Open"]
    assert life.report.tally.counts()["skipped"] == len(opened) > 0
    assert set(life.report.tally.losses) == {"private_note_dropped", "private_file_dropped"}
    assert not held.keys() & set(opened)
    assert all(one["title"].startswith(f"#{id}: ") for id, one in held.items())
    assert {one["values"]["priority"] for one in held.values()} == {"1"}
    assert {one["values"]["status"] for one in held.values()} > {"1"}, "what no rule names goes over as it is"
    assert all(comment["public"] for one in held.values() for comment in one.get("comments", []))


def test_killed_anywhere_nothing_is_lost_or_doubled(place: ArchivePlace) -> None:
    whole(place)
    place.reset(lists=False)
    steps = begin(place).steps
    assert len([step for step in steps if "the folder" in step]) > 40
    killed_at(place, range(1, len(steps) + 1, STRIDE))


def killed_at(place: ArchivePlace, points: Any) -> None:
    """Killed at each of these steps, then run to the end, then once more. Raises Broken."""
    killed = []
    for point in points:
        place.reset(lists=False)
        life = begin(place, kill=at(point))
        assert life.error is None, life.error
        place.buried()
        place.later()
        try:
            whole(place)
            place.judge()
            before = place.registered()
            assert whole(place)["unchanged"] == place.tickets
            if place.registered() != before:
                raise Broken("the third run wrote something")
        except (Broken, SyncerError) as e:
            raise Broken(f"killed at step {point}, {life.steps[-1]}:\n{e}") from e
        killed.append(life.killed)
    nearly_all(killed)


def _another_private() -> Any:
    drafted = wire.drafted

    def spoilt(draft: Any, files: Any, labels: Any) -> Any:
        line = drafted(draft, files, labels)
        return replace(line, comments=tuple(replace(one, public=True) for one in line.comments))

    return patch.object(wire, "drafted", spoilt)


def _another_name() -> Any:
    take = Blobs.take

    def spoilt(self: Blobs, file: Any) -> FileLine:
        return replace(take(self, file), name="another")

    return patch.object(Blobs, "take", spoilt)


@pytest.mark.parametrize(("mutant", "said"), [(_another_private, "comments"), (_another_name, "files")])
def test_the_judge_of_an_archive_sees_what_is_wrong(place: ArchivePlace, mutant: Any, said: str) -> None:
    with mutant():
        whole(place)
    with pytest.raises(Broken, match=said):
        place.judge()


def test_a_lost_line_is_seen(place: ArchivePlace) -> None:
    whole(place)
    path = min((place.vault / "tickets").iterdir())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    with pytest.raises(Broken, match="lost: "):
        place.judge()
    path.write_bytes(b"".join([*lines, lines[0]]))
    with pytest.raises(Broken, match="lines for"):
        place.judge()


def test_who_believes_an_index_that_a_kill_left_behind_doubles(place: ArchivePlace) -> None:
    whole(place)
    place.reset(lists=False)
    steps = begin(place).steps
    on_the_disk = [at for at, step in enumerate(steps, 1) if step == "after the folder: _durably"]
    with patch.object(writing, "refresh", lambda *_, **__: None), pytest.raises(Broken, match=r"lines for|lost: "):
        killed_at(place, on_the_disk)


def test_a_plan_makes_no_folder(way: ArchivePlace) -> None:
    answer = syncer("plan", "export", "--config", way.config)
    assert (answer.code, f"{way.tickets}  would be created" in answer.out) == (0, True), answer
    assert not way.vault.exists()
    assert syncer("plan", "load", "--config", way.config).code == 2
    assert not way.vault.exists()


def test_lists_go_over_as_they_are_and_none_is_asked_of_the_archive(way: ArchivePlace) -> None:
    mapping = way.config.parent / "as-it-is.yaml"
    mapping.write_text(mapping.read_text() + "  status: {lookup: status}\n  category: {lookup: category}\n")
    pulled = syncer("lookups", "pull", "export", "--json", "--config", way.config).document
    assert list(pulled) == ["old"]
    rows = {row["kind"]: row for row in syncer("lookups", "match", "export", "--json", "--config", way.config).document}
    assert {kind: (row["decided"], row["open"]) for kind, row in rows.items()} == {
        kind: (pulled["old"][kind], 0) for kind in ("status", "category", "person")
    }
    shown = syncer("lookups", "show", "export", "--json", "--config", way.config).document
    assert all(row["target_id"] == row["source_id"] and row["target_name"] for row in shown)
    assert syncer("migrate", "export", "--yes", "--config", way.config).code == 0
    way.judge()


def test_from_a_desk_to_an_archive_to_a_desk_by_commands_that_are_killed(way: ArchivePlace) -> None:
    chance = random.Random(7)
    kills = 0
    for route in ("export", "load"):
        for _ in range(5):
            child = subprocess.Popen(
                command("migrate", route, "--yes", "--json", "--config", way.config),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=environment(),
            )  # fmt: skip
            before = way.desks.old.carrier.counts() if route == "export" else way.desks.new.carrier.counts()
            wait_for_more(way, route, sum(before.values()), chance.randint(1, 60))
            child.send_signal(signal.SIGKILL)
            kills += processes.finish(child)[0] == -signal.SIGKILL
        answer = syncer("migrate", route, "--yes", "--json", "--config", way.config)
        assert answer.code == 0, answer
        counts_add_up(answer.document["counts"], way.tickets)
        if route == "export":
            way.judge()
    judge(way.desks, way.home)
    assert kills >= 5
    registered, held = way.desks.registrations(), state(way.vault)
    for word, route in (("migrate", "export"), ("migrate", "load"), ("delta", "export"), ("delta", "load")):
        answer = syncer(word, route, "--yes", "--json", "--config", way.config)
        assert (answer.code, answer.document["counts"]["created"]) == (0, 0), answer
    assert (way.desks.registrations(), state(way.vault)) == (registered, held)
    said = syncer("check", "vault", "--json", "--config", way.config)
    assert (said.code, f"{way.tickets:,} tickets" in said.out) == (0, True), said


def wait_for_more(place: ArchivePlace, route: str, before: int, requests: int) -> None:
    """Until a desk has seen so many more requests, or a moment has passed."""
    carrier = place.desks.old.carrier if route == "export" else place.desks.new.carrier
    until = time.monotonic() + 3
    while len(carrier.log) < before + requests and time.monotonic() < until:
        time.sleep(0.002)


def test_a_new_ticket_comes_after_by_delta_and_two_desks_do_not_share_an_archive(
    way: ArchivePlace, ugly_old: Desks
) -> None:
    for route in ("export", "load"):
        assert syncer("migrate", route, "--yes", "--config", way.config).code == 0
    text = way.config.read_text()
    way.config.write_text(text.replace(ugly_old.old_url, ugly_old.old_url.replace("127.0.0.1", "localhost")))
    refused = syncer("migrate", "export", "--yes", "--config", way.config)
    assert refused.code == 2, refused
    assert f"is an archive of invgate {ugly_old.old_url}, not of invgate http://localhost" in refused.err
    assert "next: Give this one a folder of its own" in refused.err
    manifest = way.vault / "archive.json"
    told = json.loads(manifest.read_text())
    told["origin"] = told["origin"].replace("127.0.0.1", "localhost")
    manifest.write_text(json.dumps(told))
    assert syncer("migrate", "export", "--yes", "--config", way.config).code == 0
    line = state(way.vault)["tickets"]["1003"] | {"id": "9003", "key": "IG-9003", "title": "A new one"}
    with max((way.vault / "tickets").iterdir()).open("a") as file:
        file.write(json.dumps(line) + "\n")
    answer = syncer("delta", "load", "--yes", "--json", "--config", way.config)
    assert (answer.code, answer.document["counts"]["created"], answer.document["counts"]["read"]) == (0, 1, 1), answer


def test_a_second_syncer_is_told_who_writes_there(way: ArchivePlace, tmp_path: Path) -> None:
    assert syncer("migrate", "export", "--yes", "--config", way.config).code == 0
    with (way.vault / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = syncer("delta", "export", "--yes", "--config", way.config)
        assert answer.code == 3, answer
        assert "another syncer is writing into" in answer.err
        assert "an archive has one writer at a time" in answer.err
        assert syncer("check", "vault", "--config", way.config).code == 0
        assert syncer("plan", "load", "--config", way.config).code == 0
