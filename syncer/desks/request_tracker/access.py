"""How RT lets us in: a token that is as good as its user, and never renewed."""

from __future__ import annotations

import re

from syncer.deskkit.credential import Credential
from syncer.deskkit.http import DeskHttp
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.errors import AuthFailed, ConfigError
from syncer.log import protect

_TOKEN = re.compile(r"\d+-(\d+)-\w+")


class Access:
    """Puts the token on a DeskHttp."""

    def __init__(self, config: RequestTrackerConfig, http: DeskHttp) -> None:
        self._config = config
        self._http = http
        self.credential = Credential(self._obtain, renewable=False)

    async def _obtain(self) -> float:
        token = self._config.auth.token.get_secret_value()
        protect([token])
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                f"{self._config.name}: auth.token must be the token alone, without blanks or line ends",
                hint="Copy it once more, as RT shows it: Logged in as > Settings > Auth Tokens.",
            )
        self._http.headers["Authorization"] = "token " + token
        return float("inf")

    @property
    def user(self) -> str | None:
        """The id of the user whose token it is, which RT writes into it."""
        found = _TOKEN.fullmatch(self._config.auth.token.get_secret_value())
        return found[1] if found else None

    def refused(self, error: AuthFailed) -> AuthFailed:
        """The same, with what to do about it."""
        hint = f"Check auth.token of desk {self._config.name} (has it expired?), then: syncer check."
        return AuthFailed(error.message, hint=error.hint or hint)
