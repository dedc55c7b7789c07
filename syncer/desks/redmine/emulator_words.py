"""What a fresh Redmine comes with: statuses, priorities, trackers, roles and their rights; and what a seed is here."""

from __future__ import annotations

STATUSES = {1: "New", 2: "In Progress", 3: "Resolved", 4: "Feedback", 5: "Closed", 6: "Rejected"}
NEW, IN_PROGRESS, RESOLVED, FEEDBACK, CLOSED, REJECTED = STATUSES
CLOSED_STATUSES = frozenset({CLOSED, REJECTED})
PRIORITIES = {1: "Low", 2: "Normal", 3: "High", 4: "Urgent", 5: "Immediate"}
NORMAL = 2
ACTIVITIES = {8: "Design", 9: "Development"}
TRACKERS = {1: "Bug", 2: "Feature", 3: "Support"}
BUG, FEATURE, SUPPORT = TRACKERS
STANDARD_FIELDS = (
    "assigned_to_id", "category_id", "fixed_version_id", "parent_issue_id", "start_date", "due_date",
    "estimated_hours", "done_ratio", "description",
)  # fmt: skip

STATUS_OF = {
    "new": NEW,
    "open": IN_PROGRESS,
    "pending": FEEDBACK,
    "waiting": FEEDBACK,
    "solved": RESOLVED,
    "closed": CLOSED,
    "rejected": REJECTED,
    "cancelled": REJECTED,
}
PRIORITY_OF = {"low": 1, "medium": 2, "normal": 2, "high": 3, "urgent": 4, "critical": 5}
TRACKER_OF = {"incident": BUG, "problem": BUG, "change": FEATURE}

MANAGER, DEVELOPER, REPORTER, SYNC = 3, 4, 5, 6
ROLES = {MANAGER: "Manager", DEVELOPER: "Developer", REPORTER: "Reporter", SYNC: "Sync"}
PUBLIC_RIGHTS = frozenset({"view_issues"})
"""Of people without a log-in, on public projects; others who are no members may add there, too."""
GUEST_RIGHTS = frozenset({"view_issues", "add_issues", "add_issue_notes"})
_TIME = frozenset({"view_time_entries", "log_time"})
_REPORTER = frozenset({"view_issues", "add_issues", "add_issue_notes", "view_files"}) | _TIME
_DEVELOPER = _REPORTER | {
    "edit_issues", "view_private_notes", "set_notes_private", "manage_issue_relations", "manage_subtasks",
    "manage_categories", "manage_files",
}  # fmt: skip
_SYNC = (_DEVELOPER - {"manage_files"} - _TIME) | {
    "copy_issues", "delete_issues", "set_issues_private", "edit_issue_notes", "view_issue_watchers",
    "add_issue_watchers", "delete_issue_watchers", "import_issues",
}  # fmt: skip
RIGHTS = {
    MANAGER: _SYNC | _TIME | {"manage_members", "edit_project"},
    DEVELOPER: _DEVELOPER,
    REPORTER: _REPORTER,
    SYNC: _SYNC,
}
SEES_ALL = frozenset({MANAGER, SYNC})
"""Roles whose members see private issues of others, too."""

_ANY = frozenset(STATUSES)
_OPEN = frozenset({NEW, IN_PROGRESS, RESOLVED, FEEDBACK})


def transitions(role: int, old: int | None) -> frozenset[int]:
    """The statuses a role may move an issue to; from none at all, when it is made."""
    if role == SYNC:
        return _ANY
    if old is None:
        return frozenset()
    if role == MANAGER:
        return _ANY
    if old not in _OPEN:
        return frozenset()
    if role == DEVELOPER:
        return frozenset({IN_PROGRESS, RESOLVED, FEEDBACK, CLOSED})
    return frozenset({CLOSED, FEEDBACK} if old == RESOLVED else {CLOSED})


MIME_TYPES = {
    **dict.fromkeys(("txt", "ini", "log", "patch", "diff", "sql", "readme", "properties"), "text/plain"),
    "css": "text/css",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    **dict.fromkeys(("html", "htm", "xhtml"), "text/html"),
    **dict.fromkeys(("jpg", "jpeg", "jpe"), "image/jpeg"),
    "js": "application/javascript",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "xls": "application/vnd.ms-excel",
    "xml": "text/xml",
    **dict.fromkeys(("yml", "yaml"), "text/yaml"),
    "zip": "application/zip",
}
IMAGES = frozenset({"bmp", "gif", "jpg", "jpe", "jpeg", "png", "pdf"})
"""Of these files there are thumbnails."""


def mime_type(name: str) -> str | None:
    """What the ending of a file's name stands for."""
    return MIME_TYPES.get(ending(name))


def ending(name: str) -> str:
    """The ending of a file's name, in lower case; a name that only begins with a dot has none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem.strip(".") else ""
