"""How the emulated tenant answers: its envelope, and the four shapes of its errors."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from aiohttp import web

from syncer.desks.rezolve.emulator_words import iso

Shape = Literal["flat", "envelope", "html", "bare", "oauth"]
ROLE_MISSING = "USER_PERMISSION_FAILURE"
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class Refused(Exception):
    """An answer that is an error. Without a shape it takes that of its endpoint; `reason` is by field UUID."""

    def __init__(
        self,
        status: int,
        code: str = "",
        message: str = "",
        *,
        details: Any = None,
        reason: dict[str, list[str]] | None = None,
        shape: Shape | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.reason = reason
        self.shape = shape
        self.headers: dict[str, str] = {}


def invalid(reason: dict[str, list[str]]) -> Refused:
    """What does not pass validation, by field (contract 3.1, 6)."""
    return Refused(400, "INPUT_VALIDATION_FAILURE", "Input validation failed", reason=reason)


def bad(message: str, details: Any = None) -> Refused:
    """A request that cannot be understood."""
    return Refused(400, "VALIDATION_ERROR", message, details=details)


def envelope(now: int, **data: Any) -> dict[str, Any]:
    """A successful answer of a read page (generation 1)."""
    return {"success": True, "message": "Success", "data": data, "timestamp": iso(now)}


def hollow(now: int) -> dict[str, Any]:
    """An error that comes with status 200 (contract 6)."""
    error = {"code": "INTERNAL_ERROR", "message": "The operation could not be completed", "details": None}
    return {"success": False, "error": error, "timestamp": iso(now)}


def error_answer(refused: Refused, shape: Shape, now: int) -> web.Response:
    """An error in one of the shapes of section 6."""
    match shape:
        case "html":
            page = web.Response(status=refused.status, text=_PAGE.format(refused.message), content_type="text/html")
            page.headers.update(refused.headers)
            return page
        case "bare":
            return web.Response(status=refused.status, headers=refused.headers)
        case "oauth":
            body: dict[str, Any] = {"error": refused.code, "error_description": refused.message}
        case "flat":
            body = {"error": True, "code": refused.code, "message": refused.message, "status": refused.status}
            if refused.reason is not None:
                body["validationResult"] = {"result": False, "reason": refused.reason}
        case "envelope":
            error = {"code": refused.code, "message": refused.message, "details": refused.details}
            body = {"success": False, "error": error, "timestamp": iso(now)}
    return answer(body, refused.status, refused.headers)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    content = msgspec.json.encode(body)
    return web.Response(status=status, body=content, headers=headers, content_type="application/json", charset="utf-8")


def cached_answer(body: dict[str, Any], known: str | None) -> web.Response:
    """A JSON answer with an ETag, or 304 when the caller knows it already (contract 6)."""
    kept = {name: value for name, value in body.items() if name != "timestamp"}
    tag = f'"{hashlib.sha256(msgspec.json.encode(kept)).hexdigest()[:32]}"'
    if known is not None and tag in known:
        return web.Response(status=304, headers={"ETag": tag})
    return answer(body, headers={"ETag": tag})
