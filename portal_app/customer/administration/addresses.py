"""Where requests are made and followed: the path of the source document word for word, and short ways to it (R72)."""

from portal_app.domain.applications import ApplicationKind

START = "/ugyintezes"
CHANGES = f"{START}/valtozasok-bejelentese"
MODIFICATION = f"{CHANGES}/modositas-bejelentese"
CONTRACT_DATA = f"{MODIFICATION}/szerzodeses-adatok-modositasa"
OUTSIDE = f"{START}/elektronikus-levelezes"
DECLARATION = f"{START}/nyilatkozat"
REQUESTS = "/kerelmek"
MERGING = "/osszevonas"

FORMS = {
    ApplicationKind.ELECTRONIC: "elektronikus-kommunikacio-iranti-kerelem",
    ApplicationKind.POSTAL: "postai-levelezes",
    ApplicationKind.ADDRESS: "levelezesi-cim",
    ApplicationKind.PHONE: "telefonszam",
    ApplicationKind.EMAIL: "e-mail-cim",
    ApplicationKind.BANK_ACCOUNT: "bankszamlaszam",
}
"""The last part of each form's address."""
_KINDS = {slug: kind for kind, slug in FORMS.items()}
POLICY = "szerzodes"
"""The parameter that names a policy beforehand."""


def form_page(kind: ApplicationKind) -> str:
    """Give the address at which a form begins."""
    return f"{CONTRACT_DATA}/{FORMS[kind]}"


def request_page(application_id: str) -> str:
    """Give the address of a request, which is also its confirmation."""
    return f"{REQUESTS}/{application_id}"


def form_in(path: str) -> tuple[ApplicationKind | None, str]:
    """Give kind and step from the address of a form; no step is its beginning."""
    slug, _, step = path.removeprefix(f"{CONTRACT_DATA}/").strip("/").partition("/")
    return _KINDS.get(slug), step


def request_in(path: str) -> str:
    """Give the request's id from the address of its page."""
    return path.removeprefix(f"{REQUESTS}/").strip("/")
