"""The emulated tenant's answers beside the samples: the same keys and kinds of value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncer.desks.rezolve import emulator
from syncer.desks.rezolve.emulator import Auth
from tests.desks.test_rezolve_catalogue import stream
from tests.desks.test_rezolve_emulator import (
    CHANGE,
    FILES,
    INCIDENT,
    LAPTOP,
    NOTES,
    OLD,
    PRINTER,
    ROLELESS,
    TOM,
    Site,
    T,
    listing,
    site,
)
from tests.desks.test_rezolve_notes import form

SAMPLES = Path(emulator.__file__).with_name("samples")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


def fits(answer: Any, model: Any) -> bool:
    """The same keys and kinds of value; a single value may be missing, and a list may be empty.

    Each row is like some row of the sample. Keys that are UUIDs do not count: each value is like some value there.
    """
    if isinstance(model, dict) and isinstance(answer, dict):
        (named, by_id), (model_named, model_by_id) = _parted(answer), _parted(model)
        same = named.keys() == model_named.keys() and all(fits(named[key], one) for key, one in model_named.items())
        return same and _some(by_id.values(), model_by_id.values())
    if isinstance(model, list) and isinstance(answer, list):
        return _some(answer, model)
    return _kind(answer) == _kind(model) or (answer is None and not isinstance(model, dict | list)) or model is None


def _parted(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    by_id = {key: one for key, one in value.items() if _UUID.fullmatch(key)}
    return {key: one for key, one in value.items() if key not in by_id}, by_id


def _some(answers: Any, models: Any) -> bool:
    return bool(answers) <= bool(models) and all(any(fits(one, model) for model in models) for one in answers)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "flag"
        case int() | float():
            return "number"
    return type(value).__name__


@pytest.mark.parametrize(
    ("answer", "model"),
    [
        ({"a": 1}, {"a": 1, "b": 1}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": True}, {"a": 1}),
        ([1], []),
        ([{"a": 1}], [{"b": 1}]),
        ({"a": [1]}, {"a": ["x"]}),
        ({"0b1f5c1e-1111-4a6a-9a01-000000000001": {}}, {"0b1f5c1e-1111-4a6a-9a01-000000000002": "x"}),
        (None, {"a": 1}),
        ([], {}),
    ],
)
def test_another_shape_does_not_fit(answer: Any, model: Any) -> None:
    assert fits(model, model)
    assert not fits(answer, model)


def checked(answer: Any, name: str) -> None:
    """It fits, says of itself what the sample says, and its own lists are not emptier."""
    model = sample(name)
    assert fits(answer, model), msgspec.json.format(msgspec.json.encode(answer)).decode()
    for key in ("success", "error", "message", "status"):
        if isinstance(model.get(key), bool | int):
            assert answer[key] == model[key]
    for key, value in (model.get("data") or {}).items():
        if isinstance(value, list) and not _UUID.fullmatch(key):
            assert bool(answer["data"][key]) == bool(value), key


@pytest.mark.parametrize(
    ("name", "switches"),
    [
        ("ticket", {}),
        ("ticket_in_data_ticket", {"get_wrapper": "data.ticket"}),
        ("ticket_in_data", {"get_wrapper": "data"}),
        ("ticket_bare", {"get_wrapper": "root"}),
        ("ticket_labels_and_people", {"options_as": "label", "people_as": "object"}),
    ],
)
async def test_a_ticket_is_like_the_sample(name: str, switches: dict[str, Any]) -> None:
    async with site(**switches) as tenant:
        checked(await tenant.read(f"/ticket/{PRINTER}"), name)


async def test_a_moved_and_a_deleted_ticket_are_like_the_samples() -> None:
    async with site(deleted_rows=True) as tenant:
        moved = await tenant.read(f"/ticket/{tenant.emulator.steering.move(PRINTER, CHANGE)}")
        checked(moved, "ticket_moved")
        assert moved["ticket"]["moved_to"] == moved["ticket"]["object_id"]
        tenant.emulator.steering.delete(OLD)
        deleted = await tenant.read(f"/ticket/{OLD}")
        checked(deleted, "ticket_deleted")
        assert deleted["ticket"]["deleted_seq"] > 0 < sample("ticket_deleted")["ticket"]["deleted_seq"]


async def test_a_created_ticket_is_like_the_sample() -> None:
    async with site() as tenant:
        draft = tenant.draft(Assigned_To=TOM, Effort=1, Escalated=False, Tags=["a"])
        checked((await tenant.create(draft))[1], "created")


@pytest.mark.parametrize(
    ("name", "shape"),
    [("updated", "ticket"), ("updated_etag_in_data", "data"), ("updated_etag", "etag"), ("updated_bare", "bare")],
)
async def test_an_update_is_answered_like_the_sample(name: str, shape: str) -> None:
    async with site(update_answer=shape) as tenant:
        checked((await tenant.update(PRINTER, Order="PO-8"))[1], name)


@pytest.mark.parametrize(
    ("name", "switches", "body"),
    [
        ("list_generation_2", {}, {}),
        ("list_generation_1", {"row_generation": 1}, {}),
        ("list_empty", {}, {"search": "nothing like it"}),
        ("list_pointers", {"rows_lack": "both"}, {}),
        ("list_rows_without_etag", {"rows_lack": "etag"}, {}),
        ("list_rows_and_count", {"rows_at": "data.rows", "total_at": "data.count"}, {}),
        ("list_value_and_odata_count", {"rows_at": "data.value", "total_at": "data.@odata.count"}, {}),
        ("list_at_the_root", {"rows_at": "tickets", "total_at": "data.count"}, {}),
        ("list_without_total", {"total_at": "nowhere"}, {}),
        ("list_of_templates", {"list_type": "agent"}, {}),
    ],
)
async def test_a_list_is_like_the_sample(name: str, switches: dict[str, Any], body: dict[str, Any]) -> None:
    async with site(**switches) as tenant:
        _, answer = await tenant.call("POST", "/ticket/list", json=listing(**body))
    checked(answer, name)


@pytest.mark.parametrize(
    ("name", "path", "switches"),
    [
        ("ticket_types", "/ticket-type", {}),
        ("offers", "/tenant/sc/offers", {}),
        ("offers_without_type", "/tenant/sc/offers", {"offer_type_key": "none"}),
        ("meta", "/tenant/meta", {}),
        ("users", "/user/list", {}),
        ("userinfo", "/user/userinfo", {}),
        ("queues", "/queue/list", {}),
        ("queues_by_number", "/queue/list", {"queue_ids": "number"}),
        ("queue_current", "/queue/current", {}),
        ("queue_users", "/queue/1/users", {}),
        ("notes", f"/ticket/{OLD}/notes", NOTES),
        ("attachments", f"/ticket/{PRINTER}/attachments", FILES),
        ("notification_count", "/ticket/notification/count", {}),
    ],
)
async def test_what_is_read_is_like_the_sample(name: str, path: str, switches: dict[str, Any]) -> None:
    async with site(**switches) as tenant:
        checked(await tenant.read(path), name)


async def test_selected_types_are_like_the_sample() -> None:
    async with site() as tenant:
        checked(await tenant.read("/ticket-type", **{"$select": "id,name"}), "ticket_types_selected")


async def test_what_else_is_posted_is_answered_like_the_sample() -> None:
    async with site(**NOTES, **FILES) as tenant:
        await tenant.create()
        for name, path, options in (
            ("count", "/ticket/count", {"json": {"filterIds": ["all"]}}),
            ("notifications", "/ticket/notifications", {"json": {}}),
            ("note_written", f"/ticket/{PRINTER}/note", {"json": {"note": "x"}}),
            ("uploaded", f"/ticket/{PRINTER}/attachment", {"data": form("a.txt", b"one")}),
        ):
            checked((await tenant.call("POST", path, **options))[1], name)
        _, _, content = await tenant.raw("GET", "/api/v1/ticketing/clientMap/findAndCountAll")
        checked(msgspec.json.decode(content), "clients")


async def test_a_token_is_like_the_sample() -> None:
    async with site() as tenant:
        checked((await tenant.token())[1], "token")
        checked((await tenant.token(client_secret="wrong"))[1], "token_refused")
        tenant.emulator.switches.refresh_tokens = False
        checked((await tenant.token())[1], "token_without_refresh")


async def refusals(tenant: Site) -> dict[str, Any]:
    """One error of each shape, by the name of its sample."""
    wrong = {"op": "AND", "operand": [{"id": "c1", "op": "EQ", "column": "etag", "operand": "x"}]}
    invalid = tenant.draft(offer="1", Subject=None)
    found = {
        "error_validation": (await tenant.create(invalid))[1],
        "error_stale": (await tenant.patch(PRINTER, "old", tenant.fields(Order="x")))[1],
        "error_filter": (await tenant.call("POST", "/ticket/list", json=listing(filter=wrong)))[1],
        "error_not_found": (await tenant.call("GET", "/ticket/INC-9"))[1],
        "error_in_200": (await tenant.call("GET", "/tenant/meta"))[1],
    }
    draft = tenant.draft()
    tenant.headers = tenant.headers | {"x-tenantid": "other"}
    found["error_tenant"] = (await tenant.create(draft))[1]
    tenant.emulator.carrier.clock.advance(4000)
    found["error_token"] = (await tenant.call("GET", f"/ticket/{LAPTOP}"))[1]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "error_validation", "error_stale", "error_filter", "error_not_found", "error_in_200", "error_tenant",
        "error_token",
    ],
)  # fmt: skip
async def test_an_error_is_like_the_sample(name: str) -> None:
    async with site(hollow=frozenset({"meta"})) as tenant:
        answer = (await refusals(tenant))[name]
    checked(answer, name)
    model = sample(name)
    code = model["error"]["code"] if "timestamp" in model else model["code"]
    assert code == (answer["error"]["code"] if "timestamp" in answer else answer["code"])


async def test_a_missing_role_is_told_like_the_sample() -> None:
    async with site(auth=ROLELESS) as tenant:
        answer = (await tenant.create())[1]
    checked(answer, "error_role")
    assert answer["code"] == sample("error_role")["code"]


async def test_errors_without_json_are_like_the_samples() -> None:
    async with site(auth=Auth(client_roles=("ticket_user",))) as tenant:
        for name, team, kind in (("error_html", "nowhere", INCIDENT), ("error_without_body", "it-desk", CHANGE)):
            path = f"{T}/ticket/create/{team}/{kind}"
            status, headers, content = await tenant.raw("POST", path, json=tenant.draft())
            kept = sample(name)
            assert (status, headers.get("Content-Type", "").split(";")[0]) == (kept["status"], kept["content_type"])
            assert content.decode() == kept["text"]


async def test_the_events_of_a_stream_are_like_the_samples() -> None:
    models = {one["event"]: one["data"] for one in sample("events")}
    async with site(token_life=100.0) as tenant, stream(tenant) as events:
        seen = [await events.next() for _ in range(2)]
        await tenant.create()
        seen.append(await events.next())
        await tenant.update(PRINTER, Priority=tenant.option("Priority", "Low"))
        seen.append(await events.next())
        tenant.emulator.steering.delete(OLD)
        seen.append(await events.next())
        for seconds in (31, 100):
            tenant.emulator.carrier.clock.advance(seconds)
            seen.append(await events.next())
    assert [name for name, _ in seen] == list(models)
    for name, data in seen:
        assert fits(data, models[name]), (name, data)
