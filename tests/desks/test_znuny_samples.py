"""The emulated Znuny beside what the running one answered: each recorded call is made again, and its answer has the
same keys and kinds of value.

The same is asked of the running server itself where test_znuny_emulator.py is told of one: so a sample that is out of
date shows.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from syncer.desks.znuny import emulator
from syncer.desks.znuny.emulator import ZnunyEmulator
from syncer.desks.znuny.emulator_text import plain
from syncer.sandbox.seed import generate
from tests.desks.serving import served
from tests.desks.test_znuny_emulator import CARRIERS, Site, carried

SAMPLES = Path(emulator.__file__).parent / "samples"
TEXTS, WORKING_TIMES = "texts", "working_times"
NAMES = [
    "create_body_zero", "create_broken_off", "create_empty_file", "create_empty_list", "create_refused_login",
    "create_sender_without_address", "create_unknown_customer", "create_unknown_field", "create_unknown_owner",
    "create_unknown_queue", "create_without_article", "create_wrong_value", "created",
    "created_for_a_customer_sender", "created_full", "created_two_articles", "created_with_unknown_keys", "found",
    "found_in_spite_of_filter", "found_nothing", "found_nothing_for_iso_time", "get_refused_login", "history",
    "history_unknown", "no_json", "no_object", "no_route", "search_refused_session", "session", "session_refused",
    "session_without_password", "ticket", "ticket_bare", "ticket_cleared_date", "ticket_closed_extended",
    "ticket_files_of_articles", "ticket_files_without_content", "ticket_full", "ticket_html", "ticket_html_plain",
    "ticket_not_a_number", "ticket_pending", "ticket_unknown", "ticket_without_text", "tickets", "tickets_none",
    "tickets_one_unknown", "update_empty_ticket", "update_file_without_article", "update_pending_without_time",
    "update_unknown", "updated", "updated_article", "updated_articles", "updated_customer_article",
    "updated_files_of_articles", "updated_nothing",
]  # fmt: skip
_LONG, _LETTERS = "{3801 letters}", "s" * 3_801
_FORMS = {
    "time": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    "ticket number": re.compile(r"\d{16}"),
    "number": re.compile(r"\d+"),
    "session": re.compile(r"[A-Za-z0-9]{32}"),
    "history": re.compile(r"%%.*"),
    "nothing": re.compile(r""),
}
_WORDS = frozenset(
    "ErrorCode ErrorMessage faultstring HistoryType State StateType Queue Lock SenderType CommunicationChannel "
    "Priority Disposition Filename Content HistoryTypeID".split()
)
"""Values that are the same everywhere."""


def sample(name: str) -> Any:
    text = (SAMPLES / f"{name}.json").read_text(encoding="utf-8")
    return msgspec.json.decode(text.replace(_LONG, _LETTERS))


def kind(value: Any) -> str:
    """What a single value is; a text that has a form is of that form."""
    if isinstance(value, str):
        return next((name for name, form in _FORMS.items() if form.fullmatch(value)), "text")
    return "number" if isinstance(value, float) else type(value).__name__


def fits(answer: Any, model: Any, key: str = "") -> bool:
    """The same keys and kinds of value, lists of the same length, and the same words where these are the product's."""
    if isinstance(model, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == model.keys()
            and all(fits(answer[name], value, name) for name, value in model.items())
        )
    if isinstance(model, list):
        pairs = zip(answer, model, strict=True) if isinstance(answer, list) and len(answer) == len(model) else None
        return pairs is not None and all(fits(one, other, key) for one, other in pairs)
    return answer == model if key in _WORDS else kind(answer) == kind(model)


def about(value: Any, ticket: str) -> Any:
    """A recorded request with the id of the ticket it is about."""
    return msgspec.json.decode(msgspec.json.encode(value).decode().replace("{ticket}", ticket))


async def play(site: Site, call: dict[str, Any], ticket: str) -> tuple[int, str, Any]:
    """Status, content type and answer of a recorded call."""
    path = call["path"].replace("{ticket}", ticket)
    if isinstance(call["body"], str):
        status, kind, raw = await site.raw(call["method"], path, data=call["body"].encode())
        return status, kind, raw.decode()
    query, body = about(call.get("query", {}), ticket), about(call["body"], ticket)
    if call["method"] == "GET":
        pairs = {key: str(value) for key, value in (site.who | query).items()}
        status, kind, raw = await site.raw("GET", path, params=pairs)
    else:
        status, kind, raw = await site.raw(call["method"], path, json=site.who | (body or {}))
    try:
        return status, kind, msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return status, kind, raw.decode()


def test_another_shape_does_not_fit() -> None:
    model = sample("ticket_full")["answer"]
    assert fits(model, model)
    ticket = model["Ticket"][0]
    for wrong in (
        ticket | {"TicketID": "5"}, ticket | {"Changed": "now"}, ticket | {"More": 1}, ticket | {"State": "open"},
        {key: value for key, value in ticket.items() if key != "DynamicField"},
        ticket | {"Article": ticket["Article"][:1]},
    ):  # fmt: skip
        assert not fits({"Ticket": [wrong]}, model)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", NAMES)
async def test_an_answer_has_the_shape_of_the_sample(name: str, carrier: str) -> None:
    recorded, ticket = sample(name), ""
    async with carried(carrier) as site:
        for call in recorded["given"]:
            _, _, answer = await play(site, call, ticket)
            ticket = answer["TicketID"] if call["path"] == "/Ticket" else ticket
        status, kind_of, answer = await play(site, recorded, ticket)
    assert (status, kind_of) == (recorded["status"], recorded["content_type"])
    if name == "history":  # the moment decides whether an unlock time is begun anew
        rows = [part["TicketHistory"][0]["History"] for part in (answer, recorded["answer"])]
        for part in rows:
            part[:] = [row for row in part if row["HistoryType"] != "Misc"]
    assert fits(answer, recorded["answer"]), answer


@pytest.mark.parametrize("row", sample(TEXTS), ids=lambda row: row["html"][:30])
def test_a_text_becomes_what_the_running_server_made_of_it(row: dict[str, str]) -> None:
    assert plain(row["html"].strip()) == row["body"]


async def test_only_working_hours_count_until_a_ticket_is_closed() -> None:
    rows, tickets = sample(WORKING_TIMES), []
    first = generate(1, 1).tickets[0]
    for row in rows:
        created, closed = (
            int(datetime.fromisoformat(f"{row[key]}+00:00").timestamp()) for key in ("created", "closed")
        )
        tickets.append(replace(first, status="closed", comments=[], created=created, updated=closed, closed=closed))
    emulator = ZnunyEmulator(replace(generate(1, 1), tickets=tickets))
    async with served(emulator) as url, ClientSession() as session:
        site = Site(session, emulator.block(url)["base_url"], ("sync", "sandbox-secret"))
        asked = {"TicketID": [one.id for one in emulator.kept()], "Extended": 1}
        told = (await site.ok("POST", "/TicketList", asked))["Ticket"]
    assert [
        {"created": one["Created"], "closed": one["Closed"], "minutes": one["SolutionInMin"]} for one in told
    ] == rows  # fmt: skip
