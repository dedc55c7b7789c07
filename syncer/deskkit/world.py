"""What an emulated desk is filled with, in words every kind of desk can be filled from."""

from __future__ import annotations

from msgspec import Struct


class SeedPerson(Struct):
    """Somebody in the seeded world; people are referred to by their position in `World.people`."""

    name: str
    lastname: str
    email: str
    agent: bool = False
    disabled: bool = False
    deleted: bool = False


class SeedFile(Struct):
    """A file with its bytes; `inline` ones are shown inside the text that refers to them by name."""

    name: str
    content: bytes
    inline: bool = False


class SeedComment(Struct):
    """One comment, text in HTML, time in epoch seconds."""

    author: int
    body: str
    at: int
    private: bool = False
    solution: bool = False
    files: list[SeedFile] = []


class SeedWork(Struct):
    """Work that somebody wrote down, in seconds from an epoch second on."""

    author: int
    at: int
    seconds: int
    note: str = ""


class SeedTicket(Struct):
    """One ticket in words every desk can be filled from; people by position, -1 is somebody who is gone.

    `status` is one of new open pending waiting solved closed rejected cancelled; `category` a path; `cc` are people
    who are told of what happens, `links` the positions of tickets that have to do with this one, `rating` is 1 to 5.
    """

    title: str
    body: str
    requester: int
    creator: int
    assignee: int | None
    status: str
    priority: str
    kind: str
    category: tuple[str, ...]
    location: str | None
    queue: str
    created: int
    updated: int
    closed: int | None = None
    custom: dict[str, str] = {}
    comments: list[SeedComment] = []
    files: list[SeedFile] = []
    tags: list[str] = []
    cc: list[int] = []
    links: list[int] = []
    work: list[SeedWork] = []
    rating: int | None = None


class World(Struct):
    """Everything a desk is filled with. `custom` maps a field to its options, none for a text field."""

    people: list[SeedPerson]
    categories: list[tuple[str, ...]]
    locations: list[str]
    queues: list[str]
    companies: list[str]
    custom: dict[str, list[str]]
    tickets: list[SeedTicket]
