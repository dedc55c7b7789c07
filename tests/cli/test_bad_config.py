"""Files that are not what they should be: every mistake at once, each with file and line, and no desk is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.sandbox import folder

from .front_door import Answer, syncer
from .trouble import told

PEOPLE = "email,id\nunknown.requester@example.org,7\n"
TEN_MISTAKES = """\
fields:
  title: {from: title, do: [shout]}
  body: {}
  status: {lookup: status, form: 1}
  priority: {template: "{{ ticket.colour }}"}
  site_id: {lookup: location, value: 1}
  departmnt_id: {value: IT}
people: {missing: invent}
comments: {private: share}
too_long: {body: burn}
fuzzy: 0.1
header: perhaps
"""
MANY_MISTAKES = """\
database: oracle
desks:
  old:
    kind: invgat
  new:
    kind: tikting
    base_url: desk.example.org
    auth: {email: me, pasword: hunter2hunter2}
    budget: {per_second: fast, parallel: 0}
    tiemout: 5
routes:
  move: {source: old, target: newer, mappin: mapping.yaml, brakes: {change: 500%}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder.fill(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9", PEOPLE)
    return tmp_path


def migrate(config: Path) -> Answer:
    return syncer("migrate", "--yes", "--json", "--config", config)


def lines(answer: Answer) -> list[str]:
    return [line.strip() for line in answer.err.splitlines() if line.startswith("  ")]


def test_ten_mistakes_of_a_mapping_are_told_at_once_each_with_its_line(place: Path) -> None:
    mapping = place / "mapping.yaml"
    mapping.write_text(TEN_MISTAKES)
    answer = migrate(place / "syncer.yaml")
    told(answer, 2, "10 mistakes", "syncer config check")
    found = lines(answer)
    for number, word in ((2, "shout"), (3, "body"), (4, "form.*from"), (5, "ticket.colour"), (6, "site_id"),
                         (8, "missing"), (9, "private"), (10, "body"), (11, "fuzzy"), (12, "header")):  # fmt: skip
        assert any(line.startswith(f"{mapping}:{number}: ") for line in found), (number, word, found)


def test_many_mistakes_of_a_config_are_told_at_once_each_with_its_line(place: Path) -> None:
    config = place / "syncer.yaml"
    config.write_text(MANY_MISTAKES)
    for command in (("migrate", "--yes", "--json"), ("config", "check", "--json")):
        answer = syncer(*command, "--config", config)
        told(answer, 2, "mistakes", "did you mean password", "did you mean timeout", "did you mean mapping")
        for number in (1, 4, 7, 8, 9, 10, 12):
            assert any(line.startswith(f"{config}:{number}: ") for line in lines(answer)), (number, answer.err)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("there is nothing in it", "syncer init")),
        (b"\x00\x01\x02\xff\xfe" * 50, (":1: not UTF-8: byte 0xff", "UTF-8 text")),
        ("desks: {b\u00fcro: 1}".encode("latin-1"), (":1: not UTF-8: byte 0xfc", "UTF-8 text")),
        (b"desks:\n  old: [1\n", (r"yaml:\d+: not valid YAML", "next: ")),
        (b"- just\n- a list\n", (r":1: must be a map",)),
        (b"desks: 5\nroutes: all\n", ("2 mistakes", ":1: desks", ":2: routes")),
        (b"desks: {}\nroutes: {}\n", ("no route in it", "under `routes`")),
    ],
    ids=["empty", "binary", "latin-1", "broken", "a list", "numbers", "no route"],
)
def test_a_config_that_is_none(place: Path, content: bytes, words: tuple[str, ...]) -> None:
    config = place / "syncer.yaml"
    config.write_bytes(content)
    answer = migrate(config)
    told(answer, 2, *words)
    assert answer.out == ""


def test_a_config_that_is_not_there_or_is_a_folder(place: Path) -> None:
    told(migrate(place / "nowhere.yaml"), 2, "nowhere.yaml: no such file", "syncer init")
    told(migrate(place), 2, f"{place}: is a folder", "file")


def test_a_mapping_or_table_of_people_that_is_not_there(place: Path) -> None:
    (place / "people.csv").unlink()
    told(migrate(place / "syncer.yaml"), 2, "people.table", "people.csv", "email,id")
    (place / "mapping.yaml").unlink()
    told(migrate(place / "syncer.yaml"), 2, "mapping.yaml: no such file")


def test_a_file_that_may_not_be_read_is_told_of(place: Path) -> None:
    config = place / "syncer.yaml"
    config.unlink()
    config.symlink_to("/proc/self/mem")  # root may read everything that can be read
    told(migrate(config), 2, "syncer.yaml: cannot be read")
