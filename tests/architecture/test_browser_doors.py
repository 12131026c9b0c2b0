"""What every event handler, page and route of the browser doors must say about itself."""

import dataclasses
import re
import types
import typing

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext
from sqlmodel import SQLModel

import portal_app.portal_app as portal
from portal_app.browser import reflex_internals
from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import Audience, opening_of
from portal_app.browser.portal_state import PortalState
from portal_app.customer.routes import PAGES, ROUTES

SECRET = re.compile(r"(^|_)(token|password|secret|hash|cookie|digest)s?$")
# What every visitor may use, whatever their stage; each with its reason.
FOR_ANYONE = {
    "GET /": "leads on", "GET /branding/logo.svg": "the brand's picture", "POST /kilepes": "leaving", "POST /nyelv": "language",
}  # fmt: skip


def our_states() -> list[type[rx.State]]:
    """Every state class of the portal."""
    found: list[type[rx.State]] = []
    waiting: list[type[rx.State]] = [PortalState]
    while waiting:
        state = waiting.pop()
        found.append(state)
        waiting += state.__subclasses__()
    return [state for state in found if state.__module__.startswith("portal_app")]


def test_every_handler_says_whom_it_is_open_to() -> None:
    assert portal.app

    silent = [name for name, function in reflex_internals.our_handlers().items() if opening_of(function) is None]

    assert silent == []


def test_there_are_handlers_to_judge() -> None:
    assert len(reflex_internals.our_handlers()) > 10


def test_no_state_stands_outside_the_gate() -> None:
    """Every state's parent is PortalState; what some share besides is a mixin, which is no state and no parent."""
    registered = RegistrationContext.get().event_handlers.values()
    ours = {entry.handler.state for entry in registered if entry.handler.state and entry.handler.state.is_user_defined()}

    assert {state for state in ours if not issubclass(state, PortalState) and state.__module__.startswith("portal_app")} == set()
    assert [state for state in our_states() if state is not PortalState and state.get_parent_state() is not PortalState] == []
    assert {state for state in our_states() if state._mixin is state.__name__.endswith("State")} == set()
    assert {state for state in our_states() if not state._mixin} - ours == set()


def shown(annotation: object) -> list[object]:
    """Every type that stands in an annotation, also inside of lists and of dataclasses made for the screen."""
    inside = [part for argument in typing.get_args(annotation) for part in shown(argument)]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        inside += [part for hint in typing.get_type_hints(annotation).values() for part in shown(hint)]
    return [annotation, *inside]


def public_vars() -> list[tuple[str, object]]:
    return [
        (f"{state.__name__}.{name}", hint)
        for state in our_states()
        for name, hint in typing.get_type_hints(state).items()
        if name in state.vars and not name.startswith("_")
    ]


def test_no_row_of_a_table_reaches_the_screen() -> None:
    rows = [name for name, hint in public_vars() for part in shown(hint) if isinstance(part, type) and issubclass(part, SQLModel)]

    assert rows == []


def test_a_row_inside_a_view_would_be_found() -> None:
    from portal_app.database.tables import Letter

    assert Letter in shown(types.GenericAlias(list, (Letter,)))


def test_what_the_screen_shows_is_frozen() -> None:
    views = {part for _, hint in public_vars() for part in shown(hint) if dataclasses.is_dataclass(part)}

    assert [view for view in views if not view.__dataclass_params__.frozen] == []


def test_no_secret_has_a_name_on_the_screen() -> None:
    assert [name for name, _ in public_vars() if SECRET.search(name.rpartition(".")[2])] == []


@pytest.mark.parametrize(("name", "is_secret"), [("new_password", True), ("token", True), ("password_words", False)])
def test_a_secret_is_told_by_the_last_word_of_its_name(name: str, *, is_secret: bool) -> None:
    assert bool(SECRET.search(name)) is is_secret


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_page_has_a_guard(page: Page) -> None:
    assert page.audiences
    assert all(isinstance(audience, Audience) for audience in page.audiences)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_has_a_guard(route: WebRoute) -> None:
    assert route.audiences
    assert all(isinstance(audience, Audience) for audience in route.audiences)


def test_reading_never_changes_anything_by_method() -> None:
    assert {route.method for route in ROUTES} <= {"GET", "POST"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_what_a_page_loads_is_open_to_everyone_who_may_load_it(page: Page) -> None:
    for handler in page.on_load:
        opening = opening_of(handler.fn)

        assert opening is not None
        assert set(page.audiences) <= opening.audiences
        assert not opening.own_act, "loading happens on reconnect too and must not keep a sign-in awake"


def test_addresses_are_not_listed_twice() -> None:
    pages = [page.path for page in PAGES]
    routes = [(route.method, route.path) for route in ROUTES]

    assert len(set(pages)) == len(pages)
    assert len(set(routes)) == len(routes)


def test_uploads_and_lists_of_routes_do_not_exist() -> None:
    paths = {getattr(route, "path", "") for route in portal.app._api.routes}

    assert paths & {"/_upload", "/_all_routes", "/auth-codespace"} == set()
