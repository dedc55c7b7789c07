"""Whatever tickets and desks say is text on the page of a plan: in a real browser nothing of it runs or leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path

from playwright.sync_api import Browser

from syncer.reports.plan_page import page
from tests.cli.front_door import syncer
from tests.reports.opened import Opened, needs_chromium
from tests.reports.payloads import PAYLOADS
from tests.reports.plans import filled

pytestmark = needs_chromium
POLICY_EACH = 8
BONES = ("handlers", "script", "style", "meta", "form", "input", "select", "svg", "rect", "section", "details", "pre")
"""What no word adds to, or takes from."""


def turned(by: int) -> tuple[str, ...]:
    return PAYLOADS[by:] + PAYLOADS[:by]


def test_nothing_that_anybody_says_runs_or_leaves(browser: Browser, tmp_path: Path) -> None:
    """Each trick in each place of a report where words of somebody else's stand, and the page's own policy does not
    hold: it has to be text, or it runs."""
    assert len(set(PAYLOADS)) >= 100
    write(tmp_path, [f"word {n}" for n in range(len(PAYLOADS))])
    seen = Opened(browser, tmp_path / "plan.html", trusting=True)
    harmless = seen.made_of()
    assert harmless["handlers"] == 0
    for by in range(len(PAYLOADS)):
        seen.show(page(filled(turned(by), rows=2)))
        seen.touch()
        assert seen.ran() == [], turned(by)[0]
        made = seen.made_of()
        assert set(made) <= set(harmless), turned(by)[0]
        assert {name: made[name] for name in BONES} == {name: harmless[name] for name in BONES}, turned(by)[0]
        assert not [link for link in links(seen) if not link.startswith(("#", "http://", "https://"))]
    seen.close()


def write(folder: Path, words: list[str]) -> None:
    (folder / "plan.html").write_text(page(filled(words, rows=2)), encoding="utf-8")


def links(seen: Opened) -> list[str]:
    found: list[str] = seen.page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
    return found


def test_with_its_policy_nothing_is_even_tried(browser: Browser, tmp_path: Path) -> None:
    write(tmp_path, ["some words"])
    seen = Opened(browser, tmp_path / "plan.html")
    for by in range(0, len(PAYLOADS), POLICY_EACH):
        seen.show(page(filled(turned(by), rows=2)))
        seen.touch()
        seen.page.get_by_role("searchbox").fill(turned(by)[0].replace("\x00", ""))
        seen.page.get_by_role("searchbox").fill("")
        assert seen.ran() == [], turned(by)[0]
    seen.close()


def test_a_script_that_ran_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text(page(filled(["some words"])).replace("<main>", f"<main>{''.join(PAYLOADS[:24])}"))
    trusting = Opened(browser, path, trusting=True)
    trusting.touch()
    assert "HIT" in trusting.ran()
    trusting.close()
    guarded = Opened(browser, path)
    guarded.touch()
    assert "HIT" not in guarded.ran(), "the policy holds where the text would not"
    assert any("against the policy" in one for one in guarded.ran())
    guarded.close()


CONFIG = """\
database: {dsn}
desks:
  old: {{kind: archive, path: old}}
  new: {{kind: archive, path: new}}
routes:
  move: {{source: old, target: new, mapping: mapping.yaml}}
"""
MAPPING = """\
fields:
  title: {from: title}
  body: {from: body}
  status: {lookup: status}
  category: {lookup: category}
"""
TICKETS, COMMENTS = 20, 6
STORED = tuple(one for one in PAYLOADS if "\x00" not in one)


def archive(root: Path) -> None:
    """An archive of tickets that say nothing else, in no field."""
    word = cycle(STORED).__next__
    content = b"a file"
    sha = hashlib.sha256(content).hexdigest()
    (root / "blobs" / sha[:2]).mkdir(parents=True)
    (root / "blobs" / sha[:2] / sha).write_bytes(content)
    (root / "archive.json").write_text(json.dumps({"format": 1, "origin": "invgate https://acme.example"}))
    for kind in ("status", "category", "priority", "group", "custom_field"):
        form = {"form": "text"} if kind == "custom_field" else {}
        lines(root / "lists" / f"{kind}.jsonl", ({"id": str(n), "name": word(), **form} for n in range(40)))
    people = ({"id": str(n), "name": word(), "email": f"p{n}@example.org", "username": word()} for n in range(40))
    lines(root / "lists" / "person.jsonl", people)
    lines(root / "tickets" / "00001.jsonl", (ticket(n, word, sha) for n in range(TICKETS)))


def lines(path: Path, rows: Iterator[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def ticket(number: int, word: object, sha: str) -> dict[str, object]:
    assert callable(word)
    comments = [
        {
            "id": f"{number}-{n}", "body": word(), "author": str(n), "created_at": "2025-01-01T00:00:00Z",
            "public": bool(n % 2), "files": [{"sha256": sha, "name": word(), "size": 6, "type": word()}],
        }
        for n in range(COMMENTS)
    ]  # fmt: skip
    kinds = ("status", "category", "priority", "group")
    return {
        "id": str(number), "title": word() or "x", "body": word(), "number": word(), "url": word(),
        "html": bool(number % 2), "values": {kind: str((number * 2 + at) % 40) for at, kind in enumerate(kinds)},
        "requester": str(number), "creator": str(number + 1), "assignee": str(number + 2), "cc": ["3"],
        "created_at": "2025-01-01T00:00:00Z", "tags": [word(), word()], "comments": comments,
        "custom": {str((number * 2) % 40): word(), str((number * 2 + 1) % 40): word()},
        "files": [{"sha256": sha, "name": word(), "size": 6}],
    }  # fmt: skip


def test_a_plan_of_hostile_tickets_is_a_page_of_text(browser: Browser, tmp_path: Path, dsn: str) -> None:
    """From the desk to the page: titles, texts, names, values, tags, files, custom fields, comments."""
    archive(tmp_path / "old")
    (tmp_path / "syncer.yaml").write_text(CONFIG.format(dsn=dsn))
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    made = syncer("plan", "move", "--out", tmp_path / "report", "--config", tmp_path / "syncer.yaml")
    assert made.code == 0, made.err
    seen = Opened(browser, tmp_path / "report" / "plan.html", trusting=True)
    seen.touch()
    assert seen.ran() == []
    assert seen.made_of()["handlers"] == 0
    assert {seen.made_of()[name] for name in ("script", "style")} == {1}
    assert not {"iframe", "img", "object", "embed", "link", "base", "video", "audio"} & set(seen.made_of())
    text = seen.page.locator("main").text_content() or ""
    shown = [one for one in STORED if one.strip() and one in text]
    assert len(shown) >= 100, "they are there, as text"
    seen.close()
