"""What differs from insurer to insurer: names, portals and every number a rule needs, as frozen data."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portal_app.domain.kinds import LetterKind
from portal_app.domain.passwords import PasswordRules
from portal_app.domain.sign_in import SignInRules


class PortalName(StrEnum):
    """The three portals a brand can switch on."""

    KULDEMENYEIM = "kuldemenyeim"
    UGYFELPORTAL = "ugyfelportal"
    ONLINE24 = "online24"


class Register(StrEnum):
    """How the brand addresses its customers."""

    FORMAL = "formal"
    INFORMAL = "informal"


class LoginKind(StrEnum):
    """What a customer types as identifier."""

    EMAIL = "email"
    ISSUED = "issued"
    CHOSEN = "chosen"


class FirstPassword(StrEnum):
    """How the first password of a portal travels (R93)."""

    SMS_ELSE_MAIL = "sms_else_mail"
    CHOSEN = "chosen"


class ActiveContent(StrEnum):
    """What happens to PDFs with something that runs in them."""

    REFUSE = "refuse"
    FLAG = "flag"


class WhenUnopened(StrEnum):
    """What retention does with a letter nobody ever opened."""

    ERASE = "erase"
    KEEP = "keep"


@dataclass(frozen=True)
class Colours:
    """The brand's colours as #rrggbb; contrast is tested."""

    primary: str
    primary_text: str
    accent: str
    primary_dark: str
    primary_dark_text: str


@dataclass(frozen=True)
class Post:
    """The fixed sender by which help pages tell customers how to find our mail (R49, R97)."""

    sender_name: str
    sender_address: str
    search_word: str
    all_senders: tuple[str, ...]
    sms_sender: str = ""


@dataclass(frozen=True)
class Contact:
    """How customers reach people."""

    phone: str
    opening_hours: str
    opening_hours_en: str
    email: str
    postal_address: str
    website: str
    privacy: str
    """Address of the insurer's data protection notice."""


@dataclass(frozen=True)
class Lives:
    """How long secrets live."""

    activation_days: int = 14
    sms_password_hours: int = 72
    reset_link_minutes: int = 60
    email_code_minutes: int = 15
    phone_code_minutes: int = 15
    registration_link_hours: int = 48
    password_days: int = 365


@dataclass(frozen=True)
class Retention:
    """How long letters stay and when the customer is warned (R24)."""

    letter_years: int = 1
    accounting_years: int = 8
    bin_days: int = 30
    warn_days: tuple[int, ...] = (30, 7)
    warn_unopened_days: tuple[int, ...] = (60, 30, 7)
    when_unopened: WhenUnopened = WhenUnopened.ERASE
    accept_after_end_days: int = 365
    closing_days: int = 7


@dataclass(frozen=True)
class Reminders:
    """After how many unread days a reminder goes out, and when nothing may be sent unasked."""

    days: tuple[int, ...] = (7,)
    legal_days: tuple[int, ...] = (3, 7)
    password_expiry_days: tuple[int, ...] = (30, 7, 1)
    from_hour: int = 9
    to_hour: int = 20


@dataclass(frozen=True)
class Limits:
    """How much may be handed over at once; sizes in bytes."""

    attachments: int = 20
    attachment_bytes: int = 25_000_000
    batch: int = 500
    request_bytes: int = 100_000_000
    reply_files: int = 5
    reply_file_bytes: int = 10_000_000
    reply_characters: int = 5_000
    zip_bytes: int = 500_000_000


@dataclass(frozen=True)
class Portal:
    """One portal of the brand with its numbers (R92–R95)."""

    title: str
    hosts: tuple[str, ...]
    login: LoginKind
    passwords: PasswordRules
    sign_in: SignInRules = field(default_factory=SignInRules)
    first_password: FirstPassword = FirstPassword.SMS_ELSE_MAIL


@dataclass(frozen=True)
class Product:
    """A product as the help pages list it (R41)."""

    code: str
    name: str
    name_en: str
    about: str
    about_en: str


@dataclass(frozen=True)
class Brand:
    """One insurer. The file name is the brand's name; everything a page prints comes from here."""

    name: str
    insurer: str
    short_name: str
    register: Register
    colours: Colours
    post: Post
    contact: Contact
    portals: dict[PortalName, Portal]
    opens: dict[str, PortalName]
    opens_anew: tuple[str, ...] = ()
    """Sales routes on which every policy opens an account of its own, whoever holds it (R55)."""
    products: tuple[Product, ...] = ()
    logo: str = ""
    switched_on: tuple[PortalName, ...] = ()
    active_content: ActiveContent = ActiveContent.REFUSE
    request_days: int = 15
    merge_undo_days: int = 30
    upgrade_asks_phone_code: bool = False
    """Whether moving to the full portal takes a policy number and a code sent to the phone."""
    lives: Lives = field(default_factory=Lives)
    retention: Retention = field(default_factory=Retention)
    reminders: Reminders = field(default_factory=Reminders)
    limits: Limits = field(default_factory=Limits)
    electronic_from: dict[LetterKind, date] = field(default_factory=dict)
    """The first Budapest date on which a kind is delivered electronically; a kind without one always is (R5)."""

    @property
    def registers_in(self) -> PortalName | None:
        """The portal in which people register by themselves (R90), where the brand has one."""
        return next((name for name in self.switched_on if self.portals[name].first_password is FirstPassword.CHOSEN), None)

    def portal(self, name: str) -> Portal:
        """Give the portal of that name."""
        return self.portals[PortalName(name)]

    def portal_or_first(self, name: str | None) -> Portal:
        """Give the portal of that name, and the brand's first one where none is known."""
        return self.portal(name or self.switched_on[0])

    def full_title(self, name: str) -> str:
        """Name a portal with its insurer before it, unless its title says the insurer already."""
        title = self.portal(name).title
        return title if title.startswith(self.short_name) else f"{self.short_name} {title}"
