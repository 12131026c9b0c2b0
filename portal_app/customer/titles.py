"""Titles of pages with a form: they say first that something has to be corrected."""

import reflex as rx

from portal_app.ui.layout import title_of
from portal_app.ui.words import t


def title_with_error(key: str, *errors: rx.Var[str]) -> rx.Var[str]:
    """Write the document's title, with the word for an error in front while one of these is not empty."""
    wrong = errors[0] != ""
    for error in errors[1:]:
        wrong = wrong | (error != "")
    return rx.cond(wrong, rx.Var.create(f"{t('shell.error_prefix')} {title_of(key)}"), title_of(key))
