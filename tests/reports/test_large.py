"""The report of many records is no longer than one of few, and a browser does not labour with it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from syncer.reports import document as doc
from syncer.reports.plan_page import MOST_ROWS, SHOWN, page
from tests.cli.front_door import syncer
from tests.reports.opened import Opened, needs_chromium
from tests.reports.plans import filled
from tests.reports.test_hostile_words import CONFIG, MAPPING, lines

pytestmark = needs_chromium
MANY, FEW, CATEGORIES = 100_000, 2_000, 900


def archive(root: Path, tickets: int) -> None:
    """So many tickets of 900 categories, the first of them far more frequent than the last."""
    (root).mkdir(parents=True)
    (root / "archive.json").write_text(json.dumps({"format": 1, "origin": "invgate https://acme.example"}))
    lines(root / "lists" / "status.jsonl", ({"id": str(n), "name": f"Status {n}"} for n in range(8)))
    lines(root / "lists" / "category.jsonl", ({"id": str(n), "name": f"Category {n:04}"} for n in range(CATEGORIES)))
    lines(root / "lists" / "person.jsonl", ({"id": str(n), "name": f"Person {n}"} for n in range(200)))
    lines(
        root / "tickets" / "00001.jsonl",
        (
            {
                "id": str(n), "title": f"Ticket {n}", "body": "Text.", "requester": str(n % 200),
                "created_at": f"{2012 + n % 13}-{n % 12 + 1:02}-03T00:00:00Z",
                "values": {"status": str(n % 8), "category": str(n % (n % CATEGORIES + 1))},
            }
            for n in range(tickets)
        ),
    )  # fmt: skip


def report(place: Path, tickets: int, dsn: str) -> Path:
    archive(place / "old", tickets)
    (place / "syncer.yaml").write_text(CONFIG.format(dsn=dsn))
    (place / "mapping.yaml").write_text(MAPPING)
    made = syncer("plan", "move", "--out", place / "report", "--config", place / "syncer.yaml", patience=300)
    assert made.code == 0, made.err
    return place / "report"


@pytest.mark.timeout(400)
def test_a_hundred_thousand_records_are_a_page_like_any_other(browser: Browser, tmp_path: Path, dsn: str) -> None:
    few, many = (report(tmp_path / str(tickets), tickets, dsn) for tickets in (FEW, MANY))
    sizes = [(one / "plan.html").stat().st_size for one in (few, many)]
    assert sizes[1] < 1.1 * sizes[0] < 1_000_000, sizes
    assert (many / "plan.json").stat().st_size < 1.25 * (few / "plan.json").stat().st_size
    with (many / "plan.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == MANY
    seen = Opened(browser, many / "plan.html")
    assert "100,000 tickets" in seen.page.get_by_role("heading", level=1).inner_text()
    assert seen.page.evaluate("document.querySelectorAll('*').length") < 10_000
    rows = seen.page.locator("#values-2 tr")
    assert rows.count() == MOST_ROWS
    seen.page.get_by_role("searchbox").fill("category 0007")
    assert rows.filter(visible=True).all_text_contents() == [one for one in rows.all_text_contents() if "0007" in one]
    assert seen.page.locator("[data-group]").filter(visible=True).count() == 1
    assert seen.ran() == []
    seen.close()


def test_five_hundred_values_without_a_decision_are_one_finding(browser: Browser, tmp_path: Path) -> None:
    names = [f"{'Network / ' * (n % 9)}Kind {n:03} of an unusually long name" for n in range(500)]
    rows = tuple(
        doc.ValueRow(
            id=str(n), name=name, tickets=500 - n, decision="open", suggestions=(doc.Suggestion("Other", 0.5, "alike"),)
        )
        for n, name in enumerate(names)
    )
    findings = tuple(
        doc.Finding(
            code=f"unmapped:category:category:{n}", severity="blocks", title=f"no decision for category {name!r}",
            place="mapping.yaml: fields.category", count=500 - n, examples=(str(n),), fix="syncer lookups export move",
        )
        for n, name in enumerate(names)
    )  # fmt: skip
    plan = replace(
        filled(["some words"]), findings=findings, values=(doc.ValueTable("category", "category", rows[::-1]),)
    )
    (tmp_path / "plan.html").write_text(page(plan), encoding="utf-8")
    seen = Opened(browser, tmp_path / "plan.html")
    found = seen.page.get_by_role("article")
    assert found.count() == 1
    assert found.get_by_role("heading").inner_text() == "500 values of category without a decision"
    shown = found.locator("tbody tr")
    assert shown.filter(visible=True).count() == SHOWN
    counts = [int(text) for text in found.locator("tbody td.number").all_text_contents()]
    assert counts == sorted(counts, reverse=True), "the most frequent first"
    assert "Other? (50\u00a0%, alike)" in shown.first.inner_text()
    found.get_by_role("button", name="Show 488 more").click()
    assert shown.filter(visible=True).count() == 500
    assert seen.page.evaluate("document.activeElement === document.querySelector('.beyond')"), "go on reading there"
    seen.page.get_by_role("combobox").select_option("open")
    assert seen.page.locator("#values-1 tr").filter(visible=True).count() == 500
    assert not found.is_visible()
    seen.page.get_by_role("combobox").select_option("blocks")
    assert found.is_visible()
    assert not seen.page.locator("#values-1").is_visible()
    assert seen.ran() == []
    seen.close()
