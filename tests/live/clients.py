"""People at work on a real server, by clients that share no code with syncer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol


class Client(Protocol):
    """Somebody at work. Each call is one change."""

    @property
    def priorities(self) -> Sequence[str]:
        """What there is to choose from."""

    def retitle(self, id: str, title: str) -> None:
        """Another title."""

    def say(self, id: str, text: str, *, private: bool) -> None:
        """A comment."""

    def prioritise(self, id: str, name: str) -> None:
        """Another priority: one of `priorities`."""

    def open(self, title: str) -> str:
        """A new ticket; its id."""


class RequestTracker:
    """By PyPI's `rt`."""

    priorities = ("Low", "Medium", "High")

    def __init__(self, told: Mapping[str, str]) -> None:
        self._rt = import_module("rt.rest2").Rt(told["URL"] + "/REST/2.0/", token=told["TOKEN"])

    def retitle(self, id: str, title: str) -> None:
        self._rt.edit_ticket(id, Subject=title)

    def say(self, id: str, text: str, *, private: bool) -> None:
        (self._rt.comment if private else self._rt.reply)(id, text)

    def prioritise(self, id: str, name: str) -> None:
        self._rt.edit_ticket(id, Priority=name)

    def open(self, title: str) -> str:
        return str(self._rt.create_ticket("General", subject=title, content=title))


class Redmine:
    """By PyPI's `python-redmine`."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._redmine = import_module("redminelib").Redmine(told["URL"], key=told["ADMIN_TOKEN"])
        self._ids = {one.name: one.id for one in self._redmine.enumeration.filter(resource="issue_priorities")}
        self.priorities = tuple(self._ids)
        self._project = next(iter(self._redmine.project.all())).id

    def retitle(self, id: str, title: str) -> None:
        self._redmine.issue.update(int(id), subject=title)

    def say(self, id: str, text: str, *, private: bool) -> None:
        self._redmine.issue.update(int(id), notes=text, private_notes=private)

    def prioritise(self, id: str, name: str) -> None:
        self._redmine.issue.update(int(id), priority_id=self._ids[name])

    def open(self, title: str) -> str:
        return str(self._redmine.issue.create(project_id=self._project, subject=title).id)


class Znuny:
    """By PyPI's `requests`: what speaks its web services is none that works with them all."""

    priorities = ("1 very low", "2 low", "3 normal", "4 high", "5 very high")

    def __init__(self, told: Mapping[str, str]) -> None:
        self._url, self._requests = told["URL"], import_module("requests")
        self._login = {"UserLogin": told["USER"], "Password": told["PASSWORD"]}

    def retitle(self, id: str, title: str) -> None:
        self._send("PATCH", f"/Ticket/{id}", {"Ticket": {"Title": title}})

    def say(self, id: str, text: str, *, private: bool) -> None:
        self._send("PATCH", f"/Ticket/{id}", {"Article": _article(text, public=not private)})

    def prioritise(self, id: str, name: str) -> None:
        self._send("PATCH", f"/Ticket/{id}", {"Ticket": {"Priority": name}})

    def open(self, title: str) -> str:
        ticket = {"Title": title, "Queue": "Raw", "State": "new", "Priority": "3 normal", "CustomerUser": "a@b.test"}
        body = {"Ticket": ticket, "Article": _article(title, public=True)}
        return str(self._send("POST", "/Ticket", body)["TicketID"])

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = self._requests.request(method, self._url + path, json=self._login | body, timeout=30).json()
        assert "Error" not in answer, answer
        return answer


def _article(text: str, *, public: bool) -> dict[str, Any]:
    return {
        "Subject": text, "Body": text, "IsVisibleForCustomer": int(public), "CommunicationChannel": "Internal",
        "SenderType": "agent", "ContentType": "text/plain; charset=utf8", "TimeUnit": 1,
    }  # fmt: skip


CLIENTS: Mapping[str, Callable[[Mapping[str, str]], Client]] = {
    "request_tracker": RequestTracker,
    "redmine": Redmine,
    "znuny": Znuny,
}
