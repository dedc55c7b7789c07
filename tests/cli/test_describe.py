"""`syncer describe` and `syncer probe`, as people start them, against a desk that answers as the contract says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import syncer as package
from tests.cli.front_door import Answer, syncer
from tests.desks.serving import served
from tests.desks.tikting_site import Site, row, said, sent

SAMPLES = Path(package.__file__).parent / "desks" / "tikting" / "samples"
REPLY = {"method": "POST", "path": "/api/x/reply/{id}", "fields": {"message": "Text"}}
CLOSE = {"method": "POST", "path": "/api/x/close/{id}"}
ALL = {"method": "GET", "path": "/api/Users/all"}


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


@asynccontextmanager
async def place(site: Site, folder: Path, **more: Any) -> AsyncIterator[Any]:
    """How to run a command with this desk in the config, and another one of a kind that publishes its keys."""
    async with served(site) as url:
        block = {"kind": "tikting", "base_url": url, "auth": {"email": "a", "password": "sandbox-secret"}, **more}
        other = {"kind": "invgate", "base_url": url, "view_id": 1, "auth": {"kind": "basic", "key": "k"}}
        config = folder / "syncer.yaml"
        config.write_text(json.dumps({"desks": {"new": block, "other": other}}))

        async def do(*args: str) -> Answer:
            return await asyncio.to_thread(syncer, *args, "--config", config)

        yield do


def values(of: Any) -> set[str]:
    """Everything a ticket says that could be recognised."""
    if isinstance(of, dict):
        return set().union(*(values(one) for one in of.values())) if of else set()
    if isinstance(of, list):
        return set().union(*(values(one) for one in of)) if of else set()
    return {str(of)} if of is not None and len(str(of)) > 3 and not isinstance(of, bool) else set()


@pytest.mark.parametrize("name", ["get_flat_full", "get_nested_full"])
async def test_describe_tells_keys_and_types_and_no_value(name: str, tmp_path: Path) -> None:
    site = Site()
    site.rows = {1001: sample("list_rows_nested")[1]}
    site.tickets = {1001: sample(name)}
    async with place(site, tmp_path) as do:
        told, as_json = await do("describe", "new"), await do("describe", "new", "--json")
    assert (told.code, told.err, as_json.code) == (0, "", 0)
    said = told.out + as_json.out
    assert values([site.rows, site.tickets]) & set(said.replace('"', " ").replace(",", " ").split()) == set()
    assert [value for value in values([site.rows, site.tickets]) if value in said and " " in value] == []
    document = as_json.document
    assert set(document["answers"]) == {"row of the list", "ticket", "reply", "file"}
    assert document["answers"]["ticket"]["title" if "flat" in name else "subject"] == "text"
    assert document["answers"]["row of the list"]["status.id"] == "number"
    assert document["answers"]["reply"] == {
        "id": "number", "body": "text", "creator": "object", "creator.id": "text (id)", "creator.fullName": "text",
        "creator.userName": "text", "creator.email": "text", "createdDate": "text (time)", "isPrivate": "true/false",
        "attachments": "list of objects",
    }  # fmt: skip
    assert document["problems"] == []


async def test_what_describe_proposes_is_a_config_that_reads(tmp_path: Path) -> None:
    site = Site()
    site.rows = {1001: sample("list_rows_nested")[1]}
    site.tickets = {1001: sample("get_nested_full")}
    async with place(site, tmp_path) as do:
        told, as_json = await do("describe", "new"), await do("describe", "new", "--json")
    proposed = yaml.safe_load(told.out.partition("and what you add:\n")[2])
    assert proposed == as_json.document["settings"]
    fields = proposed["fields"]
    assert (fields["id"], fields["title"], fields["replies"]) == (["ticketId"], ["subject"], ["comments"])
    assert fields["reply_private"] == ["isPrivate"]
    assert "reply_public" not in fields
    async with place(site, tmp_path, fields=fields) as do:
        assert (await do("check", "new")).code == 0
        assert (await do("describe", "new", "--json")).document["settings"] == proposed


async def test_describe_names_what_sounds_like_a_field_and_says_why_nothing_can_be_read(tmp_path: Path) -> None:
    site = Site()
    site.rows = {1: row(1)}
    site.tickets = {
        1: {
            "id": 1,
            "headLine": "x",
            "ticketSubject": "y",
            "lastChangedOn": "2024-05-01T00:00:00",
            "n": {"o": {"p": {"q": 1}}},
        }
    }
    async with place(site, tmp_path) as do:
        told, as_json = await do("describe", "new"), await do("describe", "new", "--json")
    assert told.code == as_json.code == 1
    assert "cannot be read from: a ticket has no title under title, subject" in told.out
    perhaps = {one["field"]: one["perhaps"] for one in as_json.document["fields"]}
    assert perhaps["title"] == ["ticketSubject"]
    assert perhaps["updated"] == ["lastChangedOn"]
    assert list(as_json.document["answers"]["ticket"])[-3:] == ["n", "n.o", "n.o.p"]


async def test_describe_looks_at_the_ticket_that_is_named(tmp_path: Path) -> None:
    site = Site([1, 2])
    site.tickets[1]["replies"] = [{"id": 5, "text": "x"}]
    async with place(site, tmp_path) as do:
        assert "reply" not in (await do("describe", "new", "--json")).document["answers"]
        found = (await do("describe", "new", "--ticket", "1", "--json")).document
        assert found["answers"]["reply"] == {"id": "number", "text": "text"}
        for id, why in (("9", "answered 404"), ("x1", "no id of a ticket")):
            answer = await do("describe", "new", "--ticket", id)
            assert (answer.code, why in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("desk", "why"),
    [("new", "shows no ticket to look at"), ("other", "desk other needs no describing"), ("none", "no desk named")],
)  # fmt: skip
async def test_what_cannot_be_described_is_told(desk: str, why: str, tmp_path: Path) -> None:
    async with place(Site(), tmp_path) as do:
        answer = await do("describe", desk)
    assert (answer.code, answer.out) == (2, "")
    assert why in answer.err


async def test_probe_writes_after_asking_only_and_says_what_to_set(tmp_path: Path) -> None:
    site = Site([1])
    site.always["POST /api/x/reply/1"] = site.always["POST /api/x/close/1"] = sent({})
    site.always["GET /api/Users/all"] = sent([{"id": "u", "email": "u@x.org"}])
    endpoints = {"ticket.reply": REPLY, "ticket.close": CLOSE, "user.all": ALL}
    async with place(site, tmp_path, endpoints=endpoints) as do:
        asked = await do("probe", "new", "1")
        assert asked.code == 2
        assert "This changes ticket 1 of desk new: ticket.reply, ticket.close" in asked.err
        assert [one for one in site.asked if "/x/" in one[1]] == []
        only = await do("probe", "new", "1", "--call", "user.all")  # this one writes nothing
        assert (only.code, only.err) == (0, "")
        assert "under desks.new.endpoints.user.all:  tested: true" in only.out
        told = await do("probe", "new", "1", "--yes", "--json")
    assert told.code == 1
    found = {one["call"]: (one["worked"], one["settings"]) for one in told.document["calls"]}
    assert found == {
        "user.all": (True, {"tested": True}), "ticket.reply": (True, {"tested": True, "read_back": False}),
        "ticket.close": (False, {}),
    }  # fmt: skip
    assert [one[1] for one in site.asked if "/x/" in one[1]] == ["/api/x/reply/1", "/api/x/close/1"]


async def test_probe_needs_calls_that_are_configured(tmp_path: Path) -> None:
    async with place(Site([1]), tmp_path, endpoints={"ticket.reply": REPLY}) as do:
        for args, why in (
            (("probe", "other", "1"), "desk other has no calls to try"),
            (("probe", "new", "1", "--call", "ticket.close", "--yes"), "not configured: ticket.close"),
        ):
            answer = await do(*args)
            assert (answer.code, why in answer.err) == (2, True)
    async with place(Site([1]), tmp_path) as do:
        assert "desk new has no calls to try" in (await do("probe", "new", "1", "--yes")).err


async def test_a_desk_that_lets_nobody_in_is_told_once(tmp_path: Path) -> None:
    site = Site([1])
    site.answers["POST /api/Users/authenticate"] = [said(401)] * 3
    async with place(site, tmp_path, endpoints={"ticket.reply": REPLY}) as do:
        answer = await do("probe", "new", "1", "--yes")
    assert answer.code == 3
    assert len(site.asked) == 1


async def test_what_came_of_a_call_is_told_before_the_next_one_ends_it_all(tmp_path: Path) -> None:
    for more in ((), ("--json",)):
        site = Site([1])
        site.always["POST /api/x/reply/1"] = sent({})
        site.always["GET /api/TicketsApi/appmetadata"] = said(401)  # which closing asks for, before it is tried
        endpoints = {"ticket.reply": REPLY, "ticket.close": CLOSE}
        async with place(site, tmp_path, endpoints=endpoints, search_lag=0.1) as do:
            answer = await do("probe", "new", "1", "--yes", *more)
        assert (answer.code, "401" in answer.err) == (3, True)
        if more:
            assert [one["call"] for one in answer.document["calls"]] == ["ticket.reply"]
        else:
            assert answer.out.startswith("ticket.reply: works: was taken")


async def test_probe_says_what_to_do_about_a_call_that_does_not_work(tmp_path: Path) -> None:
    site = Site([1])
    site.always["POST /api/x/close/1"] = said(405)
    async with place(site, tmp_path, endpoints={"ticket.close": CLOSE}) as do:
        told = await do("probe", "new", "1", "--yes")
        as_json = await do("probe", "new", "1", "--yes", "--json")
    assert told.code == as_json.code == 1
    assert "  next: Is this call of desk new right?" in told.out
    assert "Is this call of desk new right?" in as_json.document["calls"][0]["hint"]
