"""`demo`: fills an empty database with people in every state and their letters; `demo --json` lists them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

import typer
from rich.console import Console
from rich.table import Table

from portal_app.database.schema import migrate
from portal_app.domain.actors import Customer, Operator, Stranger
from portal_app.domain.applications import ApplicationStatus
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import PortalError
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.gateways.clock import now as the_moment
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.gateways.typesetting import render_pdf
from portal_app.services import (
    answers,
    applications,
    chats,
    decisions,
    demonstration,
    intake,
    letters,
    messages,
    openings,
    policies,
    registrations,
)
from portal_app.services.applications import ApplicationReceipt, NewApplication
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House, open_house
from portal_app.services.registrations import Wanted
from portal_app.settings import load_settings, read_brand
from portal_app.texts import demo_letters
from portal_app.texts.catalogues import sentence
from portal_app.texts.demo_letters import DemoPerson, DemoPolicy

DEMO = Operator("demo")
# Whoever is in one of these states cannot sign in at once with the password alone.
NOT_AT_ONCE = frozenset({"new", "new_without_phone", "expired", "nine_failures", "locked", "postal", "unconfirmed"})
KINDS = tuple(LetterKind)
CROWD = 300
YEAR = 365
# How long ago each message of the chat was written.
CHATTED = (timedelta(days=3), timedelta(days=3, minutes=-25), timedelta(days=1), timedelta(hours=2))
# These are only there where a sales route of the brand opens accounts of the full portal.
NEEDS_OPENING = frozenset({"new", "new_without_phone", "twin"})


class NotEmpty(PortalError):
    """The database holds accounts that are not the demonstration's."""

    code = "database_not_empty"


@dataclass(frozen=True)
class Post:
    """One letter to be written: its kind, about which policy, how many days ago, and whether it was opened."""

    kind: LetterKind
    policy: int
    days_ago: int
    opened: bool = True


def demo(*, as_json: bool = typer.Option(False, "--json", help="Print the list as JSON and change nothing.")) -> None:
    """Fill an empty database with the demonstration, and list its people.

    Raises `NotEmpty` when the database holds other accounts.
    """
    settings = load_settings(demo=True)
    rows = people_rows(read_brand(settings.brand))
    if not as_json:
        house = open_house(settings)
        migrate(house.database)
        fill_if_empty(house)
        house.database.close()
    _print(rows, as_json=as_json)


def people_of(brand: Brand) -> Iterator[tuple[int, DemoPerson]]:
    """Go through the people of the portals that this brand has switched on, each with a number that is always the same."""
    for number, person in enumerate(demo_letters.people(), 1):
        opened = person.portal in brand.opens.values() or person.state not in NEEDS_OPENING
        if person.portal in brand.switched_on and opened:
            yield number, person


def people_rows(brand: Brand) -> list[dict[str, str | None]]:
    """List everybody, the same every time: role, portal, login, password (null where it does not suffice), about."""
    return [
        {
            "role": person.role,
            "portal": person.portal.value,
            "login": person.login,
            "password": None if person.state in NOT_AT_ONCE else person.password,
            "about": person.about,
        }
        for _, person in people_of(brand)
    ]


def fill_if_empty(house: House) -> bool:
    """Fill the database unless that was done before; a run that was killed is continued. Says whether it worked.

    Raises `NotEmpty`.
    """
    seen = house.database.ask(demonstration.progress, DEMO)
    if seen.filled:
        return False
    if not seen.empty and not seen.begun:
        raise NotEmpty
    house.database.carry_out(demonstration.note_progress, DEMO, filled=False)
    moment = the_moment()
    for number, person in people_of(house.brand):
        _Scene(house, person, number, moment).play()
    house.database.carry_out(demonstration.note_progress, DEMO, filled=True)
    return True


def posts_of(person: DemoPerson) -> list[Post]:
    """Say which letters a person has, the oldest first."""
    if person.state == "crowded":
        return [Post(KINDS[n % len(KINDS)], n % 5, (CROWD - n) * 360 // CROWD, n % 7 != 0) for n in range(CROWD)]
    if person.state == "last_day":
        return [
            Post(LetterKind.POLICY_DOCUMENT, 0, YEAR - 1),
            Post(LetterKind.PAYMENT_NOTICE, 0, YEAR - 5),
            Post(LetterKind.INFORMATION, 1, YEAR - 21, opened=False),
            Post(LetterKind.PREMIUM_CERTIFICATE, 1, 90),
        ]
    if person.state in {"empty", "postal", "alone", "unconfirmed"}:
        return []
    if person.state == "ready":
        opened = [Post(kind, n % 2, 340 - n * 30) for n, kind in enumerate(KINDS)]
        paid = [Post(LetterKind.ACCOUNTING_VOUCHER, 1, 12), Post(LetterKind.PAYMENT_NOTICE, 1, 25, opened=False)]
        return [
            *opened,
            *(paid if person.portal is not PortalName.KULDEMENYEIM else []),
            Post(LetterKind.CANCELLATION_NOTICE, 1, 4, opened=False),
            Post(LetterKind.PAYMENT_REMINDER, 0, 2, opened=False),
            Post(LetterKind.INDEXATION_LETTER, 0, 0, opened=False),
        ]
    if person.state.startswith("new"):
        return [Post(LetterKind.POLICY_DOCUMENT, 0, 0, opened=False), Post(LetterKind.COVER_CERTIFICATE, 0, 0, opened=False)]
    return [
        Post(LetterKind.POLICY_DOCUMENT, 0, 200),
        Post(LetterKind.PAYMENT_NOTICE, 0, 45),
        Post(LetterKind.INFORMATION, 0, 5, opened=False),
    ]


class _Scene:
    """One person's part of the demonstration; every step may be repeated without harm."""

    def __init__(self, house: House, person: DemoPerson, number: int, moment: datetime) -> None:
        self.house, self.person, self.number, self.moment = house, person, number, moment
        self.database = house.database

    def play(self) -> None:
        """Open the account, place the letters, reach the person's state."""
        if self.person.state == "unconfirmed":
            self._begin_registration()
            return
        posts = posts_of(self.person)
        first = max((post.days_ago for post in posts), default=30) + 1
        begun = self.moment if self.person.state.startswith("new") else self.moment - timedelta(days=first)
        if self.person.portal is self.house.brand.registers_in:
            self.database.carry_out(
                demonstration.register, DEMO, self.person.login, self.person.address_on_file, self.person.portal, now=begun
            )
        for policy in self._policies():
            self._state(policy, begun)
        if self.person.portal is PortalName.UGYFELPORTAL and self._opens_elsewhere():
            self.database.carry_out(
                demonstration.move_to_full_portal, DEMO, self.person.address_on_file, self.person.login, now=begun
            )
        for some, at in _by_moment(posts, self.moment):
            self._place(some, at)
        if self.person.password:
            self._activate(max(begun, self.moment - timedelta(days=300)))
            self._open(posts)
        self._reach()

    def _begin_registration(self) -> None:
        """Let the person have filled in the registration; the link waits in the post box."""
        person = self.person
        if self.database.ask(demonstration.address_exists, DEMO, person.address_on_file):
            return
        hashed = self.house.hashing.hash(person.password)
        self.database.carry_out(
            registrations.ask, Stranger(), Wanted(person.login, person.address_on_file), hashed, token_digest(random_token()),
            portal=person.portal, language="hu", brand=self.house.brand, secrets=self.house.secrets, now=self.moment,
        )  # fmt: skip

    def _policies(self) -> list[DemoPolicy]:
        products = [product.name for product in self.house.brand.products]
        count = {"crowded": 5, "ready": 2, "last_day": 2, "alone": 0}.get(self.person.state, 1)
        if self._route() in self.house.brand.opens_anew:
            count = 1
        return [self._policy(index, products[index % len(products)]) for index in range(count)]

    def _policy(self, index: int, product: str) -> DemoPolicy:
        code = self.house.brand.products[index % len(self.house.brand.products)].code
        has_plate = code in {"KGFB", "CASCO"}
        plate = f"ABC-{100 + self.number}" if has_plate else ""
        return DemoPolicy(f"{code}-2025-{self.number:03}{index:03}", product, plate, 38_400 + 1_200 * (self.number + index))

    def _opens_elsewhere(self) -> bool:
        """Whether no sales route leads into the person's portal, so that they come there from the letter-box."""
        return self.person.portal not in self.house.brand.opens.values() and self.person.state != "postal"

    def _route(self) -> SalesRoute:
        """Say how the person's policies were sold: on a route that opens an account in their portal, anew for twins."""
        brand = self.house.brand
        routes = [route for route, portal in brand.opens.items() if portal == self.person.portal]
        if self.person.state == "twin":
            routes = [route for route in routes if route in brand.opens_anew]
        return SalesRoute(routes[0]) if routes else SalesRoute.DIRECT

    def _state(self, policy: DemoPolicy, at: datetime) -> None:
        if self.database.ask(demonstration.policy_exists, DEMO, policy.number):
            return
        person = self.person
        chosen = person.login if person.portal is self.house.brand.registers_in else ""
        holder = Holder(person.name, person.address_on_file, person.phone, f"U-{self.number:05}", chosen)
        communication = Communication.POSTAL if person.state == "postal" else Communication.ELECTRONIC
        statement = PolicyStatement(
            policy.number, policy.product, holder, communication, self._route(), PolicyStatus.ACTIVE,
            as_of=at, consent_at=at, plate_number=policy.plate,
            accounting_documents=person.portal is not PortalName.KULDEMENYEIM and person.state != "postal",
        )  # fmt: skip
        try:
            self._tell(statement, None)
        except openings.FirstAccessNeeded:
            drawn = openings.draw_first_access(statement.sales_route, brand=self.house.brand, hashing=self.house.hashing)
            self._tell(statement, replace(drawn, login=person.login))

    def _tell(self, statement: PolicyStatement, first_access: openings.FirstAccess | None) -> None:
        self.database.carry_out(
            policies.state_policy, DEMO, statement, consent_stated=True, first_access=first_access,
            brand=self.house.brand, secrets=self.house.secrets, now=statement.as_of,
        )  # fmt: skip

    def _place(self, posts: list[tuple[int, Post]], at: datetime) -> None:
        desk = intake.Desk(self.database, self.house.objects, self.house.scanner, self.house.brand)
        handovers = [self._handover(number, post, at) for number, post in posts]
        for outcome in intake.hand_over(desk, DEMO, handovers, now=lambda: at):
            if isinstance(outcome, PortalError):
                raise outcome

    def _handover(self, number: int, post: Post, at: datetime) -> Handover:
        own = self._policies()
        policy = own[post.policy % len(own)]
        written_on = budapest_date(at)
        words = demo_letters.letter(
            post.kind, self.house.brand, self.person, policy, written_on=written_on, due_on=written_on + timedelta(days=30)
        )
        content = render_pdf(demo_letters.TEMPLATE, words.page)
        name = f"{sentence(f'kind.{post.kind}', 'hu')} {policy.number}.pdf"
        attachment = Attachment(name, hashlib.sha256(content).hexdigest(), content)
        return Handover(
            f"DEMO-{self.number:03}-{number:04}", policy.number, post.kind, words.subject, words.summary, (attachment,),
            due_on=words.due_on, amount=words.amount, requires_confirmation=words.requires_confirmation,
        )  # fmt: skip

    def _activate(self, chosen_at: datetime) -> None:
        days: int | None = self.house.brand.lives.password_days
        if not self.house.brand.portal(self.person.portal).passwords.renewal:
            days = None
        elif self.person.state == "expired":
            chosen_at = self.moment - timedelta(days=days + 1)
        elif self.person.state == "expiring":
            chosen_at = self.moment - timedelta(days=days - 12)
        self.database.carry_out(
            demonstration.give_password, DEMO, self.person.login, self.house.hashing.hash(self.person.password),
            chosen_at=chosen_at, days=days, now=self.moment,
        )  # fmt: skip

    def _open(self, posts: list[Post]) -> None:
        customer = self.database.ask(demonstration.customer_of, DEMO, self.person.login)
        placed = self.database.ask(demonstration.letters_of, DEMO, self.person.login)
        oldest_first = sorted(posts, key=lambda post: -post.days_ago)
        for post, (letter_id, _, placed_at) in zip(oldest_first, placed, strict=True):
            if post.opened and placed_at > self.moment - timedelta(days=364):
                self.database.carry_out(letters.open_letter, customer, letter_id, now=placed_at + timedelta(hours=7))

    def _reach(self) -> None:
        """Bring the person into the state that their row is about."""
        rules = self.house.brand.portal(self.person.portal).sign_in
        do, login, now = self.database.carry_out, self.person.login, self.moment
        match self.person.state:
            case "ready":
                self._ask()
                self._correspond()
                self._chat()
            case "nine_failures":
                do(demonstration.fail_sign_ins, DEMO, login, rules.locked_after - 1, rules, now=now)
            case "locked":
                do(demonstration.fail_sign_ins, DEMO, login, rules.locked_after, rules, now=now)
            case "refused_address":
                do(demonstration.refuse_address, DEMO, login, "550 5.1.1 mailbox unavailable", now=now)
            case "english":
                do(demonstration.speak, DEMO, login, "en")
            case "closing":
                do(
                    demonstration.begin_closing, DEMO, login,
                    brand=self.house.brand, secrets=self.house.secrets, now=now - timedelta(days=2),
                )  # fmt: skip
        if self.person.password and self.person.state != "ready":
            do(demonstration.withdraw_post, DEMO, login, now=now)

    def _ask(self) -> None:
        """Let the person of the full portal have a request in each standing worth seeing; the letters about them are read."""
        if self.person.portal is not PortalName.UGYFELPORTAL:
            return
        do, login = self.database.carry_out, self.person.login
        customer = self.database.ask(demonstration.customer_of, DEMO, login)
        for request in demo_letters.requests():
            asked_at = self.moment - timedelta(days=request.days_ago)
            new = NewApplication(request.kind, f"demo {request.kind}", request.facts)
            receipt = do(applications.submit, customer, new, brand=self.house.brand, now=asked_at)
            self._bring(customer, receipt, request.status, asked_at + timedelta(hours=20))
        do(demonstration.withdraw_post, DEMO, login, now=self.moment)

    def _bring(self, customer: Customer, receipt: ApplicationReceipt, status: ApplicationStatus, at: datetime) -> None:
        """Bring a request to where it stands, unless a former run did."""
        do, house = self.database.carry_out, self.house
        standing = self.database.ask(applications.read_own, customer, receipt.public_id, now=self.moment).status
        if standing != ApplicationStatus.SUBMITTED:
            return
        match status:
            case ApplicationStatus.IN_PROGRESS:
                do(decisions.take_up, DEMO, receipt.reference, now=at)
            case ApplicationStatus.FULFILLED:
                decision = Decision(house.brand, house.secrets)
                do(decisions.fulfil, DEMO, receipt.reference, decision, now=at)
            case ApplicationStatus.WITHDRAWN:
                do(applications.withdraw, customer, receipt.public_id, now=at)

    def _chat(self) -> None:
        """Let the person of the online portal have chatted; the last answer is unread."""
        if self.person.portal is not PortalName.ONLINE24:
            return
        do, brand = self.database.carry_out, self.house.brand
        customer = self.database.ask(demonstration.customer_of, DEMO, self.person.login)
        said = len(self.database.ask(chats.read_chat, customer, brand=brand, now=self.moment).lines)
        for number, text in list(enumerate(demo_letters.chat(brand.register)))[said:]:
            at = self.moment - CHATTED[number]
            if number % 2:
                do(chats.say, DEMO, self.person.login, text, now=at)
                continue
            do(chats.mark_seen, customer, now=at)
            mark = messages.form_mark(customer, "demo chat", str(number), text, ())
            do(chats.send, customer, text, subject=sentence("chat.title", "hu"), mark=mark, brand=brand, now=at)

    def _correspond(self) -> None:
        """Let the person have written about one letter, and the insurer have answered."""
        customer = self.database.ask(demonstration.customer_of, DEMO, self.person.login)
        placed = self.database.ask(demonstration.letters_of, DEMO, self.person.login)
        letter_id = next(letter_id for letter_id, kind, _ in reversed(placed) if kind == LetterKind.INFORMATION)
        question, reply = demo_letters.correspondence(self.person, self.house.brand.register)
        brand, asked_at = self.house.brand, self.moment - timedelta(days=6)
        mark = messages.form_mark(customer, letter_id, "demo", question, [])
        receipt = self.database.carry_out(
            messages.send_reply, customer, letter_id, question, (), mark=mark, brand=brand, now=asked_at
        )
        answered_at = self.moment - timedelta(days=4)
        self.database.carry_out(answers.answer, DEMO, receipt.reference, reply, (), brand=brand, now=answered_at)
        self.database.carry_out(letters.open_letter, customer, letter_id, now=self.moment - timedelta(days=3))


def _by_moment(posts: list[Post], moment: datetime) -> Iterator[tuple[list[tuple[int, Post]], datetime]]:
    """Gather letters of the same day, the oldest day first; each keeps its number."""
    numbered = sorted(enumerate(posts, 1), key=lambda pair: -pair[1].days_ago)
    for days_ago, same_day in groupby(numbered, key=lambda pair: pair[1].days_ago):
        yield list(same_day), moment - timedelta(days=days_ago, minutes=30 if days_ago == 0 else 0)


def _print(rows: list[dict[str, str | None]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("portal", "login", "password", "about")
    for row in rows:
        table.add_row(row["portal"], row["login"], row["password"] or "–", row["about"])
    Console().print(table)
