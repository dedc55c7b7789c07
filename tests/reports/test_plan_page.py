"""The page of a plan in a real browser: text is text, nothing leaves, pictures are drawn, filters work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from syncer.reports.document import PlanReport
from syncer.reports.plan_page import page
from tests.reports.payloads import PAYLOADS
from tests.reports.plans import filled, longest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Seen:
    """A page that is open, and whatever it did that it should not."""

    def __init__(self, browser: Browser, plan: PlanReport, path: Path, **how: object) -> None:
        path.write_text(page(plan), encoding="utf-8")
        context = browser.new_context(**{"viewport": DESK, **how})  # type: ignore[arg-type]
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("request", lambda r: self.wrong.append(f"asked for {r.url}") if r.url != path.as_uri() else None)
        self.page.on("dialog", lambda dialog: self.wrong.append(f"said {dialog.message}"))
        self.page.on("console", lambda told: self.wrong.append(f"told {told.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"failed {error}"))
        self.page.goto(path.as_uri())


def test_nothing_that_a_ticket_says_runs_or_leaves(browser: Browser, tmp_path: Path) -> None:
    """More than sixty tricks, each in every place of a report where words of somebody else's stand."""
    assert len(PAYLOADS) >= 60
    for shift in range(0, len(PAYLOADS), 3):
        seen = Seen(browser, filled(PAYLOADS[shift:] + PAYLOADS[:shift], rows=2), tmp_path / "plan.html")
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        seen.page.mouse.move(600, 400)
        assert seen.page.evaluate("window.HIT") is None
        assert seen.wrong == []
        places = seen.page.evaluate(
            "document.querySelectorAll('script, style, iframe, object, embed, link, base').length"
        )
        assert places == 2, "one script and one style, both ours"
        links = seen.page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
        assert all(link.startswith(("#", "http://", "https://")) for link in links)
        seen.page.context.close()


def test_pictures_are_drawn_as_the_numbers_are(browser: Browser, tmp_path: Path) -> None:
    plan = filled(["some words"], rows=5)
    seen = Seen(browser, plan, tmp_path / "plan.html")
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
    seen = Seen(browser, plan, tmp_path / "plan.html")
    everything, unfolded = seen.page.locator("[data-find]").count(), seen.page.locator("[data-find]:visible").count()
    wanted = plan.findings[2].title
    seen.page.get_by_label("Search").fill(f"  {wanted.upper()} ")
    assert seen.page.locator("[data-find]:visible").all_inner_texts() != []
    assert all(wanted in text for text in seen.page.locator("[data-find]:visible").all_text_contents())
    assert seen.page.locator("#found").inner_text() == f"1 of {everything}"
    seen.page.get_by_label("Search").fill("")
    assert seen.page.locator("[data-find]:visible").count() == unfolded


def test_a_keyboard_is_enough(browser: Browser, tmp_path: Path) -> None:
    seen = Seen(browser, filled(["some words"]), tmp_path / "plan.html")
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
    seen = Seen(browser, filled(["some words"]), tmp_path / "plan.html", java_script_enabled=False)
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
    seen = Seen(
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
    seen = Seen(browser, longest(), tmp_path / "plan.html")
    assert (tmp_path / "plan.html").stat().st_size < 4_000_000
    seen.page.get_by_label("Search").fill("word 7 of")
    assert seen.page.locator("[data-find]:visible").count() > 0
    assert seen.wrong == []


def test_in_print_everything_is_open_and_afterwards_as_it_was(browser: Browser, tmp_path: Path) -> None:
    seen = Seen(browser, filled(["some words"], rows=8), tmp_path / "plan.html")
    folded, closed = seen.page.locator(".beyond"), seen.page.locator("details:not([open])")
    before = closed.count()
    assert before
    assert folded.count()
    assert not folded.first.is_visible()
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert closed.count() == 0
    assert all(one.is_visible() for one in folded.all())
    assert not seen.page.get_by_role("navigation").is_visible()
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    seen.page.emulate_media(media="screen")
    assert closed.count() == before
    seen.page.pdf(path=tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").stat().st_size > 10_000
