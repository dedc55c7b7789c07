"""InvGate's attachments: which hosts they may come from, and who sees our credential (contract 3.3)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

from yarl import URL

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import Reply, classify
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import Rejected, Retryable

FILE_LIMIT = 1024 * 1024 * 1024
MOST_HOPS = 3
_REFUSED = {401, 403}
_REDIRECTS = {301, 302, 303, 307, 308}


class Files:
    """Fetches files from the desk's own address and the declared hosts, and from nowhere else."""

    def __init__(self, config: InvGateConfig, http: DeskHttp, credential: Credential) -> None:
        self._base = URL(config.base_url)
        self._declared = {host.lower() for host in config.file_hosts}
        self._http = http
        self._credential = credential

    async def fetch(self, url: str, what: str, into: Path) -> Reply:
        """Stream the file to `into`; the reply's body holds its beginning. Outages are tried again.

        Raises Rejected when it lies elsewhere or the desk does not give it, Retryable when it is still down.
        """

        async def once() -> Reply:
            reply = await self._followed(url, what, into)
            error = classify(what, reply)
            if isinstance(error, Retryable):
                raise error
            if error:
                raise Rejected(str(error), reason="file_unreadable")
            return reply

        return await repeated(once)

    async def _followed(self, url: str, what: str, into: Path) -> Reply:
        at = f"{self._base}/"
        for _ in range(MOST_HOPS):
            at, own = self._place(at, url, what)
            reply = await (self._own(at, into) if own else self._bare(at, into))
            if reply.status not in _REDIRECTS:
                return reply
            url = reply.headers.get("Location", "")
        raise Rejected(f"{what}: too many redirects", reason="file_unreadable")

    def _place(self, at: str, url: str, what: str) -> tuple[str, bool]:
        """The address `url` is, seen from `at`, and whether it is the desk's own; that is asked as base_url says."""
        try:
            url = urljoin(at, url)
            parts = URL(url)
            host, port, scheme = (parts.host or "").lower(), parts.port, parts.scheme
        except ValueError as e:
            raise Rejected(f"{what}: not an address", reason="file_unreadable") from e
        base = self._base
        if scheme in {"http", "https"} and host == (base.host or "").lower():
            if (scheme, port) == (base.scheme, base.port):
                return url, True
            if parts.is_default_port():  # a desk behind a proxy may not know its own scheme
                return str(parts.with_scheme(base.scheme).with_port(base.explicit_port)), True
        if not self._declared.isdisjoint({host, f"{host}:{port}"}) and scheme in {"https", base.scheme}:
            return url, False
        raise Rejected(
            f"{what} lies on another host: {host}",
            reason="file_elsewhere",
            hint="If it is the desk's storage, name it in file_hosts of the desk.",
        )

    async def _bare(self, url: str, into: Path) -> Reply:
        return await self._http.download(url, into, credentials=False, limit=FILE_LIMIT)

    async def _own(self, url: str, into: Path) -> Reply:
        """With the credential; without when it is refused there; with a new one when that is refused too."""

        async def once() -> Reply:
            reply = await self._http.download(url, into, credentials=True, limit=FILE_LIMIT)
            return await self._bare(url, into) if reply.status in _REFUSED else reply

        return await self._credential.sending(once, lambda reply: reply.status in _REFUSED)
