"""Traps of Redmine's writes: what one does and leaves undone, and what is read back.

Each holds on a real server, too: see redmine_site for the names of one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.desks.redmine_site import Site, anywhere


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with anywhere() as found:
        yield found


# What a create takes and leaves


async def test_a_create_ignores_what_it_does_not_know_or_does_not_allow(site: Site) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    issue = await site.make(
        created_on="2020-01-01T00:00:00Z", author_id=1, status_id=99, tracker_id=99, nonsense=1, notes="first",
        custom_fields=[{"id": 99999, "value": "x"}],
    )  # fmt: skip
    read = await site.read(issue["id"])
    assert datetime.fromisoformat(read["created_on"]) > before
    assert read["author"]["id"] == site.names["sync"]
    assert (read["status"]["name"], read["tracker"]["name"]) == ("New", "Bug")
    assert read["journals"] == []


async def test_only_who_says_it_by_name_gets_an_issue_without_a_begin(site: Site) -> None:
    body = {"issue": {"project_id": site.project, "subject": "x", "due_date": "2020-01-01"}}
    refused = await site.call("POST", "/issues.json", body)
    assert (refused.status, refused.body["errors"]) == (422, ["Due date must be greater than start date"])
    issue = await site.make(due_date="2020-01-01", start_date=None)
    assert (issue["start_date"], issue["due_date"]) == (None, "2020-01-01")


async def test_a_subject_keeps_its_line_breaks_and_has_255_characters(site: Site) -> None:
    assert (await site.make("  two\nlines\t "))["subject"] == "  two\nlines\t "
    assert len((await site.make("🖨" * 255))["subject"]) == 255
    body = {"issue": {"project_id": site.project, "subject": "🖨" * 256}}
    refused = await site.call("POST", "/issues.json", body)
    assert refused.body["errors"] == ["Subject is too long (maximum is 255 characters)"]


async def test_lines_of_a_description_end_otherwise_those_of_a_note_do_not(site: Site) -> None:
    issue = await site.make(description="a\nb\r\nc\rd")
    await site.put(issue["id"], notes="a\nb\r\nc")
    read = await site.read(issue["id"])
    assert read["description"] == "a\r\nb\r\nc\r\nd"
    assert read["journals"][0]["notes"] == "a\nb\r\nc"


async def test_a_character_that_databases_refuse_breaks_the_server(site: Site) -> None:
    body = {"issue": {"project_id": site.project, "subject": "x", "description": "a\0b"}}
    assert (await site.call("POST", "/issues.json", body)).status == 500


async def test_a_body_of_another_kind_is_no_body(site: Site) -> None:
    data = f'{{"issue": {{"project_id": "{site.project}", "subject": "x"}}}}'.encode()
    answer = await site.call("POST", "/issues.json", data=data, content_type="text/plain")
    assert answer.status == 422
    assert "Subject cannot be blank" in answer.body["errors"]


async def test_values_of_fields_are_texts_and_lists(site: Site) -> None:
    one, many = site.field("External ID"), site.field("Tags")
    issue = await site.make(custom_fields=[{"id": one, "value": 5}, {"id": many, "value": "red"}])
    shown = {field["id"]: field["value"] for field in issue["custom_fields"]}
    assert (shown[one], shown[many]) == ("5", "red")
    read = {field["id"]: field["value"] for field in (await site.read(issue["id"]))["custom_fields"]}
    assert (read[one], read[many], read[site.field("Severity")]) == ("5", ["red"], None)
    await site.put(issue["id"], custom_fields=[{"id": one, "value": ""}, {"id": many, "value": []}])
    read = {field["id"]: field["value"] for field in (await site.read(issue["id"]))["custom_fields"]}
    assert (read[one], read[many]) == ("", [])


async def test_a_customer_can_be_given_a_ticket_but_not_each_status(site: Site) -> None:
    body = {"issue": {"project_id": site.project, "subject": "x", "status_id": 5, "is_private": True}}
    made = await site.call("POST", "/issues.json", body, acting=site.names["carl_login"])
    issue = made.body["issue"]
    assert made.status == 201
    assert (issue["author"]["id"], issue["status"]["name"], issue["is_private"]) == (site.names["carl"], "New", False)


async def test_a_closed_issue_can_be_made_and_keeps_when_it_was_closed(site: Site) -> None:
    issue = await site.make(status_id=5)
    assert issue["closed_on"] == issue["created_on"]
    await site.put(issue["id"], status_id=1)
    again = await site.read(issue["id"])
    assert (again["status"]["name"], again["closed_on"]) == ("New", issue["closed_on"])


# What a change does


async def test_a_change_that_changes_nothing_counts_as_one(site: Site) -> None:
    issue = await site.make()
    await asyncio.sleep(1.1)
    for values in ({}, {"subject": issue["subject"]}, {"status_id": 99}):
        assert (await site.put(issue["id"], **values)).status == 204
    read = await site.read(issue["id"])
    assert read["updated_on"] > issue["updated_on"]
    assert read["journals"] == []


async def test_words_and_changes_of_one_call_are_one_journal(site: Site) -> None:
    issue = await site.make()
    await site.put(issue["id"], notes="Done", status_id=3)
    (said,) = (await site.read(issue["id"]))["journals"]
    assert (said["notes"], said["private_notes"], said["details"][0]["name"]) == ("Done", False, "status_id")


async def test_a_private_note_leaves_its_changes_and_files_in_public(site: Site) -> None:
    issue = await site.make()
    token = await site.upload("for us.txt", b"secret")
    await site.put(issue["id"], notes="For us", private_notes=True, status_id=2, uploads=[{"token": token}])
    read = await site.read(issue["id"])
    changed, said = read["journals"]
    assert (changed["notes"], changed["private_notes"]) == (None, False)
    assert {one["property"] for one in changed["details"]} == {"attr", "attachment"}
    assert (said["notes"], said["private_notes"], said["details"]) == ("For us", True, [])
    carl = site.names["carl_login"]
    shown = (await site.call("GET", f"/issues/{issue['id']}.json?include=journals,attachments", acting=carl)).body
    assert [one["id"] for one in shown["issue"]["journals"]] == [changed["id"]]
    url = shown["issue"]["attachments"][0]["content_url"].removeprefix(site.base)
    assert (await site.call("GET", url, acting=carl)).body == b"secret"


async def test_a_private_note_of_who_may_write_none_is_public(site: Site) -> None:
    issue = await site.make()
    body = {"issue": {"notes": "For us", "private_notes": True}}
    assert (await site.call("PUT", f"/issues/{issue['id']}.json", body, acting=site.names["carl_login"])).status == 204
    (said,) = (await site.read(issue["id"]))["journals"]
    assert (said["notes"], said["private_notes"], said["user"]["id"]) == ("For us", False, site.names["carl"])


async def test_blank_words_are_no_note_and_blank_private_ones_no_secret(site: Site) -> None:
    issue = await site.make()
    await site.put(issue["id"], notes=" \n ", private_notes=True)
    await site.put(issue["id"], notes="", private_notes=True, priority_id=3)
    (changed,) = (await site.read(issue["id"]))["journals"]
    assert changed["private_notes"] is False


async def test_who_says_none_says_nothing(site: Site) -> None:
    issue = await site.make("none", description="none")
    assert (issue["subject"], issue["description"]) == ("none", "none")
    assert (await site.put(issue["id"], notes="none")).status == 204
    assert (await site.put(issue["id"], notes="None")).status == 204
    assert (await site.put(issue["id"], subject="none")).body["errors"] == ["Subject cannot be blank"]
    assert [one["notes"] for one in (await site.read(issue["id"]))["journals"]] == ["None"]


async def test_who_says_something_watches_from_then_on(site: Site) -> None:
    issue = await site.make()
    assert (await site.read(issue["id"]))["watchers"] == []
    await site.put(issue["id"], notes="Hello")
    assert [one["id"] for one in (await site.read(issue["id"]))["watchers"]] == [site.names["sync"]]


async def test_of_those_who_write_at_once_some_are_told_nothing_but_no(site: Site) -> None:
    issue = await site.make()
    answers = await asyncio.gather(*(site.put(issue["id"], notes=f"note {n}") for n in range(12)))
    counts = Counter(one.status for one in answers)
    assert counts.keys() == {204, 422}
    assert all(one.body == {"errors": []} for one in answers if one.status == 422)
    assert len((await site.read(issue["id"]))["journals"]) == counts[204]


async def test_a_precondition_is_ignored(site: Site) -> None:
    issue = await site.make()
    path = f"/issues/{issue['id']}.json"
    first = await site.call("GET", path)
    assert (await site.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})).status == 304
    body = {"issue": {"subject": "other"}}
    assert (await site.call("PUT", path, body, headers={"If-Match": '"another"'})).status == 204


async def test_a_worker_who_is_none_is_refused_and_with_it_all_the_rest(site: Site) -> None:
    issue = await site.make()
    answer = await site.put(issue["id"], assigned_to_id=999_999, subject="other", notes="x")
    assert (answer.status, answer.body["errors"]) == (422, ["Assignee is invalid"])
    read = await site.read(issue["id"])
    assert (read["subject"], read["journals"]) == (issue["subject"], [])


async def test_a_deleted_issue_is_gone_with_its_parts_and_nothing_tells_of_it(site: Site) -> None:
    parent = await site.make()
    part = await site.make(parent_issue_id=parent["id"])
    other = await site.make()
    assert (await site.read(parent["id"]))["children"][0]["id"] == part["id"]
    assert (await site.call("DELETE", f"/issues/{parent['id']}.json")).status == 204
    for id in (parent["id"], part["id"]):
        answer = await site.call("GET", f"/issues/{id}.json")
        assert (answer.status, answer.body) == (404, b"")
    assert await site.ids() == [other["id"]]


async def test_a_parent_with_open_parts_cannot_be_closed_and_nobody_is_told(site: Site) -> None:
    parent = await site.make(priority_id=5)
    await site.make(parent_issue_id=parent["id"], priority_id=1)
    assert (await site.put(parent["id"], status_id=5)).status == 204
    read = await site.read(parent["id"])
    assert (read["status"]["name"], read["priority"]["name"]) == ("New", "Low")


async def test_who_is_deleted_leaves_anonymous_words(site: Site) -> None:
    carl = site.names["carl_login"]
    body = {"issue": {"project_id": site.project, "subject": "x"}}
    id = (await site.call("POST", "/issues.json", body, acting=carl)).body["issue"]["id"]
    await site.call("PUT", f"/issues/{id}.json", {"issue": {"notes": "mine"}}, acting=carl)
    assert (await site.admin("DELETE", f"/users/{site.names['carl']}.json")).status == 204
    read = await site.read(id)
    assert [read["author"]["name"], read["journals"][0]["user"]["name"]] == ["Anonymous", "Anonymous"]
    assert (await site.call("GET", f"/users/{read['author']['id']}.json")).status == 404


# Notes that are edited, relations, watchers


async def test_an_edited_or_deleted_note_moves_nothing(site: Site) -> None:
    issue = await site.make()
    await site.put(issue["id"], notes="one")
    await site.put(issue["id"], notes="two")
    before = await site.read(issue["id"])
    await asyncio.sleep(1.1)
    first, second = (one["id"] for one in before["journals"])
    assert (await site.call("PUT", f"/journals/{first}.json", {"journal": {"notes": "1"}})).status == 204
    assert (await site.call("PUT", f"/journals/{second}.json", {"journal": {"notes": ""}})).status == 204
    after = await site.read(issue["id"])
    assert [one["notes"] for one in after["journals"]] == ["1"]
    assert after["updated_on"] == before["updated_on"]


async def test_a_relation_is_a_journal_on_both_sides_and_moves_neither(site: Site) -> None:
    first, second = await site.make(), await site.make()
    await asyncio.sleep(1.1)
    body = {"relation": {"issue_to_id": first["id"], "relation_type": "duplicated"}}
    made = await site.call("POST", f"/issues/{second['id']}/relations.json", body)
    row = made.body["relation"]
    assert (row["issue_id"], row["issue_to_id"], row["relation_type"]) == (first["id"], second["id"], "duplicates")
    for issue, name in ((first, "duplicates"), (second, "duplicated")):
        read = await site.read(issue["id"])
        assert read["relations"] == [row]
        assert read["journals"][0]["details"][0]["name"] == name
        assert read["updated_on"] == issue["updated_on"]


@pytest.mark.parametrize(
    ("turned", "error"),
    [(False, "Related issue has already been taken"), (True, "This relation would create a circular dependency")],
)
async def test_two_issues_are_related_once(site: Site, turned: bool, error: str) -> None:
    first, second = (await site.make())["id"], (await site.make())["id"]
    body: dict[str, Any] = {"relation": {"issue_to_id": second}}
    assert (await site.call("POST", f"/issues/{first}/relations.json", body)).status == 201
    first, body = (second, {"relation": {"issue_to_id": first}}) if turned else (first, body)
    refused = await site.call("POST", f"/issues/{first}/relations.json", body)
    assert (refused.status, refused.body["errors"]) == (422, [error])


async def test_a_watcher_who_is_nobody_is_taken_without_a_word(site: Site) -> None:
    issue = await site.make()
    path = f"/issues/{issue['id']}/watchers"
    for user in (site.names["carl"], site.names["carl"], 999_999):
        assert (await site.call("POST", f"{path}.json", {"user_id": user})).status == 204
    assert [one["id"] for one in (await site.read(issue["id"]))["watchers"]] == [site.names["carl"]]
    assert (await site.call("DELETE", f"{path}/{site.names['carl']}.json")).status == 204
    assert (await site.call("DELETE", f"{path}/999999.json")).status == 404
