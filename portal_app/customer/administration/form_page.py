"""The pages of a form: what it does, each question alone, and all answers before they are sent."""

from typing import Any

import reflex as rx

from portal_app.browser.portal_state import PortalState
from portal_app.customer.administration.addresses import CONTRACT_DATA
from portal_app.customer.administration.form import FormState
from portal_app.customer.administration.parts import breadcrumbs, on_paper, terms_list
from portal_app.customer.administration.questionnaires import ALL, NO, OTHER, YES
from portal_app.customer.administration.wording import AnswerShown, ChoiceShown
from portal_app.domain.applications import ApplicationKind
from portal_app.ui.fields import check_field, error_summary, radio_field, text_field
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.one_thing import not_found, still_loading
from portal_app.ui.words import t

VALUES, ERRORS = FormState.values, FormState.errors
TITLE = rx.Var.create(
    f"{rx.cond(FormState.wrong, t('shell.error_prefix').to(str) + ' ', '')}"
    f"{rx.cond(FormState.title != '', FormState.title, t('administration.title'))} – {PortalState.portal_title}"
)
_ELECTRONIC = ApplicationKind.ELECTRONIC.value


def form_page() -> rx.Component:
    """Build the page of whatever step the address names."""
    return rx.el.div(
        breadcrumbs(4, rx.cond(FormState.name != "", FormState.name, t("administration.title"))),
        rx.match(
            FormState.step,
            ("missing", _missing()),
            ("begin", _begin()),
            ("policy", _question(_policy(), "policy", "policy_other")),
            ("terms", _question(_terms(), "terms")),
            ("accounting", _question(_accounting(), "accounting")),
            ("address", _question(_address(), "postcode", "town", "street")),
            ("phone", _question(_phone(), "phone")),
            ("email", _question(_email(), "email")),
            ("bank_account", _question(_bank_account(), "bank_account")),
            ("check", _check()),
            still_loading(t("administration.title")),
        ),
        class_name="form-page",
    )


def form_step_page() -> rx.Component:
    """Build the same at the addresses of the steps."""
    return form_page()


def _missing() -> rx.Component:
    return not_found(
        t("administration.missing"),
        rx.el.p(rx.el.a(t("administration.all_forms"), href=CONTRACT_DATA, class_name="btn btn-primary")),
    )


def _begin() -> rx.Component:
    return rx.el.section(
        page_title(FormState.title),
        rx.el.p(FormState.about),
        rx.el.p(FormState.promise),
        rx.cond(
            (FormState.policies.length() == 0) & ~FormState.other_offered,
            notice("info", rx.el.p(t("request.no_policy"))),
            rx.el.p(rx.el.a(t("request.begin"), href=FormState.begun, class_name="btn btn-primary btn-wide-narrow")),
        ),
        rx.cond(FormState.kind == _ELECTRONIC, rx.fragment(*on_paper(FormState.declaration))),
        class_name="card-plain reading",
    )


# ── questions ──


def _question(fields: rx.Component, *names: str) -> rx.Component:
    errors = [(name.replace("_", "-"), ERRORS[name]) for name in names]
    return rx.el.section(
        rx.el.p(FormState.where, class_name="muted question-of"),
        page_title(FormState.title),
        error_summary(*errors),
        rx.el.form(
            fields,
            rx.el.div(
                rx.el.button(t("request.go_on"), type="submit", class_name="btn btn-primary"),
                rx.el.a(t("request.back"), href=FormState.back, class_name="btn btn-line"),
                class_name="row",
            ),
            on_submit=FormState.answer,
            no_validate=True,
            # Another question is another form: no field keeps what was typed into the one before.
            key=FormState.kind.to(str) + FormState.step.to(str),
        ),
        class_name="card-plain",
    )


def _policy() -> rx.Component:
    none_listed = FormState.policies.length() == 0
    return rx.el.div(
        _group(
            "policy",
            rx.foreach(FormState.policies, _policy_choice),
            rx.cond(FormState.all_offered, _choice("policy", ALL, t("request.all_policies"))),
            rx.cond(FormState.other_offered, _choice("policy", OTHER, t("request.other_policy"), alone=none_listed)),
        ),
        rx.cond(
            FormState.other_offered,
            text_field(
                "policy-other", t("request.policy_number"), name="policy_other", hint=t("request.policy_number_hint"),
                error=ERRORS["policy_other"], default_value=VALUES["policy_other"], spell_check=False, max_length=64,
            ),
        ),
    )  # fmt: skip


def _policy_choice(choice: rx.Var[ChoiceShown], number: rx.Var[int]) -> rx.Component:
    field_id = "policy-" + (number + 1).to_string()
    return rx.el.label(
        rx.el.input(
            id=field_id,
            name="policy",
            value=choice.number,
            type="radio",
            default_checked=(VALUES["policy"] == choice.number) | (FormState.policies.length() == 1) & (VALUES["policy"] == ""),
            class_name="radio",
        ),
        rx.el.span(rx.el.strong(choice.number), rx.cond(choice.words != "", rx.el.span(" – ", choice.words))),
        html_for=field_id,
        class_name="field-choice",
    )


def _terms() -> rx.Component:
    return rx.el.div(
        terms_list(),
        _flaw("terms"),
        check_field(
            "terms",
            t("request.terms_accept"),
            default_checked=VALUES["terms"] == YES,
            aria_invalid=rx.cond(ERRORS["terms"] != "", "true", "false"),
            aria_describedby=rx.cond(ERRORS["terms"] != "", "terms-error", ""),
        ),
        class_name="field",
    )


def _accounting() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("request.accounting_text")),
        _group(
            "accounting",
            _choice("accounting", YES, t("request.accounting_yes")),
            _choice("accounting", NO, t("request.accounting_no")),
        ),
    )


def _address() -> rx.Component:
    return rx.el.div(
        text_field(
            "postcode", t("request.postcode"), error=ERRORS["postcode"], autocomplete="postal-code",
            default_value=VALUES["postcode"], input_mode="numeric", max_length=10,
        ),
        text_field(
            "town", t("request.town"), error=ERRORS["town"], autocomplete="address-level2", default_value=VALUES["town"],
            max_length=100,
        ),
        text_field(
            "street", t("request.street"), hint=t("request.street_hint"), error=ERRORS["street"], autocomplete="street-address",
            default_value=VALUES["street"], max_length=200,
        ),
    )  # fmt: skip


def _phone() -> rx.Component:
    return text_field(
        "phone", t("request.phone"), hint=t("request.phone_hint"), error=ERRORS["phone"], kind="tel", autocomplete="tel",
        default_value=VALUES["phone"], max_length=40,
    )  # fmt: skip


def _email() -> rx.Component:
    return rx.el.div(
        text_field(
            "email", t("request.email"), error=ERRORS["email"], kind="email", autocomplete="email",
            default_value=VALUES["email"], spell_check=False, auto_capitalize="none", max_length=200,
        ),
        rx.el.p(t("request.email_only_policy"), " ", rx.el.a(t("request.to_settings"), href="/beallitasok", class_name="link")),
    )  # fmt: skip


def _bank_account() -> rx.Component:
    return text_field(
        "bank-account", t("request.bank_account"), name="bank_account", hint=t("request.bank_account_hint"),
        error=ERRORS["bank_account"], default_value=VALUES["bank_account"], spell_check=False, max_length=50,
    )  # fmt: skip


def _group(name: str, *choices: Any) -> rx.Component:
    """Build the choices of one answer; the page's heading is their question."""
    return rx.el.div(
        _flaw(name),
        *choices,
        role="radiogroup",
        aria_labelledby="title",
        aria_describedby=rx.cond(ERRORS[name] != "", f"{name}-error", ""),
        id=name,
        tab_index=-1,
        class_name="field",
    )


def _choice(name: str, value: str, words: rx.Var[str], *, alone: Any = False) -> rx.Component:
    return radio_field(f"{name}-{value}", words, name=name, value=value, default_checked=(VALUES[name] == value) | alone)


def _flaw(name: str) -> rx.Component:
    return rx.cond(
        ERRORS[name] != "",
        rx.el.p(icon("error"), rx.el.span(ERRORS[name]), id=f"{name}-error", class_name="field-error"),
    )


# ── before it is sent ──


def _check() -> rx.Component:
    return rx.el.section(
        rx.el.p(FormState.where, class_name="muted question-of"),
        page_title(FormState.title),
        rx.el.dl(rx.foreach(FormState.answers, _answer), class_name="answers"),
        rx.el.p(FormState.promise),
        rx.el.p(t("request.sending")),
        rx.el.div(
            rx.el.button(t("request.send"), type="button", on_click=FormState.send, class_name="btn btn-primary"),
            rx.el.a(t("request.back"), href=FormState.back, class_name="btn btn-line"),
            class_name="row",
        ),
        class_name="card-plain",
    )


def _answer(answer: rx.Var[AnswerShown]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(answer.question),
        rx.el.dd(answer.answer),
        rx.el.dd(
            rx.el.a(
                t("request.change"),
                rx.el.span(": ", answer.question, class_name="sr-only"),
                href=answer.change,
                class_name="link",
            )
        ),
        class_name="answer",
    )
