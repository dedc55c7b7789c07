"""What of a ticket and its articles is looked at before anything is done; the rest of a payload is passed over."""

from __future__ import annotations

import codecs
import re
from typing import Any

from msgspec import Struct

from syncer.desks.znuny.emulator_addresses import is_valid
from syncer.desks.znuny.emulator_answers import Fault, Refused
from syncer.desks.znuny.emulator_files import is_whole, own_files
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_times import pending_until
from syncer.desks.znuny.emulator_values import cleaned_values, is_given, is_text, number, text
from syncer.desks.znuny.emulator_words import CHANNELS, HISTORY_TYPES, SENDERS, id_of

_CREATE = "TicketCreate"
_REQUIRED = frozenset({"Queue", "State", "Priority"})
_AUTO_RESPONSES = frozenset({"auto reply", "auto reject", "auto follow up", "auto reply/new ticket", "auto remove"})
_MIME = re.compile(r"\w+/\w+")
_MINUTES = re.compile(r"\d+([.,]\d+)?")


class Message(Struct, kw_only=True):
    """An article that passed: what of it matters."""

    subject: str
    body: str
    mime: str
    charset: str
    content_type: str
    channel: str
    sender: str
    visible: bool
    from_: str
    to: str
    cc: str
    history_type: str
    quiet: bool
    sent: bool
    minutes: float
    files: list[dict[str, Any]]
    """Of this article alone: nobody looks at them before they are stored."""


class Check:
    """Looks at one call's payload in the name of its operation; raises Refused for the first thing that is wrong."""

    def __init__(self, tables: Tables, operation: str) -> None:
        self._tables = tables
        self._operation = operation

    def missing(self, words: str) -> Refused:
        """Something is not there."""
        return Refused(self._operation, "MissingParameter", words)

    def invalid(self, words: str) -> Refused:
        """Something is there and wrong."""
        return Refused(self._operation, "InvalidParameter", words)

    # Tickets

    def ticket(self, given: dict[str, Any]) -> dict[str, int]:
        """The ids behind the names (or ids) of a ticket's values: Queue, Lock, Type, State, Priority, Owner,
        Responsible, as far as they are given."""
        creates = self._operation == _CREATE
        if creates:
            for key in ("Title", "CustomerUser"):
                if not is_given(given.get(key)):
                    raise self.missing(f"Ticket->{key} parameter is missing!")
        if is_given(given.get("CustomerUser")) and not self._is_customer(text(given["CustomerUser"])):
            raise self.invalid("Ticket->CustomerUser parameter is invalid!")
        found = {}
        for kind in ("Queue", "Lock", "Type", "Service", "SLA", "State", "Priority", "Owner", "Responsible"):
            id = self._entry(kind, given, required=creates and self._is_required(kind))
            if id is not None:
                found[kind] = id
        pending = given.get("PendingTime")
        if is_given(pending) and (not isinstance(pending, dict) or self.until(pending) is None):
            raise self.invalid("Ticket->PendingTime parameter is invalid!")
        return found

    def until(self, pending: dict[str, Any]) -> int | None:
        """The end of a pending time."""
        return pending_until(pending, self._tables.now(), self._tables.switches.timezone)

    def _is_required(self, kind: str) -> bool:
        return kind in _REQUIRED or (kind == "Type" and self._tables.switches.type_required)

    def _entry(self, kind: str, given: dict[str, Any], *, required: bool) -> int | None:
        by_id, by_name = given.get(f"{kind}ID"), given.get(kind)
        words = f"Ticket->{kind}ID or Ticket->{kind} parameter is"
        if not is_given(by_id) and not is_given(by_name):
            if not required:
                return None
            raise self.missing(f"{words} required{' by sysconfig option' if kind == 'Type' else ''}!")
        id = self._known(kind, by_id, by_name)
        if id is None:
            raise self.invalid(f"{words} invalid!")
        return id

    def _known(self, kind: str, by_id: Any, by_name: Any) -> int | None:
        tables = self._tables
        if kind in {"Owner", "Responsible"}:
            agent = tables.agents.get(number(by_id) or 0) if is_given(by_id) else tables.agent(text(by_name))
            return agent.id if agent is not None and agent.valid else None
        entries = tables.lists.get(kind, {})
        if is_given(by_id):
            id = number(by_id)
            return id if id in entries else None
        return id_of(entries, text(by_name))

    def _is_customer(self, login: str) -> bool:
        known = self._tables.customer(login)
        return known.valid if known is not None else is_valid(login, self._tables.switches)

    # Articles

    def articles(self, given: Any) -> list[Message]:
        """One article or several."""
        return [self._article(cleaned_values(one)) for one in (given if isinstance(given, list) else [given])]

    def _article(self, one: dict[str, Any]) -> Message:
        for key in ("Subject", "Body"):
            if not is_given(one.get(key)):
                raise self.missing(f"Article->{key} parameter is missing!")
        if text(one.get("AutoResponseType") or "auto reply") not in _AUTO_RESPONSES:
            raise self.invalid("Article->AutoResponseType parameter is invalid!")
        channel = self._channel(one)
        sender = self._sender(one)
        if is_given(one.get("From")) and not is_valid(text(one["From"]), self._tables.switches):
            raise self.invalid("Article->From parameter is invalid!")
        if is_given(one.get("ArticleSend")) and not is_valid(text(one.get("To")), self._tables.switches):
            # The other operation's name stands here, whoever was called.
            words = "Article->To parameter must be a valid email address when Article->ArticleSend is set!"
            raise Refused(_CREATE, "InvalidParameter", words)
        mime, charset, content_type = self._content_type(one)
        creates = self._operation == _CREATE
        history_type = text(one.get("HistoryType")) or ("NewTicket" if creates else "AddNote")
        self._rest(one, history_type)
        visible = one.get("IsVisibleForCustomer")
        return Message(
            subject=re.sub(r"[\r\n]", "", text(one["Subject"])),
            body=text(one["Body"]),
            mime=mime,
            charset=charset,
            content_type=content_type,
            channel="Email" if is_given(one.get("ArticleSend")) else channel,
            sender=sender,
            visible=visible is None or is_given(visible),
            from_=re.sub(r"[\r\n]", "", text(one.get("From"))),
            to=text(one.get("To")),
            cc=text(one.get("Cc")),
            history_type=history_type,
            quiet=is_given(one.get("NoAgentNotify")),
            sent=is_given(one.get("ArticleSend")),
            minutes=float(text(one.get("TimeUnit")).replace(",", ".") or 0),
            files=own_files(one.get("Attachment")),
        )

    def _channel(self, one: dict[str, Any]) -> str:
        named, by_id = one.get("CommunicationChannel"), one.get("CommunicationChannelID")
        if not is_given(named) and not is_given(by_id):
            return "Internal"
        found = text(named) or CHANNELS.get(number(by_id) or 0, "")
        if found not in CHANNELS.values():
            keys = "Article->CommunicationChannel or Article->CommunicationChannelID"
            raise self.invalid(f"{keys} parameter is invalid or not supported!")
        return found

    def _sender(self, one: dict[str, Any]) -> str:
        by_id, named = one.get("SenderTypeID"), one.get("SenderType")
        found = SENDERS.get(number(by_id) or 0, "") if is_given(by_id) else text(named) or "agent"
        if found not in SENDERS.values():
            raise self.invalid("Article->SenderTypeID or Ticket->SenderType parameter is invalid!")
        return found

    def _content_type(self, one: dict[str, Any]) -> tuple[str, str, str]:
        whole, mime, charset = (text(one.get(key)).lower() for key in ("ContentType", "MimeType", "Charset"))
        if not whole and not mime and not charset:
            words = "Article->ContentType or Ticket->MimeType and Article->Charset parameters are required!"
            raise self.missing(words)
        if not whole and not (mime and charset):
            raise self.missing(f"Article->{'Charset' if mime else 'MimeType'} is required!")
        whole = re.sub(r"[\r\n]+", " ", whole) or f"{mime}; charset={charset}"
        found = _charset(whole)
        kind = _MIME.match(whole)
        if kind is None or not found or not _is_charset(found):
            raise self.invalid("Article->ContentType is invalid!")
        return kind[0], found, whole

    def _rest(self, one: dict[str, Any], history_type: str) -> None:
        if history_type not in HISTORY_TYPES:
            raise self.invalid("Article->HistoryType parameter is invalid!")
        if is_given(one.get("TimeUnit")) and not _MINUTES.fullmatch(text(one["TimeUnit"])):
            raise self.invalid("Article->TimeUnit parameter is invalid!")
        if is_given(one.get("NoAgentNotify")) and text(one["NoAgentNotify"]) != "1":
            raise self.invalid("Article->NoAgent parameter is invalid!")

    # Files

    def files(self, given: Any) -> list[dict[str, Any]]:
        """Files, cleaned. A file without a byte is refused."""
        found = []
        gap = "  " if self._operation == _CREATE else " "
        for one in given if isinstance(given, list) else [given]:
            if not is_whole(one):
                raise Fault(f"{self._operation}: Ticket->Attachment parameter is invalid!")
            file = cleaned_values(one)
            for key in ("Content", "ContentType", "Filename"):
                if not is_text(file.get(key)) or text(file[key]) == "":
                    raise self.missing(f"Attachment->{key}{gap}parameter is missing!")
            kind = re.sub(r"[\r\n]+", " ", text(file["ContentType"])).lower()
            charset = _charset(kind)
            if _MIME.match(kind) is None or (charset and not _is_charset(charset)):
                raise self.invalid("Attachment->ContentType is invalid!")
            found.append(file)
        return found


def _charset(content_type: str) -> str:
    found = re.search(r"charset=[\"']?([\w.:-]+)", content_type)
    return found[1] if found else ""


def _is_charset(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
