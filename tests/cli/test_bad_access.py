"""Wrong credentials, unknown ids, undecided values: told before the first write; mended, the same command goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .trouble import Box, box, told

WRONG = "hunter2hunter2"


@pytest.fixture
async def place(tmp_path: Path, dsn: str) -> AsyncIterator[Box]:
    async with box(tmp_path, dsn) as found:
        yield found


async def _stopped(place: Box, code: int, *words: str, command: str = "migrate") -> None:
    """Told; stdout stays empty; and nothing was written."""
    more = ("--yes",) if command == "migrate" else ()
    answer = await place.do(command, *more, "--json")
    told(answer, code, *words)
    assert answer.out == ""
    assert place.writes() == 0


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        (
            "client_secret: sandbox-secret",
            f"client_secret: {WRONG}",
            ("old: log-in at http", "client_secret of desk old"),
        ),
        ("client_id: syncer", "client_id: nobody", ("old: log-in at http", "client_id")),
        ("password: sandbox-secret", f"password: {WRONG}", ("new: log-in was refused", "auth of desk new", "lock")),
        ("email: sync@example.org", "email: nobody@example.org", ("new: log-in was refused", "user or password")),
    ],
    ids=["secret", "client", "password", "user"],
)
async def test_wrong_credentials(place: Box, right: str, wrong: str, words: tuple[str, ...]) -> None:
    place.edit(place.config, right, wrong)
    await _stopped(place, 3, *words)
    told(await place.do("check"), 3, *words)
    place.edit(place.config, wrong, right)
    await place.goes_on()


async def test_a_key_that_may_be_no_longer_good_is_told_of_too(place: Box) -> None:
    oauth = "{kind: oauth2, client_id: syncer, client_secret: sandbox-secret}"
    place.edit(place.config, oauth, f"{{kind: basic, user: api, key: {WRONG}}}")
    await _stopped(place, 3, "old: ", "key of desk old|auth of desk old")
    place.edit(place.config, f"key: {WRONG}", "key: sandbox-key")
    await place.goes_on()


async def test_a_view_that_does_not_exist(place: Box) -> None:
    place.edit(place.config, "view_id: 1 ", "view_id: 4711 ")
    await _stopped(place, 2, "old: view 4711 cannot be read", "view_id of desk old")
    place.edit(place.config, "view_id: 4711 ", "view_id: 1 ")
    await place.goes_on()


async def test_a_required_id_that_the_target_does_not_know(place: Box) -> None:
    place.edit(place.mapping, "department_id: {value: IT}", "department_id: {value: Cellar}")
    await _stopped(place, 2, "department_id", "Cellar", "mapping.yaml", "IT")
    place.edit(place.mapping, "{value: Cellar}", "{value: IT}")
    await place.goes_on()


async def test_a_default_that_the_target_does_not_know(place: Box) -> None:
    place.edit(place.mapping, "default: Head office", "default: Atlantis")
    await _stopped(place, 2, "site_id", "Atlantis", "mapping.yaml")
    place.edit(place.mapping, "Atlantis", "Head office")
    await place.goes_on()


async def test_a_value_without_a_decision_blocks_with_count_and_examples(place: Box) -> None:
    # Neither the default nor the alias: nothing on the target is called so.
    place.edit(place.mapping, "priority: {lookup: priority, default: Medium}", "priority: {lookup: priority}")
    place.edit(place.mapping, "priority: {Critical: Urgent}", "priority: {}")
    await _stopped(
        place, 2, r"priority 'Critical': \d+ tickets, for instance \d+, \d+", "mapping.yaml", "lookups export"
    )
    planned = await place.do("plan", "--json")
    assert planned.code == 2
    first = planned.document["findings"][0]
    assert (first["severity"], first["title"]) == ("blocks", "no decision for priority 'Critical'")
    assert len(first["examples"]) > 2
    place.edit(place.mapping, "priority: {lookup: priority}", "priority: {lookup: priority, default: Medium}")
    place.edit(place.mapping, "priority: {}", "priority: {Critical: Urgent}")
    await place.goes_on()


async def test_a_password_of_the_database_is_never_repeated(place: Box, dsn: str) -> None:
    password = dsn.split("://syncer:")[1].split("@")[0]
    place.edit(place.config, password, WRONG)
    await _stopped(place, 2, "database: .*password authentication failed", "`database` in the config")
    place.edit(place.config, WRONG, password)
    await place.goes_on()


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        (
            "postgresql://syncer:hunter2hunter2@127.0.0.1:9/syncer",
            3,
            ("database: postgresql://syncer@127.0.0.1:9/syncer cannot be reached", "run the same command"),
        ),
        ("postgresql://syncer:hunter2hunter2@127.0.0.1:port/syncer", 2, ("database: ", "postgresql://user@host")),
        ("mysql://syncer:hunter2hunter2@127.0.0.1/syncer", 2, ("database: ", "postgresql://user@host")),
        ("embeded", 2, ("database: ", "embedded")),
    ],
    ids=["nobody there", "no port", "another kind", "misspelt"],
)
async def test_a_database_that_is_not_there(place: Box, dsn: str, url: str, code: int, words: tuple[str, ...]) -> None:
    place.edit(place.config, dsn, url)
    await _stopped(place, code, *words)
    place.edit(place.config, url, dsn)
    await place.goes_on()
