"""What Znuny is told, in its field names; what it says is read in wire.py (contract, tickets and articles)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import Told
from syncer.desks.znuny.names import KEYS, Names
from syncer.desks.znuny.people import People
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass

OCTETS = "application/octet-stream"
MAX_TITLE = 255
_KIND = re.compile(r"\w+/\w[\w.+-]*")
_TEXT_FILE = re.compile(r"file-[12](\.html)?")
_TEXTS = frozenset(("text/plain", "text/html"))
_LONGEST_NAME, _LONGEST_ENDING = 220, 20
_NO_BYTES = "===="
"""Base64 of nothing: an empty text would be refused as missing."""
_EMPTY = "<p>&nbsp;</p>"


class Leave(Struct, frozen=True):
    """What of a ticket goes without, because the desk refused it."""

    owner: bool = False
    nobody: bool = False
    custom: bool = False
    service: bool = False
    sender: bool = False
    files: bool = False
    apart: bool = False
    """Files of one name are not put into articles of their own: this server takes one article only."""


class Sending(Struct, frozen=True):
    """What goes out with a ticket or comment besides its words."""

    files: Sequence[dict[str, str]]
    custom: Mapping[str, Told] = {}
    leave: Leave = Leave()


def marker_line(key: Key) -> str:
    """The last line of a text by which it is found again."""
    return f"<p>[ext:{key}]</p>"


def said_by(article: Mapping[str, Any], key: Key) -> bool:
    """Whether an article carries this marker; behind it may stand the addresses of links."""
    body = article.get("Body")
    return isinstance(body, str) and f"[ext:{key}]" in body


class Writer:
    """Makes the bodies of calls as this desk's settings say."""

    def __init__(self, config: ZnunyConfig, people: People, names: Names) -> None:
        self._config = config
        self._people = people
        self._names = names

    def ticket(self, draft: Draft, body: str, sending: Sending) -> dict[str, Any]:
        """TicketCreate: all at once, its status too, so that nobody hears of steps in between."""
        leave, fields = sending.leave, draft.fields
        article = self._article(draft.title, body, public=True)
        article["SenderType"] = "customer"
        if not leave.sender and (sender := self._people.mailbox(fields["requester"])):
            article["From"] = sender
        first, *others = [[*sending.files]] if leave.apart else _of_one_name_apart(sending.files)
        told: Any = article
        if others:
            more = self._article("Files", "<p>More files of the same names.</p>", public=True)
            told = [article | {"Attachment": first}, *(more | {"Attachment": group} for group in others)]
        values = [] if leave.custom else [{"Name": name, "Value": value} for name, value in sending.custom.items()]
        if self._config.marker_field is not None:
            values.append({"Name": self._config.marker_field, "Value": draft.key})
        made = {"Ticket": self._fields(draft, leave), "Article": told, "DynamicField": values}
        if first and not others:
            made["Attachment"] = first
        return {key: value for key, value in made.items() if value}

    def _fields(self, draft: Draft, leave: Leave) -> dict[str, Any]:
        made: dict[str, Any] = {
            "Title": plain_title(draft.title),
            "CustomerUser": self._people.requester(draft.fields["requester"]),
            **{KEYS[kind]: name for kind, name in self.values(draft).items()},
        }
        if leave.service:
            made = {key: value for key, value in made.items() if key not in ("Service", "SLA")}
        if self._names.is_due(made["State"]):
            made |= self.due()
        owner = self._people.owner(draft.fields.get("assignee"))
        told = self.owner(None if leave.owner else owner, made["State"])
        return made | ({"Lock": told["Lock"]} if leave.nobody else told)

    def owner(self, login: str | None, state: str) -> dict[str, str]:
        """Whose a ticket in this state is: an agent's, who gets its lock, or nobody's."""
        if login:
            # A closed ticket would lose the lock at once, and its owner be mailed about that.
            closed = self._names.meaning(state) == StatusClass.CLOSED
            return {"Owner": login, "Lock": "unlock" if closed else "lock"}
        nobody = self._config.nobody[:1]
        return {"Lock": "unlock"} | ({"Owner": nobody[0]} if nobody else {})

    def values(self, draft: Draft) -> dict[str, str]:
        """What a ticket shall hold of lists: as drafted, else as the settings say."""
        config = self._config
        usual = {"queue": config.queue, "status": config.state, "priority": config.priority}
        found = {kind: draft.fields.get(kind) or usual.get(kind) for kind in KEYS}
        return {kind: name for kind, name in found.items() if name}

    def due(self) -> dict[str, Any]:
        """When a pending ticket is due, from now on, which needs no zone."""
        return {"PendingTime": {"Diff": round(self._config.pending_days * 24 * 60)}}

    def state(self, name: str) -> dict[str, Any]:
        """TicketUpdate: another state."""
        return {"Ticket": {"State": name, **(self.due() if self._names.is_due(name) else {})}}

    def comment(self, id: TicketId, draft: Draft, comment: CommentDraft, sending: Sending) -> dict[str, Any]:
        """TicketUpdate: one more article, the marker in its last line."""
        body = f"{comment.body}{marker_line(comment.key)}"
        article = self._article(f"Re: {draft.title}", body, public=comment.public)
        is_agent = comment.author is None or self._people.owner(comment.author) is not None
        article["SenderType"] = "agent" if is_agent else "customer"
        if not sending.leave.sender and (sender := self._people.mailbox(comment.author)):
            article["From"] = sender
        made = {"TicketID": id, "Article": article}
        return made | ({"Attachment": list(sending.files)} if sending.files else {})

    def _article(self, subject: str, body: str, *, public: bool) -> dict[str, Any]:
        return {
            "Subject": plain(subject)[:MAX_TITLE] or "-",
            "Body": plain(body).strip() or _EMPTY,
            "ContentType": "text/html; charset=utf-8",
            "CommunicationChannel": "Internal",
            "IsVisibleForCustomer": int(public),
            "AutoResponseType": self._config.auto_response,
            "NoAgentNotify": 1,
        }


def plain(text: str) -> str:
    """A text without what no database takes: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def plain_title(title: str) -> str:
    """A title as it has room."""
    return plain(title)[:MAX_TITLE]


def kept_name(name: str, kind: str) -> str:
    """A file's name as Znuny leaves it: without dots in front, and not too long; never that of an article's text."""
    name = re.sub(r"^[\s.]+|[\r\n]|\s+\Z", "", plain(name)) or "file"
    if kind in _TEXTS and _TEXT_FILE.fullmatch(name):
        return f"attached {name}"
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending if stem and len(ending.encode()) < _LONGEST_ENDING else ""
    room = _LONGEST_NAME - len(ending.encode())
    return name.removesuffix(ending).encode()[:room].decode(errors="ignore").rstrip() + ending


def file(download: Download) -> dict[str, str]:
    """A file as it goes along: any bytes, named as they are; of a type Znuny takes for one."""
    data = download.content
    if data is None:
        assert download.path is not None
        data = download.path.read_bytes()
    kind = download.content_type.partition(";")[0].strip().lower()
    return {
        "Filename": kept_name(download.name, kind),
        "ContentType": kind if _KIND.fullmatch(kind) else OCTETS,
        "Content": base64.b64encode(data).decode() or _NO_BYTES,
    }


def _of_one_name_apart(files: Sequence[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Groups in which each name is there once: within one article Znuny gives the second another name."""
    groups: list[list[dict[str, str]]] = [[]]
    for one in files:
        name = one["Filename"].casefold()
        group = next((group for group in groups if all(name != other["Filename"].casefold() for other in group)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups
