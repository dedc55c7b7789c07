"""Runs the demo and takes pictures of its report for docs/report.md."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000
"""Bytes of a picture: more would be felt by whoever clones the repository."""
DESK, PHONE = (1280, 860), (390, 780)


def report() -> Path:
    """The page of the demo's plan, made anew."""
    folder = ROOT / ".syncer" / "pictures"
    command = [sys.executable, "-m", "syncer", "demo", "--folder", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "report" / "plan.html"


def opened(browser: Browser, page: Path, size: tuple[int, int], scheme: str, *, sharp: float = 1) -> Page:
    width, height = size
    seen = browser.new_page(
        viewport={"width": width, "height": height}, device_scale_factor=sharp,
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce",
    )  # fmt: skip
    seen.goto(page.as_uri())
    return seen


def at(seen: Page, heading: str) -> Page:
    """Scrolled to where this begins."""
    seen.evaluate("id => document.getElementById(id).scrollIntoView()", heading)
    return seen


def an_example(seen: Page) -> Page:
    """One example open, with a title that every font has and some comments; those above it out of the way."""
    seen.evaluate("""() => {
      const all = [...document.querySelectorAll("#examples ~ details")];
      const plain = all.filter((one) => /^[\\x20-\\x7e]*$/.test(one.querySelector("summary").textContent));
      const told = plain.find((one) => one.querySelectorAll(".said").length >= 2) ?? plain[0] ?? all[0];
      all.slice(0, all.indexOf(told)).forEach((one) => { one.hidden = true; });
      told.open = true;
    }""")
    return at(seen, "examples")


def take(seen: Page, name: str) -> None:
    path = PICTURES / f"{name}.png"
    seen.screenshot(path=path)
    seen.close()
    if (smaller := shutil.which("pngquant")) is not None:
        subprocess.run([smaller, "--force", "--skip-if-larger", "--output", path, path], check=False)
    if path.stat().st_size > LARGEST:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes, more than {LARGEST:,}")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def main() -> None:
    page = report()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(opened(browser, page, DESK, "light"), "report")
        take(at(opened(browser, page, DESK, "dark"), "before-and-after"), "report-dark")
        take(at(opened(browser, page, DESK, "light"), "losses"), "report-losses")
        take(an_example(opened(browser, page, DESK, "light")), "report-example")
        take(opened(browser, page, PHONE, "light", sharp=2), "report-phone")
        browser.close()


if __name__ == "__main__":
    main()
