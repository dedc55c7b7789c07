"""What we send as a form is what a server reads: byte for byte, and no text can end its own part."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.deskkit.contract import Download
from syncer.deskkit.multipart import Form

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
NASTY = st.sampled_from(["\r\n--x\r\n", "--", "\r\n", '"; name="Other', "a\r\nContent-Type: evil\r\n\r\n", ""])


def _file(name: str, content: bytes) -> Download:
    return Download(name, "application/octet-stream", len(content), content=content)


def _parts(form: Form, body: bytes) -> list[tuple[list[str], bytes]]:
    """(header lines, content) of each part, read the way RFC 7578 says."""
    mark = b"--" + form.content_type.partition("boundary=")[2].encode()
    first, *parts, last = body.split(mark)
    assert (first, last) == (b"", b"--\r\n")
    found = []
    for part in parts:
        head, _, content = part.partition(b"\r\n\r\n")
        assert head.startswith(b"\r\n")
        assert content.endswith(b"\r\n")
        found.append((head.decode().removeprefix("\r\n").split("\r\n"), content[:-2]))
    return found


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(["Title", "Description"]), TEXT | NASTY), max_size=4),
    st.lists(st.tuples(TEXT | NASTY, st.binary(max_size=200)), max_size=3),
)
def test_every_value_and_file_arrives_as_it_was(fields: list[tuple[str, str]], files: list[tuple[str, bytes]]) -> None:
    form = Form()
    body, length = form.body(fields, "Uploads", [_file(name, content) for name, content in files])
    assert len(body) == length
    parts = _parts(form, body)
    assert [content for _, content in parts] == [v.encode() for _, v in fields] + [content for _, content in files]
    for (name, _), (head, _) in zip(fields, parts, strict=False):
        assert head == [f'Content-Disposition: form-data; name="{name}"', "Content-Type: text/plain; charset=utf-8"]
    for (name, _), (head, _) in zip(files, parts[len(fields) :], strict=True):
        assert len(head) == 2
        shown = re.fullmatch(r'Content-Disposition: form-data; name="Uploads"; filename="([^"]*)"', head[0])
        assert shown
        told = shown[1].replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
        assert told == re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", "_", name)


async def test_a_stream_from_disk_says_the_same_as_one_piece(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000  # more than one chunk
    (tmp_path / "big").write_bytes(content)
    form, fields = Form(), [("Title", "t"), ("Description", "größer 🖨")]
    on_disk = Download("big.bin", "application/octet-stream", len(content), path=tmp_path / "big")
    stream, length = form.body(fields, "Uploads", [_file("a", b"1"), on_disk])
    streamed = b"".join([piece async for piece in stream])
    assert length == len(streamed)
    assert streamed == form.body(fields, "Uploads", [_file("a", b"1"), _file("big.bin", content)])[0]


def test_half_a_surrogate_does_not_stop_a_ticket() -> None:
    form = Form()
    ((_, content),) = _parts(form, form.body([("Title", "broken \ud83d here")])[0])
    assert content == b"broken ? here"


def test_no_two_connections_share_a_boundary() -> None:
    assert len({Form().content_type for _ in range(50)}) == 50
