"""Asks a person before something is done; there must be one."""

from __future__ import annotations

import sys

import click


def agree(question: str, *, yes: bool) -> None:
    """Returns when a person, or --yes, agreed. Raises Interrupted on a no, ConfigError when nobody is there."""
    from syncer.errors import ConfigError, Interrupted

    if yes:
        return
    try:
        agreed = click.confirm(question, default=False, err=True)
    except click.Abort as e:
        if sys.stdin.isatty():
            raise
        raise ConfigError(f"nobody is there to answer: {question}", hint="Add --yes.") from e
    if not agreed:
        raise Interrupted("not done", hint="Nothing was changed.")
