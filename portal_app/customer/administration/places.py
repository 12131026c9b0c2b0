"""Every page and HTTP route of Ügyintézés, for the customer's door."""

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import ANYONE, CUSTOMER
from portal_app.customer.administration import papers
from portal_app.customer.administration.addresses import (
    CHANGES,
    CONTRACT_DATA,
    DECLARATION,
    MODIFICATION,
    OUTSIDE,
    REQUESTS,
    START,
)
from portal_app.customer.administration.form import FormState
from portal_app.customer.administration.form_page import TITLE as FORM_TITLE
from portal_app.customer.administration.form_page import form_page, form_step_page
from portal_app.customer.administration.outside import TITLE as OUTSIDE_TITLE
from portal_app.customer.administration.outside import OutsideState, outside_page
from portal_app.customer.administration.overview import (
    AdministrationState,
    administration_page,
    changes_page,
    contract_data_page,
    modification_page,
)
from portal_app.customer.administration.request import RECEIPT, RequestState, request_page
from portal_app.customer.administration.request import TITLE as REQUEST_TITLE
from portal_app.customer.administration.requests import RequestsState, requests_page
from portal_app.ui.menu import FULL

_MINE = (CUSTOMER,)
_LOAD = (AdministrationState.load,)


def administration_pages() -> tuple[Page, ...]:
    """List the pages."""
    return (
        Page(START, administration_page, "administration.title", _MINE, _LOAD, portals=FULL),
        Page(CHANGES, changes_page, "administration.changes", _MINE, _LOAD, portals=FULL),
        Page(MODIFICATION, modification_page, "administration.modification", _MINE, _LOAD, portals=FULL),
        Page(CONTRACT_DATA, contract_data_page, "administration.contract_data", _MINE, _LOAD, portals=FULL),
        Page(f"{CONTRACT_DATA}/[form]", form_page, "administration.title", _MINE, (FormState.load,), FORM_TITLE, FULL),
        Page(
            f"{CONTRACT_DATA}/[form]/[step]", form_step_page, "administration.title", _MINE, (FormState.load,), FORM_TITLE, FULL
        ),
        Page(REQUESTS, requests_page, "request.list_title", _MINE, (RequestsState.load,), portals=FULL),
        Page(f"{REQUESTS}/[application_id]", request_page, "request.one", _MINE, (RequestState.load,), REQUEST_TITLE, FULL),
        Page(OUTSIDE, outside_page, "outside.title", ANYONE, (OutsideState.load,), OUTSIDE_TITLE),
    )


def administration_routes() -> tuple[WebRoute, ...]:
    """List the HTTP routes."""
    return (
        WebRoute("GET", DECLARATION, papers.declaration, ANYONE, own_act=False),
        WebRoute("GET", f"{REQUESTS}/{{application_id}}/{RECEIPT}", papers.receipt, _MINE),
    )
