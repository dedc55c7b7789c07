"""What an emulated Redmine is filled with and tells judges, the mails it would send, and what its switches do."""

from __future__ import annotations

import hashlib
import inspect
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientError

from syncer.deskkit.emulation import Faults
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, SeedWork
from syncer.desks.redmine.emulator import Auth, RedmineEmulator, Switches
from syncer.sandbox.seed import generate
from tests.desks.redmine_site import Site, emulated, world

DORA, CARL, GIL = range(3)
AT = 1_700_000_000
SAMPLES = Path(inspect.getfile(RedmineEmulator)).parent / "samples"


def seed(title: str = "Jam", **more: Any) -> SeedTicket:
    fields: dict[str, Any] = {
        "body": "<p>It jams &amp; <b>beeps</b>.</p><p>See <img src='a.png'></p>", "requester": CARL, "creator": CARL,
        "assignee": DORA, "status": "open", "priority": "high", "kind": "incident", "category": ("Hardware",),
        "location": None, "queue": "Support", "created": AT, "updated": AT + 600,
    }  # fmt: skip
    return SeedTicket(title=title, **(fields | more))


def said(author: int, body: str, at: int, **more: Any) -> SeedComment:
    return SeedComment(author=author, body=body, at=at, **more)


def kept(site: Site) -> KeptTicket:
    return site.emulator.kept()[0]


# What it is filled with


async def test_a_seeded_ticket_is_read_as_it_was_told() -> None:
    ticket = seed(
        status="closed", closed=AT + 500, tags=["vpn"], cc=[CARL, GIL], files=[SeedFile("x/a.png", b"png")],
        comments=[
            said(CARL, "<p>Still</p>", AT + 60, files=[SeedFile("log.txt", b"log")]),
            said(DORA, "For us", AT + 120, private=True, files=[SeedFile("ours.txt", b"ours")]),
            said(GIL, "", AT + 130),
        ],
    )  # fmt: skip
    async with emulated(world(ticket, seed("Other", links=[0]))) as site:
        read = await site.read(101)
        assert read["description"] == "It jams & beeps.\r\n\r\nSee "
        assert (read["status"]["name"], read["closed_on"]) == ("Closed", "2023-11-14T22:21:40Z")
        assert (read["created_on"], read["author"]["name"]) == ("2023-11-14T22:13:20Z", "Carl Customer")
        first, private, closing = read["journals"]
        assert (first["notes"], first["details"][0]["new_value"]) == ("Still", "log.txt")
        assert (private["private_notes"], private["details"][0]["new_value"]) == (True, "ours.txt")
        assert (closing["notes"], closing["details"][0]["name"]) == ("", "status_id")
        assert [one["filename"] for one in read["attachments"]] == ["a.png", "log.txt", "ours.txt"]
        assert [one["id"] for one in read["watchers"]] == [site.names["carl"]]
        values = {one["name"]: one["value"] for one in read["custom_fields"]}
        assert values["Requester email"] == "carl@example.org"
        assert (values["Tags"], values["Due on"]) == (["vpn"], "2023-11-15")
        assert [one["issue_to_id"] for one in read["relations"]] == [102]


async def test_what_is_kept_is_told_to_judges() -> None:
    ticket = seed(
        cc=[CARL], files=[SeedFile("a.png", b"png")],
        comments=[
            said(DORA, "One", AT + 60, files=[SeedFile("log.txt", b"log")]),
            said(GIL, "Two", AT + 60, private=True),
        ],
    )  # fmt: skip
    async with emulated(world(ticket, seed(links=[0], creator=GIL, requester=GIL, assignee=GIL))) as site:
        first, second = site.emulator.kept()
    assert (first.id, first.requester, first.assignee) == ("101", "carl@example.org", "dora@example.org")
    assert first.values == {
        "status": "In Progress", "priority": "High", "type": "Bug", "group": "Support", "category": "Hardware",
    }  # fmt: skip
    assert [(one.author, one.text, one.public, one.at) for one in first.comments] == [
        ("dora@example.org", "One", True, AT + 60),
        (None, "Two", False, AT + 60),
    ]
    assert [one.name for one in first.files] == ["a.png"]
    assert first.comments[0].files[0].sha256 == hashlib.sha256(b"log").hexdigest()
    assert (first.cc, first.links, second.links) == (("carl@example.org",), ("102",), ("101",))
    assert (second.requester, second.assignee) == ("gil@example.org", None), "an address stays"


async def test_time_is_shown_by_the_day_to_who_may_see_it() -> None:
    filled = world(seed(work=[SeedWork(DORA, AT, 780, "By phone")]))
    async with emulated(filled) as site:
        (entry,) = (await site.admin("GET", "/time_entries.json?issue_id=101")).body["time_entries"]
        assert (entry["user"]["id"], entry["hours"], entry["comments"]) == (site.names["dora"], 0.22, "By phone")
        assert entry["spent_on"] == datetime.fromtimestamp(AT, UTC).date().isoformat()
        assert (await site.admin("GET", "/issues/101.json")).body["issue"]["spent_hours"] == 780 / 3600
        assert (await site.call("GET", "/time_entries.json?issue_id=101")).body["time_entries"] == []
        assert "spent_hours" not in (await site.call("GET", "/issues/101.json")).body["issue"]
        ((kept,),) = (one.times for one in site.emulator.kept())
        assert (kept.seconds, kept.at) == (792, AT - AT % 86_400)
    async with emulated(filled, time_tracking=False) as site:
        assert "spent_hours" not in (await site.admin("GET", "/issues/101.json")).body["issue"]
        assert (await site.admin("GET", "/time_entries.json")).body["total_count"] == 0


async def test_who_is_locked_or_gone_is_told_otherwise() -> None:
    filled = world(seed(creator=GIL))
    filled.people[CARL].disabled = True
    async with emulated(filled) as site:
        carl = site.names["carl"]
        assert (await site.call("GET", f"/users/{carl}.json")).status == 404
        assert (await site.admin("GET", f"/users/{carl}.json")).body["user"]["status"] == 3
        assert [one["id"] for one in (await site.admin("GET", "/users.json?status=3")).body["users"]] == [carl]
        members = (await site.call("GET", "/projects/support/memberships.json")).body["memberships"]
        assert carl in [one["user"]["id"] for one in members], "locked people stay members"
        assert (await site.read(101))["author"]["name"] == "Anonymous"
        assert (await site.put(101, assigned_to_id=carl)).body["errors"] == ["Assignee is invalid"]


def test_ids_and_moments_are_the_same_for_the_same_world() -> None:
    first, second = (RedmineEmulator(generate(3, 40)) for _ in range(2))
    assert first.kept() == second.kept()
    moments = [one.updated for one in first.tables.issues.values()]
    assert sum(at % 1_000_000 == 0 for at in moments) < 3, "databases keep fractions of a second"


def test_an_ugly_world_fits() -> None:
    filled = generate(1, 150)
    tickets = RedmineEmulator(filled).kept()
    assert len(tickets) == len(filled.tickets)
    assert max(len(one.title) for one in tickets) == 255
    assert any(one.title.count("\n") for one in tickets)
    assert {file.name for one in tickets for file in one.files} >= {"passwd", "a;b=c_d_.txt", ".."}
    assert all(values for one in tickets for values in one.custom.values())


async def test_the_block_has_a_key_that_lets_in() -> None:
    for account, admin in (("admin", True), ("sync", False)):
        async with emulated(account=account) as site:
            block = site.emulator.block(site.base)
            me = (await site.call("GET", "/users/current.json", key=block["auth"]["key"])).body["user"]
            assert me["admin"] is admin
            fields = site.emulator.tables.fields.values()
            assert {block["marker_field"], block["requester_field"]} <= {one.name for one in fields}
            assert block["project"] == site.project


# What becomes of writes, for judges


async def test_a_file_of_a_private_note_is_kept_as_one_of_the_ticket() -> None:
    async with emulated() as site:
        issue = await site.make()
        token = await site.upload("ours.txt", b"ours")
        assert site.emulator.state()["waiting_files"] == [301]
        await site.put(issue["id"], notes="For us", private_notes=True, uploads=[{"token": token}])
        assert [(one.text, one.public, one.files) for one in kept(site).comments] == [("For us", False, ())]
        assert [one.name for one in kept(site).files] == ["ours.txt"]


async def test_the_account_that_writes_is_nobody_who_is_told() -> None:
    async with emulated() as site:
        issue = await site.make(watcher_user_ids=[site.names["carl"]])
        await site.put(issue["id"], notes="Hello")
        assert kept(site).cc == ("carl@example.org",)
        assert site.emulator.state()["tickets"][str(issue["id"])]["watchers"] == [site.names["carl"], 5]


async def test_who_asks_is_who_made_it_where_no_address_is_given() -> None:
    async with emulated() as site:
        body = {"issue": {"project_id": site.project, "subject": "x"}}
        await site.call("POST", "/issues.json", body, acting="carl")
        assert kept(site).requester == "carl@example.org"
        await site.put(101, custom_fields=[{"id": site.field("Requester email"), "value": "Mia@Example.org"}])
        assert kept(site).requester == "mia@example.org"


# Mails


def mails(site: Site) -> list[tuple[str, str]]:
    """To whom, and about what, since the last look."""
    rows: list[tuple[str, str]] = [(one.to, one.about) for one in site.emulator.tables.mails]
    site.emulator.tables.mails.clear()
    return rows


async def test_who_has_to_do_with_an_issue_is_mailed_of_everything_but_the_own() -> None:
    async with emulated() as site:
        dora, carl, admin = "dora@example.org", "carl@example.org", "admin@example.org"
        issue = await site.make(assigned_to_id=site.names["dora"], watcher_user_ids=[site.names["carl"]])
        assert mails(site) == [(dora, "issue_add"), (carl, "issue_add"), (admin, "issue_add")]
        await site.put(issue["id"], notes="Hello")
        assert mails(site) == [(dora, "issue_edit"), (carl, "issue_edit"), (admin, "issue_edit")]
        await site.put(issue["id"], notes="For us", private_notes=True)
        assert mails(site) == [(dora, "issue_edit"), (admin, "issue_edit")]
        await site.call("PUT", f"/issues/{issue['id']}.json", {"issue": {"notes": "Mine"}}, acting="dora")
        assert mails(site) == [(carl, "issue_edit"), (admin, "issue_edit")]
        await site.put(issue["id"], assigned_to_id="")
        assert (dora, "issue_edit") in mails(site), "who worked on it before is told"
        await site.put(issue["id"])
        assert mails(site) == []


async def test_a_private_note_with_changes_is_two_mails() -> None:
    async with emulated() as site:
        issue = await site.make(assigned_to_id=site.names["dora"], watcher_user_ids=[site.names["carl"]])
        mails(site)
        await site.put(issue["id"], notes="For us", private_notes=True, status_id=2)
        assert sorted(to.partition("@")[0] for to, _ in mails(site)) == ["admin", "admin", "carl", "dora", "dora"]


async def test_who_is_made_is_mailed_nothing() -> None:
    async with emulated() as site:
        person = {"login": "nina", "firstname": "N", "lastname": "N", "mail": "nina@example.org"}
        assert (await site.admin("POST", "/users.json", {"user": person})).status == 201
        assert mails(site) == []


# Switches


async def test_without_the_interface_no_key_helps() -> None:
    async with emulated(rest_api=False) as site:
        assert (await site.call("GET", "/users/current.json")).status == 403
        assert (await site.call("GET", "/issues.json")).body["issues"] == []


async def test_where_everybody_must_log_in_a_wrong_key_is_told() -> None:
    async with emulated(login_required=True) as site:
        assert (await site.call("GET", "/issues.json", key="x" * 40)).status == 401
        assert (await site.call("GET", "/issues.json")).status == 200


async def test_on_public_projects_a_wrong_key_sees_all_that_is_public() -> None:
    ticket = seed(comments=[said(DORA, "One", AT), said(DORA, "Two", AT, private=True)])
    async with emulated(world(ticket), public_projects=True) as site:
        assert (await site.call("GET", "/issues.json", key="x" * 40)).body["total_count"] == 1
        read = await site.call("GET", "/issues/101.json?include=journals", key="x" * 40)
        assert [one["notes"] for one in read.body["issue"]["journals"]] == ["One"]
        assert (await site.call("PUT", "/issues/101.json", {"issue": {"notes": "x"}}, key="x" * 40)).status == 401


async def test_a_right_that_is_lacking_is_left_out_without_a_word() -> None:
    async with emulated(lacking=frozenset({"set_notes_private", "set_issues_private"})) as site:
        issue = await site.make(is_private=True)
        assert issue["is_private"] is False
        assert (await site.put(issue["id"], notes="For us", private_notes=True)).status == 204
        assert (await site.read(issue["id"]))["journals"][0]["private_notes"] is False
        roles = (await site.call("GET", "/roles/6.json")).body["role"]["permissions"]
        assert "set_notes_private" not in roles
        assert "add_issue_notes" in roles


async def test_who_may_not_read_private_notes_does_not_learn_of_them() -> None:
    ticket = seed(comments=[said(DORA, "One", AT), said(DORA, "Two", AT, private=True)])
    async with emulated(world(ticket), lacking=frozenset({"view_private_notes"})) as site:
        assert [one["notes"] for one in (await site.read(101))["journals"]] == ["One"]


async def test_a_field_that_is_no_filter_is_ignored_in_queries() -> None:
    async with emulated(world(seed(), seed()), unfiltered_fields=frozenset({"External ID"})) as site:
        assert len(await site.ids(cf_1="nobody's")) == 2


async def test_a_field_that_is_required_must_be_filled() -> None:
    async with emulated(required_fields=frozenset({"Severity"})) as site:
        body = {"issue": {"project_id": site.project, "subject": "x"}}
        assert (await site.call("POST", "/issues.json", body)).body["errors"] == ["Severity cannot be blank"]


async def test_issues_of_two_projects_are_related_only_where_that_is_switched_on() -> None:
    for switched, name in ((True, "relation_elsewhere"), (False, "relation_elsewhere_refused")):
        async with emulated(cross_project_relations=switched) as site:
            issue, other = await site.make(), await site.make(project_id=site.names["other"])
            body = {"relation": {"issue_to_id": other["id"]}}
            answer = await site.call("POST", f"/issues/{issue['id']}/relations.json", body)
        real = msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())["answer"]
        assert (answer.status, answer.body.keys()) == (real["status"], real["body"].keys())
        assert answer.body.get("errors") == real["body"].get("errors")


async def test_who_asks_may_be_no_more_than_an_address() -> None:
    async with emulated(world(seed()), customers="mail only") as site:
        assert (await site.read(101))["author"]["name"] == "Anonymous"
        assert kept(site).requester == "carl@example.org"
        assert (await site.admin("GET", "/users.json?name=carl")).body["users"] == []


async def test_images_within_texts_may_be_marks() -> None:
    async with emulated(world(seed()), inline_marks=True) as site:
        assert (await site.read(101))["description"].endswith("See !a.png!")


async def test_small_switches_do_what_they_say() -> None:
    async with emulated(auto_watch=False, notify=False, hide_mail=False, max_file=3) as site:
        issue = await site.make(assigned_to_id=site.names["dora"])
        await site.put(issue["id"], notes="x")
        assert (await site.read(issue["id"]))["watchers"] == []
        assert mails(site) == []
        assert (await site.call("GET", f"/users/{site.names['dora']}.json")).body["user"]["mail"] == "dora@example.org"
        big = await site.call("POST", "/uploads.json?filename=a", data=b"1234", content_type="application/octet-stream")
        assert big.body["errors"][0].endswith("(3)")


# Faults and control


async def test_faults_and_control_are_those_of_all_emulators() -> None:
    async with emulated(world(seed())) as site:
        site.emulator.carrier.set_faults(Faults(where="PUT /issues/.*", first=["cut_after"]))
        with pytest.raises(ClientError):
            await site.put(101, notes="done, and nobody learns of it")
        assert len(kept(site).comments) == 1
        state = (await site.call("GET", "/_control/state", key="")).body
        assert state["tickets"]["101"]["journals"][0]["notes"] == "done, and nobody learns of it"
        assert state["mails"][0]["about"] == "issue_edit"
        assert (await site.call("GET", "/_control/counts", key="")).body["PUT /issues/101.json 499"] == 1
        site.emulator.carrier.clock.advance(86_400)
        made = await site.make()
        assert made["created_on"] > (await site.call("GET", "/users/current.json")).body["user"]["created_on"]


def test_other_keys_can_be_given() -> None:
    emulator = RedmineEmulator(world(), auth=Auth(admin_key="a" * 40, sync_key="b" * 40), switches=Switches())
    assert emulator.block("http://x")["auth"] == {"key": "a" * 40}
