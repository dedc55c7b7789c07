"""`init` by the front door: files that pass, no secret in them, every mistake told; and the examples of config/."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from syncer.cli.first_desk import DeskDraft, word
from syncer.deskkit import registry

from .front_door import Answer, command, environment, syncer

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
SECRETS = {"SYNCER_DESKS__OLD__AUTH__CLIENT_SECRET": "one", "SYNCER_DESKS__NEW__AUTH__PASSWORD": "two"}
SOURCE = ("--source-kind", "invgate", "--source-url", "https://acme.example", "--source-set", "auth.client_id=syncer",
          "--source-set", "view_id=42")  # fmt: skip
TARGET = ("--target-kind", "tikting", "--target-url", "https://desk.acme.example/", "--target-set",
          "auth.email=syncer@acme.example")  # fmt: skip
FIELDS = ("--value", "site_id=Head office", "--value", "department_id=IT", "--fallback", "06801bc4")


def init(config: Path, *args: str, answer: str = "") -> Answer:
    return syncer("init", "--config", config, *args, answer=answer)


def check(config: Path, **secrets: str) -> Answer:
    words = command("config", "check", "--config", config)
    done = subprocess.run(words, capture_output=True, text=True, env=environment() | secrets, timeout=60)
    return Answer(done.returncode, done.stdout, done.stderr)


def test_what_init_writes_passes_the_check(tmp_path: Path) -> None:
    config = tmp_path / "here" / "syncer.yaml"
    answer = init(config, "--yes", *SOURCE, *TARGET, *FIELDS)
    assert answer.code == 0, answer
    for name in SECRETS:
        assert f"export {name}=" in answer.out
    assert f"syncer check --config {config}" in answer.out
    assert check(config, **SECRETS).code == 0
    missing = check(config)
    assert missing.code == 2
    assert "client_secret: is missing" in missing.err
    mapping = yaml.safe_load((config.parent / "mapping.yaml").read_text())
    assert mapping["fields"]["site_id"] == {"lookup": "location", "default": "Head office"}
    assert mapping["fields"]["department_id"] == {"value": "IT"}
    assert mapping["people"]["fallback"] == "06801bc4"


def test_into_an_archive_nothing_must_be_decided(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    target = ("--target-kind", "archive", "--target-set", "path=vault", "--value", "priority=Medium")
    answer = init(config, "--yes", *SOURCE, *target)
    assert answer.code == 0, answer
    assert check(config, SYNCER_DESKS__OLD__AUTH__CLIENT_SECRET="one").code == 0
    mapping = yaml.safe_load((tmp_path / "mapping.yaml").read_text())
    assert "people" not in mapping
    assert mapping["fields"]["priority"] == {"lookup": "priority", "default": "Medium"}
    wrong = ("site: {lookup: location}", "colour: {value: red}", "title: {from: title}\ncustom: {A: {value: 1}}")
    for rule, said in zip(wrong, ("location: {lookup: location}", "fields.colour", "custom: custom"), strict=True):
        (tmp_path / "mapping.yaml").write_text("fields:\n  " + rule.replace("\ncustom", "\ncustom"))
        refused = check(config, SYNCER_DESKS__OLD__AUTH__CLIENT_SECRET="one")
        assert (refused.code, said in refused.err) == (2, True), refused


def test_from_a_file_its_columns_can_be_told(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    columns = ("id=Ticket ID", "title=Subject", "custom.Asset tag=Asset: tag")
    told = [word for one in columns for word in ("--source-set", f"import.columns.{one}")]
    source = ("--source-kind", "archive", "--source-set", "path=in", "--source-set", "import.file=tickets.csv", *told)
    answer = init(config, "--yes", *source, *TARGET, *FIELDS)
    assert answer.code == 0, answer
    assert check(config, SYNCER_DESKS__NEW__AUTH__PASSWORD="two").code == 0
    block = yaml.safe_load(config.read_text())["desks"]["old"]
    assert block["import"]["columns"] == {"id": "Ticket ID", "title": "Subject", "custom.Asset tag": "Asset: tag"}
    (tmp_path / "tickets.csv").write_text("Ticket ID,Subject,Asset: tag\n1,x,y\n")
    words = command("check", "old", "--config", config)
    env = environment() | {"SYNCER_DESKS__NEW__AUTH__PASSWORD": "two"}
    seen = subprocess.run(words, capture_output=True, text=True, env=env, timeout=60)
    assert (seen.returncode, "an archive of file" in seen.stdout) == (0, True), seen


def test_names_of_ones_own_are_used_throughout(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    names = (
        "--source-name",
        "acme",
        "--target-name",
        "hq",
        "--route",
        "all",
        "--mapping",
        "rules.yaml",
        "--people",
        "p.csv",
    )
    answer = init(config, "--yes", *SOURCE, *TARGET, *FIELDS, *names, "--source-set", "auth.kind=oauth2")
    assert answer.code == 0, answer
    (tmp_path / "p.csv").write_text("email,id\n")
    secrets = {"SYNCER_DESKS__ACME__AUTH__CLIENT_SECRET": "one", "SYNCER_DESKS__HQ__AUTH__PASSWORD": "two"}
    passed = check(config, **secrets)
    assert (passed.code, "desks acme, hq; routes all" in passed.out) == (0, True), passed
    assert yaml.safe_load((tmp_path / "rules.yaml").read_text())["people"]["table"] == "p.csv"


def test_keys_that_have_a_default_can_be_set_as_well(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    more = ("--source-set", "timeout=7.5", "--target-set", "budget.per_second=9", "--target-set", "budget.parallel=3")
    answer = init(config, "--yes", *SOURCE, *TARGET, *FIELDS, *more)
    assert answer.code == 0, answer
    assert check(config, **SECRETS).code == 0
    desks = yaml.safe_load(config.read_text())["desks"]
    assert (desks["old"]["timeout"], desks["new"]["budget"]) == (7.5, {"per_second": 9, "parallel": 3})


def test_files_that_are_there_are_overwritten_only_by_force(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    (tmp_path / "mapping.yaml").write_text("mine\n")
    refused = init(config, "--yes", *SOURCE, *TARGET, *FIELDS)
    assert refused.code == 2
    assert "mapping.yaml: already there" in refused.err
    assert not config.exists()
    assert init(config, "--yes", "--force", *SOURCE, *TARGET, *FIELDS).code == 0
    assert check(config, **SECRETS).code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), ["--source-kind: is missing; there are archive, invgate, "]),
        (("--source-kind", "invgat"), ["invgat is unknown"]),
        (
            ("--source-kind", "invgate"),
            ["base_url: is missing (--source-url URL)", "auth.client_id: is missing", "view_id: is missing"],
        ),
        ((*SOURCE, "--source-set", "view_id=all"), ["view_id: Input should be a valid integer"]),
        ((*SOURCE, "--source-set", "viewid=1"), ["viewid: no such key"]),
        ((*SOURCE, "--source-name", "The Old"), ["a-z, 0-9 and _"]),
        ((*SOURCE, *TARGET, "--target-name", "old"), ["both desks are called old"]),
        (("--source-kind", "tikting", *SOURCE[2:4], *TARGET), ["auth.email: is missing"]),
        ((*SOURCE, *TARGET), ["site_id: is required", "department_id: is required"]),
        ((*SOURCE, *TARGET, *FIELDS[:4]), ["--fallback ID"]),
        ((*SOURCE, *TARGET, *FIELDS, "--value", "colour=red"), ["colour: the target has no such field"]),
        ((*SOURCE, *TARGET, *FIELDS, "--value", "colour"), ["must be KEY=VALUE"]),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_told_and_nothing_written(
    tmp_path: Path, args: tuple[str, ...], said: list[str]
) -> None:
    answer = init(tmp_path / "syncer.yaml", "--yes", *args)
    assert answer.code == 2
    for words in said:
        assert words in answer.err
    assert not list(tmp_path.iterdir())


def test_questions_are_asked_again_until_the_answers_are_right(tmp_path: Path) -> None:
    config = tmp_path / "syncer.yaml"
    typed = ["invgate", "acme.example", "basic", "all of them", "https://acme.example", "7", "tikting",
             "https://desk.acme.example", "syncer@acme.example", "Head office", "IT", "06801bc4", ""]  # fmt: skip
    answer = init(config, answer="\n".join(typed) + "\n")
    assert answer.code == 0, answer
    assert "base_url: must begin with https://" in answer.err
    assert "export SYNCER_DESKS__OLD__AUTH__KEY=" in answer.out
    secrets = {"SYNCER_DESKS__OLD__AUTH__KEY": "one", "SYNCER_DESKS__NEW__AUTH__PASSWORD": "two"}
    assert check(config, **secrets).code == 0


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_kind_of_desk_can_be_asked_for_by_its_own_model(kind: str) -> None:
    desk = DeskDraft("mine", kind, {})
    for question in desk.questions():
        assert question.key == "base_url" or question.secret or question.key in desk.problems() or question.choices
    # A desk that is asked over a network lets nobody in without a secret.
    assert bool(desk.secrets()) == ("base_url" in desk.model.model_fields)
    # What could be set besides stands there as a comment that is right when it is uncommented.
    comments = [re.fullmatch(r" *# (\w+: .*)", line) for line in desk.lines() if "not here" not in line]
    settable = [yaml.safe_load(found[1]) for found in comments if found]
    assert settable
    assert all(isinstance(one, dict) for one in settable)


@pytest.mark.parametrize(
    "value", ["IT", "42", "007", "yes", "a: b", "#1", "Büro", "x - y", " x", "", "1e5", "7.5", "1.0", "null", "a'b\"c"]
)
def test_a_word_reads_back_as_it_was_typed(value: str) -> None:
    assert str(yaml.safe_load(f"key: {word(value)}")["key"]) == value
    assert str(yaml.safe_load(f"{{key: {word(value)}}}")["key"]) == value


@pytest.mark.parametrize(
    "config", sorted(p for p in EXAMPLES.glob("*.yaml") if ".mapping." not in p.name), ids=lambda path: path.name
)
def test_the_examples_are_complete(config: Path) -> None:
    answer = check(config, **SECRETS)
    assert answer.code == 0, answer
