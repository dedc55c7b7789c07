"""Traps of Redmine's lists: filters, pages, moments, the search; and of its files.

Each holds on a real server, too: see redmine_site for the names of one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from io import BytesIO

import pytest

from tests.desks.redmine_site import BAD_KEY, Site, anywhere


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with anywhere() as found:
        yield found


# Filters


async def test_closed_issues_are_left_out_unless_asked_for(site: Site) -> None:
    opened, closed = (await site.make())["id"], (await site.make(status_id=5))["id"]
    plain = await site.call("GET", "/issues.json", params={"project_id": site.project})
    assert [one["id"] for one in plain.body["issues"]] == [opened]
    assert await site.ids() == [closed, opened]
    assert await site.ids(status_id="closed") == [closed]
    assert await site.ids(status_id="5|6") == [closed]


@pytest.mark.parametrize("name", ["cf_99999", "nonsense", "external_id", "updated"])
async def test_a_filter_nobody_knows_gives_everything(site: Site, name: str) -> None:
    await site.make()
    await site.make()
    assert len(await site.ids(**{name: "x"})) == 2


async def test_a_field_is_found_to_the_letter_in_part_or_where_it_is_filled(site: Site) -> None:
    field = site.field("External ID")
    made = [
        (await site.make(custom_fields=[{"id": field, "value": value}] if value else []))["id"]
        for value in ("IG-1", "IG-12", "")
    ]
    for asked, wanted in (
        ("IG-1", made[:1]), ("ig-1", []), ("IG-1|IG-12", made[:2]), ("~ig-1", made[:2]), ("^IG", made[:2]),
        ("$12", made[1:2]), ("!IG-1", made[1:]), ("*", made[:2]), ("!*", made[2:]),
    ):  # fmt: skip
        assert sorted(await site.ids(**{f"cf_{field}": asked})) == wanted, asked


async def test_a_value_that_begins_like_an_operator_is_taken_for_one(site: Site) -> None:
    field = site.field("External ID")
    made = (await site.make(custom_fields=[{"id": field, "value": "~7"}]))["id"]
    other = (await site.make(custom_fields=[{"id": field, "value": "77"}]))["id"]
    assert sorted(await site.ids(**{f"cf_{field}": "~7"})) == [made, other]
    assert await site.ids(**{f"cf_{field}": "=~7"}) == [made]


@pytest.mark.parametrize(
    ("query", "status", "errors"),
    [
        ({"updated_on": ">2026-01-01T00:00:00Z"}, 422, ["Updated is invalid"]),
        ({"updated_on": ">=2026-01-01T00:00:00+02:00"}, 422, ["Updated is invalid"]),
        ({"updated_on": ">=2026-01-01T00:00:00.5Z"}, 422, ["Updated is invalid"]),
        ({"updated_on": ">="}, 422, ["Updated cannot be blank"]),
        ({"status_id": ""}, 422, ["Status cannot be blank"]),
        ({"issue_id": "junk"}, 422, ["Issue is invalid"]),
        ({"project_id": ""}, 422, ["Project cannot be blank"]),
        ({"project_id": "nowhere"}, 404, None),
        ({"tracker_id": "junk"}, 500, None),
    ],
)
async def test_some_wrong_values_are_refused(
    site: Site, query: dict[str, str], status: int, errors: list[str] | None
) -> None:
    answer = await site.call("GET", "/issues.json", params={"project_id": site.project, **query})
    assert answer.status == status
    assert (answer.body["errors"] if errors else answer.body) == (errors or b"")


async def test_ids_are_asked_for_with_commas(site: Site) -> None:
    made = [(await site.make())["id"] for _ in range(3)]
    assert sorted(await site.ids(issue_id=f"{made[0]},{made[2]},99999999")) == [made[0], made[2]]
    assert await site.ids(issue_id=f"{made[0]}|{made[2]}") == made[:1]


@pytest.mark.parametrize("sign", ["<", ">", '"'])
async def test_a_sign_that_is_not_escaped_is_refused_before_anybody_reads_it(site: Site, sign: str) -> None:
    answer = await site.call("GET", f"/issues.json?updated_on={sign}=2026-01-01")
    assert (answer.status, answer.body) == (400, b"")


# Pages and order


@pytest.mark.parametrize(
    ("asked", "limit"), [("1000", 100), ("0", 25), ("junk", 25), ("-1", 25), ("5junk", 5), ("2", 2)]
)
async def test_a_page_has_a_size_whatever_is_asked_for(site: Site, asked: str, limit: int) -> None:
    answer = await site.call("GET", "/issues.json", params={"project_id": site.project, "limit": asked})
    assert (answer.status, answer.body["limit"], answer.body["offset"]) == (200, limit, 0)


async def test_pages_are_asked_for_by_offset_or_number(site: Site) -> None:
    made = [(await site.make())["id"] for _ in range(5)]
    assert await site.ids(sort="id", limit="2", offset="3") == made[3:]
    assert await site.ids(sort="id", limit="2", page="2") == made[2:4]
    assert await site.ids(sort="id", offset="99") == []


async def test_the_newest_comes_first_of_equal_ones_and_where_no_order_is_known(site: Site) -> None:
    made = [(await site.make(tracker_id=1 + n % 2))["id"] for n in range(4)]
    assert await site.ids() == made[::-1]
    assert await site.ids(sort="nonsense") == made[::-1]
    assert await site.ids(sort="tracker") == [made[2], made[0], made[3], made[1]]
    assert await site.ids(sort="tracker:desc,id") == [made[1], made[3], made[0], made[2]]


async def test_lists_tell_of_no_comments(site: Site) -> None:
    issue = await site.make()
    await site.put(issue["id"], notes="x")
    answer = await site.call(
        "GET", "/issues.json", params={"project_id": site.project, "include": "journals,watchers,attachments,relations"}
    )
    shown = answer.body["issues"][0]
    assert "journals" not in shown
    assert "watchers" not in shown
    assert (shown["attachments"], shown["relations"]) == ([], [])


# Moments


async def test_since_a_second_begins_one_before_and_up_to_it_ends_with_its_beginning(site: Site) -> None:
    first = await site.make()
    await asyncio.sleep(1.2)
    second = await site.make()
    at = second["updated_on"]
    assert second["id"] in await site.ids(updated_on=f">={at}")
    assert second["id"] not in await site.ids(updated_on=f"<={at}")
    assert second["id"] not in await site.ids(updated_on=at)
    assert first["id"] in await site.ids(updated_on=f"<={at}")
    assert sorted(await site.ids(updated_on=f"><{first['updated_on']}|{at}")) == [first["id"]]
    after = (datetime.fromisoformat(at) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert second["id"] in await site.ids(updated_on=f">={after}"), (
        "its fraction of a second is after the second before"
    )
    assert await site.ids(updated_on=">=2099-01-01") == []
    assert len(await site.ids(updated_on=at[:10])) == 2


# Search


async def test_the_search_finds_all_words_in_any_order_in_one_text(site: Site) -> None:
    word = f"zebra{hashlib.md5(site.project.encode(), usedforsecurity=False).hexdigest()[:8]}"
    issue = await site.make(f"Printer {word} jams", description="on paper")
    other = await site.make(custom_fields=[{"id": site.field("External ID"), "value": f"X-{word}"}])
    await site.put(other["id"], notes="jams, too")
    said = await site.make()
    await site.put(said["id"], notes=f"{word} again", private_notes=True)

    async def found(question: str) -> list[int]:
        answer = await site.call("GET", "/search.json", params={"q": question, "issues": "1"})
        return [one["id"] for one in answer.body["results"]]

    assert await found(word) == [said["id"], other["id"], issue["id"]]
    assert await found(f"jams {word}") == [issue["id"]]
    assert await found(f"paper {word}") == [issue["id"]]
    assert await found(f'"{word} jams"') == [issue["id"]]
    assert await found(f"{word} nowhere") == []
    nothing = await site.call("GET", "/search.json", params={"q": "x"})
    assert (nothing.body["results"], nothing.body["total_count"]) == ([], None)


# Files


async def test_bytes_come_back_as_they_were(site: Site) -> None:
    content = bytes(range(256)) + b"\r\n\n\r"
    issue = await site.make(uploads=[{"token": await site.upload("Ärger 报告 🔥.bin", content)}])
    (file,) = (await site.read(issue["id"]))["attachments"]
    assert (file["filename"], file["filesize"]) == ("Ärger 报告 🔥.bin", len(content))
    path = file["content_url"].removeprefix(site.base)
    answer = await site.call("GET", path)
    assert answer.body == content
    assert "filename*=UTF-8''%C3%84rger%20" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("..\\win.ini", "win.ini"), ("a;b=c\"d'.txt", "a;b=c_d_.txt"), ("..", ".."),
        ("x/b:c*d?e|f<g>h%i\nj.txt", "b_c_d_e_f_g_h_i_j.txt"), ("~/.ssh/id_rsa", "id_rsa"), ("no ext", "no ext"),
    ],
)  # fmt: skip
async def test_a_name_loses_what_file_systems_refuse(site: Site, name: str, kept: str) -> None:
    first, second = await site.upload(name, b"1"), await site.upload("plain", b"2")
    issue = await site.make(uploads=[{"token": first}, {"token": second, "filename": name}])
    assert [one["filename"] for one in (await site.read(issue["id"]))["attachments"]] == [kept, kept]


async def test_a_token_works_once_and_takes_its_words_along_when_it_does_not(site: Site) -> None:
    token = await site.upload("a.txt", b"x")
    issue = await site.make(uploads=[{"token": token}])
    answer = await site.put(issue["id"], notes="again", uploads=[{"token": token}])
    assert (answer.status, answer.body["errors"]) == (422, ["1 file(s) could not be saved."])
    assert (await site.put(issue["id"], notes="no token", uploads=[{"token": ""}])).status == 204
    assert [one["notes"] for one in (await site.read(issue["id"]))["journals"]] == ["no token"]


async def test_a_token_is_good_after_a_refusal(site: Site) -> None:
    token = await site.upload("a.txt", b"x")
    body = {"issue": {"project_id": site.project, "subject": "", "uploads": [{"token": token}]}}
    assert (await site.call("POST", "/issues.json", body)).status == 422
    issue = await site.make(uploads=[{"token": token}])
    assert len((await site.read(issue["id"]))["attachments"]) == 1


async def test_files_are_refused_by_kind_and_size(site: Site) -> None:
    path = "/uploads.json?filename=a.txt"
    assert (await site.call("POST", path, data=b"x", content_type="text/plain")).status == 406
    big = await site.call(
        "POST", path, data=BytesIO(bytes(20 * 1024 * 1024 + 1)), content_type="application/octet-stream"
    )
    assert big.status == 422
    assert "exceeds the maximum allowed file size" in big.body["errors"][0]


@pytest.mark.parametrize(
    ("accept", "status"), [("*/*", 302), ("application/json", 401), ("text/html, */*;q=0.1", 401), ("", 401)]
)
async def test_a_file_is_refused_as_the_headers_say(site: Site, accept: str, status: int) -> None:
    issue = await site.make(uploads=[{"token": await site.upload("a.txt", b"x")}])
    path = (await site.read(issue["id"]))["attachments"][0]["content_url"].removeprefix(site.base)
    for key in ("", BAD_KEY):
        answer = await site.call("GET", path, key=key, headers={"Accept": accept})
        assert answer.status == status
        if status == 302:
            page = await site.call("GET", answer.headers["Location"].removeprefix(site.base).split("?")[0])
            assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


async def test_a_renamed_file_has_another_address_and_moves_nothing(site: Site) -> None:
    issue = await site.make(uploads=[{"token": await site.upload("a.txt", b"x")}])
    before = await site.read(issue["id"])
    (file,) = before["attachments"]
    await asyncio.sleep(1.1)
    path = f"/attachments/{file['id']}.json"
    assert (await site.call("PATCH", path, {"attachment": {"filename": "b.txt"}})).status == 204
    assert (await site.call("GET", file["content_url"].removeprefix(site.base))).status == 404
    assert (await site.call("DELETE", path)).status == 204
    after = await site.read(issue["id"])
    assert (after["attachments"], after["updated_on"]) == ([], before["updated_on"])
    assert [one["details"][0]["old_value"] for one in after["journals"]] == ["b.txt"]


# What the web framework says


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "text/html"), ("application/json", "application/json")])
async def test_what_got_no_further_than_the_framework_is_answered_as_the_headers_say(
    site: Site, accept: str, kind: str
) -> None:
    headers = {"Accept": accept}
    unknown = await site.call("GET", "/nothing.json", headers=headers)
    malformed = await site.call(
        "POST", "/issues.json", data=b'{"issue": {', content_type="application/json", headers=headers
    )
    assert (unknown.status, malformed.status) == (404, 400)
    assert all(one.headers["Content-Type"].startswith(kind) for one in (unknown, malformed))
