"""The yardstick: InvGate to Tikting as fast as plain aiohttp goes. No ledger, no mapping rules, no safety at all.

uvloop, one session, bulk reads, a hand-built multipart body; it reads what syncer reads and writes as much.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import os
import re
import urllib.parse
from typing import Any

import aiohttp
import msgspec
import uvloop

PAGE = 1000
BULK = 100
TAG = re.compile(r"<[^>]+>")
BOUNDARY = "plain-" + os.urandom(12).hex()


def text(value: str | None) -> str:
    return html.unescape(TAG.sub("", html.unescape(value or "").replace("</p>", "\n")))


def public(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in ticket["comments"] or [] if c["customer_visible"] in (1, True)]


def body(ticket: dict[str, Any], fixed: list[tuple[str, str]], requester: str, files: list[tuple[str, bytes]]) -> bytes:
    lines = [f"Request {ticket['id']}", text(ticket["description"]) or "-"]
    lines += [text(c["message"]) for c in public(ticket)]
    title = f"{' '.join(html.unescape(ticket['title'] or '').split())[:230]} [IG-{ticket['id']}]"
    parts = [("Title", title), ("Description", "\n".join(lines)[:60000]), ("CreatorId", requester), *fixed]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    whole = "".join([f'{head}{k}"\r\n\r\n{v}\r\n' for k, v in parts]).encode("utf-8", "replace")
    for name, content in files:
        kind = "Content-Type: application/octet-stream"
        whole += f'{head}Uploads"; filename="{name}"\r\n{kind}\r\n\r\n'.encode() + content + b"\r\n"
    return whole + f"--{BOUNDARY}--\r\n".encode()


async def main(old: str, new: str, parallel: int, requester: str) -> None:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=2 * parallel), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        scopes = "api.v1.incidents:get api.v1.incidents.by.view:get api.v1.incident.attachment:get"
        form = {"grant_type": "client_credentials", "client_id": "syncer", "client_secret": "sandbox-secret"}
        form["scope"] = scopes
        async with http.post(f"{old}/oauth/v2.0/access_token", data=form) as r:
            reading = {"Authorization": "Bearer " + (await r.json())["access_token"]}
        login = {"Email": "sync@example.org", "Password": "sandbox-secret", "RememberMe": False}
        async with http.post(f"{new}/api/Users/authenticate", json=login) as r:
            writing = {"Authorization": "Bearer " + (await r.json())["Token"]}
        async with http.get(f"{new}/api/TicketsApi/appmetadata", headers=writing) as r:
            meta = await r.json()
        fixed = [("SiteId", str(meta["sites"][0]["id"])), ("DepartmentId", str(meta["departments"][0]["id"])),
                 ("TicketStatusId", str(meta["status"][0]["id"])), ("TicketType", "1")]  # fmt: skip
        writing["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(2 * parallel)

        async def read() -> None:
            offset = 0
            while True:
                url = f"{old}/api/v1/incidents.by.view?view_id=1&limit={PAGE}&offset={offset}"
                async with http.get(url, headers=reading) as r:
                    ids = msgspec.json.decode(await r.read())["requestIds"]
                if not ids:
                    break
                for i in range(0, len(ids), BULK):
                    query = "&".join(f"ids%5B%5D={id}" for id in ids[i : i + BULK])
                    async with http.get(f"{old}/api/v1/incidents?{query}&comments=1", headers=reading) as r:
                        for ticket in msgspec.json.decode(await r.read()).values():
                            await queue.put(ticket)
                offset += len(ids)
            for _ in range(parallel):
                await queue.put(None)

        async def files(ticket: dict[str, Any]) -> list[tuple[str, bytes]]:
            found = []
            for id in [*ticket["attachments"], *(f for c in public(ticket) for f in c.get("attached_files") or [])]:
                async with http.get(f"{old}/api/v1/incident.attachment?id={id}", headers=reading) as r:
                    meta = await r.json()
                async with http.get(meta["url"], headers=reading) as r:
                    found.append((urllib.parse.quote(meta["name"]), await r.read()))
            return found

        async def write() -> None:
            while (ticket := await queue.get()) is not None:
                data = body(ticket, fixed, requester, await files(ticket))
                async with http.post(f"{new}/api/TicketsApi/register", data=data, headers=writing) as r:
                    if r.status != 201:
                        raise SystemExit(f"{r.status}: {(await r.text())[:200]}")
                    json.loads(await r.read())

        await asyncio.gather(read(), *(write() for _ in range(parallel)))


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("old")
    options.add_argument("new")
    options.add_argument("requester")
    options.add_argument("--parallel", type=int, default=32)
    given = options.parse_args()
    uvloop.run(main(given.old, given.new, given.parallel, given.requester))
