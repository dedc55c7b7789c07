"""Recorded answers of a real server: the emulator gives the same, but for ids, times and addresses.

With `SYNCER_LIVE_REDMINE_RECORD=1` beside the names of a live server (see redmine_site) the samples are written anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import Struct

from syncer.desks.redmine import emulator
from tests.desks.redmine_site import BAD_KEY, LIVE, Answer, Site, emulated, live

SAMPLES = Path(emulator.__file__).parent / "samples"
RECORD = bool(LIVE and os.environ.get("SYNCER_LIVE_REDMINE_RECORD"))
HEADERS = ("Content-Type", "Location", "WWW-Authenticate", "Content-Disposition", "ETag")
WHO = {"sync": "", "admin": "", "nobody": "", "stranger": BAD_KEY}


class Scene(Struct, frozen=True):
    """One call, in its place among the others; what stands in braces is a name of the site or of an answer before.

    `keeps` names what later calls need: a name, and where in the answer it stands. `loose`: of lists that hold more
    than ours, only the rows' shape counts.
    """

    name: str
    method: str
    path: str
    body: Any = None
    who: str = "sync"
    keeps: dict[str, str] = {}
    loose: bool = False
    data: str | None = None
    content_type: str = ""


FULL = {
    "project_id": "{project}", "tracker_id": 3, "status_id": 2, "priority_id": 3, "assigned_to_id": "{dora}",
    "category_id": "{category}", "subject": "Printer 🖨 jams", "description": "one\ntwo\r\nthree\rfour",
    "due_date": "2099-12-24", "estimated_hours": "2:30", "watcher_user_ids": ["{carl}"],
    "custom_fields": [
        {"id": "{external_id}", "value": "IG-4711"}, {"id": "{requester_email}", "value": "mia@example.org"},
        {"id": "{severity}", "value": "low"}, {"id": "{tags}", "value": ["red", "blue"]},
        {"id": "{due_on}", "value": "2026-12-01"}, {"id": 9999, "value": "nobody's"},
    ],
}  # fmt: skip
TIME = {"issue_id": "{plain}", "hours": 0.2167, "spent_on": "2024-02-29", "activity_id": 9, "comments": "On site"}
SOME = {"project_id": "{project}", "subject": "Some"}
ALL = "include=journals,attachments,watchers,relations,children,allowed_statuses"
HERE = "project_id={project}&status_id=*"
_NAME = "https://redmine.example.org"
_FEW = 3  # rows of a list that holds more than ours
BYTES = "application/octet-stream"
SCENES = (
    Scene("user_current", "GET", "/users/current.json"),
    Scene("user_current_admin", "GET", "/users/current.json", who="admin", loose=True),
    Scene("user_current_wrong_key", "GET", "/users/current.json", who="stranger"),
    Scene("my_account", "GET", "/my/account.json", loose=True),
    Scene("issues_wrong_key", "GET", "/issues.json?status_id=*", who="stranger"),
    Scene("projects_wrong_key", "GET", "/projects.json", who="stranger"),
    Scene("issue_created_whole", "POST", "/issues.json", {"issue": FULL}, keeps={"issue": "issue.id"}),
    Scene("issue_created_plain", "POST", "/issues.json", {"issue": SOME}, keeps={"plain": "issue.id"}),
    Scene("issue_created_one_tag", "POST", "/issues.json",
          {"issue": {**SOME, "custom_fields": [{"id": "{tags}", "value": "red"}]}}, keeps={"tagged": "issue.id"}),
    Scene("issue_refused_blank", "POST", "/issues.json", {"issue": {}}),
    Scene("issue_refused_long", "POST", "/issues.json", {"issue": {**SOME, "subject": "x" * 256}}),
    Scene("issue_refused_values", "POST", "/issues.json",
          {"issue": {**SOME, "assigned_to_id": 999999, "custom_fields": [{"id": "{severity}", "value": "nope"}]}}),
    Scene("issue_refused_category", "POST", "/issues.json", {"issue": {**SOME, "category_id": 999999}}),
    Scene("issue_refused_dates", "POST", "/issues.json", {"issue": {**SOME, "due_date": "2020-01-01"}}),
    Scene("issue_refused_token", "POST", "/issues.json", {"issue": {**SOME, "uploads": [{"token": "1.abc"}]}}),
    Scene("issue_refused_wrong_key", "POST", "/issues.json", {"issue": SOME}, who="stranger"),
    Scene("issue_malformed", "POST", "/issues.json", data='{"issue": {', content_type="application/json"),
    Scene("issue_broken", "POST", "/issues.json", {"issue": "text"}),
    Scene("upload", "POST", "/uploads.json?filename=%C3%84rger%20%E6%8A%A5.txt", data="bytes\r\n",
          content_type=BYTES, keeps={"token": "upload.token", "file": "upload.id"}),
    Scene("upload_other_type", "POST", "/uploads.json?filename=a.txt", data="bytes", content_type="text/plain"),
    Scene("upload_nameless", "POST", "/uploads.json?filename=%2F", data="bytes", content_type=BYTES),
    Scene("attachment", "GET", "/attachments/{file}.json"),
    Scene("note_with_file", "PUT", "/issues/{issue}.json", {"issue": {"notes": "See\nfile", "uploads": [
          {"token": "{token}", "filename": "Ärger 报.txt", "content_type": "text/plain"}]}}),
    Scene("upload_private", "POST", "/uploads.json?filename=photo.png", data="png", content_type=BYTES,
          keeps={"secret": "upload.token", "photo": "upload.id"}),
    Scene("note_private_with_file", "PUT", "/issues/{issue}.json", {"issue": {
          "notes": "For us", "private_notes": True, "status_id": 3, "uploads": [{"token": "{secret}"}]}}),
    Scene("note_token_twice", "PUT", "/issues/{issue}.json", {"issue": {"uploads": [{"token": "{token}"}]}}),
    Scene("issue_changed", "PUT", "/issues/{issue}.json", {"issue": {"priority_id": 4, "is_private": True,
          "assigned_to_id": "", "custom_fields": [{"id": "{tags}", "value": ["red"]}]}}),
    Scene("issue_clash", "PUT", "/issues/{issue}.json", {"issue": {"notes": "late", "lock_version": 0}}),
    Scene("issue_closed", "PUT", "/issues/{issue}.json", {"issue": {"status_id": 5}}),
    Scene("relation_created", "POST", "/issues/{plain}/relations.json",
          {"relation": {"issue_to_id": "{issue}"}}, keeps={"relation": "relation.id"}),
    Scene("relation_twice", "POST", "/issues/{issue}/relations.json", {"relation": {"issue_to_id": "{plain}"}}),
    Scene("relation_of_nothing", "POST", "/issues/{issue}/relations.json", {"relation": {"issue_to_id": 999999}}),
    Scene("relations", "GET", "/issues/{issue}/relations.json"),
    Scene("watcher_added", "POST", "/issues/{plain}/watchers.json", {"user_id": "{dora}"}),
    Scene("issue_whole", "GET", "/issues/{issue}.json?" + ALL),
    Scene("issue_plain", "GET", "/issues/{plain}.json"),
    Scene("issue_gone", "GET", "/issues/999999.json"),
    Scene("issue_wrong_key", "GET", "/issues/{plain}.json", who="stranger"),
    Scene("issues", "GET", "/issues.json?" + HERE + "&sort=id&limit=2&include=attachments,relations"),
    Scene("issues_open", "GET", "/issues.json?project_id={project}"),
    Scene("issues_past_the_end", "GET", "/issues.json?" + HERE + "&offset=999"),
    Scene("issues_by_field", "GET", "/issues.json?" + HERE + "&cf_{external_id}=IG-4711"),
    Scene("issues_by_unknown_field", "GET", "/issues.json?" + HERE + "&cf_9999=IG-4711"),
    Scene("issues_refused_date", "GET", "/issues.json?" + HERE + "&updated_on=%3E2026-11-22T00%3A28%3A46Z"),
    Scene("issues_of_no_project", "GET", "/issues.json?project_id=nowhere"),
    Scene("issues_unescaped", "GET", "/issues.json?updated_on=>=2026-11-22"),
    Scene("search", "GET", "/search.json?q=IG-4711&scope=&issues=1", loose=True),
    Scene("search_for_nothing", "GET", "/search.json?q="),
    Scene("download_nobody", "GET", "/attachments/download/{file}/%C3%84rger%20%E6%8A%A5.txt", who="nobody"),
    Scene("download", "GET", "/attachments/download/{file}/%C3%84rger%20%E6%8A%A5.txt"),
    Scene("download_misnamed", "GET", "/attachments/download/{file}/other"),
    Scene("attachment_renamed", "PATCH", "/attachments/{photo}.json", {"attachment": {"filename": "new.png"}}),
    Scene("attachment_deleted", "DELETE", "/attachments/{photo}.json"),
    Scene("journal_of_nobody", "PUT", "/journals/999999.json", {"journal": {"notes": "x"}}),
    Scene("projects", "GET", "/projects.json", loose=True),
    Scene("project", "GET", "/projects/{project}.json?include=trackers,issue_categories,issue_custom_fields"),
    Scene("memberships", "GET", "/projects/{project}/memberships.json", loose=True),
    Scene("issue_categories", "GET", "/projects/{project}/issue_categories.json"),
    Scene("trackers", "GET", "/trackers.json"),
    Scene("issue_statuses", "GET", "/issue_statuses.json"),
    Scene("issue_priorities", "GET", "/enumerations/issue_priorities.json"),
    Scene("roles", "GET", "/roles.json"),
    Scene("custom_fields", "GET", "/custom_fields.json", who="admin"),
    Scene("custom_fields_forbidden", "GET", "/custom_fields.json"),
    Scene("users", "GET", "/users.json", who="admin", loose=True),
    Scene("users_forbidden", "GET", "/users.json"),
    Scene("user", "GET", "/users/{dora}.json", loose=True),
    Scene("user_for_admin", "GET", "/users/{dora}.json?include=groups,memberships", who="admin", loose=True),
    Scene("user_refused", "POST", "/users.json", {"user": {"login": "{dora_login}", "mail": "no"}}, who="admin"),
    Scene("time_entry_created", "POST", "/time_entries.json", {"time_entry": TIME}, who="admin"),
    Scene("time_entry_later", "POST", "/time_entries.json", {"time_entry": {**TIME, "spent_on": "2024-03-01",
          "hours": "1:20"}}, who="admin"),
    Scene("time_entry_blank", "POST", "/time_entries.json", {"time_entry": {}}, who="admin"),
    Scene("time_entry_of_nothing", "POST", "/time_entries.json", {"time_entry": {**TIME, "issue_id": 999999}},
          who="admin"),
    Scene("time_entry_refused", "POST", "/time_entries.json", {"time_entry": {**TIME, "hours": "long",
          "spent_on": "soon", "activity_id": 77, "comments": "x" * 1025}}, who="admin"),
    Scene("time_entry_forbidden", "POST", "/time_entries.json", {"time_entry": TIME}),
    Scene("time_entries", "GET", "/time_entries.json?issue_id={plain}", who="admin"),
    Scene("time_entries_hidden", "GET", "/time_entries.json?issue_id={plain}"),
    Scene("issue_timed", "GET", "/issues/{plain}.json", who="admin"),
    Scene("issue_untimed", "GET", "/issues/{tagged}.json", who="admin"),
    Scene("issue_elsewhere", "POST", "/issues.json", {"issue": {**SOME, "project_id": "{other}"}},
          keeps={"elsewhere": "issue.id"}),
    Scene("issue_refused_parent", "PUT", "/issues/{plain}.json", {"issue": {"parent_issue_id": "{elsewhere}"}}),
    Scene("relation_elsewhere", "POST", "/issues/{plain}/relations.json", {"relation": {"issue_to_id": "{elsewhere}"}}),
    Scene("issue_deleted", "DELETE", "/issues/{issue}.json"),
    Scene("issue_deleted_twice", "DELETE", "/issues/{issue}.json"),
    Scene("path_unknown", "GET", "/nothing.json"),
    Scene("method_unknown", "POST", "/issues/{plain}.json", {"issue": {}}),
)  # fmt: skip


def filled(value: Any, names: dict[str, Any]) -> Any:
    """With names in place of the braces; what is nothing but one is that value."""
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{(\w+)\}", value)
    return names[whole[1]] if whole else re.sub(r"\{(\w+)\}", lambda found: str(names[found[1]]), value)


async def play(site: Site) -> dict[str, Answer]:
    """All scenes, one after the other."""
    answers = {}
    keys = {"sync": site.key, "admin": site.admin_key, "nobody": "", "stranger": BAD_KEY}
    for scene in SCENES:
        data = None if scene.data is None else scene.data.encode()
        answers[scene.name] = answer = await site.call(
            scene.method, filled(scene.path, site.names), filled(scene.body, site.names), key=keys[scene.who],
            data=data, **({"content_type": scene.content_type} if scene.content_type else {}),
        )  # fmt: skip
        for name, place in scene.keeps.items():
            value = answer.body
            for step in place.split("."):
                value = value[step]
            site.names[name] = value
    return answers


def recorded(scene: Scene, site: Site, answer: Answer) -> dict[str, Any]:
    """A sample: nobody's address, key or host is in it."""
    body = answer.body.decode("utf-8", "replace") if isinstance(answer.body, bytes) else answer.body
    if scene.loose and isinstance(body, dict):
        body = {key: value[:_FEW] if isinstance(value, list) else value for key, value in body.items()}
    if "html" in answer.headers.get("Content-Type", ""):
        body = "(a page for people)"
    headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    text = json.dumps({"headers": headers, "body": body}).replace(site.suffix or "\0", "")
    for base, name in ((site.base, _NAME), (quote(site.base, safe=""), quote(_NAME, safe=""))):
        text = text.replace(base, name)
    text = re.sub(r'("api_key": )"[0-9a-f]{40}"', rf'\1"{"0" * 40}"', text)
    text = re.sub(r"[\w.]+@(?!example\.org)[\w.]+", "somebody@example.org", text)
    return {
        "request": {"method": scene.method, "path": scene.path, "who": scene.who, "body": scene.body or scene.data},
        "answer": {"status": answer.status, **json.loads(text)},
    }


def sample(name: str) -> dict[str, Any]:
    """As it was recorded."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def plain(value: Any, key: str = "") -> Any:
    """A value without what is another one each time: ids, times, tokens, addresses."""
    if isinstance(value, dict):
        return {name: plain(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one, key) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return "number" if key.endswith("id") or key == "name" else value
    for pattern, word in _CHANGING:
        value = re.sub(pattern, word, value)
    if key in ("new_value", "old_value", "name", "ETag", "Location"):
        value = re.sub(r"[0-9a-f]{16,}|\d+", "#", value)
    return value


_CHANGING = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "time"), (r"2026-\d\d-\d\d", "day"), (r"https?://[^/\"\s%]+", "host"),
    (r"\d+\.[0-9a-f]{64}", "token"), (r"[0-9a-f]{32,}", "hex"), (r"/\d+", "/#"), (r"#\d+", "#"),
    (r"%3A%2F%2F[\w.%-]+?%2F", "://host/"),
)  # fmt: skip


def differences(answer: Any, model: Any, place: str = "") -> list[str]:
    """Where they are not the same."""
    if isinstance(answer, dict) and isinstance(model, dict):
        odd = [f"{place}.{key} is there once only" for key in answer.keys() ^ model.keys()]
        both = (key for key in answer if key in model)
        return odd + [one for key in both for one in differences(answer[key], model[key], f"{place}.{key}")]
    if isinstance(answer, list) and isinstance(model, list) and len(answer) == len(model):
        pairs = enumerate(zip(answer, model, strict=True))
        return [one for at, (a, m) in pairs for one in differences(a, m, f"{place}[{at}]")]
    return [] if answer == model else [f"{place}: {answer!r} instead of {model!r}"]


def rows_alike(answer: Any, model: Any) -> bool:
    """Whether the answer's rows have the keys, and kinds of value, of some row of the sample."""
    if isinstance(model, dict):
        return isinstance(answer, dict) and answer.keys() == model.keys() and all(
            rows_alike(answer[key], model[key]) for key in model
        )  # fmt: skip
    if isinstance(model, list):
        return isinstance(answer, list) and all(any(rows_alike(one, row) for row in model) for one in answer)
    return type(answer) is type(model) or answer is None or model is None


@pytest.fixture(scope="module")
def played() -> dict[str, dict[str, Any]]:
    """What the emulator answers to all scenes."""
    import asyncio

    async def run() -> dict[str, dict[str, Any]]:
        async with live() if RECORD else emulated() as site:
            answers = await play(site)
            return {scene.name: recorded(scene, site, answers[scene.name]) for scene in SCENES}

    found = asyncio.run(run())
    if RECORD:
        for name, whole in found.items():
            text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
            (SAMPLES / f"{name}.json").write_text(text, encoding="utf-8")
    return found


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_emulator_answers_as_the_real_server_did(scene: Scene, played: dict[str, dict[str, Any]]) -> None:
    answer, model = played[scene.name]["answer"], sample(scene.name)["answer"]
    assert played[scene.name]["request"] == sample(scene.name)["request"], "recorded with another call"
    assert answer["status"] == model["status"], answer
    assert differences(plain(answer["headers"]), plain(model["headers"])) == []
    if scene.loose:
        assert rows_alike(answer["body"], model["body"])
        assert bool(answer["body"]) == bool(model["body"])
    else:
        assert differences(plain(answer["body"]), plain(model["body"])) == []


def test_every_sample_is_played() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} >= {scene.name for scene in SCENES}


def test_another_answer_is_noticed() -> None:
    model = sample("issue_whole")["answer"]["body"]
    changed = json.loads(json.dumps(model))
    changed["issue"]["journals"][0]["private_notes"] = not changed["issue"]["journals"][0]["private_notes"]
    assert differences(plain(model), plain(model)) == []
    (difference,) = differences(plain(changed), plain(model))
    assert "private_notes" in difference
    assert not rows_alike({"users": [{"id": "1"}]}, {"users": [{"id": 1}]})
