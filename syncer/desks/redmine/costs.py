"""How many requests it takes to bring a draft. Pure."""

from __future__ import annotations

from syncer.desks.redmine.config import RedmineConfig
from syncer.model.draft import CommentDraft, Draft


def calls(draft: Draft, config: RedmineConfig, begins: str | None) -> int:
    """Files, the issue, each note and its look, the end, the watchers. `begins` is the status a new issue has."""
    made = len(draft.files) + len(draft.texts) + 1
    said = sum(_note(one, config) for one in draft.comments)
    ends = _ends(draft, begins)
    return made + said + (3 if ends else 1) + _watched(draft, config, wrote=ends or bool(draft.comments))


def _note(comment: CommentDraft, config: RedmineConfig) -> int:
    """Whoever writes a private note, or in another name, asks first in which project it stands."""
    files = len(comment.files) if comment.public or config.private_files == "attach" else 0
    asks = not comment.public or (config.switch_user and comment.author is not None)
    return files + asks + 2


def _ends(draft: Draft, begins: str | None) -> bool:
    """Whether a new issue differs from the draft."""
    told = draft.fields.get
    return bool(told("assignee") or told("category")) or told("status", begins) != begins


def _watched(draft: Draft, config: RedmineConfig, *, wrote: bool) -> int:
    """Watchers are looked at; who is missing comes in one call, and who wrote is taken off, one by one."""
    authors = {one.author for one in draft.comments} - {None} if config.switch_user else set()
    changes = any(one.isdigit() for one in draft.cc) + wrote + len(authors)
    return 1 + changes + bool(changes)
