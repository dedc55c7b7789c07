"""How many requests it takes to bring a draft. Pure."""

from __future__ import annotations

from syncer.model.draft import Draft


def calls(draft: Draft) -> int:
    """The ticket with all it has, files too; each comment with its files; a look at the end."""
    return 2 + len(draft.comments)
