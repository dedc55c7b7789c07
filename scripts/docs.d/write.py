"""Fills the marked parts of the documentation from the code.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; what a person wrote around it stays.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import parts_commands
import parts_desks
import parts_mapping
import parts_settings

ROOT = Path(__file__).resolve().parents[2]
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
PARTS: dict[str, Callable[[], str]] = {
    "settings": parts_settings.file,
    "secrets": parts_settings.secrets,
    "mapping-keys": parts_mapping.keys,
    "target-fields": parts_desks.fields,
    "template-names": parts_mapping.template_names,
    "conversions": parts_mapping.conversions,
    "losses": parts_mapping.losses,
    "reasons": parts_mapping.reasons,
    "commands": parts_commands.commands,
    "desks": parts_desks.abilities,
    "invgate-scopes": parts_desks.invgate_scopes,
}
_part = cache(lambda name: PARTS[name]().strip())


def pages() -> list[Path]:
    """Every page a part may stand in."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "syncer").rglob("README.md"))]


def filled(text: str) -> str:
    """A page with each of its parts as the code has it today."""
    return _PART.sub(lambda found: f"{found[1]}\n{_part(found['name'])}\n\n{found[3]}", text)


def main() -> int:
    """Write the pages, or with --check only compare them; the exit code."""
    stale = []
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            stale.append(page)
            if "--check" not in sys.argv:
                page.write_text(after, encoding="utf-8")
    for page in stale:
        sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    if stale and "--check" in sys.argv:
        sys.stderr.write("These pages are out of date. Next: ./scripts/docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
