"""The portal's cookies: three secrets that no script can read, and the language, which is none."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Literal

from starlette.responses import Response

Secret = Literal["sign_in", "device", "visit"]

LANGUAGE = "nyelv"
LANGUAGE_SECONDS = 365 * 24 * 3600
DEVICE_SECONDS = 365 * 24 * 3600
VISIT_SECONDS = 15 * 60
LONGEST_HEADER = 16_000
MOST_COOKIES = 100


@dataclass(frozen=True)
class CookieNames:
    """The names under which this installation sets its cookies.

    `__Host-` binds a cookie to one origin over TLS; a plain http address can only have names without it.
    """

    secure: bool

    def name(self, secret: Secret) -> str:
        """Name the cookie that carries this secret."""
        return f"__Host-portal_{secret}" if self.secure else f"portal_{secret}"

    def give(self, answer: Response, secret: Secret, token: str, seconds: int | None = None) -> None:
        """Set the cookie; without `seconds` it goes when the browser closes."""
        answer.set_cookie(self.name(secret), token, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def take_back(self, answer: Response, secret: Secret) -> None:
        """Make the browser forget the cookie."""
        answer.delete_cookie(self.name(secret), path="/", secure=self.secure, httponly=True, samesite="lax")


def read_cookies(header: str) -> dict[str, str]:
    """Read a Cookie header; a cookie that makes no sense is left out, not its neighbours.

    No browser sends as much as could be sent: reading stops where it would hold up everybody else.
    """
    cookies: dict[str, str] = {}
    for pair in header[:LONGEST_HEADER].split(";", MOST_COOKIES)[:MOST_COOKIES]:
        name, _, value = pair.strip().partition("=")
        try:
            morsel = SimpleCookie(f"{name}={value}").get(name)
        except CookieError:
            continue
        if morsel is not None:
            cookies.setdefault(name, morsel.value)
    return cookies


def give_language(answer: Response, language: str, *, secure: bool) -> None:
    """Remember the language the visitor chose."""
    answer.set_cookie(LANGUAGE, language, max_age=LANGUAGE_SECONDS, path="/", secure=secure, samesite="lax")
