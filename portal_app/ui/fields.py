"""Fields: every one with a visible label, its hint and its error tied to it (WCAG 1.3.1, 3.3.1, 3.3.2)."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import reflex as rx

from portal_app.domain.passwords import PasswordRules, Rule
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link
from portal_app.ui.words import t

Text = str | rx.Var[str]


def text_field(
    field_id: str,
    label: Text,
    *,
    name: str = "",
    hint: Text | None = None,
    error: rx.Var[str] | None = None,
    kind: str = "text",
    autocomplete: str = "off",
    **properties: Any,
) -> rx.Component:
    """Build a one-line field. `error` is a Var that is empty while all is well."""
    box = rx.el.input(
        id=field_id,
        name=name or field_id,
        type=kind,
        auto_complete=autocomplete,
        class_name="input",
        **_tied(field_id, hint, error),
        **properties,
    )
    return _field(field_id, label, box, hint, error)


def password_field(
    field_id: str,
    label: Text,
    *,
    name: str = "",
    hint: Text | None = None,
    error: rx.Var[str] | None = None,
    autocomplete: str = "current-password",
    **properties: Any,
) -> rx.Component:
    """Build a password field with a button that shows what was typed; paste and password managers work.

    `assets/shell.js` turns the button, and hides the text again before the form is sent.
    """
    box = rx.el.div(
        rx.el.input(
            id=field_id,
            name=name or field_id,
            type="password",
            auto_complete=autocomplete,
            spell_check=False,
            auto_capitalize="none",
            class_name="input",
            **_tied(field_id, hint, error),
            **properties,
        ),
        rx.el.button(
            icon("eye"),
            rx.el.span(t("shell.show_password"), class_name="when-hidden"),
            rx.el.span(t("shell.hide_password"), class_name="when-shown"),
            type="button",
            class_name="btn btn-ghost btn-sm",
            custom_attrs={"data-shows": field_id, "aria-controls": field_id},
        ),
        class_name="field-password",
    )
    return _field(field_id, label, box, hint, error)


def text_area(
    field_id: str, label: Text, *, name: str = "", hint: Text | None = None, error: rx.Var[str] | None = None, **properties: Any
) -> rx.Component:
    """Build a field for several lines."""
    box = rx.el.textarea(
        id=field_id, name=name or field_id, class_name="textarea", **_tied(field_id, hint, error), **{"rows": 6, **properties}
    )
    return _field(field_id, label, box, hint, error)


def select_field(
    field_id: str, label: Text, choices: Sequence[Any] | Any, *, name: str = "", hint: Text | None = None, **properties: Any
) -> rx.Component:
    """Build a list to choose from; `choices` are `rx.el.option`s."""
    options = choices if isinstance(choices, list | tuple) else [choices]
    box = rx.el.select(
        *options, id=field_id, name=name or field_id, class_name="select", **_tied(field_id, hint, None), **properties
    )
    return _field(field_id, label, box, hint, None)


def check_field(field_id: str, label: Text, *, name: str = "", **properties: Any) -> rx.Component:
    """Build a box to tick; the whole line can be pressed."""
    return rx.el.label(
        rx.el.input(id=field_id, name=name or field_id, type="checkbox", class_name="checkbox", **properties),
        rx.el.span(label),
        html_for=field_id,
        class_name="field-choice",
    )


def radio_field(field_id: str, label: Text, *, name: str, value: str, **properties: Any) -> rx.Component:
    """Build one choice of several; the whole line can be pressed."""
    return rx.el.label(
        rx.el.input(id=field_id, name=name, value=value, type="radio", class_name="radio", **properties),
        rx.el.span(label),
        html_for=field_id,
        class_name="field-choice",
    )


def error_summary(*errors: tuple[str, rx.Var[str]]) -> rx.Component:
    """Build the list of what to correct, each line leading to its field: (field id, error) pairs.

    It takes the focus when it appears, so that everybody learns of it (assets/shell.js).
    """
    any_error = errors[0][1] != ""
    for _, error in errors[1:]:
        any_error = any_error | (error != "")
    lines = [rx.cond(error != "", rx.el.li(document_link(error, href=f"#{field_id}"))) for field_id, error in errors]
    return rx.cond(
        any_error,
        rx.el.div(
            rx.el.h2(t("shell.error_summary")),
            rx.el.ul(*lines),
            role="alert",
            tab_index=-1,
            class_name="error-summary",
            custom_attrs={"data-take-focus": "yes"},
        ),
    )


def checklist(field_id: str, rules: PasswordRules, lines: Sequence[tuple[Rule, Text]]) -> rx.Component:
    """Build the live list of a password's rules beside the field with this id.

    `assets/shell.js` marks each line as met or missing while the visitor types, by the same numbers that the server
    enforces. No rule is red before the form was sent; screen readers hear one summary after a pause.
    """
    return rx.el.div(
        rx.el.p(t("shell.rules_title"), class_name="field-label", id=f"{field_id}-rules"),
        rx.el.ul(
            *[_rule_line(rule, words) for rule, words in lines],
            class_name="checklist",
            custom_attrs={
                "data-checks": field_id,
                "data-numbers": json.dumps(asdict(rules)),
                "data-met": t("shell.rule_met"),
                "data-missing": t("shell.rule_missing"),
            },
            aria_labelledby=f"{field_id}-rules",
        ),
        rx.el.p(
            "",
            role="status",
            class_name="sr-only",
            id=f"{field_id}-summary",
            custom_attrs={"data-text": t("shell.rules_summary")},
        ),
        class_name="field",
    )


def _rule_line(rule: Rule, words: Text) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="mark", custom_attrs={"aria-hidden": "true"}),
        rx.el.span(words, class_name="rule-words"),
        rx.el.span(class_name="rule-state sr-only"),
        custom_attrs={"data-rule": rule.value, "data-state": "open"},
    )


def _field(field_id: str, label: Text, box: rx.Component, hint: Text | None, error: rx.Var[str] | None) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=field_id, class_name="field-label"),
        rx.el.p(hint, id=f"{field_id}-hint", class_name="field-hint") if hint is not None else rx.fragment(),
        _error(field_id, error) if error is not None else rx.fragment(),
        box,
        class_name="field",
    )


def _error(field_id: str, error: rx.Var[str]) -> rx.Component:
    return rx.cond(
        error != "",
        rx.el.p(
            icon("error"),
            rx.el.span(rx.el.span(t("shell.error_prefix"), " ", class_name="sr-only"), error),
            id=f"{field_id}-error",
            class_name="field-error",
        ),
    )


def _tied(field_id: str, hint: Text | None, error: rx.Var[str] | None) -> dict[str, Any]:
    described = f"{field_id}-hint" if hint is not None else ""
    if error is None:
        return {"aria_describedby": described} if described else {}
    return {
        "aria_invalid": rx.cond(error != "", "true", "false"),
        "aria_describedby": rx.cond(error != "", f"{described} {field_id}-error".strip(), described),
    }
