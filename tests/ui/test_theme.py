"""The brand's colours: readable on every ground they meet, light and dark."""

import re

import pytest

from portal_app.settings import BRANDS, read_brand
from portal_app.ui.theme import theme_css
from tests.architecture.source import ROOT

# WCAG 2.2: text, and what the eye needs to find a field or a button.
TEXT, SHAPE = 4.5, 3.0
STYLE = (ROOT / "assets" / "portal.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
SHIPPED = sorted(file.stem for file in BRANDS.glob("*.toml"))


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--color-([\w-]+): (#[0-9a-f]{6})", block))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, 1.4.3)."""
    lights = sorted((luminance(one), luminance(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_ratio_is_the_one_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("brand", SHIPPED)
def test_a_brands_colours_are_readable_as_text_and_as_buttons(brand: str) -> None:
    chosen = read_brand(brand).colours
    grounds = {"light": ("#ffffff", colours(LIGHT)["base-200"]), "dark": (colours(DARK)["base-100"], colours(DARK)["base-200"])}

    ratios = {
        "button": contrast(chosen.primary, chosen.primary_text),
        "dark button": contrast(chosen.primary_dark, chosen.primary_dark_text),
        "menu": contrast(chosen.accent, colours(LIGHT)["accent-content"]),
        "dark menu": contrast(chosen.primary_dark, colours(DARK)["accent-content"]),
        **{f"link on {ground}": contrast(chosen.primary, ground) for ground in grounds["light"]},
        **{f"link on {ground}": contrast(chosen.primary_dark, ground) for ground in grounds["dark"]},
    }

    assert {pair: ratio for pair, ratio in ratios.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["base-100", "base-200"])
def test_text_and_lines_of_the_palette_are_readable(block: str, ground: str) -> None:
    palette = colours(block)

    texts = {name: contrast(palette[name], palette[ground]) for name in ("base-content", "muted", "error")}

    assert {name: ratio for name, ratio in texts.items() if ratio < TEXT} == {}
    assert contrast(palette["line"], palette[ground]) >= SHAPE


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", ["info", "success", "warning", "error"])
def test_notices_and_badges_are_readable(block: str, kind: str) -> None:
    palette = colours(block)

    assert contrast(palette[kind], palette[f"{kind}-soft"]) >= TEXT
    assert contrast(palette[f"{kind}-content"], palette[kind]) >= TEXT
    assert contrast(palette["base-content"], palette[f"{kind}-soft"]) >= TEXT


def test_the_colours_stand_in_the_page_for_both_schemes() -> None:
    css = theme_css(read_brand("minta").colours)

    assert css.startswith(":root{--color-primary:#0b5c55;")
    assert "@media (prefers-color-scheme:dark){:root{--color-primary:#7fd6cb;" in css
