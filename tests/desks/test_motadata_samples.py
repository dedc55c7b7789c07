"""The emulated ServiceOps beside the samples of its contract: its answers have their keys and kinds of value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncer.deskkit.world import World
from syncer.desks.motadata import emulator
from tests.desks.test_motadata_emulator import (
    BO,
    ID,
    MIA,
    OLD,
    ORPHAN,
    PRINTER,
    TOM,
    Site,
    relation,
    site,
    upload,
    world,
)

SAMPLES = Path(emulator.__file__).parent / "samples"
_SHAPES = {
    "spoken time": re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d [ap]m"),
    "numeric time": re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d"),
    "display id": re.compile(r"(INC|SR)-\d+"),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "markup": re.compile(r"(?s)<p>.*"),
    "level": re.compile(r"tier[0-4]"),
    "written level": re.compile(r"Tier[0-4]"),
}
_MILLISECONDS = 10**12


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


def kind(value: Any) -> str:
    """What a single value is; a text that has a form is of that form."""
    match value:
        case str():
            return next((name for name, form in _SHAPES.items() if form.fullmatch(value)), "text")
        case int() if not isinstance(value, bool) and value > _MILLISECONDS:
            return "moment"
    return type(value).__name__


def fits(answer: Any, model: Any) -> bool:
    """The same keys and kinds of value; a list is empty where the sample's is, and each row is like one of its rows."""
    if isinstance(model, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == model.keys()
            and all(fits(answer[key], value) for key, value in model.items())
        )
    if isinstance(model, list):
        return (
            isinstance(answer, list)
            and bool(answer) == bool(model)
            and all(any(fits(row, one) for one in model) for row in answer)
        )
    return kind(answer) == kind(model)


def test_another_shape_does_not_fit() -> None:
    model = sample("request")
    assert fits(model, model)
    assert not fits(model | {"more": 1}, model)
    assert not fits({key: value for key, value in model.items() if key != "tags"}, model)
    assert not fits(model | {"tags": []}, model)
    assert not fits(model | {"tags": [1]}, model)
    assert not fits(model | {"createdTime": 1_767_000_000}, model)
    assert not fits(model | {"supportLevel": "Tier1"}, model)
    assert not fits(model | {"customField": model["customField"] | {"Affected users": 3}}, model)
    assert not fits(sample("conversation") | {"createdTime": "16-07-2025 16:33"}, sample("conversation"))
    assert not fits(sample("search_empty"), sample("search"))


def of_samples() -> World:
    """With the custom fields of the samples."""
    seeds = world()
    tickets = [msgspec.structs.replace(ticket, custom={}) for ticket in seeds.tickets]
    return msgspec.structs.replace(seeds, custom={"Site": ["Porto", "Lisboa"]}, tickets=tickets)


async def prepare(desk: Site) -> None:
    """One request with a value in everything, one with a value in as little as can be."""
    filled = {"External Id": "zd:1", "Affected users": 3, "Seen at": 1_766_990_000_000, "Channels": ["Mail"]}
    await desk.patch(PRINTER, impactName="On User", customField=filled | {"Site": "Porto"})
    desk.emulator.staff.edit(
        ORPHAN, description="", category="", department="", location="", assignee=None, creator="Mia Ortiz"
    )


REQUEST, SEARCH = f"/api/v1/request/{PRINTER}", "/api/v1/request/search/byqual"
TALK = f"/api/v1/request/{OLD}/conversation"
BOTH = {"qualDetails": relation(ID, "in", [PRINTER, ORPHAN], "ListLongValueRest")}
NAMED = {"qualDetails": relation("user.name", "contains", "m")}
WRITTEN = {"drifting_names": False, "companies": True, "file_links": True, "strip_html": False}
LISTS = {"lookup_paths": True, "lookups_by_key": True}
NEW = {
    "subject": "New",
    "description": "Text",
    "requesterEmail": "mia@example.org",
    "assigneeEmail": "tom@example.org",
    "categoryName": "Software",
    "departmentName": "IT",
    "locationName": "HQ",
    "ccEmailSet": ["rui@example.org"],
}
NOTE = {"conversationType": "note", "details": "<p>text</p>"}
PERSON = {"name": "Rui Sol", "email": "rui@example.org", "userLogOnName": "rui", "contactNo": "+351 1"}
SERVICE = {"requester": "mia", "serviceName": "New laptop", "serviceCategoryName": "Hardware"}


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "switches"),
    [
        ("request", "GET", REQUEST, None, {}),
        ("request_as_written", "GET", REQUEST, None, WRITTEN),
        ("request_without_values", "GET", f"/api/v1/request/{ORPHAN}", None, {}),
        ("request_nulls", "GET", f"/api/v1/request/{ORPHAN}", None, {"absent_as_null": True}),
        ("search", "POST", SEARCH, BOTH, {}),
        ("search_without_total", "POST", SEARCH, BOTH, {"with_total": False}),
        ("search_empty", "POST", "/api/v1/change/search/byqual", {}, {}),
        ("conversations", "POST", f"{TALK}/search/byqual", {}, {}),
        ("conversation", "POST", TALK, NOTE, {}),
        ("service_request", "POST", "/api/v1/service_catalog/servicerequest", SERVICE, {}),
        ("requester", "GET", f"/api/v1/requester/{MIA}", None, {}),
        ("requester_blocked", "GET", f"/api/v1/requester/{BO}", None, {}),
        ("requester_created", "POST", "/api/v1/requester", PERSON, {}),
        ("requesters", "POST", "/api/v1/requester/search/byqual", NAMED,
         {"technicians_as_requesters": False}),
        ("technician", "GET", f"/api/v1/technician/{TOM}", None, {}),
        ("lookup", "POST", "/api/request/status/search/byqual", {}, LISTS),
        ("lookup", "GET", "/api/request/category", None, LISTS),
    ],
)  # fmt: skip
async def test_an_answer_has_the_shape_of_the_sample(
    name: str, method: str, path: str, body: Any, switches: Any
) -> None:
    async with site(of_samples(), **switches) as desk:
        await prepare(desk)
        answer = await desk.ok(method, path, body)
    assert fits(answer, sample(name)), answer


async def test_the_answer_to_a_create_has_the_shape_of_the_sample() -> None:
    async with site(of_samples(), upload_path="/api/oprfile") as desk:
        _, file = await upload(desk, "/api/oprfile", "tunnel.log", b"x")
        mention = {"refFileName": file["refFileName"], "realName": "tunnel.log"}
        made = await desk.create(**NEW, fileAttachments=[mention], tags=["vpn"])
    assert fits(file, sample("upload")), file
    assert fits(made, sample("request_created")), made


async def test_a_request_with_a_past_has_the_shape_of_the_sample() -> None:
    async with site(of_samples(), lifecycle_times=True) as desk:
        await prepare(desk)
        await desk.say(PRINTER, conversationType="technician_to_requester")
        for status in ("Resolved", "Closed"):
            await desk.patch(PRINTER, statusName=status)
        row = await desk.get(PRINTER)
    assert fits(row, sample("request_with_times")), row


async def test_a_reply_has_the_shape_of_the_sample() -> None:
    async with site() as desk:
        _, rows = await desk.call("POST", f"{TALK}/search/byqual", json={})
        files = next(row["fileAttachments"] for row in rows["objectList"] if row["fileAttachments"])
        to = {"emailIds": ["a@example.org"], "ccEmailIds": ["b@example.org"], "fileAttachments": files}
        _, said = await desk.say(OLD, conversationType="technician_to_requester", **to)
    assert fits(said, sample("conversation_reply")), said


@pytest.mark.parametrize("spelling", ["requester", "capital"])
async def test_types_are_spelled_in_the_ways_of_the_sample(spelling: str) -> None:
    known = {row["conversationType"] for row in sample("conversations_in_other_spelling")["objectList"]}
    async with site(type_spelling=spelling) as desk:
        _, answer = await desk.call("POST", f"{TALK}/search/byqual", json={})
    spelled = {row["conversationType"] for row in answer["objectList"]}
    assert spelled & known
    assert answer.keys() == sample("conversations_in_other_spelling").keys()


async def test_tokens_and_refusals_have_the_shape_of_the_samples() -> None:
    async with site() as desk:
        _, token = await desk.token()
        _, refused = await desk.token(password="wrong")
        _, error = await desk.call("POST", "/api/v1/request", json={})
    assert fits(token, sample("token"))
    assert token["expires_in"] == sample("token")["expires_in"]
    assert fits(refused, sample("token_refused"))
    assert fits(error, sample("error"))
    async with site(opaque_tokens=True, expires_in=7199) as desk:
        _, token = await desk.token()
    assert fits(token, sample("token_old_and_opaque"))
    assert token["access_token"].count(".") == sample("token_old_and_opaque")["access_token"].count(".") == 0


def test_every_sample_is_read_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in SAMPLES.iterdir() if f'"{path.stem}"' not in text] == []
