"""Official senders: every address the insurer writes from, in one place that customers can compare with (C8, R97)."""

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.ui.links import mail_words
from portal_app.ui.words import t


def official_senders() -> rx.Component:
    """Build the list; who writes from elsewhere is not the insurer."""
    post = the_brand().post
    return rx.el.section(
        rx.el.h2(t("right_door.senders_title")),
        rx.el.p(t("right_door.senders")),
        rx.el.ul(*[rx.el.li(rx.el.strong(mail_words(address))) for address in post.all_senders], class_name="plain-list"),
        rx.el.p(t("right_door.sender"), " ", rx.el.strong(post.sender_name)),
        rx.el.p(t("right_door.sms_sender"), " ", rx.el.strong(post.sms_sender)) if post.sms_sender else rx.fragment(),
        rx.el.p(t("right_door.senders_other")),
        id="official-senders",
        class_name="card-plain",
    )
