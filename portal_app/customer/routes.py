"""The customer's door: every page and every HTTP route, one line each."""

from dataclasses import replace

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import ANYONE, CHANGING, CUSTOMER, STRANGER
from portal_app.browser.branding import logo
from portal_app.browser.portal_state import the_brand
from portal_app.customer import (
    chat,
    closing,
    downloads,
    entrance,
    first_sign_in,
    forgotten_password,
    guide,
    lost_access,
    merge,
    new_address,
    new_password,
    password,
    postbox,
    profile,
    security_code,
    sign_in,
    upgrade,
)
from portal_app.customer.administration.places import administration_pages, administration_routes
from portal_app.customer.bin import BinState, bin_page
from portal_app.customer.chat import ChatState, chat_page
from portal_app.customer.closing import TITLE as CLOSING_TITLE
from portal_app.customer.closing import ClosingState, closing_page
from portal_app.customer.first_sign_in import TITLE as FIRST_TITLE
from portal_app.customer.first_sign_in import FirstSignInState, first_sign_in_page
from portal_app.customer.forgotten_password import ForgottenState, forgotten_password_page
from portal_app.customer.help import help_page
from portal_app.customer.inbox.page import inbox_page, inbox_title
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.letter import TITLE as LETTER_TITLE
from portal_app.customer.letter import LetterState, letter_page, previews, replies
from portal_app.customer.lost_access import TITLE as LOST_TITLE
from portal_app.customer.lost_access import LostAccessState, lost_access_page
from portal_app.customer.merge import MergeState, merge_page
from portal_app.customer.new_address import NewAddressState, new_address_page
from portal_app.customer.new_password import TITLE as LINK_TITLE
from portal_app.customer.new_password import NewPasswordState, new_password_page
from portal_app.customer.newcomers import GUIDE
from portal_app.customer.password import TITLE as PASSWORD_TITLE
from portal_app.customer.password import PasswordState, password_page
from portal_app.customer.policies.details import TITLE as POLICY_TITLE
from portal_app.customer.policies.details import PolicyState, policy_page
from portal_app.customer.policies.overview import PoliciesState, policies_page
from portal_app.customer.profile import ProfileState, profile_page
from portal_app.customer.registration import registration_pages, registration_routes
from portal_app.customer.right_door import RightDoorState, right_door_page, send_answer
from portal_app.customer.right_door.page import LOST_ACCESS
from portal_app.customer.right_door.state import PAGE as RIGHT_DOOR
from portal_app.customer.sent import SentState, sent_page
from portal_app.customer.shelves import documents_page, documents_title, payments_page, payments_title
from portal_app.customer.sign_in import FORGOTTEN, SignInState, sign_in_page
from portal_app.customer.sign_in import TITLE as SIGN_IN_TITLE
from portal_app.customer.statement import statement_page
from portal_app.customer.upgrade import UpgradeState, upgrade_page
from portal_app.customer.welcome import WelcomeState
from portal_app.customer.wrong_place import WrongPlaceState
from portal_app.domain.brands import PortalName
from portal_app.domain.messages import CHAT_PORTALS
from portal_app.ui.menu import FULL

MAILBOX = (PortalName.KULDEMENYEIM,)
LETTERS = (InboxState.load, WrongPlaceState.load)
POLICIES = (PoliciesState.load, WrongPlaceState.load)

_PAGES: tuple[Page, ...] = (
    Page("/belepes", sign_in_page, "sign_in.title", (STRANGER,), (SignInState.load,), SIGN_IN_TITLE),
    Page("/elso-belepes", first_sign_in_page, "first_sign_in.title", (STRANGER, CUSTOMER), (FirstSignInState.load,), FIRST_TITLE),
    Page("/uj-jelszo", new_password_page, "password.by_link_title", (STRANGER, CUSTOMER), (NewPasswordState.load,), LINK_TITLE),
    Page("/jelszo", password_page, "password.title", (CHANGING, CUSTOMER), (PasswordState.load,), PASSWORD_TITLE),
    Page(FORGOTTEN, forgotten_password_page, "password.forgotten_title", (STRANGER, CUSTOMER), on_load=(ForgottenState.load,)),
    Page("/atlepes", upgrade_page, "upgrade.title", (CUSTOMER,), on_load=(UpgradeState.load,), portals=MAILBOX),
    Page("/beallitasok", profile_page, "profile.title", (CUSTOMER,), on_load=(ProfileState.load, MergeState.load)),
    Page(merge.PAGE, merge_page, "merge.title", (CUSTOMER,), on_load=(MergeState.load,), portals=FULL),
    Page("/beallitasok/e-mail", new_address_page, "new_address.title", ANYONE, on_load=(NewAddressState.load,)),
    Page("/kuldemenyek", inbox_page, "inbox.title", (CUSTOMER,), LETTERS, inbox_title),
    Page("/elkuldott", sent_page, "sent.title", (CUSTOMER,), on_load=(SentState.load,)),
    Page("/lomtar", bin_page, "bin.title", (CUSTOMER,), on_load=(BinState.load,)),
    Page("/dokumentumok", documents_page, "shelf.documents", (CUSTOMER,), LETTERS, documents_title, FULL),
    Page("/bizonylatok", payments_page, "shelf.payments", (CUSTOMER,), LETTERS, payments_title, FULL),
    Page("/szerzodesek", policies_page, "policies.title", (CUSTOMER,), POLICIES, portals=FULL),
    Page("/szerzodesek/[policy_number]", policy_page, "policies.one", (CUSTOMER,), (PolicyState.load,), POLICY_TITLE, FULL),
    Page("/kuldemenyek/[letter_id]", letter_page, "letter.title", (CUSTOMER,), (LetterState.load,), LETTER_TITLE),
    *administration_pages(),
    Page(chat.PAGE, chat_page, "chat.title", (CUSTOMER,), on_load=(ChatState.load,), portals=CHAT_PORTALS),
    Page("/portaltorles", closing_page, "closing.title", ANYONE, (ClosingState.load,), CLOSING_TITLE),
    *registration_pages(the_brand()),
    Page("/sugo", help_page, "help.title", ANYONE),
    Page(RIGHT_DOOR, right_door_page, "right_door.title", ANYONE, on_load=(RightDoorState.load,)),
    Page(LOST_ACCESS, lost_access_page, "lost_access.title", ANYONE, (LostAccessState.load,), LOST_TITLE),
    Page("/akadalymentesseg", statement_page, "statement.title", ANYONE),
)


def _inside(page: Page) -> Page:
    """Let every page inside count the chat's answers in its menu, and whichever comes first tell the news."""
    everywhere = (WelcomeState.greet, chat.UnreadChatState.load)
    return replace(page, on_load=(*page.on_load, *everywhere)) if page.audiences == (CUSTOMER,) else page


PAGES = tuple(_inside(page) for page in _PAGES)

ROUTES: tuple[WebRoute, ...] = (
    WebRoute("GET", "/", entrance.enter, ANYONE),
    WebRoute("GET", "/branding/logo.svg", logo, ANYONE, own_act=False),
    WebRoute("POST", "/belepes", sign_in.enter, (STRANGER, CUSTOMER)),
    WebRoute("GET", security_code.PICTURE, security_code.show_picture, (STRANGER, CUSTOMER), own_act=False),
    WebRoute("GET", "/elso-belepes/{token}", first_sign_in.arrive, (STRANGER, CUSTOMER)),
    WebRoute("POST", "/elso-belepes", first_sign_in.enter, (STRANGER, CUSTOMER)),
    WebRoute("GET", "/uj-jelszo/{token}", new_password.arrive, (STRANGER, CUSTOMER)),
    WebRoute("POST", "/uj-jelszo", new_password.set_password, (STRANGER, CUSTOMER)),
    WebRoute("POST", "/jelszo", password.change, (CHANGING, CUSTOMER)),
    WebRoute("POST", merge.PAGE, merge.submit, (CUSTOMER,)),
    WebRoute("POST", "/atlepes", upgrade.move, (CHANGING, CUSTOMER)),
    WebRoute("POST", FORGOTTEN, forgotten_password.request_new_password, (STRANGER, CUSTOMER)),
    WebRoute("GET", "/beallitasok/e-mail/{token}", new_address.arrive, ANYONE),
    WebRoute("POST", "/beallitasok", profile.ask_for_new_address, (CUSTOMER,)),
    WebRoute("POST", "/beallitasok/e-mail", new_address.confirm, ANYONE),
    WebRoute("POST", "/beallitasok/nyelv", profile.choose_language, (CUSTOMER,)),
    *registration_routes(the_brand()),
    WebRoute("GET", "/portaltorles/{token}", closing.arrive, ANYONE),
    WebRoute("POST", "/portaltorles", closing.submit, ANYONE),
    WebRoute("POST", RIGHT_DOOR, send_answer, ANYONE),
    WebRoute("POST", LOST_ACCESS, lost_access.ask_staff, ANYONE),
    WebRoute("GET", "/postafiok", postbox.show, ANYONE, own_act=False),
    WebRoute("GET", "/dokumentumok/{document_id}/letoltes", downloads.document, (CUSTOMER,)),
    WebRoute("GET", "/kuldemenyek/zip", downloads.archive, (CUSTOMER,)),
    WebRoute("POST", "/kuldemenyek/zip", downloads.archive, (CUSTOMER,), body_bytes=downloads.BODY_BYTES),
    WebRoute("GET", "/dokumentumok/{document_id}/megnyitas", previews.open_document, (CUSTOMER,)),
    WebRoute("GET", "/dokumentumok/{document_id}/oldal/{page:int}", previews.page_image, (CUSTOMER,), own_act=False),
    WebRoute("GET", "/kuldemenyek/{letter_id}/valasz", replies.back_to_letter, (CUSTOMER,)),
    WebRoute("POST", "/kuldemenyek/{letter_id}/valasz", replies.send, (CUSTOMER,), body_bytes=replies.BODY_BYTES),
    *administration_routes(),
    WebRoute("GET", GUIDE, guide.download, ANYONE, own_act=False),
    WebRoute("POST", chat.PAGE, chat.send, (CUSTOMER,)),
    WebRoute("POST", "/kilepes", entrance.sign_out, ANYONE),
    WebRoute("POST", "/nyelv", entrance.choose_language, ANYONE),
)
