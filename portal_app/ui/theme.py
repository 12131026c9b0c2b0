"""The brand's colours as daisyUI's variables, light and dark; compiled into the page, so that no first paint is unbranded."""

import reflex as rx

from portal_app.domain.brands import Brand, Colours

# Pages are built in Hungarian and become English when they come alive; until then nobody should see the other language.
# It is so short that it stands in the page itself; the policy names it by its hash like the framework's own.
BEFORE_THE_FIRST_PAINT = (
    'if(/(^|; )nyelv=en/.test(document.cookie)){document.documentElement.lang="en";'
    'document.documentElement.classList.add("becoming-english")}'
)


def head(brand: Brand) -> list[rx.Component]:
    """Build what stands in the head of every page: colours, icon, the shell's script."""
    return [
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="theme-color", content=brand.colours.primary),
        rx.el.link(rel="icon", href="/branding/logo.svg", type="image/svg+xml"),
        rx.el.style(theme_css(brand.colours)),
        rx.el.script(BEFORE_THE_FIRST_PAINT),
        rx.el.script(src="/shell.js", defer=True),
        rx.el.script(src="/sign-in.js", defer=True),
    ]


def theme_css(colours: Colours) -> str:
    """Write the variables that the style sheet in `assets/portal.css` builds on."""
    light = _variables(primary=colours.primary, text=colours.primary_text, accent=colours.accent)
    dark = _variables(primary=colours.primary_dark, text=colours.primary_dark_text, accent=colours.primary_dark)
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _variables(*, primary: str, text: str, accent: str) -> str:
    return f"--color-primary:{primary};--color-primary-content:{text};--color-accent:{accent};"
