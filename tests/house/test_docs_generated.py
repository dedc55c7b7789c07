"""The parts of the documentation that come from the code are those of today's code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncer import settings
from syncer.deskkit import registry
from syncer.mapping import rules

ROOT = Path(__file__).resolve().parents[2]
WRITER = ROOT / "scripts/docs.d/write.py"
CONFIGURATION = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")


def test_generated_parts_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, WRITER, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_part_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sys.path.insert(0, str(WRITER.parent))
    try:
        import write
    finally:
        sys.path.remove(str(WRITER.parent))
    stale = "before\n<!-- generated: losses -->\nold\n<!-- end -->\nafter\n"
    fresh = write.filled(stale)
    assert "title_cut" in fresh
    assert fresh.startswith("before\n")
    assert fresh.endswith("<!-- end -->\nafter\n")
    assert write.filled(fresh) == fresh
    page = tmp_path / "page.md"
    page.write_text(stale)
    monkeypatch.setattr(write, "ROOT", tmp_path)
    monkeypatch.setattr(write, "pages", lambda: [page])
    monkeypatch.setattr(sys, "argv", ["write.py", "--check"])
    assert write.main() == 1
    assert page.read_text() == stale


@pytest.mark.parametrize("model", [settings._File, settings.RouteConfig, settings.Brakes, rules.FieldRule])
def test_every_setting_says_what_it_is(model: type) -> None:
    nameless = [name for name, field in model.model_fields.items() if not field.description]  # type: ignore[attr-defined]
    assert set(nameless) <= {"desks", "routes", "brakes"}  # blocks: their keys say it


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_setting_of_a_desk_is_documented(kind: str) -> None:
    heading = f"### `desks.NAME` with `kind: {kind}`"
    assert heading in CONFIGURATION
    section = CONFIGURATION.split(heading)[1].split("\n### ")[0]
    documented = dict(re.findall(r"^\| `([a-z_.]+)` \| (.*?) \|", section, re.MULTILINE))
    fields = registry.spec(kind).config().model_fields
    for name in (field.alias or name for name, field in fields.items()):
        if name not in {"name", "kind"}:
            assert any(key == name or key.startswith(f"{name}.") for key in documented), name
    assert [key for key, text in documented.items() if not text.strip()] == []
