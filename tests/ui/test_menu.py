"""The menu leads only to pages that exist, in the portals that have them."""

import pytest

from portal_app.browser.admission import CUSTOMER
from portal_app.customer.routes import PAGES
from portal_app.domain.brands import PortalName
from portal_app.settings import read_brand
from portal_app.texts.catalogues import sentence
from portal_app.ui.menu import FULL, MENU, NAMED, Place

PLACES = [pytest.param(place, id=place.path) for place in MENU]


@pytest.mark.parametrize("place", PLACES)
def test_every_line_of_the_menu_is_a_page_in_each_of_its_portals(place: Place) -> None:
    page = next(page for page in PAGES if page.path == place.path)

    assert CUSTOMER in page.audiences
    assert set(place.portals) <= set(page.portals)


def test_the_full_portals_show_more_than_the_letter_box() -> None:
    def names(portal: PortalName) -> list[str]:
        return [sentence(place.words, "hu") for place in MENU if portal in place.portals]

    letter_box = ["Küldemények", "Elküldött", "Lomtár", "Beállítások", "Súgó"]
    assert names(PortalName.KULDEMENYEIM) == letter_box
    assert names(PortalName.UGYFELPORTAL)[:7] == [
        "Küldemények", "Elküldött", "Lomtár", "Szerződéseim", "Dokumentumaim", "Bizonylatok", "Ügyintézés",
    ]  # fmt: skip
    assert names(PortalName.UGYFELPORTAL)[-2:] == names(PortalName.ONLINE24)[-2:] == letter_box[-2:]
    assert "Chat" in names(PortalName.ONLINE24)


def test_only_the_portal_itself_bears_its_name_on_the_tab() -> None:
    assert NAMED == (PortalName.UGYFELPORTAL,)
    assert set(NAMED) <= set(FULL)


@pytest.mark.requirement("R79")
def test_the_tab_is_red_where_the_source_document_says_so() -> None:
    colours = read_brand("union").colours
    red, green, blue = (int(colours.accent[at : at + 2], 16) for at in (1, 3, 5))

    assert read_brand("union").portal("ugyfelportal").title == "Ügyfélportál"
    assert red > 2 * green
    assert red > 2 * blue
