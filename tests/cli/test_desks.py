"""`syncer desks`: what each kind can do, and a desk of the config as it is configured."""

from __future__ import annotations

from pathlib import Path

from syncer.deskkit import registry
from tests.cli.front_door import syncer

CONFIG = """\
database: embedded
desks:
  plain: {kind: motadata, base_url: "https://desk.example.org", auth: {kind: api_key, key: k}}
  filed: {kind: motadata, base_url: "https://desk.example.org", auth: {kind: api_key, key: k},
          attachment_upload_path: /api/oprfile}
"""


def test_every_kind_has_a_card_that_says_what_it_can_do() -> None:
    told = syncer("desks")
    assert told.code == 0
    assert told.out.count("Tickets are read from it") == len(registry.kinds())
    document = syncer("desks", "--json").document
    assert set(document) == {registry.spec(kind).title for kind in registry.kinds()}
    assert document["InvGate Service Desk"]["keeps_private"] is True


def test_a_desk_of_the_config_is_told_as_it_is_configured(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    config.write_text(CONFIG)
    for desk, files in (("plain", "no: named in the text"), ("filed", "yes")):
        told = syncer("desks", desk, "--config", config)
        assert told.code == 0, told.err
        (line,) = (line for line in told.out.splitlines() if line.startswith("Files "))
        assert line.split(maxsplit=1)[1] == files


def test_a_desk_nobody_knows_is_told_with_those_there_are(tmp_path: Path) -> None:
    told = syncer("desks", "freshdesk", "--config", tmp_path / "none.yaml")
    assert told.code == 2
    assert "freshdesk" in told.err
    assert "tikting" in told.err


def test_a_desk_of_the_config_that_is_called_like_a_kind_is_that_desk(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    config.write_text(CONFIG.replace("filed:", "motadata:"))
    document = syncer("desks", "motadata", "--json", "--config", config).document
    assert list(document) == ["motadata"]
    assert document["motadata"]["takes_files"] is True
    assert syncer("desks", "rezolve", "--json", "--config", config).code == 0  # still a kind
    config.write_text("desks: {motadata: {kind: motadata}}")
    told = syncer("desks", "motadata", "--config", config)
    assert (told.code, "base_url" in told.err) == (2, True)
    told = syncer("desks", "rezolve", "--config", config)
    assert (told.code, told.err) == (0, "")
