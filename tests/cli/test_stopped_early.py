"""Who ends a command before its work has begun is told that it goes on, and nothing was written."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from syncer.sandbox import folder

from .front_door import command, environment
from .test_bad_config import PEOPLE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_log_in_that_hangs_can_be_ended(tmp_path: Path, dsn: str, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        folder.fill(tmp_path, url, url, PEOPLE)
        config = tmp_path / "syncer.yaml"
        config.write_text(config.read_text().replace("database: embedded", f"database: {dsn}"))
        process = subprocess.Popen(
            command("migrate", "--yes", "--config", config),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), preexec_fn=_in_the_foreground,
        )  # fmt: skip
        try:
            caller, _ = silent.accept()  # it logs in, and waits
            with caller:
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "interrupted; the same command goes on" in err
    assert "Traceback" not in err
    assert out == ""


def _in_the_foreground() -> None:
    # What a shell starts in the background, as this suite may be, ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
