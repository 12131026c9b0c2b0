"""Words on pages: `t()` follows the visitor's language at run time, the register comes with the brand at compile time."""

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.texts.catalogues import sentence


def t(key: str, **values: str | int) -> rx.Var[str]:
    """Give the sentence as a Var in the visitor's language; values are known when pages are compiled.

    A sentence with values of the moment is formatted by the state instead.
    """
    register = the_brand().register.value
    return in_language(sentence(key, "hu", register, **values), sentence(key, "en", register, **values))


def in_language(hungarian: str, english: str) -> rx.Var[str]:
    """Choose between two texts that differ by language, such as the brand's opening hours."""
    if hungarian == english:
        return rx.Var.create(hungarian)
    return rx.cond(PortalState.language == "en", english, hungarian)


def quoted(word: str) -> rx.Var[str]:
    """Put a word into the quotation marks of the visitor's language."""
    return in_language(f"„{word}”", f"“{word}”")
