"""The customer's door: every page and every HTTP route, one line each."""

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import ANYONE
from portal_app.browser.branding import logo
from portal_app.customer import entrance
from portal_app.customer.statement import statement_page

PAGES: tuple[Page, ...] = (Page("/akadalymentesseg", statement_page, "statement.title", ANYONE),)

ROUTES: tuple[WebRoute, ...] = (
    WebRoute("GET", "/", entrance.enter, ANYONE),
    WebRoute("GET", "/branding/logo.svg", logo, ANYONE, own_act=False),
    WebRoute("POST", "/kilepes", entrance.sign_out, ANYONE),
    WebRoute("POST", "/nyelv", entrance.choose_language, ANYONE),
)
