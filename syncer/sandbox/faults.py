"""What shall go wrong on emulated desks, as it is given on the command line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from syncer.deskkit.emulation import Faults
from syncer.errors import ConfigError

_KEYS = [field.name for field in msgspec.structs.fields(Faults)]
_HINT = f"Keys: {', '.join(_KEYS)}. Shares go from 0 to 1, seconds are numbers."


def read_faults(given: Sequence[str], desks: Sequence[str]) -> dict[str, Faults]:
    """The faults of each desk, from words KEY=VALUE, DESK.KEY=VALUE and FILE.json, in this order of precedence: last.

    A file holds keys, or desks with keys. Raises ConfigError naming the word that is wrong.
    """
    found: dict[str, dict[str, Any]] = {desk: {} for desk in desks}
    for word in given:
        for desk, key, value in _settings(word, desks):
            for name in desks if desk is None else (desk,):
                found[name][key] = value
    return {desk: _checked(desk, keys) for desk, keys in found.items()}


def _settings(word: str, desks: Sequence[str]) -> list[tuple[str | None, str, Any]]:
    """(desk or all, key, value) of one word."""
    if "=" not in word:
        return _from_file(Path(word), desks)
    name, _, value = word.partition("=")
    desk, _, key = name.strip().rpartition(".")
    if desk and desk not in desks:
        raise ConfigError(f"--faults {word}: no desk {desk}", hint=f"There are: {', '.join(desks)}")
    _known(key, f"--faults {word}")
    return [(desk or None, key, value.split(",") if key == "first" else value.strip())]


def _from_file(path: Path, desks: Sequence[str]) -> list[tuple[str | None, str, Any]]:
    try:
        data = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as e:
        raise ConfigError(
            f"--faults {path}: cannot be read: {e}", hint="Give KEY=VALUE, or a file with a JSON object. " + _HINT
        ) from e
    found: list[tuple[str | None, str, Any]] = []
    for name, value in data.items():
        if name in desks and isinstance(value, dict):
            found += [(name, key, v) for key, v in value.items()]
        else:
            found.append((None, name, value))
    for _, key, _value in found:
        _known(key, f"--faults {path}")
    return found


def _known(key: str, place: str) -> None:
    if key not in _KEYS:
        near = difflib.get_close_matches(key, _KEYS, n=1)
        raise ConfigError(f"{place}: unknown key {key}" + (f"; did you mean {near[0]}?" if near else ""), hint=_HINT)


def _checked(desk: str, keys: dict[str, Any]) -> Faults:
    try:
        faults = msgspec.convert(keys, Faults, strict=False)
        re.compile(faults.where)
    except (msgspec.ValidationError, re.error) as e:
        raise ConfigError(f"--faults for {desk}: {e}", hint=_HINT) from e
    return faults
