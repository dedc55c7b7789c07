"""Mail addresses as the product checks them: the first one of a line, and nothing else of it."""

from __future__ import annotations

import re

from syncer.desks.znuny.emulator_switches import Switches

_COMMENT = re.compile(r"\([^()]*\)")
_IN_BRACKETS = re.compile(r"<([^>]*)>?")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(\[[0-9.]+\]|([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]+)"
)
_LONGEST_LOCAL_PART, _LONGEST = 64, 254
_OF_THE_SERVER = frozenset({"root@localhost", "admin@localhost"})
"""CheckEmailValidAddress: these pass unlooked at."""


def first_address(line: str) -> str:
    """The address of the first of several; empty where there is none."""
    first = _COMMENT.sub("", _first(line))
    found = _IN_BRACKETS.search(first)
    return (found[1] if found else first).strip()


def is_valid(line: str, switches: Switches) -> bool:
    """Whether the first address of a line is one this instance takes."""
    address = first_address(line)
    if address.lower() in _OF_THE_SERVER:
        return True
    local, _, domain = address.rpartition("@")
    if not _ADDRESS.fullmatch(address) or len(local) > _LONGEST_LOCAL_PART or len(address) > _LONGEST:
        return False
    if switches.mail_domains is not None and domain.lower() not in switches.mail_domains:
        return False
    return not re.search(switches.invalid_address, address, re.IGNORECASE)


def _first(line: str) -> str:
    """Up to the first comma or semicolon that stands outside quotes, comments and brackets."""
    within = ""
    for at, letter in enumerate(line):
        if within:
            within = "" if letter == within else within
        elif letter in '"(<':
            within = {'"': '"', "(": ")", "<": ">"}[letter]
        elif letter in ",;":
            return line[:at]
    return line
