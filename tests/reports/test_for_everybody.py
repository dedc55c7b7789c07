"""The page of a plan by the rules of the web for everybody (WCAG 2.2 A and AA), as axe-core checks them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from syncer.reports.document import PlanReport
from syncer.reports.plan_page import page
from tests.reports.opened import DESK, PHONE, Opened, needs_chromium
from tests.reports.plans import filled, longest

pytestmark = needs_chromium
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RUN = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(
  (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`)"""
WORDS = [f"Some words {n}" for n in range(300)]


def broken(seen: Opened) -> list[str]:
    """Rules that do not hold, and where; best practices are among them."""
    seen.page.evaluate(AXE)
    found: list[str] = seen.page.evaluate(_RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("plan", [filled(WORDS, rows=8), filled(["x"]), longest()], ids=["words", "letters", "longest"])
def test_no_rule_is_broken(
    browser: Browser, tmp_path: Path, plan: PlanReport, size: dict[str, int], scheme: str
) -> None:
    (tmp_path / "plan.html").write_text(page(plan), encoding="utf-8")
    seen = Opened(browser, tmp_path / "plan.html", trusting=True, viewport=size, color_scheme=scheme)
    seen.page.evaluate("document.querySelectorAll('details').forEach((one, at) => { one.open = at < 3; })")
    assert broken(seen) == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    seen.page.get_by_role("searchbox").fill("words 1")
    seen.page.get_by_role("combobox").select_option("blocks")
    assert broken(seen) == []
    seen.close()


def test_a_rule_that_is_broken_is_told(browser: Browser, tmp_path: Path) -> None:
    html = page(filled(WORDS)).replace("--soft: #5c6370", "--soft: #b0b0b0").replace(' lang="en"', "")
    (tmp_path / "plan.html").write_text(html, encoding="utf-8")
    seen = Opened(browser, tmp_path / "plan.html", trusting=True)
    told = broken(seen)
    assert {one.partition(":")[0] for one in told} >= {"color-contrast", "html-has-lang"}
    seen.close()
