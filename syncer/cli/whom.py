"""Who gives a command: it is put on record with what was decided."""

from __future__ import annotations

import getpass
import os


def name() -> str:
    """By the environment or the system; a container may run as a number that no name belongs to."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
