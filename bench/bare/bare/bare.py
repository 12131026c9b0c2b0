"""One page, one state, one handler that does nothing but give Reflex something to answer."""

import reflex as rx


class Counter(rx.State):
    """What the page shows."""

    count: int = 0

    @rx.event
    def step(self) -> None:
        """Change one number: an event that changes nothing is not answered at all."""
        self.count += 1


def page() -> rx.Component:
    """Build the page."""
    return rx.el.main(
        rx.el.h1("Bare"),
        rx.el.p(Counter.count),
        rx.el.button("Step", on_click=Counter.step),
    )


app = rx.App(toaster=None)
app.add_page(page, route="/", title="Bare")
