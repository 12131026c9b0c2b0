"""Native forms: the browser itself posts them to our own routes, so no secret travels through Reflex's events."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class NativeForm(BaseHTML):
    """A form that the browser submits; Reflex's own always prevents that."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
    enc_type: rx.Var[str]
    no_validate: rx.Var[bool]
    auto_complete: rx.Var[str]


def native_form(*children: Any, action: str | rx.Var[str], method: str = "post", **properties: Any) -> rx.Component:
    """Build a form that posts to one of our routes."""
    return NativeForm.create(*children, action=action, method=method, **properties)
