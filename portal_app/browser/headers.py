"""Security and cache headers for every answer, and a content security policy without unsafe scripts."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "x-robots-tag": "noindex, nofollow",
}
NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
NOT_MODIFIED = 304
FOREVER = "public, max-age=31536000, immutable"


def page_policy(scripts: frozenset[str]) -> str:
    """Write the policy of a page: only our own scripts, and the inline ones of the build by their hashes.

    Styles need 'unsafe-inline' (React sets style attributes); scripts need neither that nor eval.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *sorted(scripts))),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def inline_scripts(html: bytes) -> frozenset[str]:
    """Give the hash of every inline script of a page, as the policy names it."""
    return frozenset(f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in INLINE_SCRIPT.findall(html))


def policies_of(build: Path) -> dict[str, str]:
    """Read the policy for every page of a build by its path; `""` is for pages whose path is not fixed."""
    fallback = frozenset[str]()
    policies: dict[str, str] = {}
    for file in sorted(build.rglob("*.html")):
        scripts = inline_scripts(file.read_bytes())
        if file.name == "index.html":
            path = file.parent.relative_to(build).as_posix()
            policies["/" if path == "." else f"/{path}"] = page_policy(scripts)
        if file.name in {"404.html", "__spa-fallback.html"}:
            fallback |= scripts
    policies[""] = page_policy(fallback)
    return policies


class SecurityHeaders:
    """The wrapper that completes the headers of every answer; what an answer says itself is kept."""

    def __init__(self, app: ASGIApp, *, policies: Mapping[str, str], secure: bool) -> None:
        """Wrap `app`; `policies` as from `policies_of`."""
        self.app = app
        self._policies = policies
        self._always = ALWAYS | ({"strict-transport-security": "max-age=31536000; includeSubDomains"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Complete the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(scope, message)
            await send(message)

        await self.app(scope, receive, completed)

    def _complete(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        headers["server"] = "portal"
        path = scope["path"]
        is_page = headers.get("content-type", "").startswith("text/html")
        for name, value in self._always.items():
            headers.setdefault(name, value)
        if message["status"] == NOT_MODIFIED:
            # The browser puts a 304's headers over those it kept, and without a content type they would be wrong.
            headers.setdefault("cache-control", _caching(path, scope.get("query_string", b""), headers, NOT_MODIFIED))
            return
        policy = self._policies.get(path.rstrip("/") or "/", self._policies.get("", NOT_A_PAGE)) if is_page else NOT_A_PAGE
        headers.setdefault("content-security-policy", policy)
        headers.setdefault("cache-control", _caching(path, scope.get("query_string", b""), headers, message["status"]))


def _caching(path: str, query: bytes, headers: MutableHeaders, status: int) -> str:
    is_page = headers.get("content-type", "").startswith("text/html")
    built = path.startswith("/assets/") or (query.startswith(b"v=") and not is_page)
    if status in {200, NOT_MODIFIED} and built and "etag" in headers:
        return FOREVER
    return "no-cache" if "etag" in headers else "no-store"
