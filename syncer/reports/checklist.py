"""What is to be done on the weekend of the change, as a list in Markdown: ticked where that is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from syncer.deskkit.mails import Mail
from syncer.reports.mailing import lines as mail_lines


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a route."""

    route: str
    source: str
    target: str
    standing: Mapping[str, Any]
    done: Mapping[str, Any]
    """Step -> what is on record of it."""
    mails: tuple[Mail, ...]
    files: Mapping[str, str]
    """What was written for it, by what it is."""


def markdown(facts: Facts) -> str:
    """The list."""
    route, source, target = facts.route, facts.source, facts.target
    standing, parked = facts.standing, sum(facts.standing["parked"].values())
    lines = [f"# Cutover of {route}: {source} to {target}", "", "## Before"]
    lines += [
        _line(
            standing["checkpoint"] is not None, f"migrated: {standing['migrated']:,} tickets (`syncer migrate {route}`)"
        ),
        _line(not parked, f"nobody is left behind: {parked:,} parked (`syncer parked list {route}`)"),
        _line(not standing["doubts"], f"no write is in doubt: {standing['doubts']:,} (`syncer status {route}`)"),
        _line(None, f"people know the hour from which {source} is read only, and whom to ask"),
        _line(None, f"agents have their accounts on {target}, and have looked at tickets of theirs"),
    ]
    lines += [_line(None, f"mails: {line}") for line in mail_lines(facts.mails)]
    lines += ["", "## The weekend (`syncer cutover " + route + "`, again after each step)"]
    steps = {
        "freeze": f"{source} is frozen: no channel brings new tickets, agents and customers cannot write",
        "catch_up": "the last changes went over, and a delta found nothing more",
        "verify": "everything was compared, field by field, and nothing differs",
        "hand_over": "id map and redirects are written",
    }
    for step, words in steps.items():
        done = facts.done.get(step)
        if done is None or done.state != "done":
            lines.append(_line(False, words))
            continue
        detail = f": {done.detail}" if done.detail else ""
        lines.append(_line(True, f"{words}, {done.at:%Y-%m-%d %H:%M} by {done.by}{detail}"))
    lines += ["", "## After"]
    lines += [f"- [ ] {what}: `{file}`" for what, file in facts.files.items()]
    lines += [
        _line(None, f"mail that came to {source} goes to {target}, forms and links on web pages too"),
        _line(None, f"{target} may mail again: switch on what was switched off"),
        _line(None, f"{source} stays readable until nobody asks for it"),
        _line(None, "the accounts that syncer used are locked, their secrets gone"),
    ]
    return "\n".join(lines) + "\n"


def _line(done: bool | None, words: str) -> str:
    return f"- [{'x' if done else ' '}] {words}"
