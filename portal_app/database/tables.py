"""Every table of the portal: what it remembers, one class a noun.

Times are aware UTC. Public ids are 128 random bits in hex, so that counters never show.
Folded columns (`…_key`) are filled from `domain/hungarian.py`, so that both databases search and sort alike.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import DateTime, Index, String, Text, TypeDecorator, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept without zone by SQLite and with it by PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times before they are stored."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back with its zone."""
        del dialect
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class SortKey(TypeDecorator[str]):
    """Text that both databases compare byte by byte."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Ask PostgreSQL for the C collation; SQLite compares bytes anyway."""
        return String(collation="C") if dialect.name == "postgresql" else String()


def _moment(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=Moment, index=index)


# A column that later releases add: the rows that are already there get this.
_ADDED_LATER = {"server_default": ""}

_SHOWN = text("binned_at IS NULL AND publish_at IS NULL")


def _inbox_index(name: str, column: str) -> Index:
    """One index a sort column, holding only what the inbox shows, within one owner's range."""
    return Index(f"letter_inbox_{name}", "account_id", column, "id", sqlite_where=_SHOWN, postgresql_where=_SHOWN)


def _partial_index(name: str, *columns: str, where: str) -> Index:
    """An index over the few rows that some work looks for."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Installation(SQLModel, table=True):
    """Facts about this installation: its brand, the check value of its secret."""

    name: str = Field(primary_key=True)
    value: str


# ── people ──


class Account(SQLModel, table=True):
    """A customer's account in one portal.

    `revision` rises with everything an open tab should show at once.
    """

    __table_args__ = (
        _partial_index("account_refused", "email_refused_at", where="email_refused_at IS NOT NULL"),
        _partial_index("account_phone", "phone", where="phone_confirmed_at IS NOT NULL"),
        _partial_index("account_wishes", "upgrade_wished_at", where="upgrade_wished_at IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    portal: str
    status: str = "invited"
    """unconfirmed (registered, the mailed link not pressed yet) | invited (nobody has signed in yet) | active | closing | closed
    | merged (sleeps inside another account)"""
    email: str
    email_key: str = Field(index=True)
    email_confirmed_at: datetime | None = _moment()
    email_refused_at: datetime | None = _moment()
    """Since when the address refuses our mail for good."""
    email_refused_reason: str = ""
    phone: str = ""
    phone_confirmed_at: datetime | None = _moment()
    """When a password that went to this phone was used."""
    language: str = "hu"
    customer_ref: str = Field(default="", index=True)
    revision: int = 0
    unread: int = 0
    reminders_wanted: bool = True
    rows_per_page: int = 25
    inbox_sort: str = "-placed"
    created_at: datetime = Field(sa_type=Moment)
    activated_at: datetime | None = _moment()
    password_warned: int | None = None
    """The last password expiry warning sent, in days before."""
    upgrade_wished_at: datetime | None = _moment()
    """Until the wish is met: the customer was invited, or has moved."""
    upgraded_at: datetime | None = _moment()


class Login(SQLModel, table=True):
    """An identifier that leads to an account."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    kind: str
    key: str = Field(unique=True)
    shown: str


class Credential(SQLModel, table=True):
    """A password of an account: chosen by the customer, or sent by us until its first use."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    kind: str
    """chosen | sent"""
    hash: str
    sent_to: str = Field(default="", sa_column_kwargs=_ADDED_LATER)
    """The phone or address a sent one went to, which using it confirms."""
    created_at: datetime = Field(sa_type=Moment)
    valid_until: datetime | None = _moment(index=True)
    used_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()


class Link(SQLModel, table=True):
    """A link that was mailed; only the SHA-256 of its token is kept."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    purpose: str
    """activation | password | address | closing | registration"""
    token_sha256: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)
    valid_until: datetime = Field(sa_type=Moment, index=True)
    used_at: datetime | None = _moment()
    superseded_at: datetime | None = _moment()
    subject: str = ""
    """What the link confirms, such as the new address."""


class Visit(SQLModel, table=True):
    """A browser's errand before it has signed in: which link it came with, how its last attempt ended."""

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)
    valid_until: datetime = Field(sa_type=Moment, index=True)
    link_id: int | None = Field(default=None, foreign_key="link.id", index=True)
    portal: str = ""
    login_shown: str = ""
    outcome: str = ""
    failures: int = 0
    challenge_id: int | None = None
    wait_until: datetime | None = _moment()
    verified_at: datetime | None = _moment()
    """When the initial password that goes with the link was proved."""
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)


class SignIn(SQLModel, table=True):
    """One browser's sign-in; the cookie's SHA-256 stands here, never the cookie."""

    __tablename__ = "sign_in"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    token_sha256: str = Field(unique=True)
    device_id: int | None = Field(default=None, foreign_key="device.id", index=True)
    stage: str = "full"
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment, index=True)
    ended_at: datetime | None = _moment()
    end_reason: str = ""
    browser: str = ""
    source: str = ""


class Device(SQLModel, table=True):
    """A browser that has signed in before and that strangers therefore cannot lock out."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    token_sha256: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment, index=True)


class FailureBucket(SQLModel, table=True):
    """Failed sign-ins of one identifier from one known browser, or from all unknown ones together."""

    __tablename__ = "failure_bucket"

    account_key: str = Field(primary_key=True)
    bucket: str = Field(primary_key=True)
    failures: int = 0
    not_before: datetime | None = _moment()
    locked_at: datetime | None = _moment()
    told_at: datetime | None = _moment()
    updated_at: datetime = Field(sa_type=Moment, index=True)


class Challenge(SQLModel, table=True):
    """A security code that was shown or mailed (R36)."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_key: str = Field(index=True)
    picture_answer: str = ""
    """Sealed, because the picture is drawn again from it."""
    email_code_sha256: str = ""
    created_at: datetime = Field(sa_type=Moment)
    valid_until: datetime = Field(sa_type=Moment, index=True)
    failures: int = 0
    used_at: datetime | None = _moment()


# ── policies and letters ──


class Policy(SQLModel, table=True):
    """An insurance contract as the core system last described it (R98)."""

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    product: str
    holder_name: str
    email: str = Field(default="", index=True)
    phone: str = ""
    customer_ref: str = Field(default="", index=True)
    portal24_username: str = ""
    plate_number: str = ""
    plate_key: str = Field(default="", index=True, sa_column_kwargs=_ADDED_LATER)
    """The plate number folded, for those who know nothing else of their contract."""
    mailing_address: str = Field(default="", sa_column_kwargs=_ADDED_LATER)
    bank_account: str = Field(default="", sa_column_kwargs=_ADDED_LATER)
    contact_decided_at: datetime | None = _moment()
    """When a request carried out by us last changed the holder's e-mail address or phone."""
    communication: str
    consent_at: datetime | None = _moment()
    accounting_documents: bool = False
    sales_route: str
    status: str
    ended_on: date | None = None
    as_of: datetime = Field(sa_type=Moment)
    decided_here_at: datetime | None = _moment()
    """When a request carried out by us last changed the communication."""
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    opened_account_id: int | None = Field(default=None, foreign_key="account.id", index=True)


class Delivery(SQLModel, table=True):
    """One letter handed over by the insurer; stays as proof when the letter itself is erased."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    external_ref: str = Field(unique=True)
    fingerprint: str
    system: str
    policy_number: str = Field(index=True)
    kind: str
    account_id: int = Field(foreign_key="account.id", index=True)
    accepted_at: datetime = Field(sa_type=Moment)
    publish_at: datetime | None = _moment()
    answer: str = Field(sa_type=Text)
    """The first answer as JSON, given again when the delivery is repeated."""


class Letter(SQLModel, table=True):
    """A letter in a customer's account."""

    __table_args__ = (
        _inbox_index("placed", "placed_at"),
        _inbox_index("subject", "subject_key"),
        _inbox_index("kind", "kind_key"),
        _inbox_index("policy", "policy_key"),
        _inbox_index("unread", "unread"),
        _inbox_index("erase", "erase_on"),
        _inbox_index("size", "document_bytes"),
        _partial_index("letter_binned", "account_id", "binned_at", where="binned_at IS NOT NULL"),
        _partial_index("letter_waiting", "publish_at", where="publish_at IS NOT NULL"),
        _partial_index("letter_unopened", "erase_on", where="opened_at IS NULL"),
        Index("letter_erase", "erase_on"),
        # Whatever moves or goes with its account: no database looks through a partial index for a foreign key.
        Index("letter_owner", "account_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_id: int = Field(foreign_key="account.id")
    policy_id: int | None = Field(default=None, foreign_key="policy.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)
    kind: str
    subject: str
    summary: str = Field(default="", sa_type=Text)
    policy_number: str = ""
    plate_number: str = ""
    due_on: date | None = None
    amount: int | None = None
    requires_confirmation: bool = False
    confirmed_at: datetime | None = _moment()
    publish_at: datetime | None = _moment()
    """While set, the letter waits for this moment and nobody sees it."""
    placed_at: datetime = Field(sa_type=Moment)
    opened_at: datetime | None = _moment()
    unread: bool = True
    binned_at: datetime | None = _moment()
    erase_on: date
    """Readable to the end of the day before this Budapest date; erased by the first nightly on or after it."""
    warned_days: int | None = None
    reminded_days: int | None = None
    documents: int = 0
    document_bytes: int = 0
    subject_key: str = Field(sa_type=SortKey)
    kind_key: str = Field(sa_type=SortKey)
    policy_key: str = Field(default="", sa_type=SortKey)
    search_key: str = Field(sa_type=Text)


class Document(SQLModel, table=True):
    """A file of a letter or of a message; its bytes lie encrypted in the object store."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    letter_id: int | None = Field(default=None, foreign_key="letter.id", index=True)
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    position: int
    name: str
    media_type: str = "application/pdf"
    size: int
    pages: int = 0
    sha256: str
    object_key: str = Field(unique=True)
    tagged: bool = False
    flagged: str = ""
    """Why the content is active, where the brand flags instead of refusing."""


class DocumentKey(SQLModel, table=True):
    """The wrapped key of a document; deleting it destroys the document wherever copies lie."""

    __tablename__ = "document_key"

    document_id: int = Field(primary_key=True, foreign_key="document.id")
    wrapped: str


class Message(SQLModel, table=True):
    """What customer and insurer write to each other, mostly under a letter."""

    __table_args__ = (
        Index("message_sent", "account_id", "written_at", "id"),
        _partial_index("message_open", "id", where="direction = 'customer' AND status <> 'answered'"),
        _partial_index("message_chat", "account_id", "id", where="purpose = 'chat'"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    letter_id: int | None = Field(default=None, foreign_key="letter.id", index=True)
    answers_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    direction: str
    """customer | insurer"""
    purpose: str = "reply"
    """reply | answer | upgrade_wish | closing | chat"""
    status: str = "received"
    """received | in_progress | answered"""
    reference: str = Field(unique=True)
    """What the customer quotes on the phone, such as V-2026-7KQ4M2."""
    subject: str
    policy_number: str = ""
    text: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=Moment)
    due_on: date | None = None
    seen_at: datetime | None = _moment()
    nonce: str = Field(unique=True)
    """The form's nonce: the same form sent twice makes one message."""
    binned_at: datetime | None = _moment()
    erase_on: date = Field(index=True)
    subject_key: str = Field(default="", sa_type=SortKey)
    search_key: str = Field(default="", sa_type=Text)
    documents: int = 0


class Draft(SQLModel, table=True):
    """A reply that was begun."""

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    letter_id: int = Field(primary_key=True, foreign_key="letter.id", index=True)
    text: str = Field(sa_type=Text)
    nonce: str
    saved_at: datetime = Field(sa_type=Moment)
    refusals: str = Field(default="[]", sa_type=Text)
    """Why the last sending was refused, as JSON, until the text is changed or sent."""


class Closing(SQLModel, table=True):
    """A wish to close an account (R26–R28): confirmed by a link, then waiting until it takes effect."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    ground: str
    """policy_ended | to_post | other"""
    policies: str = ""
    """The policy numbers that go back to post, one a line."""
    words: str = Field(default="", sa_type=Text)
    asked_at: datetime = Field(sa_type=Moment)
    confirmed_at: datetime | None = _moment()
    takes_effect_on: date | None = Field(default=None, index=True)
    cancelled_at: datetime | None = _moment()
    done_at: datetime | None = _moment()


class Application(SQLModel, table=True):
    """A request (kérelem) about a contract or an account, decided by the insurer: e-communication, merge, new data (R71–R78)."""

    __table_args__ = (
        Index("application_own", "account_id", "id"),
        Index("application_email", "email", "submitted_at"),
        _partial_index("application_open", "due_on", "id", where="decided_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    """Empty for whoever asks from outside, without an account (C13)."""
    policy_id: int | None = Field(default=None, foreign_key="policy.id", index=True)
    kind: str
    """electronic | postal | address | phone | email | bank_account | merge | lost_access"""
    status: str = "submitted"
    """submitted | in_progress | waiting_for_customer | fulfilled | rejected | withdrawn"""
    reference: str = Field(unique=True)
    """What the customer quotes on the phone, such as K-2026-7KQ4M2."""
    policy_number: str = ""
    email: str = ""
    """Where somebody without an account is answered."""
    facts: str = Field(default="{}", sa_type=Text)
    """What is asked for, as JSON: consents, the new address, …"""
    submitted_at: datetime = Field(sa_type=Moment)
    due_on: date
    decided_at: datetime | None = _moment()
    reason: str = Field(default="", sa_type=Text)
    """Why it was rejected, or what is still needed, in words for the customer."""
    paused_at: datetime | None = _moment()
    """Since when the insurer waits for the customer."""
    history: str = Field(default="[]", sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    """Its steps as JSON: when, which status, in which words."""
    nonce: str = Field(unique=True)
    """The form's nonce: the same form sent twice makes one request."""
    erase_on: date | None = Field(default=None, index=True)
    """Set when it is decided."""


class ApplicationDraft(SQLModel, table=True):
    """Answers of a request that was begun, one of a kind."""

    __tablename__ = "application_draft"

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    kind: str = Field(primary_key=True)
    facts: str = Field(default="{}", sa_type=Text)
    """The answers so far, as JSON."""
    nonce: str
    saved_at: datetime = Field(sa_type=Moment, index=True)


class Merge(SQLModel, table=True):
    """Two accounts made one (R56–R57), which can be undone for some days."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    """The account that goes on."""
    merged_id: int = Field(foreign_key="account.id", index=True)
    """The account that sleeps inside it."""
    merged_at: datetime = Field(sa_type=Moment)
    undo_until: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = _moment()


class MergedRow(SQLModel, table=True):
    """A row that changed its account with a merge, so that undoing it finds the way back."""

    __tablename__ = "merged_row"
    __table_args__ = (Index("merged_row_of", "kind", "row_id"),)

    merge_id: int = Field(primary_key=True, foreign_key="merge.id")
    kind: str = Field(primary_key=True)
    """login | policy | letter | message | application | merge (an earlier one into the account that sleeps now)"""
    row_id: int = Field(primary_key=True)


class Duty(SQLModel, table=True):
    """Somebody of customer service who answers chats until a moment."""

    name: str = Field(primary_key=True)
    until: datetime = Field(sa_type=Moment, index=True)


# ── proof, post and intake ──


class Event(SQLModel, table=True):
    """What happened, appended and never changed: the proof of delivery and the audit trail."""

    __table_args__ = (Index("event_delivery", "delivery_id", "id"), Index("event_account", "account_id", "id"))

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment)
    act: str
    """subject:verb, such as letter:opened."""
    actor_kind: str
    actor_name: str = ""
    account_id: int | None = None
    delivery_id: int | None = None
    about: str = ""
    """The public id of what it happened to."""
    details: str = ""
    """Further facts as JSON, without personal data."""


class Job(SQLModel, table=True):
    """The outbox: post that a committed transaction owes somebody."""

    __table_args__ = (
        _partial_index("job_due", "not_before", "id", where="ended_at IS NULL"),
        _partial_index("job_dead", "ended_at", where="outcome = 'dead'"),
        _partial_index("job_whereabouts", "recipient", "created_at", where="kind IN ('whereabouts', 'whereabouts_postal')"),
        Index(
            "job_gathers",
            "gathers",
            unique=True,
            sqlite_where=text("gathers <> ''"),
            postgresql_where=text("gathers <> ''"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    channel: str
    """mail | sms"""
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    recipient: str
    facts: str = Field(default="{}", sa_type=Text)
    """JSON for the template; never a secret."""
    secret: str = ""
    """A sealed secret that the template shows; blanked at hand-over."""
    count: int = 1
    gathers: str = ""
    """Jobs with the same key become one, `count` rises; the claim of a courier clears the key."""
    urgent: bool = True
    """Asked for by the customer just now; the quiet hours do not hold it."""
    language: str = Field(default="", sa_column_kwargs=_ADDED_LATER)
    """Of post to somebody without an account; else the account's language holds."""
    created_at: datetime = Field(sa_type=Moment)
    not_before: datetime = Field(sa_type=Moment)
    attempts: int = 0
    leased_until: datetime | None = _moment()
    leased_by: str = ""
    ended_at: datetime | None = _moment(index=True)
    outcome: str = ""
    """sent | dead | refused | withdrawn"""
    reason: str = ""


class ApiKey(SQLModel, table=True):
    """An insurer system's key; only its SHA-256 is kept."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    sha256: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = _moment()


class IdempotentAnswer(SQLModel, table=True):
    """The answer to a creating POST, kept so that a retry gets the same one."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (UniqueConstraint("api_key_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    api_key_id: int = Field(foreign_key="api_key.id")
    key: str
    body_sha256: str
    status: int = 0
    """0 while the first request is being worked on."""
    answer: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=Moment, index=True)
    leased_until: datetime = Field(sa_type=Moment)
