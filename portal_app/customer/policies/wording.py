"""What the pages of policies show, in words: products, states, deadlines and amounts in the visitor's language."""

from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from portal_app.browser.portal_state import the_brand
from portal_app.customer.inbox.addresses import POLICY, path_of
from portal_app.customer.inbox.rows import LetterRow, due_words, letter_row, say
from portal_app.customer.policies.addresses import policy_page
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import ListPage
from portal_app.domain.payments import how_due
from portal_app.domain.policies import Communication, PolicyStatus
from portal_app.domain.shelves import Shelf
from portal_app.services.inbox import LetterLine
from portal_app.services.portfolio import PolicyDetails, PolicyLine
from portal_app.texts.dates import long_date, machine_date
from portal_app.texts.money import forints

_STATUS = {PolicyStatus.ACTIVE: "policies.active", PolicyStatus.ENDED: "policies.ended"}
_COMMUNICATION = {Communication.ELECTRONIC: "policies.electronic", Communication.POSTAL: "policies.postal"}


@dataclass(frozen=True)
class PolicyShown:
    """A policy on its card; an empty text has no line."""

    number: str = ""
    page: str = ""
    product: str = ""
    plate: str = ""
    active: bool = True
    status: str = ""
    communication: str = ""
    accounting: str = ""
    due: str = ""
    due_day: str = ""
    how_due: str = ""
    due_words: str = ""
    amount: str = ""


@dataclass(frozen=True)
class LettersShown:
    """The newest letters of a policy on one shelf, and where all of them are."""

    rows: list[LetterRow] = field(default_factory=list)
    everything: str = ""
    """The address of the list."""


@dataclass(frozen=True)
class DetailsShown:
    """A policy on its own page."""

    holder: str = ""
    mailing_address: str = ""
    chosen_on: str = ""
    """Since when letters come as they do."""
    documents: LettersShown = LettersShown()
    payments: LettersShown = LettersShown()
    letters: LettersShown = LettersShown()


def policy_shown(line: PolicyLine, today: date, language: str) -> PolicyShown:
    """Word a policy."""
    due = line.next_due.due_on if line.next_due else None
    amount = line.next_due.amount if line.next_due else None
    return PolicyShown(
        number=line.number,
        page=policy_page(line.number),
        product=product_name(line.product, language),
        plate=line.plate_number,
        active=line.status is PolicyStatus.ACTIVE,
        status=_status(line, language),
        communication=say(_COMMUNICATION[line.communication], language),
        accounting=say("policies.accounting_yes" if line.accounting_documents else "policies.accounting_no", language),
        due=long_date(due, language) if due else "",
        due_day=machine_date(due) if due else "",
        how_due=how_due(due, today).value if due else "",
        due_words=due_words(due, today, language) if due else "",
        amount=forints(amount, language) if amount is not None else "",
    )


def details_shown(details: PolicyDetails, today: date, language: str) -> DetailsShown:
    """Word what a policy's page shows besides."""
    shelves = {shelf: _letters(found, details.line.number, shelf, today, language) for shelf, found in details.letters.items()}
    return DetailsShown(
        holder=details.holder_name,
        mailing_address=details.mailing_address,
        chosen_on=_chosen_on(details.consent_at, language),
        documents=shelves[Shelf.DOCUMENTS],
        payments=shelves[Shelf.PAYMENTS],
        letters=shelves[Shelf.CORRESPONDENCE],
    )


def product_name(product: str, language: str) -> str:
    """Give the name of a product that the brand knows by its code or name; insurers may also hand over others."""
    found = next((one for one in the_brand().products if product in {one.code, one.name}), None)
    if found is None:
        return product
    return found.name_en if language == "en" else found.name


def _status(line: PolicyLine, language: str) -> str:
    if line.ended_on:
        return say("policies.ended_on", language, date=long_date(line.ended_on, language))
    return say(_STATUS[line.status], language)


def _chosen_on(consent_at: datetime | None, language: str) -> str:
    return long_date(budapest_date(consent_at), language) if consent_at else ""


def _letters(found: ListPage[LetterLine], number: str, shelf: Shelf, today: date, language: str) -> LettersShown:
    rows = [letter_row(line, today, language, shelf) for line in found.lines]
    return LettersShown(rows, f"{path_of(shelf)}?{urlencode({POLICY: number})}")
