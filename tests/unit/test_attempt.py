"""What an announced attempt sends, it sends soon enough for its doubt to be counted from the announcement."""

from __future__ import annotations

import time

import pytest

from syncer.deskkit.attempt import Attempt
from syncer.errors import Retryable


def test_a_call_gets_what_is_left_and_none_begins_with_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    one = Attempt(30.0, lambda: None)
    assert one.left("call") == 30.0
    now = 114.0
    assert one.left("call") == 16.0
    now = 115.0
    with pytest.raises(Retryable, match="call: no time is left") as raised:
        one.left("call")
    assert raised.value.after == 0.0
