"""Addresses: how a door lists its pages and its HTTP routes, each saying to whom it is open."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import Audience
from portal_app.domain.brands import PortalName

PLAIN_FORM_BYTES = 64_000
Answering = Callable[[Request], Awaitable[Response]]


def door_of(path: str) -> str:
    """Name the door that a path leads to, for the log: its first part, for the rest may be the token of a link."""
    return "/" + path.lstrip("/").partition("/")[0]


@dataclass(frozen=True)
class Page:
    """One page: its address (`/kuldemenyek/[letter_id]` has a dynamic part), what it shows and to whom."""

    path: str
    content: Callable[[], Any]
    title: str
    """The key of the page's title; the portal's name is added."""
    audiences: tuple[Audience, ...]
    on_load: Sequence[Any] = ()
    title_var: Any = None
    """A title that changes with the state, where the key is not enough."""
    portals: tuple[PortalName, ...] = tuple(PortalName)
    """The portals whose customers may load it; the others are led to their letters."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Match the paths of this page, with and without a slash at the end."""
        dynamic = re.sub(r"\\\[\w+\\\]", r"[^/]+", re.escape(self.path))
        return re.compile(f"{dynamic}/?")

    @property
    def is_static(self) -> bool:
        """Whether the build holds a file for exactly this path."""
        return "[" not in self.path


@dataclass(frozen=True)
class WebRoute:
    """One HTTP route of ours: forms, downloads, links."""

    method: str
    path: str
    answer: Answering
    audiences: tuple[Audience, ...]
    own_act: bool = True
    body_bytes: int = PLAIN_FORM_BYTES
    """How large a body may be."""
