"""A page in a real browser, and whatever it does that a page of ours should not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
_WATCH = """
window.RAN = [];
const ran = (what) => window.RAN.push(String(what).slice(0, 200));
Object.defineProperty(window, "HIT", { set: () => ran("HIT"), get: () => undefined });
for (const name of ["alert", "confirm", "prompt", "open", "print"]) window[name] = (...said) => ran(name + said);
for (const name of ["setTimeout", "setInterval"]) {
  const real = window[name];
  window[name] = (what, ...more) => (typeof what === "string" ? ran(what) : real(what, ...more));
}
const evaluate = window.eval;
window.eval = (text) => { if (/HIT *=/.test(text)) ran("eval"); return evaluate(text); };
window.Function = new Proxy(window.Function, {
  construct(real, said) { ran("Function"); return new real(...said); },
  apply(real, self, said) { ran("Function"); return real(...said); },
});
document.addEventListener("securitypolicyviolation", (e) => ran(`against the policy: ${e.violatedDirective}`));
"""
_TOUCH = """() => {
  const events = ["mouseover", "mouseenter", "mousedown", "pointerover", "focus", "focusin", "blur", "load", "error",
    "toggle", "begin", "animationstart", "transitionend", "wheel", "scroll", "close", "input", "change", "submit"];
  for (const one of document.querySelectorAll("*")) for (const event of events) {
    one.dispatchEvent(new Event(event, { bubbles: false, cancelable: true }));
  }
  for (const one of document.querySelectorAll("[data-unfolds], summary, label")) one.click();
}"""


class Opened:
    """A page that is open. With `trusting` its own policy does not hold: what keeps a script out then is the text."""

    def __init__(self, browser: Browser, path: Path, *, trusting: bool = False, **how: object) -> None:
        self.path = path
        context = browser.new_context(**{"viewport": DESK, "bypass_csp": trusting, **how})  # type: ignore[arg-type]
        context.add_init_script(_WATCH)
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("request", lambda r: self.wrong.append(f"asked for {r.url}") if r.url != path.as_uri() else None)
        self.page.on("dialog", lambda dialog: self.wrong.append(f"said {dialog.message}"))
        self.page.on("console", lambda told: self.wrong.append(f"told {told.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"failed {error}"))
        self.page.goto(path.as_uri())

    def show(self, html: str) -> None:
        """Another page in the place of this one."""
        self.path.write_text(html, encoding="utf-8")
        self.page.goto(self.path.as_uri())

    def touch(self) -> None:
        """Each element hears of everything that may happen to it, and what can be opened is."""
        self.page.evaluate(_TOUCH)

    def ran(self) -> list[str]:
        """Scripts that ran and were not the page's own, and all else that went wrong."""
        found: list[str] = self.page.evaluate("window.RAN")
        return found + self.wrong

    def made_of(self) -> dict[str, int]:
        """Elements by their names; and how many attributes would call something."""
        found: dict[str, int] = self.page.evaluate(
            """() => {
              const found = { handlers: 0 };
              for (const one of document.querySelectorAll("*")) {
                found[one.localName] = (found[one.localName] ?? 0) + 1;
                found.handlers += [...one.attributes].filter((a) => /^on/i.test(a.name)).length;
              }
              return found;
            }"""
        )
        return found

    def close(self) -> None:
        """It and all it remembers is gone."""
        self.page.context.close()
