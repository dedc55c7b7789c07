"""A program inside a real server's own runtime that fills it, told what to do line by line."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import msgspec


class Filler:
    """Speaks JSON, a line for each word, with a script that the server's runtime runs; bytes are in base64.

    `run` is the command line whose next argument is a program's text.
    """

    def __init__(self, run: str, script: Path) -> None:
        self._script = script.name
        # Text and not a path: who runs the server may not enter this folder.
        self._child = subprocess.Popen(
            [*shlex.split(run), script.read_text(encoding="utf-8")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, what: str, **told: Any) -> Any:
        """Have something done, and what came of it. Raises AssertionError with what the script says."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(msgspec.json.encode({"do": what, **told}) + b"\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        assert line, f"{self._script} ended with {self._child.wait()} while it was to {what}"
        answer = json.loads(line)
        assert "error" not in answer, f"{self._script} could not {what}: {answer['error']}"
        return answer.get("done")

    def close(self) -> None:
        """It ends when nothing more is said."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait(30)
