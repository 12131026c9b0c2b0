"""What every page state must keep: axe finds nothing, nothing scrolls sideways, every field has a visible label."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

WIDTHS = (360, 1280)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Runs in the page: what axe does not look for.
OWN_RULES = """() => {
  const shown = (element) => element.getClientRects().length > 0;
  const faults = [];
  if (document.querySelectorAll("h1").length !== 1) faults.push("not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not exactly one main");
  if (document.documentElement.scrollWidth > window.innerWidth) {
    faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${window.innerWidth}`);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!shown(field)) continue;
    const labels = [...(field.labels || [])].filter(shown);
    if (!labels.length && !field.getAttribute("aria-label")) faults.push(`no visible label: ${field.outerHTML.slice(0, 120)}`);
  }
  for (const target of document.querySelectorAll("button, a[href], summary, select, input:not([type=hidden])")) {
    if (!shown(target) || target.closest("p, li, dd, td, .error-summary") || target.classList.contains("skip-link")) continue;
    const box = (target.closest("label") || target).getBoundingClientRect();
    if (box.height && box.height < 43.5) faults.push(`${Math.round(box.height)} px high: ${target.outerHTML.slice(0, 120)}`);
  }
  if (!document.title.trim()) faults.push("no title");
  return faults;
}"""


def ready(page: Page) -> None:
    """Wait until the page is alive; what is typed before that could be lost."""
    expect(page.locator("#hydrated")).to_have_text("true", timeout=15_000)


def open_page(page: Page, path: str) -> None:
    """Load one of the product's pages and wait until it is alive."""
    page.goto(path)
    ready(page)


def look(page: Page) -> None:
    """Look at the page as it stands, at phone and desktop width, light and dark; fails with everything that is wrong."""
    size, dark = page.viewport_size, page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    faults: list[str] = []
    # No colour is caught on its way to another.
    page.emulate_media(reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        faults += [f"{width} px: {fault}" for fault in _axe(page, {"type": "tag", "values": TAGS})]
        faults += [f"{width} px: {fault}" for fault in page.evaluate(OWN_RULES)]
    # Only the colours differ with the scheme.
    page.emulate_media(color_scheme="light" if dark else "dark")
    faults += [f"other scheme: {fault}" for fault in _axe(page, {"type": "rule", "values": ["color-contrast"]})]
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="no-preference")
    if size:
        page.set_viewport_size(size)
    assert faults == [], f"{page.url}\n" + "\n".join(faults)


def look_twice(page: Page) -> None:
    """Look at the page as it stands and once more in English; it is loaded for that, and again afterwards."""
    _in_both_languages(page, look)


def glance_twice(page: Page) -> None:
    """Look in both languages at what other words can spoil on a page whose looks are known: cheaper than `look_twice`."""
    _in_both_languages(page, _glance)


def _glance(page: Page) -> None:
    size = page.viewport_size
    faults: list[str] = []
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": 800})
        faults += [f"{width} px: {fault}" for fault in page.evaluate(OWN_RULES)]
    faults += _axe(page, {"type": "tag", "values": TAGS})
    if size:
        page.set_viewport_size(size)
    assert faults == [], f"{page.url}\n" + "\n".join(faults)


def _in_both_languages(page: Page, look_at: Callable[[Page], None]) -> None:
    look_at(page)
    language, other = ("en", "hu") if page.locator("html").get_attribute("lang") == "en" else ("hu", "en")
    _load_in(page, other)
    look_at(page)
    _load_in(page, language)


def _load_in(page: Page, language: str) -> None:
    # The bare origin, because a cookie belongs to the folder of the address that it is set for.
    page.context.add_cookies([{"name": "nyelv", "value": language, "url": page.evaluate("location.origin")}])
    page.reload()
    ready(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("h1")).to_be_visible()


def _axe(page: Page, only: dict[str, object]) -> list[str]:
    found = Axe().run(page, options={"runOnly": only})
    return [
        f"{violation['id']}: {violation['help']}: " + "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        for violation in found.response["violations"]
    ]
