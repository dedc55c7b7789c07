"""What `status`, `runs`, `parked`, `idmap` and `db` say of rows that are in the database; no desk is reachable."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.link import TICKET, Acknowledged, EffectState, Intent
from syncer.store import dead_letters, effects, leases, runs

from .front_door import Answer, command, environment, in_store, syncer

CONFIG = """\
database: {database}
desks:
  old:
    kind: invgate
    base_url: http://127.0.0.1:9
    auth: {{kind: oauth2, client_id: syncer, client_secret: nobody-knows}}
    view_id: 1
  new:
    kind: tikting
    base_url: http://127.0.0.1:9
    auth: {{email: sync@example.org, password: nobody-knows}}
routes:
  move: {{source: old, target: new, mapping: mapping.yaml, accept_mails: true}}
"""
MAPPING = """\
fields:
  title: {from: title}
  status: {value: Open}
  site_id: {value: 1}
  department_id: {value: 1}
people: {fallback: "1"}
"""
COUNTS = {"read": 7, "created": 4, "updated": 0, "unchanged": 0, "skipped": 0, "parked": 3, "adopted": 0}


@pytest.fixture
def config(tmp_path: Path, dsn: str) -> Path:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    path = tmp_path / "syncer.yaml"
    path.write_text(CONFIG.format(database=dsn))
    return path


def intent(id: str) -> Intent:
    return Intent(TicketId(id), Key(f"IG-{id}"), Version("1"), b"0" * 16)


async def history(pool: asyncpg.Pool) -> int:
    """One finished migration: 1 to 4 over, 5 refused, 6 in doubt, 7 unmapped, 2 changed afterwards."""
    route = await runs.route_id(pool, "move")
    async with leases.hold(pool, route) as lease:
        run = await runs.begin(pool, route, "migrate", 0)
        ids = [intent(id) for id in "123456"]
        done = [Acknowledged(TicketId(id), TicketId(f"90{id}")) for id in "1234"]
        async with pool.acquire() as conn:
            await effects.write(conn, route, lease.epoch, run, ids, [])
            await effects.write(conn, route, lease.epoch, run, [], done)
            await effects.settle(conn, route, lease.epoch, [(TicketId("5"), TICKET, EffectState.REFUSED)])
            await dead_letters.park(conn, route, run, [
                (TicketId("5"), "refused", "new: register IG-5 answered 400: \x1b[31m=cmd()"),
                (TicketId("6"), "in_doubt", "look on the target for a ticket marked [IG-6]"),
                (TicketId("7"), "unmapped", "status: no decision for status 9"),
                (TicketId("2"), "changed_after", "changed on the source after it was migrated as 902"),
            ])  # fmt: skip
            await runs.advance(conn, route, lease.epoch, run, Cursor("1714550000"))
        await runs.end(pool, run, "done", COUNTS, {"title_cut": 2}, "")
    return run


def status(config: Path) -> Any:
    answer = syncer("status", "--config", config, "--json")
    assert answer.code == 0, answer.err
    return answer.document["routes"][0]


def test_status_of_a_fresh_route_names_the_first_step(config: Path) -> None:
    said = status(config)
    assert (said["migrated"], said["last_run"], said["writer"], said["doubts"]) == (0, None, None, 0)
    assert said["next"] == f"syncer plan move --config {config}"


def test_status_tells_where_a_route_stands_while_the_desks_are_down(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    said = status(config)
    assert said["migrated"] == 4
    assert said["parked"] == {"refused": 1, "in_doubt": 1, "unmapped": 1, "changed_after": 1}
    assert said["doubts"] == 0, "the one in doubt is parked: a person was asked"
    assert said["checkpoint"]["cursor"] == "1714550000"
    assert (said["last_run"]["kind"], said["last_run"]["state"]) == ("migrate", "done")
    assert said["writer"]["alive"] is False
    assert said["next"].startswith("syncer parked list move")
    text = syncer("status", "move", "--config", config).out
    for words in ("move: old -> new", "4  changed_after 1", "migrate", "7 read: 4 created, 3 parked", "nobody"):
        assert words in text


def test_status_names_an_unknown_route(config: Path) -> None:
    answer = syncer("status", "mvoe", "--config", config)
    assert (answer.code, answer.out) == (2, "")
    assert "no route named mvoe" in answer.err
    assert "There are: move" in answer.err


def test_a_run_is_running_while_its_lease_lives_and_killed_afterwards(config: Path, dsn: str) -> None:
    def state() -> tuple[str, str, bool, int, int]:
        said = status(config)
        ran = syncer("runs", "move", "--config", config, "--json").document["runs"]
        assert [run["state"] for run in ran][:1] == [said["last_run"]["state"]]
        return ran[0]["state"], said["next"].split()[1], said["writer"]["alive"], said["under_way"], said["doubts"]

    async def work(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        async with leases.hold(pool, route) as lease:
            run = await runs.begin(pool, route, "migrate", 0)
            async with pool.acquire() as conn:
                await effects.write(conn, route, lease.epoch, run, [intent("1")], [])
            assert await asyncio.to_thread(state) == ("running", "status", True, 1, 0)

    in_store(dsn, work)
    assert state() == ("killed", "migrate", False, 0, 1)


def test_a_killed_writer_is_gone_at_once(config: Path, dsn: str) -> None:
    async def killed(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        await runs.begin(pool, route, "delta", 0)
        # What a SIGKILL leaves: a lease with time left, and no lock.
        await pool.execute(
            "insert into lease (route, epoch, holder, until) values ($1, 1, 'host:1', now() + interval '1 hour')", route
        )

    in_store(dsn, killed)
    said = status(config)
    assert (said["last_run"]["state"], said["writer"]["alive"]) == ("killed", False)
    assert "host:1 ended without a word" in syncer("status", "--config", config).out


def test_runs_are_listed_newest_first_and_limited(config: Path, dsn: str) -> None:
    async def three(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        for kind in ("migrate", "delta", "retry"):
            await runs.end(pool, await runs.begin(pool, route, kind, 0), "done", COUNTS, {}, "")

    in_store(dsn, three)
    ran = syncer("runs", "--config", config, "--json", "--limit", "2").document["runs"]
    assert [run["kind"] for run in ran] == ["retry", "delta"]
    lines = syncer("runs", "--config", config).out.splitlines()
    assert [line.split()[2] for line in lines] == ["kind", "retry", "delta", "migrate"]


def test_parked_list_filters_limits_and_cannot_steer_a_terminal(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    said = syncer("parked", "list", "move", "--config", config, "--json", "--limit", "2").document
    assert (said["total"], len(said["parked"])) == (4, 2)
    text = syncer("parked", "list", "move", "--config", config, "--reason", "refused").out
    assert "answered 400" in text
    assert "\x1b" not in text
    assert "unmapped" not in text


def test_parked_show_tells_what_was_done_and_what_to_do(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    said = syncer("parked", "show", "move", "6", "--config", config, "--json").document
    assert (said["reason"], said["effect"]["marker"], said["effect"]["state"]) == ("in_doubt", "IG-6", "announced")
    text = syncer("parked", "show", "move", "5", "--config", config).out
    assert "marker [IG-5], refused after 1 attempt" in text
    assert "\x1b" not in text
    never = syncer("parked", "show", "move", "3", "--config", config)
    assert (never.code, "not parked: 3" in never.err) == (2, True)


def test_a_dropped_ticket_is_listed_as_dropped_and_counts_no_more(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    no = syncer("parked", "drop", "move", "5", "--config", config, answer="n\n")
    assert (no.code, "Nothing was changed" in no.err) == (130, True)
    nobody = syncer("parked", "drop", "move", "5", "--config", config)
    assert (nobody.code, "--yes" in nobody.err) == (2, True)
    yes = syncer("parked", "drop", "move", "5", "--config", config, "--json", answer="y\n")
    assert (yes.code, yes.document["dropped"]) == (0, ["5"])
    states = {one["id"]: one["state"] for one in _listed(config)}
    assert states == {"5": "dropped", "6": "parked", "7": "parked", "2": "parked"}
    said = status(config)
    assert (said["dropped"], "refused" in said["parked"]) == (1, False)
    assert in_store(dsn, _links)[TicketId("5")].parked == "dropped"


def test_where_there_is_one_route_it_need_not_be_named(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    named, unnamed = (syncer("parked", "list", *route, "--config", config) for route in (["move"], []))
    assert unnamed.out == named.out != ""
    assert syncer("parked", "show", "6", "--config", config).out.startswith("6: parked (in_doubt")
    assert syncer("parked", "drop", "5", "--yes", "--config", config).out.startswith("1 ticket dropped")
    assert {one["id"]: one["state"] for one in _listed(config)}["5"] == "dropped"


def test_drop_by_reason_takes_that_reason_only(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    answer = syncer("parked", "drop", "move", "--all", "--reason", "unmapped", "--yes", "--config", config, "--json")
    assert answer.document["dropped"] == ["7"]
    # Otherwise the next run would try it: an unmapped one is read again each time.
    assert in_store(dsn, _links)[TicketId("7")].parked == "dropped"


@pytest.mark.parametrize("args", [("5", "--all", "--reason", "refused"), ("--all",), (), ("5", "99")])
def test_drop_changes_nothing_when_it_is_unclear_what_is_meant(config: Path, dsn: str, args: tuple[str, ...]) -> None:
    in_store(dsn, history)
    assert syncer("parked", "drop", "move", *args, "--yes", "--config", config).code == 2
    assert {one["state"] for one in _listed(config)} == {"parked"}


def test_retry_with_a_desk_that_is_down_changes_nothing(config: Path, dsn: str) -> None:
    in_store(dsn, history)
    answer = syncer("parked", "retry", "move", "5", "--config", config)
    assert answer.code == 3, answer.err
    assert re.search(r"^error: (old|new): .*no connection", answer.err, re.MULTILINE), "whichever was asked first"
    assert "unforeseen" not in answer.err
    assert {one["state"] for one in _listed(config)} == {"parked"}


def test_idmap_is_csv_of_every_migrated_ticket(config: Path, dsn: str, tmp_path: Path) -> None:
    in_store(dsn, history)
    printed = syncer("idmap", "move", "--config", config)
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [(row["old_id"], row["marker"], row["new_id"]) for row in rows] == [
        (id, f"IG-{id}", f"90{id}") for id in "1234"
    ]
    pages = [(row["old_url"].rpartition("/")[2], row["new_url"]) for row in rows]
    assert pages == [(id, "") for id in "1234"], "nobody knows where a Tikting shows a ticket"
    out = tmp_path / "map.csv"
    told = syncer("idmap", "move", "--config", config, "--out", out, "--json").document
    assert told == {"file": str(out), "tickets": 4}
    assert out.read_text() == printed.out
    whole = syncer("idmap", "--config", config, "--json").document
    assert [one["new_id"] for one in whole["tickets"]] == ["901", "902", "903", "904"]


def test_redirects_lead_from_each_old_address_to_the_new_one(config: Path, dsn: str) -> None:
    config.write_text(
        config.read_text().replace(
            "    auth: {email", "    ticket_page: https://new.example.org/t?no={id}&x=$1\n    auth: {email"
        )
    )
    in_store(dsn, history)
    assert syncer("idmap", "--redirects", "--config", config).out.splitlines() == [
        f'"/requests/show/index/id/{id}" "https://new.example.org/t?no=90{id}&x=%241";' for id in "1234"
    ]
    rows = list(csv.DictReader(io.StringIO(syncer("idmap", "--config", config).out)))
    assert rows[0]["new_url"] == "https://new.example.org/t?no=901&x=$1"


def test_idmap_streams_many_tickets_and_a_reader_may_leave(config: Path, dsn: str) -> None:
    async def many(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        await pool.execute(
            "insert into effect (route, source_id, key, state, run, epoch, source_version, fingerprint, target_id,"
            " done_at) select $1, n::text, 'IG-' || n, 'done', 1, 1, '', '', (n + 1)::text, now()"
            " from generate_series(1, 20000) n",
            route,
        )

    in_store(dsn, many)
    assert len(syncer("idmap", "--config", config, "--json").document["tickets"]) == 20_000
    words = " ".join(f"'{word}'" for word in command("idmap", "--config", config))
    head = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{words} | head -1"], capture_output=True, text=True, env=environment()
    )
    assert (head.returncode, head.stdout, head.stderr) == (0, "old_id,old_url,marker,new_id,new_url,migrated_at\n", "")


def test_idmap_guards_against_formulas(config: Path, dsn: str) -> None:
    async def evil(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        async with leases.hold(pool, route) as lease, pool.acquire() as conn:
            await effects.write(conn, route, lease.epoch, 1, [intent("=1+1")], [])
            await effects.write(conn, route, lease.epoch, 1, [], [Acknowledged(TicketId("=1+1"), TicketId("@x,y"))])

    in_store(dsn, evil)
    row = next(csv.DictReader(io.StringIO(syncer("idmap", "--config", config).out)))
    assert (row["old_id"], row["new_id"]) == ("'=1+1", "'@x,y")
    assert syncer("idmap", "--config", config, "--json").document["tickets"][0]["old_id"] == "=1+1"


def test_an_empty_route_has_an_empty_map(config: Path) -> None:
    assert syncer("idmap", "--config", config).out == "old_id,old_url,marker,new_id,new_url,migrated_at\n"
    assert syncer("idmap", "--config", config, "--json").document == {"route": "move", "tickets": []}


def test_db_url_hides_the_password_unless_asked(config: Path, tmp_path: Path) -> None:
    dsn = "postgresql://me:pa%20ss@db.example.org:5433/led?sslmode=require&password=other"
    config.write_text(CONFIG.format(database=dsn))
    assert syncer("db", "url", "--config", config).out == "postgresql://me@db.example.org:5433/led?sslmode=require\n"
    assert syncer("db", "url", "--show-password", "--config", config, "--json").document["url"] == dsn


def test_db_url_of_the_embedded_database_says_how_to_look_into_it(config: Path, tmp_path: Path) -> None:
    config.write_text(CONFIG.format(database="embedded"))
    down = syncer("db", "url", "--config", config)
    assert (down.code, down.out, "--hold" in down.err) == (3, "", True)


def test_db_url_hold_keeps_the_embedded_database_until_it_is_told_to_end(config: Path, short_home: Path) -> None:
    config.write_text(CONFIG.format(database="embedded") + f"home: {short_home}\n")
    holding = subprocess.Popen(
        command("db", "url", "--hold", "--config", config),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    try:
        assert holding.stdout is not None
        shown = holding.stdout.readline().strip()
        assert shown.startswith("postgresql://syncer@127.0.0.1:")
        full = syncer("db", "url", "--show-password", "--config", config).out.strip()
        assert in_store(full, lambda pool: pool.fetchval("select 1")) == 1
    finally:
        holding.send_signal(signal.SIGINT)
        _, err = holding.communicate(timeout=60)
    assert holding.returncode == 0, err
    assert syncer("db", "url", "--config", config).code == 3


def test_db_migrate_says_what_the_schema_has(config: Path) -> None:
    said = syncer("db", "migrate", "--config", config, "--json").document
    assert said["applied"][0]["migration"] == "0001_ledger.sql"
    assert "up to date" in syncer("db", "migrate", "--config", config).out


def test_db_prune_forgets_old_runs_and_nothing_else(config: Path, dsn: str) -> None:
    first = in_store(dsn, history)
    home = config.parent / ".syncer"

    async def age(pool: asyncpg.Pool) -> list[int]:
        route = await runs.route_id(pool, "move")
        second = await runs.begin(pool, route, "delta", 0)
        await runs.end(pool, second, "done", COUNTS, {}, "")
        await pool.execute(
            "update run set started_at = now() - 2 * $1::interval, ended_at = now() - $1::interval", timedelta(days=100)
        )
        for hash, days in (("old", 100), ("new", 1)):
            await pool.execute(
                "insert into plan (route, hash, lookup_version, basis, traits, report, made_at)"
                " values ($1, $2, 0, '{}', '{}', '', now() - $3::interval)",
                route, hash, timedelta(days=days),
            )  # fmt: skip
        return [second, await runs.begin(pool, route, "delta", 0)]

    second, third = in_store(dsn, age)
    for number, names in ((first, ["private-notes.jsonl", "more.txt"]), (second, ["more.txt"]), (third, ["more.txt"])):
        for name in names:
            _file(home / "runs" / str(number) / name)
        _file(home / "spool" / str(number) / "piece")
    before = in_store(dsn, _rows)
    said = syncer("db", "prune", "--before", "90d", "--config", config, "--json").document
    assert said == {"runs": 2, "spools": 3, "folders": 1, "notes_kept": 1, "plans": 1}
    assert in_store(dsn, _rows) == before
    assert [run["run"] for run in syncer("runs", "--config", config, "--json").document["runs"]] == [third]
    left = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    assert left == [f"runs/{first}/private-notes.jsonl", f"runs/{third}/more.txt"]
    refused = syncer("db", "prune", "--private-notes", "--config", config)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert syncer("db", "prune", "--private-notes", "--yes", "--config", config).code == 0
    assert not (home / "runs" / str(first)).exists()


def test_db_prune_leaves_the_spool_of_a_run_at_work_alone(config: Path, dsn: str) -> None:
    async def work(pool: asyncpg.Pool) -> None:
        route = await runs.route_id(pool, "move")
        async with leases.hold(pool, route):
            piece = config.parent / ".syncer" / "spool" / str(await runs.begin(pool, route, "migrate", 0)) / "piece"
            _file(piece)
            assert (await asyncio.to_thread(syncer, "db", "prune", "--before", "1h", "--config", config)).code == 0
            assert piece.exists()

    in_store(dsn, work)


def test_db_prune_wants_an_age(config: Path) -> None:
    answer = syncer("db", "prune", "--before", "soon", "--config", config)
    assert (answer.code, "such as 90d" in answer.err) == (2, True)


def _listed(config: Path) -> list[dict[str, Any]]:
    answer: Answer = syncer("parked", "list", "move", "--config", config, "--json")
    found: list[dict[str, Any]] = json.loads(answer.out)["parked"]
    return found


async def _links(pool: asyncpg.Pool) -> Any:
    return await effects.links(pool, await runs.route_id(pool, "move"), [TicketId(id) for id in "1234567"])


async def _rows(pool: asyncpg.Pool) -> list[Any]:
    return [
        [tuple(row) for row in await pool.fetch(query)]
        for query in (
            "select * from effect order by source_id",
            "select * from dead_letter order by source_id",
            "select * from checkpoint",
        )
    ]


def _file(path: Path) -> None:
    """A file in a folder, both old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    old = time.time() - 400 * 86_400
    for one in (path, path.parent):
        os.utime(one, (old, old))


@pytest.fixture
def short_home() -> Any:
    """Where an embedded server started by root can work, too."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="syncer-home-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name) / "home"
