"""The customer's door: every page and every HTTP route, one line each."""

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import ANYONE, CUSTOMER
from portal_app.browser.branding import logo
from portal_app.customer import closing, entrance, new_address, postbox, profile
from portal_app.customer.closing import ClosingState, closing_page
from portal_app.customer.help import help_page
from portal_app.customer.inbox.page import inbox_page, inbox_title
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.letter import TITLE as LETTER_TITLE
from portal_app.customer.letter import LetterState, letter_page, previews, replies
from portal_app.customer.new_address import NewAddressState, new_address_page
from portal_app.customer.profile import ProfileState, profile_page
from portal_app.customer.statement import statement_page
from portal_app.customer.upgrade import UpgradeState, upgrade_page

PAGES: tuple[Page, ...] = (
    Page("/atlepes", upgrade_page, "upgrade.title", (CUSTOMER,), on_load=(UpgradeState.load,)),
    Page("/beallitasok", profile_page, "profile.title", (CUSTOMER,), on_load=(ProfileState.load,)),
    Page("/beallitasok/e-mail", new_address_page, "new_address.title", ANYONE, on_load=(NewAddressState.load,)),
    Page("/kuldemenyek", inbox_page, "inbox.title", (CUSTOMER,), (InboxState.load,), inbox_title),
    Page("/kuldemenyek/[letter_id]", letter_page, "letter.title", (CUSTOMER,), (LetterState.load,), LETTER_TITLE),
    Page("/portaltorles", closing_page, "closing.title", ANYONE, on_load=(ClosingState.load,)),
    Page("/sugo", help_page, "help.title", ANYONE),
    Page("/akadalymentesseg", statement_page, "statement.title", ANYONE),
)

ROUTES: tuple[WebRoute, ...] = (
    WebRoute("GET", "/", entrance.enter, ANYONE),
    WebRoute("GET", "/branding/logo.svg", logo, ANYONE, own_act=False),
    WebRoute("GET", "/beallitasok/e-mail/{token}", new_address.arrive, ANYONE),
    WebRoute("POST", "/beallitasok", profile.ask_for_new_address, (CUSTOMER,)),
    WebRoute("POST", "/beallitasok/e-mail", new_address.confirm, ANYONE),
    WebRoute("POST", "/beallitasok/nyelv", profile.choose_language, (CUSTOMER,)),
    WebRoute("GET", "/portaltorles/{token}", closing.arrive, ANYONE),
    WebRoute("POST", "/portaltorles", closing.submit, ANYONE),
    WebRoute("GET", "/postafiok", postbox.show, ANYONE, own_act=False),
    WebRoute("GET", "/dokumentumok/{document_id}/oldal/{page:int}", previews.page_image, (CUSTOMER,), own_act=False),
    WebRoute("GET", "/kuldemenyek/{letter_id}/valasz", replies.back_to_letter, (CUSTOMER,)),
    WebRoute("POST", "/kuldemenyek/{letter_id}/valasz", replies.send, (CUSTOMER,), body_bytes=replies.BODY_BYTES),
    WebRoute("POST", "/kilepes", entrance.sign_out, ANYONE),
    WebRoute("POST", "/nyelv", entrance.choose_language, ANYONE),
)
