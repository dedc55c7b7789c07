"""No secret is shown, whatever way it takes, and no text steers a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from syncer import log


@pytest.fixture(autouse=True)
def _forgetting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(log, "_SECRETS", [])
    yield
    structlog.reset_defaults()


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.DEF-123456", "Authorization: ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: ***"),
        (f"the token {JWT} was refused", "the token *** was refused"),
        ("a bearer of news", "a bearer of news"),
        ("basic needs", "basic needs"),
        ("plain words", "plain words"),
    ],
)
def test_tokens_are_known_by_their_look(text: str, shown: str) -> None:
    assert log.redact(text) == shown


def test_secrets_are_known_by_their_value_wherever_they_stand() -> None:
    log.protect(["hunter2!", "hunter2!longer"])
    assert log.redact("https://x/?k=hunter2!&a") == "https://x/?k=***&a"
    assert "longer" not in log.redact("pw hunter2!longer.")


def test_a_secret_too_short_to_be_one_does_not_eat_the_text() -> None:
    log.protect(["", "a", "abc"])
    assert log.redact("abc and a") == "abc and a"


STEERS = [
    *(chr(n) for n in (*range(9), *range(11, 32), *range(127, 160))),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
]


@given(st.lists(st.sampled_from(STEERS) | st.text()))
def test_nothing_is_left_that_steers_a_terminal(parts: list[str]) -> None:
    shown = log.redact("".join(parts))
    assert not any(character in shown for character in STEERS)


@pytest.mark.parametrize("character", STEERS, ids=lambda character: f"{ord(character):04x}")
def test_what_would_steer_a_terminal_is_shown_as_a_number(character: str) -> None:
    assert log.redact(f"a{character}b") == f"a\\x{ord(character):02x}b"


@pytest.mark.parametrize("terminal", [False, True])
def test_a_log_line_holds_no_secret_at_any_depth(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    log.protect(["hunter2!"])
    log.set_up(verbose=True)
    logger = structlog.get_logger()
    logger.info("logged_in hunter2!", user="hunter2!", more={"k": ["hunter2!"]}, error=ValueError("hunter2!"))
    try:
        raise ValueError("hunter2!")
    except ValueError as e:
        logger.exception("unforeseen", exc_info=e)
    err = capsys.readouterr().err
    assert "hunter2!" not in err
    assert "logged_in ***" in err
    assert "Traceback" in err
    if not terminal:
        assert [json.loads(line)["level"] for line in err.splitlines()] == ["info", "error"]


def test_quiet_says_nothing_below_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    log.set_up()
    structlog.get_logger().info("ticket_created")
    structlog.get_logger().warning("answer_lost")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["answer_lost"]
