"""The few icons of the portal, drawn inline; each stands beside a word and is hidden from screen readers."""

import reflex as rx

# 24×24 outlines, one path each.
PATHS = {
    "letter": "M3 6h18v12H3z M3 7l9 6 9-6",
    "sent": "M21 3 10 14 M21 3l-7 18-4-7-7-4z",
    "bin": "M4 7h16 M9 7V4h6v3 M6 7l1 13h10l1-13 M10 11v5 M14 11v5",
    "settings": "M4 7h9 M17 7h3 M4 17h3 M11 17h9 M15 5v4 M9 15v4",
    "help": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8 M12 17h.01",
    "phone": "M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2",
    "menu": "M4 6h16 M4 12h16 M4 18h16",
    "sign_out": "M14 4h5v16h-5 M10 8l-4 4 4 4 M6 12h10",
    "info": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 11v6 M12 7.5h.01",
    "success": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M8 12.5l2.7 2.7L16 9.5",
    "warning": "M12 3 2 20h20z M12 10v4 M12 17h.01",
    "error": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v6 M12 16.5h.01",
    "close": "M6 6l12 12 M18 6 6 18",
    "download": "M12 4v11 M7 11l5 5 5-5 M5 20h14",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M16 16l5 5",
    "back": "M15 5l-7 7 7 7",
    "forward": "M9 5l7 7-7 7",
    "attachment": "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.5 17a1.7 1.7 0 0 1-2.4-2.4L14.5 7",
    "print": "M7 8V3h10v5 M7 17H4v-8h16v8h-3 M7 14h10v7H7z",
    "lock": "M6 11h12v10H6z M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v5l3.5 2",
    "check": "M5 13l4 4L19 7",
    "document": "M6 3h8l4 4v14H6z M14 3v4h4 M9 12h6 M9 16h6",
    "pdf": (
        "M4 3h11l5 5v13H4z M15 3v5h5 M7 17v-5h1a1.4 1.4 0 0 1 0 2.8H7 M11 12v5h.6a2.5 2.5 0 0 0 0-5z M15.5 17v-5H18 M15.5 14.4h2"
    ),
    "voucher": "M6 3h12v18l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5L6 21z M9 8h6 M9 12h6",
    "policy": "M12 3l8 3v6c0 4.5-3.4 7.6-8 9-4.6-1.4-8-4.5-8-9V6z M8.5 12l2.5 2.5 4.5-5",
    "eye": "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
    "undo": "M4 9h11a5 5 0 0 1 0 10H9 M8 5 4 9l4 4",
    "mail": "M3 6h18v12H3z M3 7l9 6 9-6",
    "pen": "M14 4l6 6L9 21H3v-6z M11.5 6.5l6 6",
    "requests": "M6 3h8l4 4v14H6z M14 3v4h4 M9 14l2.2 2.2L15.5 12",
    "chat": "M4 5h16v11H11l-5 4v-4H4z M8 9h8 M8 12.5h5",
}


def icon(name: str, class_name: str = "icon") -> rx.Component:
    """Draw an icon beside its word."""
    return rx.el.svg(
        rx.el.path(d=PATHS[name]),
        view_box="0 0 24 24",
        class_name=class_name,
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
