"""The page of a plan in a real browser: pictures are drawn, filters work, it is read without eyes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from syncer.reports.document import PlanReport
from syncer.reports.plan_page import page
from tests.reports.opened import PHONE, Opened, needs_chromium
from tests.reports.plans import filled, longest

pytestmark = needs_chromium
PAPER = ViewportSize(width=680, height=1000)


def opened(browser: Browser, plan: PlanReport, path: Path, **how: object) -> Opened:
    path.write_text(page(plan), encoding="utf-8")
    return Opened(browser, path, **how)  # type: ignore[arg-type]


def test_pictures_are_drawn_as_the_numbers_are(browser: Browser, tmp_path: Path) -> None:
    plan = filled(["some words"], rows=5)
    seen = opened(browser, plan, tmp_path / "plan.html")
    boxes = [one.bounding_box() for one in seen.page.locator("svg").all()]
    assert len(boxes) == 2 + 2 * len(plan.distributions)
    assert all(box and box["width"] > 200 and box["height"] > 10 for box in boxes)
    assert seen.page.locator("svg .row").count() == sum(len(d.source) + len(d.target) for d in plan.distributions)
    assert seen.page.locator("svg .part").count() == sum(1 for n in plan.counts.values() if n) - 1
    first = seen.page.locator("svg").nth(1).locator("rect.bar")
    widths = [float(first.nth(n).get_attribute("width") or 0) for n in range(5)]
    assert widths == sorted(widths)
    assert widths[0] / widths[-1] == pytest.approx(3 / 7, abs=0.01)


def test_a_search_leaves_what_fits(browser: Browser, tmp_path: Path) -> None:
    plan = filled([f"word{n}end" for n in range(400)])
    seen = opened(browser, plan, tmp_path / "plan.html")
    everything, unfolded = seen.page.locator("[data-find]").count(), seen.page.locator("[data-find]:visible").count()
    wanted = plan.findings[2].title
    seen.page.get_by_label("Search").fill(f"  {wanted.upper()} ")
    assert seen.page.locator("[data-find]:visible").all_inner_texts() != []
    assert all(wanted in text for text in seen.page.locator("[data-find]:visible").all_text_contents())
    assert seen.page.locator("#found").inner_text() == f"1 of {everything}"
    seen.page.get_by_label("Search").fill("")
    assert seen.page.locator("[data-find]:visible").count() == unfolded


def test_a_keyboard_is_enough(browser: Browser, tmp_path: Path) -> None:
    seen = opened(browser, filled(["some words"]), tmp_path / "plan.html")
    reached = []
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[0] == "A", "the way past the head comes first"
    assert "search" in reached
    assert "SUMMARY" in reached
    seen.page.locator("summary").first.focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator("details").first.get_attribute("open") is not None


def test_it_is_read_without_eyes_and_without_script(browser: Browser, tmp_path: Path) -> None:
    """Each table has a caption and heads, each picture says what it shows, headings leave out no level."""
    seen = opened(browser, filled(["some words"]), tmp_path / "plan.html", java_script_enabled=False)
    assert seen.page.locator("svg[role=img][aria-label]").count() == seen.page.locator("svg").count()
    assert seen.page.locator("table:has(> caption)").count() == seen.page.locator("table").count()
    assert seen.page.locator("th:not([scope])").count() == 0
    assert seen.page.locator("[data-find]:visible").count() > 10
    assert not seen.page.locator("#search").is_visible(), "a search that cannot work is not there"
    levels = [int(one.evaluate("one => one.tagName[1]")) for one in seen.page.locator("h1, h2, h3, h4").all()]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_told_from_its_ground(browser: Browser, tmp_path: Path, scheme: str) -> None:
    seen = opened(
        browser, filled(["W" * 90, "ein langes Wort"]), tmp_path / "p.html", viewport=PHONE, color_scheme=scheme
    )
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name, needed in (("--ink", 7), ("--soft", 4.5), ("--accent", 3), ("--bad", 3), ("--warn", 3)):
        ink, paper = (
            seen.page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{one}')")
            for one in (name, "--paper")
        )
        assert _contrast(ink, paper) >= needed, name


def _contrast(one: str, other: str) -> float:
    """By WCAG 2.2, 1.4.3."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.strip().lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_longest_report_is_a_page_like_any_other(browser: Browser, tmp_path: Path) -> None:
    """It tells of sums: a plan of 100,000 records has no more rows than this."""
    seen = opened(browser, longest(), tmp_path / "plan.html")
    assert (tmp_path / "plan.html").stat().st_size < 4_000_000
    seen.page.get_by_label("Search").fill("word 7 of")
    assert seen.page.locator("[data-find]:visible").count() > 0
    assert seen.ran() == []


def test_in_print_everything_is_open_and_afterwards_as_it_was(browser: Browser, tmp_path: Path) -> None:
    seen = opened(browser, filled(["some words"], rows=8), tmp_path / "plan.html")
    folded, closed = seen.page.locator(".beyond"), seen.page.locator("details:not([open])")
    unopened = closed.count()
    assert unopened
    assert folded.count()
    assert not folded.first.is_visible()
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert closed.count() == 0
    assert all(one.is_visible() for one in folded.all())
    assert not seen.page.get_by_role("navigation").is_visible()
    assert seen.page.get_by_text("signature, for plan").is_visible()
    seen.page.set_viewport_size(PAPER)
    before, after = (seen.page.locator(".sides figure").nth(at).bounding_box() for at in (0, 1))
    assert before is not None
    assert after is not None
    assert before["y"] == after["y"], "side by side, as on a desk"
    assert after["x"] > before["x"] + before["width"]
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    seen.page.emulate_media(media="screen")
    assert closed.count() == unopened
    seen.page.pdf(path=tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").stat().st_size > 10_000
