"""Plans and runs in words and as plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.pipeline.tally import Result, Tally
from syncer.reports.words import counted

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    class _Report(Protocol):
        run: int
        route: str
        kind: str
        seconds: float
        tally: Tally
        sidecar: Path | None


LOSSES = {
    "title_cut": "titles cut; the whole title stands in the body",
    "times_as_text": "tickets whose times stand in the body, not in the target's own fields",
    "comment_as_text": "comments told in the body, with author and time as text",
    "comment_time_as_text": "comments whose time stands in their text only",
    "comment_author_as_text": "comments whose author is unknown to the target and named in their text only",
    "assignee_as_text": "assignees named in the body only",
    "times_dropped": "tickets whose dates are told nowhere",
    "creator_dropped": "tickets whose creator is told nowhere, opened in the requester's name",
    "assignee_dropped": "assignees told nowhere",
    "status_dropped": "tickets that were not open and are registered as open; nothing tells what they were",
    "status_as_good": "tickets in a status as good as the wanted one, which the target sets by itself only",
    "list_values_as_text": "tickets with values of lists that no rule of the mapping is about, told in the body",
    "list_values_dropped": "tickets with values of lists that no rule of the mapping is about, told nowhere",
    "assignee_not_member": "assignees left out: on the target they are no member of the group",
    "creator_as_text": "tickets opened by somebody else than the requester, who is named in the body only",
    "rating_invented": "tickets closed with the best rating, because the target closes none without one",
    "custom_fields_as_text": "tickets whose custom fields, all or some, are told in the body",
    "custom_fields_dropped": "tickets whose custom fields, all or some, are told nowhere",
    "custom_value_unfit": "custom values of a kind that the target's field cannot hold, left out",
    "custom_values_joined": "several chosen values told as one text",
    "custom_time_cut": "moments told as days, without their time",
    "custom_choices_cut": "custom fields of which the target takes one value only; the first is kept",
    "custom_choice_defaulted": "choices the target does not have, replaced by the rule's default",
    "custom_person_unknown": "people in custom fields who are unknown to the target, left out",
    "tags_as_text": "tickets whose tags are told in the body",
    "tags_dropped": "tickets whose tags are told nowhere",
    "cc_as_text": "people who were told of what happens, named in the body only",
    "cc_dropped": "people who were told of what happens, named nowhere",
    "link_as_text": "links between tickets, told in the body",
    "link_dropped": "links between tickets, told nowhere",
    "link_kind_lost": "links made without what they were: parent, child, duplicate",
    "link_refused": "links the target refused",
    "link_in_doubt": "links nobody can tell about; the next run looks again",
    "time_entry_as_text": "entries of work told in the body",
    "time_entry_dropped": "entries of work told nowhere",
    "rating_as_text": "ratings told in the body",
    "rating_dropped": "ratings told nowhere",
    "status_as_text": "tickets that were not open and are registered as open; the body tells what they were",
    "person_not_created": "people the target refused to make; the fallback stands in",
    "requester_fallback": "requesters unknown to the target, stood in for by the fallback",
    "private_note_withheld": "private notes kept out of the target, in a file on this machine",
    "private_file_withheld": "files of private notes kept out of the target",
    "private_note_dropped": "private notes left out",
    "private_file_dropped": "files of private notes left out",
    "markup_as_text": "bodies wanted as HTML and told as text: the target takes no markup",
    "body_rest_attached": "bodies too long for the target, their rest attached as a text file",
    "body_cut": "bodies cut",
    "file_unreadable": "files that could not be read from the source; the body says so",
    "file_too_large": "files the target refused as too large",
    "file_refused": "files the target refused; the text names them",
    "file_not_taken": "files left behind: the target has no public call for files; the text names them",
    "public_as_note": "public comments told as internal notes, which say that they were public",
    "value_not_kept": "values the target refused, or took and did not keep",
    "marker_as_text": "tickets whose marker stands in their texts only, because neither field nor tag kept it",
    "field_missing": "values left out: on the target their ticket type has no field for them",
    "tag_not_taken": "tags left out: on the target their field has no such option",
    "not_shown": "tickets the target says it made and does not show: may the account see all tickets?",
    "loss_untold": "tickets under way when an answer was lost or a run was killed: more may be lost than is counted",
    "marker_not_kept": "tickets that do not show their marker: an answer lost from now on cannot be looked for",
}
REASONS = {
    "unmapped": "a value has no decision",
    "unreadable": "the source could not show it",
    "gone": "it vanished while we read",
    "refused": "the target refused it",
    "too_large": "it is too large for the target, also without its files",
    "no_answer": "the target never answered, and surely did not create it",
    "in_doubt": "nobody can tell whether it was created",
    "changed_after": "it changed on the source after it was migrated",
    "moved": "it is not any more what was planned",
}


def loss_meaning(code: str) -> str:
    if code.endswith("_defaulted"):
        return f"values of {code.removesuffix('_defaulted')} replaced by the mapping's default"
    if code.endswith("_left_out"):
        return f"values of {code.removesuffix('_left_out')} left out, as was decided"
    return LOSSES.get(code, code)


def _losses(tally: Tally) -> list[dict[str, Any]]:
    return [{"code": code, "count": n, "meaning": loss_meaning(code)} for code, n in tally.losses.most_common()]


def _parked(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason,
            "count": n,
            "meaning": REASONS.get(reason, reason),
            "examples": tally.examples.get(reason, []),
        }
        for reason, n in tally.reasons.most_common()
    ]


def lines_of(losses: list[dict[str, Any]], parked: list[dict[str, Any]]) -> list[str]:
    """What stays behind and what is lost, line by line."""
    lines = []
    if parked:
        lines.append("Not carried over, and why:")
        lines += [
            f"  {p['count']:>8,}  {p['meaning']} ({p['reason']}), for instance {', '.join(p['examples'][:3])}"
            for p in parked
        ]
    if losses:
        lines.append("Carried over with a loss:")
        lines += [f"  {x['count']:>8,}  {x['meaning']} ({x['code']})" for x in losses]
    return lines


def of_run(report: _Report) -> dict[str, Any]:
    """A finished run as plain values."""
    tally = report.tally
    return {
        "run": report.run,
        "route": report.route,
        "kind": report.kind,
        "seconds": round(report.seconds, 3),
        "counts": tally.counts(),
        "parked": _parked(tally),
        "losses": _losses(tally),
        "private_notes": str(report.sidecar) if report.sidecar else None,
        "notes": tally.notes,
    }


def run_text(report: _Report) -> str:
    """A finished run for a terminal."""
    run = of_run(report)
    counts, seconds = run["counts"], max(report.seconds, 0.001)
    took = f"{counted(counts['read'], 'ticket')} in {seconds:,.1f} s, {counts['read'] / seconds:,.0f}/s"
    lines = [f"Run {run['run']} of {run['route']} ({run['kind']}) is done: {took}"]
    total = " + ".join(f"{counts[r]:,} {r}" for r in Result)
    lines.append(f"  {counts['read']:,} read = {total}")
    if counts["adopted"]:
        lines.append(
            f"  {counts['adopted']:,} of the created ones were found on the target after their answer was lost"
        )
    lines += lines_of(run["losses"], run["parked"])
    if run["private_notes"]:
        lines.append(f"Private notes were kept here: {run['private_notes']}")
    lines += [f"Note: {note}" for note in run["notes"]]
    if counts["parked"]:
        lines.append(f"next: syncer parked list {run['route']}")
    elif run["kind"] == "migrate":
        lines.append(f"next: syncer delta {run['route']}, which carries over what changed meanwhile")
    return "\n".join(lines)
