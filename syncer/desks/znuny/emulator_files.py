"""Files of articles: which names they end up with, and which of them are shown."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from syncer.desks.znuny.emulator_answers import Died
from syncer.desks.znuny.emulator_records import Article, Attachment
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_values import cleaned_values, is_given, text

_LONGEST_NAME = 220
_MOST_TRIES = 50
_IMAGE = re.compile(r'(src=")data:image/(png|gif|jpg|jpeg|bmp);base64,(.+?)(")', re.IGNORECASE)


def clean_name(name: str) -> str:
    """A name as it is kept: no dots in front, no line breaks, not too many bytes. It may end up empty."""
    name = re.sub(r"^\s+|\r|\n|\s+$", "", name).lstrip(".")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem and ending else (name, "")
    while len((stem + ending).encode()) > _LONGEST_NAME and stem + ending:
        stem, ending = (stem[:-1], ending) if len(stem) > 1 else (stem, ending[:-1])
    return stem + ending


def keep(tables: Tables, article: Article, name: str, content_type: str, content: bytes, **more: str) -> Attachment:
    """Store a file with an article, under a name of its own there; `content_id` and `disposition` where there are."""
    cleaned = clean_name(name)
    used = {one.name for one in article.attachments}
    final, number = cleaned, 0
    stem, dot, ending = cleaned.rpartition(".")
    while final in used and number < _MOST_TRIES:
        number += 1
        final = f"{stem}-{number}.{ending}" if dot and ending else f"{cleaned}-{number}"
    id = more.pop("content_id", "")
    shown = more.pop("disposition", "") or _disposition(final, content_type, id)
    kept = Attachment(
        id=tables.take("attachment"),
        name=final,
        content_type=content_type,
        content=content,
        content_id=re.sub(r"^([^<].*[^>])$", r"<\1>", id),
        disposition=shown,
    )
    article.attachments.append(kept)
    return kept


def keep_given(tables: Tables, article: Article, given: dict[str, Any]) -> None:
    """Store a file as a caller sent it, after it was checked."""
    keep(
        tables,
        article,
        text(given["Filename"]),
        text(given["ContentType"]).lower(),
        decoded(text(given.get("Content"))),
        content_id=text(given.get("ContentID")),
        disposition=text(given.get("Disposition")).partition(";")[0],
    )


def own_files(given: Any) -> list[dict[str, Any]]:
    """The files within an article: those with a name and a type, be they empty. Raises Died for what is no file."""
    listed = given if isinstance(given, list) else [given] if given else []
    if not all(isinstance(one, dict) for one in listed):
        raise Died
    return [one for one in map(cleaned_values, listed) if text(one.get("Filename")) and text(one.get("ContentType"))]


def decoded(content: str) -> bytes:
    """What base64 means; characters that are none of it are passed over, and what is nonsense is empty."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", content)
    try:
        return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + "===")
    except binascii.Error:
        return b""


def embedded_images(tables: Tables, article: Article, html: str) -> str:
    """HTML whose images within it became files of the article."""

    def extracted(found: re.Match[str]) -> str:
        number, at = tables.take("attachment"), tables.now()
        name, id = f"pasted-{at}-{number}.{found[2]}", f"pasted.{at}.{number}@znuny.example"
        kind = f'image/{found[2]}; name="{name}"'
        keep(tables, article, name, kind, decoded(found[3]), content_id=id, disposition="inline")
        return f"{found[1]}cid:{id}{found[4]}"

    return _IMAGE.sub(extracted, html)


def shown(article: Article, *, html_body: bool) -> list[tuple[str, Attachment]]:
    """The files of an article under their FileIDs, in the order they are given: by name, counted as text.

    An article's own text is left out, in HTML unless that is asked for; so is a file somebody named like one.
    """
    ordered = sorted(article.attachments, key=lambda one: (one.name, one.id))
    numbered = [(str(number), one) for number, one in enumerate(ordered, 1)]
    numbered.sort(key=lambda pair: pair[0])
    html = next((one for _, one in numbered if one.is_html_body), None)
    plain = next((one for _, one in numbered if _is_plain_body(one, beside_html=html is not None)), None)
    hidden = {id(one) for one in (plain, None if html_body else html) if one is not None}
    return [(number, one) for number, one in numbered if id(one) not in hidden]


def html_of(article: Article) -> str | None:
    """An article's text in HTML, where it has one."""
    found = next((one for one in article.attachments if one.is_html_body), None)
    return None if found is None else found.content.decode(errors="replace")


def is_whole(given: Any) -> bool:
    """Whether a caller's file is an object with something in it."""
    return isinstance(given, dict) and is_given(given) and bool(given)


def _is_plain_body(one: Attachment, *, beside_html: bool) -> bool:
    """Where there is HTML, a file that is no part of the text is none of its forms."""
    named = one.name == "file-1" and "text/plain" in one.content_type.lower()
    return named and (one.disposition == "inline" or not beside_html)


def _disposition(name: str, content_type: str, content_id: str) -> str:
    inline = (content_id and "image" in content_type.lower()) or re.search("file-[12]", name)
    return "inline" if inline else "attachment"
