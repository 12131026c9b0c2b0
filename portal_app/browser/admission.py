"""Who may do what from a browser: audiences, the visitor of this event or request, and checked arguments."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from portal_app.domain.actors import Actor, Customer, Stage, Stranger
from portal_app.domain.errors import NotSignedIn, RequestInvalid

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Audience(StrEnum):
    """To whom a handler, a page or a route is open."""

    STRANGER = "stranger"
    CHANGING = "changing"
    """A customer whose sign-in answers nothing else until a new password is set (R17)."""
    CUSTOMER = "customer"


STRANGER = Audience.STRANGER
CHANGING = Audience.CHANGING
CUSTOMER = Audience.CUSTOMER
ANYONE = (STRANGER, CHANGING, CUSTOMER)

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")

# What may come in from outside, with a length cap each.
PublicId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
RowId = Annotated[int, Field(ge=1, lt=2**31)]
PageNumber = Annotated[int, Field(ge=1, le=100_000)]
Word = Annotated[str, StringConstraints(max_length=64)]
Line = Annotated[str, StringConstraints(max_length=300)]
Words = Annotated[str, StringConstraints(max_length=20_000)]


@dataclass(frozen=True)
class Opening:
    """What a handler says about itself."""

    audiences: frozenset[Audience]
    own_act: bool
    """Whether it is the visitor's own act and so keeps the sign-in awake."""


def open_to(*audiences: Audience, own_act: bool = False) -> Callable[[Handler], Handler]:
    """Say to whom an event handler is open; the gate refuses every handler that does not say."""

    def mark(handler: Handler) -> Handler:
        handler.__open_to__ = Opening(frozenset(audiences), own_act)  # type: ignore[attr-defined]
        return handler

    return mark


def opening_of(handler: object) -> Opening | None:
    """Read what a handler said with `open_to`."""
    opening = getattr(handler, "__open_to__", None)
    return opening if isinstance(opening, Opening) else None


def audience_of(actor: Actor) -> Audience:
    """Name the audience that a browser's visitor belongs to."""
    if not isinstance(actor, Customer):
        return STRANGER
    return CUSTOMER if actor.stage is Stage.FULL else CHANGING


NOBODY = Stranger()
_visitor: ContextVar[Actor] = ContextVar("visitor", default=NOBODY)
_revision: ContextVar[int] = ContextVar("revision", default=0)
_socket: ContextVar[str] = ContextVar("socket", default="")


def welcome(actor: Actor, revision: int = 0, socket: str = "") -> None:
    """Remember who this event or request comes from, which revision their account had when it began, and its socket."""
    _visitor.set(actor)
    _revision.set(revision)
    _socket.set(socket)


def visitor() -> Actor:
    """Tell who this event or request comes from."""
    return _visitor.get()


def customer() -> Customer:
    """Tell which customer this comes from; raises `NotSignedIn` for a stranger."""
    actor = _visitor.get()
    if not isinstance(actor, Customer):
        raise NotSignedIn
    return actor


def revision() -> int:
    """Tell the revision of the visitor's account from before this event read anything."""
    return _revision.get()


def socket() -> str:
    """Tell which socket this event came through."""
    return _socket.get()


def parse(kind: Any, value: object) -> Any:
    """Check an argument from outside against a type; raises `RequestInvalid`.

    Reflex does not enforce annotations: a handler gets whatever the client sent.
    """
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError:
        raise RequestInvalid from None


def can_be_kept(said: object) -> bool:
    """Whether every text in it can be sent and stored: no half characters, and no NUL, which PostgreSQL refuses."""
    waiting = [said]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str) and _UNKEPT.search(part):
            return False
    return True


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
