"""The same for each way that is tried: what it alone can get wrong."""

from __future__ import annotations

from msgspec.structs import replace

from tests.flows.matrix_edits import (
    ANYWHERE,
    ASSIGNED,
    AT,
    IN_COMMENTS,
    WHOLE_WORDS,
    Broken,
    both,
    field,
    losses,
    on_both_desks,
    reworded,
    said,
    shown_openly,
    talk,
    ticket,
    told,
    unassigned,
    valued,
)

_NAMED_BEFORE = AT + "comment .+: who said it is not named before it: .+"
_TIMED_BEFORE = AT + "comment .+: it says .+, and it was said at .+"
_INTO_INVGATE: dict[str, Broken] = {
    "another title": (field("title", "Hello [MD-65]"), AT + "title 'Hello' instead of .+"),
    "no marker": (field("title", "Hello"), AT + "the title 'Hello' has no marker .+"),
    "another day": (field("created", 1), AT + "created 1 instead of .+"),
    "a text without its time": (told(r"Created [^<]*", ""), AT + "when it was created is not told: .+"),
    "a text without its tags": (told("Tags: [^<]*", ""), AT + "the tag .+ is not told"),
    "a tag within another": (told("Tags: ", "Tags: x"), AT + "the tag .+ is not told"),
    "a text that acts": (field("body", "<p>Hello</p><script>go()</script>"), AT + "its text would run in a browser"),
    "somebody else's comment": (
        said(lambda one: replace(one, author="nobody@acme.example")),
        AT + "comment .+: said by nobody@acme.example instead of .+",
    ),
    "a comment without its time": (reworded(r"\d\d:\d\d:\d\d", ""), _TIMED_BEFORE),
    "a private file shown": (shown_openly, "the file of a private note can be read on the target: .+"),
    "nobody told": (field("cc", ()), AT + r"told are \[\] instead of .+"),
    "no custom values": (field("custom", {}), AT + ".+ None instead of .+"),
    "a link nobody made": (
        lambda seen: ticket(bool, lambda one: replace(one, links=(seen.new[-1].id,)))(seen),
        "the link of .+ is nobody's",
    ),
    "a loss too many": (losses(times_as_text=1), r"the ledger says times_as_text \d+ times, and it is \d+"),
    "a loss too few": (losses(tags_as_text=-1), r"the ledger says tags_as_text \d+ times, and it is \d+"),
    "a waiting ticket that is pending": (
        valued("status", "Waiting", "Pending"),
        AT + "status 'Pending' instead of 'Waiting'",
    ),
    "a new ticket that is open": (valued("status", "New", "Open"), AT + "status 'Open' instead of 'New'"),
    "a member who does not work on it": (unassigned("assignee_not_member"), AT + "assignee None instead of .+"),
    "a creator named elsewhere": (told(r"<br>Opened by: ([^<]*)(.*)", r"\2 \1"), AT + "who opened it is not told"),
    "nobody told, on either desk": (
        both(on_both_desks(lambda one: replace(one, cc=())), losses(cc_as_text=0)),
        AT + "the source says another people told",
    ),
    "custom values that are the same wrong ones": (
        on_both_desks(lambda one: replace(one, custom=dict.fromkeys(one.custom, ("x",)))),
        AT + "the source says another custom values",
    ),
    "private comments that both desks call public": (
        on_both_desks(lambda one: replace(one, comments=tuple(replace(said, public=True) for said in one.comments))),
        AT + "the source says another visibility of the comment .+",
    ),
}
_AS_TEXT: dict[str, Broken] = {
    "a link that is not told": (told(r"^Linked: .*\n", ""), AT + r"the link to \d+ is not told"),
    "a link of no kind": (told(r"^Linked: related", "Linked:"), AT + r"the link to \d+ is not told"),
    "a link to another one": (told(r"^(Linked: related \d+)", r"\g<1>9"), AT + r"the link to \d+ is not told"),
    "a status that is not told": (told(r"^Status: Pending, ", ""), AT + "its status 'Pending' is not told"),
    "a status that is not its own": (
        told(r"^Status: Pending, ", "Status: Pending forever, "),
        AT + "its status 'Pending' is not told",
    ),
    "a requester named elsewhere": (
        told(r"^Requester: (.*>)((?s:.*))", r"Requester: somebody\2 \1"),
        AT + "its requester is not told",
    ),
    "a requester with another address": (told(r"^(Requester: .*)<", r"\1<x"), AT + "its requester is not told"),
    "an assignee with one name": (told(r"^(Assigned to: )\S+ ", r"\1"), AT + "its assignee is not told"),
    "somebody told who is named elsewhere": (
        told(r"^Also told: (.*)\n((?s:.*))", r"\2 \1"),
        AT + "that .+ is told stands nowhere",
    ),
    "custom values exchanged": (
        told(r"^Asset tag: (.*)\nRoot cause: (.*)", r"Asset tag: \2\nRoot cause: \1"),
        AT + "Asset tag .+ is neither there nor told",
    ),
    "a rating that is ten times as much": (told(r"^(Rated \d of 5)", r"\g<1>0"), AT + r"its rating \d is not told"),
    "work of nobody": (told(r"^(Work: \d+ min, ).*>, ", r"\1"), AT + r"work of \d+ seconds is not told"),
    "a file of a private note": (
        lambda seen: replace(seen, contents={**seen.contents, "0": b"hushhush1x1end"}),
        "1 files on the target tell of private notes, which it cannot keep",
    ),
    "a note that is not kept here": (
        lambda seen: replace(seen, withheld=seen.withheld[1:]),
        "private notes on this machine: .+",
    ),
    "a text that says it was cut": (
        told(r"$", "\n\n[The rest is in the attached file.]"),
        AT + "its text does not say truly whether there is a rest",
    ),
}
_INTO_TIKTING: dict[str, Broken] = {
    "an assignee who does not work on it": (unassigned("assignee_as_text"), AT + "assignee None instead of .+"),
    "a comment whose author is named elsewhere": (
        reworded(r"^(.*?) wrote on (.*)$", r"somebody wrote on \2 \1"),
        _NAMED_BEFORE,
    ),
    "a comment without its time": (reworded(r"wrote on \S+", "wrote on"), _TIMED_BEFORE),
    "another status of its class": (
        valued("status", "On hold", "Pending"),
        AT + "status 'Pending' instead of 'On hold'",
    ),
}
_AS_PUBLISHED: dict[str, Broken] = {
    "a ticket that is closed all the same": (
        valued("status", "Open", "Closed"),
        AT + "status 'Closed' instead of 'Open'",
    ),
    "an ended ticket that is not said to be": (
        told(r"^Status: Closed, ", "Status: Open, "),
        AT + "its status 'Closed' is not told",
    ),
    "a status lost once too often": (
        losses(status_as_text=1),
        r"the ledger says status_as_text \d+ times, and it is \d+",
    ),
    "a comment that is not told": (told(r"told\d+x0end", ""), AT + r"comments told as \[.*\] instead of \[.+"),
    "a comment whose author is not named": (told(r"^.+ wrote on", "somebody wrote on"), _NAMED_BEFORE),
    "a comment whose author is named elsewhere": (
        told(r"^(.+) wrote on ((?s:.*))", r"somebody wrote on \2 \1"),
        _NAMED_BEFORE,
    ),
    "a comment without its time": (told(r"wrote on \S+", "wrote on"), _TIMED_BEFORE),
    "a comment of its own": (
        lambda seen: ticket(
            bool, lambda one: replace(one, comments=(replace(next(said for old in seen.old for said in old.comments)),))
        )(seen),
        AT + "comments, though it takes none",
    ),
    "a note read aloud": (told(r"$", " hushhush1x1end"), "a private note can be read on the target: .+"),
}
_INTO_REQUEST_TRACKER: dict[str, Broken] = {
    "another title": (field("title", "Hello"), AT + "title 'Hello' instead of .+"),
    "another day": (
        ticket(bool, lambda one: replace(one, custom={**one.custom, "Original Created": ("2020-01-01T00:00:00Z",)})),
        AT + "created 1577836800 instead of .+",
    ),
    "a file under another name, of which nobody is told": (
        told(r"\[File /etc/shadow [^\]]*\]", ""),
        AT + "that the file '/etc/shadow' is called otherwise is not told",
    ),
    "a file with its whole path": (
        ticket(
            lambda one: any(file.name == "shadow" for file in one.files),
            lambda one: replace(one, files=tuple(replace(file, name=f"/etc/{file.name}") for file in one.files)),
        ),
        AT + "files .+ too many or missing",
    ),
    "no tags": (field("tags", ()), AT + r"tags \[\] instead of .+"),
    "nobody told": (field("cc", ()), AT + r"told are \[\] instead of .+"),
    "another queue": (
        ticket(bool, lambda one: replace(one, values={**one.values, "queue": "General"})),
        AT + "queue 'General' instead of .+",
    ),
    "a private file shown": (shown_openly, "the file of a private note can be read on the target: .+"),
    "a type that is not told": (told(r"Type: [^<,]*", ""), AT + "its type .+ is not told"),
    "a rating that is ten times as much": (told(r"(Rated \d of 5)", r"\g<1>0"), AT + r"its rating \d is not told"),
    "a loss too few": (losses(list_values_as_text=-1), r"the ledger says list_values_as_text \d+ times, and it is \d+"),
}
_INTO_ARCHIVE: dict[str, Broken] = {
    "another title": (field("title", "Hello"), AT + "title 'Hello' instead of .+"),
    "another day": (field("created", 1), AT + "created 1 instead of .+"),
    "somebody else's comment": (
        said(lambda one: replace(one, author="nobody@acme.example")),
        AT + "comment .+: said by nobody@acme.example instead of .+",
    ),
    "a comment at another time": (said(lambda one: replace(one, at=1)), AT + "comment .+: said at 1 instead of .+"),
    "a comment without its words": (
        reworded(r"We", ""),
        AT + "comment .+: the word 'We' is missing, or not in its order",
    ),
    "a private comment shown": (
        said(lambda one: replace(one, public=True), lambda one: not one.public),
        AT + "comment .+: it was private and is public",
    ),
    "a private file shown": (shown_openly, "the file of a private note can be read on the target: .+"),
    "nobody told": (field("cc", ()), AT + r"told are \[\] instead of .+"),
    "no custom values": (field("custom", {}), AT + ".+ None instead of .+"),
    "no links": (
        lambda seen: replace(seen, new=[replace(one, links=()) for one in seen.new]),
        "the link of .+ is missing",
    ),
    "a status of another class": (valued("status", "Open", "New"), AT + "status 'New' instead of 'Open'"),
    "a loss where all is kept": (losses(times_as_text=1), "the ledger says times_as_text 1 times, and it is 0"),
    "a note kept here": (
        lambda seen: replace(seen, withheld=[("1", "x")]),
        "1 private notes kept on this machine, though the target can keep them",
    ),
    "one comment for two": (talk(lambda said: (said[0], said[0], *said[2:])), AT + r"comments \[.+\] instead of \[.+"),
}
EDITS: dict[tuple[str, str], dict[str, Broken]] = {
    ("motadata", "invgate"): ANYWHERE | ASSIGNED | IN_COMMENTS | _INTO_INVGATE,
    ("archive", "request_tracker"): ANYWHERE | ASSIGNED | WHOLE_WORDS | IN_COMMENTS | _INTO_REQUEST_TRACKER,
    ("invgate", "tikting"): ANYWHERE | ASSIGNED | WHOLE_WORDS | IN_COMMENTS | _AS_TEXT | _INTO_TIKTING,
    ("invgate", "tikting as published"): ANYWHERE | WHOLE_WORDS | _AS_TEXT | _AS_PUBLISHED,
    ("invgate", "archive"): ANYWHERE | ASSIGNED | WHOLE_WORDS | IN_COMMENTS | _INTO_ARCHIVE,
}
"""By source and target."""
