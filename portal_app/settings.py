"""Every environment variable and the chosen brand, typed and read once; a bad value stops the start with a sentence."""

import re
import secrets
import tomllib
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal_app.domain import brands
from portal_app.domain.brands import Brand
from portal_app.domain.passwords import PasswordRules
from portal_app.domain.sign_in import SignInRules

SHORTEST_SECRET = 32
BRANDS = Path(__file__).parent / "brands"

# The domain knows no pydantic, so it is said here that a misspelt key in a brand file is a mistake.
_DESCRIBED: tuple[type[Any], ...] = (
    *(brands.Brand, brands.Colours, brands.Post, brands.Contact, brands.Portal, brands.Product),
    *(brands.Lives, brands.Retention, brands.Reminders, brands.Limits),
    *(PasswordRules, SignInRules),
)
for _described in _DESCRIBED:
    _described.__pydantic_config__ = ConfigDict(extra="forbid")


class Role(StrEnum):
    """Which work this process does."""

    ALL = "all"
    WEB = "web"
    COURIER = "courier"


class SettingsWrong(Exception):
    """A setting or the brand file is wrong; the text names file or variable, key and reason."""


class Settings(BaseSettings):
    """The installation's settings, from `PORTAL_…` variables or a `.env` file."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", env_file=".env", extra="ignore", frozen=True)

    brand: str = Field("minta", description="Name of a shipped brand or path of a brand file.")
    public_url: str = Field("", description="The one address customers use; empty means http://localhost:$PORT.")
    data: Path = Field(Path("var"), description="Folder for database, objects and outgoing post.")
    database_url: str = Field("", repr=False, description="SQLAlchemy URL; empty means SQLite in the data folder.")
    objects_url: str = Field(
        "", repr=False, description="Folder or s3://bucket/prefix for documents; empty means the data folder."
    )
    redis_url: str = Field("", repr=False, description="Redis for several web processes; empty means one process.")
    smtp_url: str = Field("", repr=False, description="smtp://user:password@host:port?starttls=required, smtps://… or file:.")
    sms_url: str = Field("", repr=False, description="https://… of a generic JSON gateway, or file:.")
    clamd_url: str = Field("", description="tcp://host:port or unix:/path of clamd; empty means no virus scanner.")
    api_requests_a_minute: int = Field(
        12_000, ge=1, description="How many requests one API key may send within a minute; the rest is answered 429."
    )
    proxy_hops: int = Field(0, ge=0, le=5, description="How many of our own proxies stand in front.")
    secret_key: str = Field("", repr=False, description="Secrets of at least 32 characters, newest first, separated by commas.")
    metrics_token: str = Field("", repr=False, description="Bearer token for /metrics from elsewhere than loopback.")
    demo: bool = Field(default=False, description="Demonstration: own secret, post as files, /postafiok.")
    role: Role = Field(Role.ALL, description="all, web or courier.")
    port: int = Field(8000, ge=1, le=65535, validation_alias="PORT", description="Port to listen on.")
    host: str = Field("127.0.0.1", validation_alias="HOST", description="Address to listen on.")

    @field_validator("public_url")
    @classmethod
    def _bare_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}):
            raise ValueError("must be an origin such as https://portal.example.hu, without a path")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long_secrets(cls, value: str) -> str:
        if any(len(secret) < SHORTEST_SECRET for secret in value.split(",") if value):
            raise ValueError(f"each secret must have at least {SHORTEST_SECRET} characters")
        return value

    @model_validator(mode="after")
    def _complete_unless_demo(self) -> "Settings":
        if not self.demo:
            missing = [name for name in ("secret_key", "smtp_url", "sms_url") if not getattr(self, name)]
            if missing:
                names = ", ".join(f"PORTAL_{name.upper()}" for name in missing)
                raise ValueError(f"outside demo mode these must be named (file: writes post to files): {names}")
        return self

    @property
    def public_origin(self) -> str:
        """The one origin of this installation."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether cookies travel over TLS only."""
        return self.public_origin.startswith("https://")

    @property
    def folder(self) -> Path:
        """The data folder; each brand's demonstration lives in one of its own."""
        return self.data / f"demo-{Path(self.brand).stem}" if self.demo else self.data

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{(self.folder / 'portal.db').resolve()}"

    @property
    def objects(self) -> str:
        """The object store's URL or folder."""
        return self.objects_url or str((self.folder / "objects").resolve())

    @property
    def secrets(self) -> list[str]:
        """The secret keys, newest first; the demonstration makes its own on first use."""
        if self.secret_key or not self.demo:
            return self.secret_key.split(",")
        return [_demo_secret(self.folder / "demo-secret")]

    @property
    def outgoing(self) -> Path:
        """Where e-mails and SMS are written as files."""
        return self.folder / "outgoing"


def _demo_secret(path: Path) -> str:
    """Read the demonstration's secret, making it once; linking a finished file lets two processes agree."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as drawn, suppress(FileExistsError):
            drawn.write(secrets.token_urlsafe(48))
            drawn.flush()
            path.hardlink_to(drawn.name)
    return path.read_text(encoding="ascii")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raises `SettingsWrong` with one sentence a mistake."""
    try:
        return Settings(**overrides)
    except ValidationError as wrong:
        raise SettingsWrong("; ".join(_complaint(error) for error in wrong.errors())) from None


@lru_cache
def read_brand(name_or_path: str) -> Brand:
    """Read and validate a brand by its shipped name or its path.

    Raises `SettingsWrong` naming file, key and reason.
    """
    path = Path(name_or_path) if name_or_path.endswith(".toml") else BRANDS / f"{name_or_path}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(sorted(file.stem for file in BRANDS.glob("*.toml")))
        raise SettingsWrong(f"{path}: no such brand file; shipped brands are {known}") from None
    except tomllib.TOMLDecodeError as wrong:
        raise SettingsWrong(f"{path}: not TOML: {wrong}") from None
    try:
        brand = TypeAdapter(Brand).validate_python({"name": path.stem, **values})
    except ValidationError as wrong:
        raise SettingsWrong("; ".join(f"{path}: {_complaint(error)}" for error in wrong.errors())) from None
    for key, reason in brand_mistakes(brand):
        raise SettingsWrong(f"{path}: {key}: {reason}")
    return brand


def brand_mistakes(brand: Brand) -> list[tuple[str, str]]:
    """Judge what types cannot: references between keys and the shape of colours; (key, reason) each."""
    mistakes = [] if brand.switched_on else [("switched_on", "at least one portal must be switched on")]
    mistakes += [("switched_on", f"portal {name} is not described") for name in brand.switched_on if name not in brand.portals]
    mistakes += [
        (f"opens.{route}", f"portal {name} is not switched on")
        for route, name in brand.opens.items()
        if name not in brand.switched_on
    ]
    mistakes += [
        (f"opens_anew.{route}", "only routes whose portal issues identifiers can open an account each")
        for route in brand.opens_anew
        if route not in brand.opens or brand.portals[brand.opens[route]].login is not brands.LoginKind.ISSUED
    ]
    mistakes += [
        (f"colours.{key}", f"{value} is not #rrggbb")
        for key, value in vars(brand.colours).items()
        if not re.fullmatch(r"#[0-9a-f]{6}", value)
    ]
    mistakes += _host_mistakes(brand)
    for name, portal in brand.portals.items():
        rules = portal.passwords
        least = rules.lower + rules.upper + rules.digits + rules.special
        if rules.longest and rules.longest < max(rules.shortest, least):
            mistakes.append((f"portals.{name}.passwords", "the longest password is shorter than the rules demand"))
        if portal.sign_in.challenge_after >= portal.sign_in.locked_after:
            mistakes.append((f"portals.{name}.sign_in", "the challenge must come before the lock"))
    return mistakes


def _host_mistakes(brand: Brand) -> list[tuple[str, str]]:
    """Judge the hosts that lead to a portal: each leads to one only."""
    every = [host for portal in brand.portals.values() for host in portal.hosts]
    return [
        (f"portals.{name}.hosts", f"{host} is no bare host name in small letters, or stands twice")
        for name, portal in brand.portals.items()
        for host in portal.hosts
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) or every.count(host) > 1
    ]


def _complaint(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    reason = error["msg"].removeprefix("Value error, ")
    return f"{key}: {reason}" if key else reason
