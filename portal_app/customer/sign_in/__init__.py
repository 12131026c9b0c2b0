"""Signing in (belépés): the form in the words of the portal asked for, its route, and what follows (R36–R37, R60)."""

from portal_app.customer.sign_in.forms import FORGOTTEN, START_OVER, check_password, count_failure, enter
from portal_app.customer.sign_in.page import TITLE, login_field, login_words, sign_in_page
from portal_app.customer.sign_in.state import SignInState

__all__ = [
    "FORGOTTEN",
    "START_OVER",
    "TITLE",
    "SignInState",
    "check_password",
    "count_failure",
    "enter",
    "login_field",
    "login_words",
    "sign_in_page",
]
