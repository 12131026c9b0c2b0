"""A password's rules in words, printed from the object that enforces them, and the two fields of a new password."""

import secrets as chance
from collections.abc import Sequence
from typing import Any

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.customer.posted import Posted
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import PortalName
from portal_app.domain.errors import CurrentPasswordWrong, PasswordRefused
from portal_app.domain.passwords import PREVIOUS, PasswordRules, Rule, forbidden_characters, rules_shown, sent_password
from portal_app.gateways.clock import now
from portal_app.services import passwords, ways_in
from portal_app.services.house import the_house
from portal_app.services.passwords import NEW_EMPTY, REPEATED_OTHERWISE, NewPasswordTicket, flaws_of
from portal_app.services.visits import Outcome
from portal_app.texts.catalogues import sentence
from portal_app.ui.fields import checklist, password_field
from portal_app.ui.words import t


async def judged(actor: Customer | Stranger, ticket: NewPasswordTicket, new: str, again: str) -> str | None:
    """Give the value to store for a new password, or None when it was refused and the page was told why."""
    flaws = await _flaws(ticket, new, again)
    if not flaws:
        return await the_house().hashing.hash_async(new)
    characters = forbidden_characters(new, ticket.rules)
    await carry_out(passwords.refuse_change, actor, flaws, characters, proved=True, now=now())
    return None


async def _flaws(ticket: NewPasswordTicket, new: str, again: str) -> list[str]:
    if not new:
        return [NEW_EMPTY]
    flaws: list[str] = list(flaws_of(new, ticket))
    if flaws:
        return flaws
    if new != again:
        return [REPEATED_OTHERWISE]
    for stored in ticket.previous:
        if await the_house().hashing.verify_async(new, stored):
            return [Rule.NOT_PREVIOUS]
    return []


async def drawn_password(form: Posted, login: str = "") -> tuple[str, str]:
    """Draw a password that can be sent, and hash it, whether it will be needed or not: that makes all answers alike."""
    house = the_house()
    rules = await ask(ways_in.rules_for_new, form.actor, login, brand=house.brand, now=now())
    drawn = sent_password(rules, chance.SystemRandom())
    return drawn, await house.hashing.hash_async(drawn)


# ── in words ──


def rule_words(rule: Rule, rules: PasswordRules) -> tuple[str, dict[str, int]]:
    """Name the sentence of a rule and its numbers."""
    if rule is Rule.LENGTH:
        key = "password.rule_length_between" if rules.longest else "password.rule_length"
        return key, {"shortest": rules.shortest, "longest": rules.longest}
    return {
        Rule.LOWER: ("password.rule_lower_plain", {"n": rules.lower}),
        Rule.UPPER: ("password.rule_upper_plain", {"n": rules.upper}),
        Rule.DIGITS: ("password.rule_digits", {"n": rules.digits}),
        Rule.SPECIAL: ("password.rule_special", {"n": rules.special}),
        Rule.ALPHABET: ("password.rule_alphabet", {}),
        Rule.NOT_PREVIOUS: ("password.rule_not_previous_short", {"n": PREVIOUS}),
        Rule.NOT_COMMON: ("password.rule_not_common_short", {}),
    }[rule]


def is_not_yet_enough(outcome: Outcome, language: str) -> str:
    """Say above the form that the new password was refused; what exactly is missing stands at its field."""
    if outcome.code != PasswordRefused.code or outcome.facts.get("flaws") in {REPEATED_OTHERWISE, NEW_EMPTY}:
        return ""
    return sentence("password.not_yet", language, the_brand().register.value)


def what_is_missing(outcome: Outcome, rules: PasswordRules, language: str) -> str:
    """Say what the refused new password lacks: every broken rule, and the characters that may not be used."""
    flaws = [flaw for flaw in str(outcome.facts.get("flaws", "")).split(",") if flaw]
    register = the_brand().register.value
    if outcome.code != PasswordRefused.code or flaws == [REPEATED_OTHERWISE]:
        return ""
    if flaws == [NEW_EMPTY]:
        return sentence("password.new_empty", language, register)
    broken = [rule_words(Rule(flaw), rules) for flaw in flaws]
    listed = "; ".join(sentence(key, language, register, **numbers) for key, numbers in broken)
    said = sentence("password.missing", language, register, rules=listed)
    characters = str(outcome.facts.get("characters", ""))
    if not characters:
        return said
    named = ", ".join(f"„{character}”" if language == "hu" else f"“{character}”" for character in characters)
    return f"{said} {sentence('password.not_usable', language, register, characters=named)}"


def what_is_repeated_otherwise(outcome: Outcome, language: str) -> str:
    """Say that the two new passwords differ."""
    if outcome.code != PasswordRefused.code or outcome.facts.get("flaws") != REPEATED_OTHERWISE:
        return ""
    return sentence("password.not_repeated", language, the_brand().register.value)


def what_is_wrong_with_current(outcome: Outcome, language: str) -> str:
    """Say that the current password was not the right one."""
    if outcome.code != CurrentPasswordWrong.code:
        return ""
    return sentence("password.current_wrong", language, the_brand().register.value)


# ── on the page ──


def new_password_fields(portal: rx.Var[str] | PortalName, new_error: rx.Var[str], again_error: rx.Var[str]) -> rx.Component:
    """Build the new password with its live list of rules, and its repetition; paste and password managers work."""
    return rx.fragment(
        password_field("new", t("password.new"), error=new_error, autocomplete="new-password"),
        rx.el.p(
            class_name="field-hint forbidden-words",
            custom_attrs={"data-forbidden": "new", "data-text": t("password.not_usable_live")},
            role="status",
        ),
        _rules(portal),
        password_field("again", t("password.again"), error=again_error, autocomplete="new-password"),
    )


def account_field(login: rx.Var[str]) -> rx.Component:
    """Tell password managers whose password this is; nobody sees the field."""
    return rx.el.input(
        type="text", name="login", auto_complete="username", value=login, read_only=True, hidden=True, aria_hidden=True
    )


def _rules(portal: rx.Var[str] | PortalName) -> rx.Component:
    brand = the_brand()
    if isinstance(portal, PortalName):
        # Known before anybody is: somebody new, who has no former password.
        return _list(brand.portals[portal].passwords, but=Rule.NOT_PREVIOUS)
    lists = [(name.value, _list(brand.portals[name].passwords)) for name in brand.switched_on]
    return lists[0][1] if len(lists) == 1 else rx.match(portal, *lists, rx.fragment())


def _list(rules: PasswordRules, *, but: Rule | None = None) -> rx.Component:
    return checklist("new", rules, [line for line in _lines(rules) if line[0] is not but])


def _lines(rules: PasswordRules) -> Sequence[tuple[Rule, Any]]:
    lines: list[tuple[Rule, Any]] = []
    for line in rules_shown(rules):
        key, numbers = _SHOWN.get(line.rule, "") or rule_words(line.rule, rules)[0], rule_words(line.rule, rules)[1]
        lines.append((line.rule, t(key, **numbers)))
    return lines


# What only the server can judge says so on the list.
_SHOWN = {Rule.NOT_PREVIOUS: "password.rule_not_previous", Rule.NOT_COMMON: "password.rule_not_common"}
