"""The e-mails and short messages customers get: which kinds there are, what each needs to know, and their words.

Nothing here ever carries the content of a letter (R4, R12): only that something awaits, from whom, since when, how
many, and where to read it. The words stand in the catalogue room `post`, the layout in `templates/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal_app.domain.brands import Brand
from portal_app.texts import dates
from portal_app.texts.catalogues import has_sentence, sentence
from portal_app.texts.phones import masked_email, phone

_FILL_IN = "{secret}"


@dataclass(frozen=True)
class PostKind:
    """What one kind of post needs: its own facts, where its button leads, and whether a secret is shown or linked.

    `path` is relative to the public address; `{secret}` in it is replaced by the one-time token.
    """

    path: str = ""
    facts: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    shows_secret: bool = False
    shows: str = ""
    """The fact that is shown large, to be read out or typed."""


def _kind(path: str = "", *facts: str, optional: tuple[str, ...] = (), shows_secret: bool = False, shows: str = "") -> PostKind:
    return PostKind(path, frozenset(facts), frozenset(optional), shows_secret, shows)


# Every e-mail. Common facts are `origin`, `at`, `count`, `secret`, `portal`; the kind's own ones are named here.
# Dates and moments may be given as ISO 8601 text, because the outbox keeps facts as JSON.
KINDS: Mapping[str, PostKind] = {
    "activation": _kind("/elso-belepes/{secret}"),
    "initial_password": _kind(shows_secret=True),
    "issued_login": _kind("/belepes", "login", shows="login"),
    "first_password": _kind("/belepes", shows_secret=True),
    "requested_password": _kind("/belepes", shows_secret=True),
    "arrival": _kind("/kuldemenyek"),
    "reminder": _kind("/kuldemenyek"),
    "retention_warning": _kind("/kuldemenyek", "erase_on", optional=("unopened",)),
    "password_expiry": _kind("/jelszo", "expires_on"),
    "password_link": _kind("/uj-jelszo/{secret}", optional=("reason",)),
    "security_code": _kind(shows_secret=True),
    "password_changed": _kind("/elfelejtett-jelszo"),
    "account_locked": _kind("/elfelejtett-jelszo"),
    "email_change_confirm": _kind("/beallitasok/e-mail/{secret}", "expires_at"),
    "email_changed_notice_to_old": _kind("", "new_address"),
    "letters_go_elsewhere": _kind(),
    "registration": _kind("/regisztracio/megerosites/{secret}", optional=("taken", "known")),
    "new_answer": _kind("/kuldemenyek"),
    "closing_confirm": _kind("/portaltorles/{secret}", "expires_at"),
    "closing_started": _kind("/beallitasok", "closes_on"),
    "closing_done": _kind(optional=("turned_postal",)),
    "application_received": _kind("/kerelmek", "reference", "due_on"),
    "application_question": _kind("/kerelmek", "reference", optional=("words",)),
    "application_decided": _kind("/kerelmek", "reference", "outcome", optional=("words",)),
    "upgraded": _kind("/belepes", "login", shows="login"),
    "upgrade_invitation": _kind("/atlepes"),
    "accounts_merged": _kind("/osszevonas", "undo_until"),
    "merge_undone": _kind("/belepes"),
    "confirmation_code": _kind(shows_secret=True),
    "sign_in_from_new_device": _kind("/elfelejtett-jelszo", "device"),
    "whereabouts": _kind("/belepes", "accounts", optional=("postal",)),
    "whereabouts_postal": _kind("/ugyintezes/elektronikus-levelezes"),
}
SMS_KINDS = frozenset({"initial_password", "first_password", "requested_password", "confirmation_code"})
LINK_REASONS = ("forgotten", "expired", "locked")
DECISIONS = ("fulfilled", "rejected")

_DAYS = frozenset({"erase_on", "expires_on", "closes_on", "due_on", "undo_until"})
_MOMENTS = frozenset({"expires_at"})
# Who reads the old address's post need not learn the new address.
_ADDRESSES = frozenset({"new_address"})
# Lines of a portal's name and the identifiers that lead into it.
_ACCOUNTS = frozenset({"accounts"})
# Kinds whose first sentence depends on a fact, and kinds that say more when a fact is given.
_CHOSEN_BY = {"password_link": ("reason", LINK_REASONS), "application_decided": ("outcome", DECISIONS)}
_ADDED_BY = {
    "retention_warning": (("unopened", "unopened"),),
    "closing_done": (("turned_postal", "postal"),),
    "application_question": (("words", "words"),),
    "application_decided": (("words", "words"),),
    "registration": (("taken", "taken"), ("known", "known")),
}
# Any kind may be sent to a place of its own instead of the usual one.
_LINK = "link"


class PostUnknown(KeyError):
    """There is no post of this kind, or not by this channel."""


class FactMissing(KeyError):
    """The post needs a fact that was not given."""


class FactUnknown(TypeError):
    """A fact was given that this kind of post does not declare."""


@dataclass(frozen=True)
class ComposedMail:
    """An e-mail ready to be sent: the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Page:
    """What the layouts show, in reading order; all plain text."""

    language: str
    title: str
    brand: Brand
    heading: str
    greeting: str
    before: list[str]
    shown: str
    button: str
    link: str
    copy_link: str
    after: list[str]
    footer: list[str]


def compose(
    kind: str,
    language: str,
    register: str,
    brand: Brand,
    *,
    origin: str,
    at: datetime,
    portal: str = "",
    count: int = 1,
    secret: str = "",
    **facts: str | int | date,
) -> ComposedMail:
    """Compose an e-mail of this kind in the customer's language and the brand's register.

    `origin` is the public address without a slash at its end, `at` the aware moment of what is told, `portal` the
    account's portal (empty: the brand's first), `count` how many letters it is about, `secret` the one-time token,
    password or code. Further facts are those that `KINDS` declares, and `link`, a path or address of its own for the
    button. Raises `PostUnknown`, `FactMissing` or `FactUnknown`.
    """
    rules = _rules(kind)
    _check(kind, rules, facts, secret)
    values = _values(language, brand, portal, at, count, facts)
    say = _Speaker(kind, language, register, values)
    link = _link(rules, origin, secret, facts)
    page = _Page(
        language=language,
        title=str(values["portal"]),
        brand=brand,
        heading=say.own("heading"),
        greeting=say.common("greeting"),
        before=[text for part in _body_parts(kind, facts) for text in _paragraphs(say.own(part))],
        shown=secret if rules.shows_secret else str(facts.get(rules.shows, "")),
        button=say.own("button") if link else "",
        link=link,
        copy_link=say.common("copy_link") if link else "",
        after=_paragraphs(say.own("after")) if say.has("after") else [],
        footer=[say.common(part) for part in ("help", "never", "no_answer", "sender")],
    )
    return ComposedMail(
        subject=say.own("subject"),
        text=_layouts().get_template("mail.txt.jinja").render(page=page),
        html=_layouts().get_template("mail.html.jinja").render(page=page),
    )


def compose_sms(
    kind: str,
    language: str,
    register: str,
    brand: Brand,
    *,
    portal: str = "",
    secret: str = "",
    **facts: str | int | date,  # noqa: ARG001 - the courier hands both channels the same facts
) -> str:
    """Compose a short message of this kind; raises `PostUnknown` where the kind only goes by e-mail.

    Facts of the e-mail of the same kind may be given, they are not used: whoever reads the screen learns no more.
    """
    if kind not in SMS_KINDS:
        raise PostUnknown(f"no short message of kind {kind}")
    if not secret:
        raise FactMissing(f"{kind} needs secret")
    values: dict[str, str | int] = {"portal": _portal_title(brand, portal), "short_name": brand.short_name, "secret": secret}
    values["sms_hours"] = brand.lives.sms_password_hours
    return sentence(f"post.{kind}.sms", language, register, **values)


def needs_secret(kind: str) -> bool:
    """Whether post of this kind carries a one-time token, password or code."""
    rules = _rules(kind)
    return rules.shows_secret or _FILL_IN in rules.path


class _Speaker:
    """Says the sentences of one kind in one language and register."""

    def __init__(self, kind: str, language: str, register: str, values: dict[str, object]) -> None:
        self.kind, self.language, self.register, self.values = kind, language, register, values

    def own(self, part: str) -> str:
        return sentence(f"post.{self.kind}.{part}", self.language, self.register, **self.values)

    def has(self, part: str) -> bool:
        return has_sentence(f"post.{self.kind}.{part}", self.language, self.register)

    def common(self, part: str) -> str:
        return sentence(f"post.{part}", self.language, self.register, **self.values)


def _rules(kind: str) -> PostKind:
    try:
        return KINDS[kind]
    except KeyError:
        raise PostUnknown(f"no post of kind {kind}") from None


def _check(kind: str, rules: PostKind, facts: dict[str, str | int | date], secret: str) -> None:
    """Refuse what is missing and what is too much, before anything is sent."""
    missing = rules.facts - facts.keys()
    if missing:
        raise FactMissing(f"{kind} needs {', '.join(sorted(missing))}")
    unknown = facts.keys() - rules.facts - rules.optional - {_LINK}
    if unknown:
        raise FactUnknown(f"{kind} does not know {', '.join(sorted(unknown))}")
    if needs_secret(kind) and not secret:
        raise FactMissing(f"{kind} needs secret")


def _values(
    language: str, brand: Brand, portal: str, at: datetime, count: int, facts: dict[str, str | int | date]
) -> dict[str, object]:
    """Gather everything a sentence may show, already worded in the language."""
    contact, lives = brand.contact, brand.lives
    return {
        "n": count,
        "date": dates.long_date(at, language),
        "moment": dates.moment(at, language),
        "portal": _portal_title(brand, portal),
        "insurer": brand.insurer,
        "short_name": brand.short_name,
        "phone": phone(contact.phone),
        "hours": contact.opening_hours if language == "hu" else contact.opening_hours_en,
        "sender_name": brand.post.sender_name,
        "sender_address": brand.post.sender_address,
        "search_word": brand.post.search_word,
        "activation_days": lives.activation_days,
        "reset_minutes": lives.reset_link_minutes,
        "code_minutes": lives.email_code_minutes,
        "sms_hours": lives.sms_password_hours,
        "registration_hours": lives.registration_link_hours,
        "closing_days": brand.retention.closing_days,
    } | {
        name: _account_lines(str(value), brand) if name in _ACCOUNTS else _worded(name, value, language)
        for name, value in facts.items()
    }


def _worded(name: str, value: str | int | date, language: str) -> str | int:
    if name in _DAYS:
        return dates.long_date(date.fromisoformat(value) if isinstance(value, str) else _a_date(name, value), language)
    if name in _MOMENTS:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            raise FactMissing(f"{name} needs a moment")
        return dates.moment(moment, language)
    if name in _ADDRESSES:
        return masked_email(str(value))
    return value if isinstance(value, str | int) else value.isoformat()


def _account_lines(listed: str, brand: Brand) -> str:
    accounts = [line.partition(" ") for line in listed.split("\n")]
    return "\n".join(f"{_portal_title(brand, portal)}: {identifiers}" for portal, _, identifiers in accounts)


def _a_date(name: str, value: int | date) -> date:
    if isinstance(value, date):
        return value
    raise FactMissing(f"{name} needs a date")


def _portal_title(brand: Brand, portal: str) -> str:
    return brand.full_title(portal or brand.switched_on[0])


def _body_parts(kind: str, facts: dict[str, str | int | date]) -> list[str]:
    """Name the sentences above the button, in order; some depend on the facts."""
    first = "body"
    if kind in _CHOSEN_BY:
        fact, choices = _CHOSEN_BY[kind]
        first = str(facts.get(fact, choices[0]))
        if first not in choices:
            raise FactUnknown(f"{kind} does not know the {fact} {first}")
    return [first, *(part for fact, part in _ADDED_BY.get(kind, ()) if facts.get(fact))]


def _link(rules: PostKind, origin: str, secret: str, facts: dict[str, str | int | date]) -> str:
    """Give the full address of the button, empty where there is none; always on our own origin unless told otherwise."""
    place = str(facts.get(_LINK, rules.path)).replace(_FILL_IN, secret)
    return f"{origin}{place}" if place.startswith("/") else place


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in text.split("\n\n") if paragraph]


@cache
def _layouts() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.jinja"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
