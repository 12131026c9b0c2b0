"""What the list of policies and the page of one have in common."""

import reflex as rx

from portal_app.customer.policies.wording import PolicyShown
from portal_app.domain.payments import Due
from portal_app.ui.icons import icon
from portal_app.ui.words import t


def status_badge(policy: rx.Var[PolicyShown]) -> rx.Component:
    """Say in a badge whether the policy runs."""
    return rx.cond(
        policy.active,
        rx.el.span(icon("check"), policy.status, class_name="badge badge-success"),
        rx.el.span(policy.status, class_name="badge badge-quiet"),
    )


def due_line(policy: rx.Var[PolicyShown]) -> rx.Component:
    """Say what is to be paid next and by when, or that nothing is known of it."""
    return rx.cond(
        policy.due != "",
        rx.el.span(
            rx.cond(policy.amount != "", rx.el.strong(policy.amount, class_name="nowrap")),
            rx.el.span(t("policies.due_by"), " ", rx.el.time(policy.due, date_time=policy.due_day, class_name="nowrap")),
            due_badge(policy.how_due, policy.due_words),
            class_name="policy-due",
        ),
        rx.el.span(t("policies.nothing_due"), class_name="muted"),
    )


def due_badge(how_due: rx.Var[str], words: rx.Var[str]) -> rx.Component:
    """Say in a badge how near a payment deadline is, where it is near or over."""

    def badge(kind: str) -> rx.Component:
        return rx.el.span(icon("clock"), words, class_name=f"badge badge-{kind}")

    return rx.match(
        how_due,
        (Due.TOLD.value, badge("quiet")),
        (Due.SOON.value, badge("warning")),
        (Due.TODAY.value, badge("error")),
        (Due.OVER.value, badge("quiet")),
        rx.fragment(),
    )
