"""The samples that no other test reads: refusals, rarer shapes, and calls that only the emulator answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.http import Reply
from syncer.desks.invgate.access import NotAllowed, judge
from syncer.errors import NotFound, Rejected
from syncer.model.ids import TicketId
from tests.desks.test_invgate_answers import SAMPLES, TOKEN, Script, desk, sample
from tests.desks.test_invgate_emulator import AGENT, DRAFT, LAPTOP, site


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
    """The same keys and kinds; ids that are keys do not count, and an empty map is an empty list there."""
    if answer is None or model is None:
        return True
    if isinstance(model, dict | list) and not (answer and model):
        return isinstance(answer, dict | list)
    if isinstance(model, dict) and isinstance(answer, dict):
        if all(key.isdecimal() for key in model):
            return all(fits(one, next(iter(model.values()))) for one in answer.values())
        return answer.keys() == model.keys() and all(fits(answer[key], model[key]) for key in model)
    if isinstance(model, list) and isinstance(answer, list):
        return all(fits(one, model[0]) for one in answer)
    return type(answer) is type(model)


def test_another_shape_does_not_fit() -> None:
    model = sample("users_groups")
    assert fits(model, model)
    assert not fits({"9": {**model["9"], "more": 1}}, model)
    assert not fits([1], sample("users_by_nobody"))


@pytest.mark.parametrize(
    ("name", "endpoint", "params"),
    [
        ("users_groups", "users.groups", {"ids": [AGENT]}),
        ("users_by_nobody", "users.by", {"email": "nobody"}),
        ("incidents_by_customer_empty", "incidents.by.customer", {"id": AGENT}),
        ("incident_iso8601", "incident", {"id": LAPTOP, "date_format": "iso8601"}),
        ("incidents_last_hour", "incidents.last.hour", {}),
        ("links", "incident.link", {"request_id": LAPTOP}),
        ("collaborators", "incident.collaborator", {"request_id": LAPTOP}),
        ("observers", "incident.observer", {"request_id": LAPTOP}),
        ("external_entities", "incident.external_entity", {"request_id": LAPTOP}),
        ("cf_fields_by_category", "cf.fields.by.category", {"category_id": 1}),
    ],
)
async def test_the_emulator_answers_in_the_shape_of_the_sample(
    name: str, endpoint: str, params: dict[str, Any]
) -> None:
    async with site() as emulated:
        await emulated.post("incident", **DRAFT)
        answer = await emulated.get(endpoint, **params)
    assert fits(answer, sample(name)), answer
    if name == "incidents_last_hour":
        assert len(answer["data"]) == 1


@pytest.mark.parametrize("case", ["upper", "lower"])
async def test_a_write_without_a_body_of_its_own_is_answered_as_in_the_sample(case: str) -> None:
    async with site(status_word=case) as emulated:
        move = {"request_id": LAPTOP, "author_id": AGENT, "users_id": [AGENT]}
        status, answer = await emulated.post("incident.observer", **move)
    assert status == 200
    assert fits(answer, sample("written"))
    assert answer["status"] == (sample("written")["status"] if case == "lower" else "OK")
