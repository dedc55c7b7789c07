"""The frame of a page that needs nothing else: no network, no server, no other file. What is put into it is text. Pure.

A template in `page/` extends `frame.html`, which brings the style and the script that all reports share. What a script
needs to know of the page it reads from these attributes, so that a page holds none of its own:

`data-find` is found by the search, `data-is="words"` by what is chosen under "Show"; a `data-group` is hidden when
nothing in it is left; the rows of class `beyond` in what a button `data-unfolds` wait for that button.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

_COMMAND = re.compile(r"(syncer [^;,]*[^;,. ])")


@cache
def _part(name: str) -> str:
    return files("syncer.reports").joinpath("page", name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_part)
    )
    made.filters |= {"number": "{:,}".format, "commands": commands, "span": span}
    return made


def _hash(text: str) -> Markup:
    return Markup("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())  # noqa: S704 - ours


def render(template: str, **said: object) -> str:
    """The page `page/<template>`. Strings in `said` are escaped; only what is `Markup` is not."""
    style, script = _part("report.css"), _part("report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style), script=Markup(script),  # noqa: S704 - ours
            style_hash=_hash(style), script_hash=_hash(script), **said,
        )
    )  # fmt: skip


def commands(words: str) -> list[tuple[str, bool]]:
    """A sentence in pieces: its words, and the commands in it."""
    pieces = _COMMAND.split(words)
    return [(piece, at % 2 == 1) for at, piece in enumerate(pieces) if piece]


def span(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
