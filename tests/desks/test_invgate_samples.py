"""The samples that no other test reads, and the emulator's answers beside all that it can give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.reply import Reply
from syncer.desks.invgate.access import NotAllowed, judge
from syncer.errors import NotFound, Rejected
from syncer.model.ids import TicketId
from tests.desks.test_invgate_answers import SAMPLES, TOKEN, Script, desk, sample
from tests.desks.test_invgate_emulator import AGENT, CUSTOMER, LAPTOP, OLD, OTHER_AGENT, PRINTER, Site, site


def raw(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("error_403", NotAllowed), ("error_404", NotFound), ("error_405", Rejected), ("error_409", Rejected),
     ("error_428", Rejected)],
)  # fmt: skip
def test_a_refusal_is_told_for_what_it_is_in_the_desks_own_words(name: str, kind: type) -> None:
    error = judge("old: GET incident", Reply(sample(name)["status"], {}, raw(name)))
    assert type(error) is kind
    assert sample(name)["error"] in str(error)


async def test_a_token_that_names_no_end_is_used() -> None:
    script = Script(**{TOKEN: sample("token_without_expiry"), "incidents": sample("incidents")})
    async with desk(script) as old:
        assert (await old.fetch([TicketId("4711")]))[0].id == "4711"
    assert script.asked[-1].headers["Authorization"] == "Bearer opaque-2"


async def test_a_file_on_a_host_nobody_declared_is_not_fetched(tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": sample("attachment_on_storage_host")})
    async with desk(script) as old:
        with pytest.raises(Rejected, match=r"storage\.example\.net"):
            await old.download(TicketId("4711"), "902", tmp_path)
    assert list(tmp_path.iterdir()) == []


def fits(answer: Any, model: Any) -> bool:
    """The same keys and kinds of value: an answer may be empty only where the sample is.

    Each row is like some row of the sample. Keys that are ids do not count, and an empty map is an empty list there.
    """
    if not isinstance(answer, dict | list) or not isinstance(model, dict | list):
        return not _kinds(answer).isdisjoint(_kinds(model))
    if not answer or not model:
        return not answer and not model
    by_id = [isinstance(one, dict) and all(map(_ID.fullmatch, one)) for one in (answer, model)]
    if isinstance(model, dict) and isinstance(answer, dict) and not all(by_id):
        return answer.keys() == model.keys() and all(fits(answer[key], model[key]) for key in model)
    shown = _rows(model)
    return type(answer) is type(model) and all(
        one is not None and any(fits(one, row) for row in shown) for one in _rows(answer)
    )


_ID = re.compile(r"[0-9]+|[0-9A-F]{8}")
_ANY = {"flag", "number", "text"}


def _kinds(value: Any) -> set[str]:
    """A single value may be missing, and older versions send numbers as texts."""
    match value:
        case None:
            return _ANY
        case bool():
            return {"flag"}
        case int():
            return {"number"}
        case str():
            return {"text", "number"} if value.isdecimal() else {"text"}
    return {type(value).__name__}


def _rows(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def test_another_shape_does_not_fit() -> None:
    model = sample("users_groups")
    assert fits(model, model)
    assert fits({"7": model["301"]}, model)
    assert not fits({"mia": model["301"]}, model)
    assert not fits({"9": {**model["9"], "more": 1}}, model)
    assert not fits({"9": {**model["9"], "groups": {"21": {"id": 21, "name": []}}}}, model)
    assert not fits(list(model.values()), model)
    assert not fits([1], sample("users_by_nobody"))
    assert not fits({**sample("users_by_nobody"), "data": [1]}, sample("users_by_nobody"))


@pytest.mark.parametrize("answer", [[], {}, None, [None], ["a"], [[9]], {"9": 9}], ids=str)
def test_nothing_does_not_fit_where_the_sample_shows_something(answer: Any) -> None:
    assert not fits(answer, sample("observers"))


async def everything_on(emulated: Site) -> None:
    """What no seeded ticket has: others on it, and all columns of a view filled."""
    by = {"request_id": PRINTER, "author_id": AGENT}
    for endpoint, values in (
        ("incident.observer", {**by, "users_id": [CUSTOMER, AGENT]}),
        ("incident.collaborator", {**by, "user_id": OTHER_AGENT}),
        ("incident.link", {"request_id": PRINTER, "request_ids": [LAPTOP]}),
        (
            "incident.external_entity",
            {"request_id": PRINTER, "external_entity_id": 8, "external_entity_ref_id": "V-77"},
        ),
        ("incident.waitingfor.customer", {"request_id": PRINTER}),
    ):
        status, answer = await emulated.post(endpoint, **values)
        assert (status, answer["status"]) == (200, "OK"), endpoint
    emulated.emulator.create("Fresh", files=[901], custom={71: "PO-8"})
    emulated.emulator.views[3] = lambda ticket: ticket.id == PRINTER


COLUMNS = frozenset({"request", "status", "priority", "waiting_for", "customer", "last_update", "cf_72"})


@pytest.mark.parametrize(
    ("name", "endpoint", "params", "switches"),
    [
        ("incident", "incident", {"id": PRINTER}, {}),
        ("incident_iso8601", "incident", {"id": PRINTER, "date_format": "iso8601"}, {}),
        ("incidents_by_status", "incidents.by.status", {"status_id": 1}, {}),
        ("incidents_by_view", "incidents.by.view", {"view_id": 1}, {}),
        ("incidents_by_customer", "incidents.by.customer", {"id": CUSTOMER, "limit": 1}, {}),
        ("incidents_by_customer_empty", "incidents.by.customer", {"id": AGENT}, {}),
        ("incidents_last_hour", "incidents.last.hour", {}, {}),
        ("details_by_view", "incidents.details.by.view", {"view_id": 3}, {"view_columns": COLUMNS}),
        ("comments", "incident.comment", {"request_id": OLD}, {}),
        ("attachment", "incident.attachment", {"id": 901}, {}),
        ("links", "incident.link", {"request_id": PRINTER}, {}),
        ("collaborators", "incident.collaborator", {"request_id": PRINTER}, {}),
        ("observers", "incident.observer", {"request_id": PRINTER}, {}),
        ("external_entities", "incident.external_entity", {"request_id": PRINTER}, {}),
        ("user", "user", {"id": CUSTOMER}, {}),
        ("users_by", "users.by", {"email": "mia"}, {}),
        ("users_by_nobody", "users.by", {"email": "nobody"}, {}),
        ("users_groups", "users.groups", {"ids": [AGENT, CUSTOMER]}, {}),
        ("status", "incident.attributes.status", {}, {}),
        ("categories", "categories", {}, {}),
        ("helpdesk", "helpdesks", {"id": 1}, {}),
        ("helpdesks", "helpdesks", {}, {}),
        ("helpdesksandlevels", "helpdesksandlevels", {}, {}),
        ("levels", "levels", {}, {}),
        ("locations", "locations", {}, {}),
        ("companies", "companies", {}, {}),
        ("groups_users", "groups.users", {"id": 21}, {}),
        ("cf_fields_all", "cf.fields.all", {}, {}),
        ("cf_fields_by_category", "cf.fields.by.category", {"category_id": 52}, {}),
        ("cf_fields_by_category", "cf.fields.by.category", {"category_id": 52}, {"category_fields_as_objects": True}),
        ("cf_options_list", "cf.field.options.list", {"uid": 72}, {}),
        ("cf_options_list_empty", "cf.field.options.list", {"uid": 71}, {}),
        ("cf_options_tree", "cf.field.options.tree", {"uid": 73}, {}),
        ("sd_version", "sd.version", {}, {}),
    ],
)
async def test_the_emulator_answers_in_the_shape_of_the_sample(
    name: str, endpoint: str, params: dict[str, Any], switches: dict[str, Any]
) -> None:
    async with site(**switches) as emulated:
        await everything_on(emulated)
        answer = await emulated.get(endpoint, **params)
    assert fits(answer, sample(name)), answer


async def test_a_ticket_waits_for_an_external_entity_that_is_on_it() -> None:
    async with site() as emulated:
        on = {"request_id": PRINTER}
        assert (await emulated.post("incident.external_entity", **on))[0] == 428
        assert (await emulated.post("incident.external_entity", **on, external_entity_id=9))[1]["status"] == "ERROR"
        _, made = await emulated.post("incident.external_entity", **on, external_entity_id=8)
        elsewhere = {"request_id": LAPTOP, "entity_link_id": made["link_id"]}
        assert (await emulated.post("incident.waitingfor.external_entity", **elsewhere))[1]["status"] == "ERROR"
        assert (await emulated.post("incident.waitingfor.external_entity", **elsewhere | on))[1]["status"] == "OK"
        assert (await emulated.ticket(PRINTER))["status_id"] == 4


@pytest.mark.parametrize("case", ["upper", "lower"])
async def test_a_write_without_a_body_of_its_own_is_answered_as_in_the_sample(case: str) -> None:
    async with site(status_word=case) as emulated:
        move = {"request_id": LAPTOP, "author_id": AGENT, "users_id": [AGENT]}
        status, answer = await emulated.post("incident.observer", **move)
    assert status == 200
    assert fits(answer, sample("written"))
    assert answer["status"] == (sample("written")["status"] if case == "lower" else "OK")
