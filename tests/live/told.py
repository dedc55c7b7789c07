"""Which real servers there are: what `deploy/live/<desk>/up.sh` told, as the environment hands it on."""

from __future__ import annotations

import os

_PREFIX = "SYNCER_LIVE_{}_"


def told(kind: str) -> dict[str, str]:
    """What is known of the server of this kind, by the names of its `env` file; empty where there is none."""
    prefix = _PREFIX.format(kind.upper())
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


def is_live(kind: str) -> bool:
    """Whether tests are to ask a real server."""
    return bool(told(kind).get("RUN"))
