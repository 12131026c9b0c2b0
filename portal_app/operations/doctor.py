"""The doctor: looks at everything an installation needs, one line each, and says what to do."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import redis
import typer
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from portal_app.database.schema import Standing, newest_step, standing_of, step_of
from portal_app.database.tables import Document, DocumentKey
from portal_app.domain.actors import Operator
from portal_app.domain.errors import PortalError
from portal_app.gateways import clock
from portal_app.gateways.logs import configure_logs
from portal_app.gateways.mail import MailPostponed, mail_transport
from portal_app.gateways.objects import ObjectDamaged, ObjectMissing
from portal_app.gateways.sms import SmsPostponed, sms_transport
from portal_app.services import figures, installation, rotation
from portal_app.services.documents import read_wrapped
from portal_app.services.house import House, open_house
from portal_app.settings import Settings, SettingsWrong, load_settings

ENOUGH_BYTES = 2_000_000_000
SAMPLE = 20
LATE_POST = timedelta(minutes=15)
A_DAY = timedelta(hours=26)
"""A daily timer may come a little late."""
SAME_TIME = timedelta(seconds=30)
ACTOR = Operator("doctor")


class Problem(Exception):
    """Something is not as it should be; the text says what to do."""


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    name: str
    fine: bool
    words: str


def doctor() -> None:
    """Look at settings, database, documents, post, timers and disk: one line each, with what to do about problems.

    Exit codes: 0 everything is fine; 1 there are problems.
    """
    os.umask(0o077)
    configure_logs()
    findings = list(examine())
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{'ok' if finding.fine else 'PROBLEM':8}{finding.name:{width + 2}}{finding.words}")
    if not all(finding.fine for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Look at one thing after the other; without settings or database what needs them is left out."""
    try:
        settings = load_settings()
        house = open_house(settings)
    except (SettingsWrong, ValueError) as wrong:
        yield Finding("settings", fine=False, words=str(wrong))
        return
    try:
        for name, look in CHECKS.items():
            finding = _looked(name, look, house)
            yield finding
            if name in ("database", "schema") and not finding.fine:
                return
    finally:
        house.objects.close()
        house.database.close()


def _looked(name: str, look: Callable[[House], str], house: House) -> Finding:
    try:
        return Finding(name, fine=True, words=look(house))
    except Problem as problem:
        return Finding(name, fine=False, words=str(problem))
    except SettingsWrong as wrong:
        return Finding(name, fine=False, words=str(wrong))
    except SQLAlchemyError as fault:
        return Finding(name, fine=False, words=f"the database refuses: {type(fault).__name__}; look into its own log")


def _settings(house: House) -> str:
    settings = house.settings
    if settings.demo:
        return f"demonstration of {house.brand.name}, {settings.public_origin}"
    _check_address(settings)
    return f"brand {house.brand.name}, {settings.public_origin}, role {settings.role}"


def _check_address(settings: Settings) -> None:
    if urlsplit(settings.public_origin).hostname in {"localhost", "127.0.0.1", "::1"}:
        raise Problem("PORTAL_PUBLIC_URL leads to this machine only: name the address customers use")
    if not settings.secure:
        raise Problem("PORTAL_PUBLIC_URL is not https: put a proxy with TLS in front, see docs/OPERATIONS.md")


def _database(house: House) -> str:
    with house.database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if broken != "ok":
                raise Problem("the SQLite file is damaged: restore the last backup into a new folder")
            return "SQLite, file is whole"
        version = connection.execute(text("SHOW server_version")).scalar()
        theirs = connection.execute(text("SELECT now()")).scalar()
        if isinstance(theirs, datetime) and abs(theirs - clock.now()) > SAME_TIME:
            raise Problem("the clocks of this machine and of the database differ: set up NTP on both")
        return f"PostgreSQL {version}"


def _schema(house: House) -> str:
    standing = standing_of(house.database)
    if standing in (Standing.EMPTY, Standing.BEHIND):
        raise Problem(f"step {step_of(house.database) or 'none'}, needed is {newest_step()}: run `python -m portal_app migrate`")
    return f"step {step_of(house.database)}" + (", of a newer release" if standing is Standing.AHEAD else "")


def _belonging(house: House) -> str:
    house.database.carry_out(installation.check_installation, house.brand, house.secrets)
    return "database, brand and secret belong together"


def _objects(house: House) -> str:
    try:
        stored = house.objects.put(b"doctor")
        content = house.objects.read(stored.key, stored.wrapped_key)
        house.objects.delete(stored.key)
    except PortalError as refusal:
        raise Problem(
            f"documents cannot be stored ({refusal.code}): check PORTAL_OBJECTS_URL, its rights and its space"
        ) from None
    return "can be written, read and deleted" if content == b"doctor" else "read back something else"


def _documents(house: House) -> str:
    """Read the newest documents as a customer would, and compare their hashes."""
    with house.database.reading() as db:
        rows = db.exec(
            select(Document.object_key, Document.sha256, DocumentKey.wrapped)
            .join(DocumentKey, col(DocumentKey.document_id) == Document.id)
            .order_by(col(Document.id).desc())
            .limit(SAMPLE)
        ).all()
    for object_key, digest, wrapped in rows:
        try:
            content = house.objects.read(object_key, read_wrapped(wrapped))
        except (ObjectMissing, ObjectDamaged) as fault:
            raise Problem(
                f"document {object_key} is {'missing' if isinstance(fault, ObjectMissing) else 'damaged'}: "
                "is PORTAL_OBJECTS_URL the right place? Else restore it from a backup"
            ) from None
        if sha256(content).hexdigest() != digest:
            raise Problem(f"document {object_key} is not what was stored: restore it from a backup")
    return f"the newest {len(rows)} can be read and are unchanged"


def _keys(house: House) -> str:
    if house.database.ask(rotation.any_key_is_old, ACTOR, secrets=house.secrets):
        raise Problem("documents are still sealed with an older secret: run `python -m portal_app rewrap`, then drop the old one")
    return "document keys are sealed with the newest secret"


def _mail(house: House) -> str:
    try:
        asyncio.run(_checked(mail_transport(house.settings.smtp_url or "file:", house.settings.outgoing)))
    except MailPostponed as fault:
        raise Problem(f"nothing can be handed over ({fault.reason}): check PORTAL_SMTP_URL") from None
    return "written as files" if house.settings.smtp_url.startswith("file:") or house.settings.demo else "the server answers"


def _sms(house: House) -> str:
    try:
        asyncio.run(_checked(sms_transport(house.settings.sms_url or "file:", house.settings.outgoing)))
    except SmsPostponed as fault:
        raise Problem(f"nothing can be handed over ({fault.reason}): check PORTAL_SMS_URL") from None
    return "written as files" if house.settings.sms_url.startswith("file:") or house.settings.demo else "the gateway answers"


async def _checked(transport: object) -> None:
    await transport.check()  # type: ignore[attr-defined]
    await transport.close()  # type: ignore[attr-defined]


def _scanner(house: House) -> str:
    if not house.scanner.active:
        if house.settings.demo:
            return "none, as in a demonstration"
        raise Problem("no virus scanner looks at customers' files: set PORTAL_CLAMD_URL")
    try:
        house.scanner.check()
    except PortalError:
        raise Problem("clamd does not answer, so customers' files are refused: start it, or check PORTAL_CLAMD_URL") from None
    return "clamd answers"


def _redis(house: House) -> str:
    if not house.settings.redis_url:
        return "none: one web process"
    try:
        with redis.Redis.from_url(house.settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as line:
            line.ping()
    except redis.RedisError as fault:
        raise Problem(f"Redis does not answer ({type(fault).__name__}): start it, or check PORTAL_REDIS_URL") from None
    return "answers"


def _disk(house: House) -> str:
    free = shutil.disk_usage(house.settings.folder).free
    if free < ENOUGH_BYTES:
        raise Problem(f"only {free // 1_000_000} MB are free where {house.settings.folder} lies: make room")
    return f"{free // 1_000_000_000} GB free"


def _rights(house: House) -> str:
    """Look whether other users of the machine could read database and documents."""
    found = [house.settings.folder, Path(house.settings.objects)]
    if house.database.engine.dialect.name == "sqlite":
        found.append(Path(make_url(house.database.url).database or ""))
    open_to_others = [path for path in found if path.is_file() and path.stat().st_mode & 0o077]
    open_to_others += [path for path in found if path.is_dir() and path.stat().st_mode & 0o007]
    if open_to_others:
        raise Problem(f"others on this machine can read {open_to_others[0]}: chmod -R go-rwx {house.settings.folder}")
    return "data is for its owner only"


def _post(house: House) -> str:
    post = house.database.ask(figures.post_figures, ACTOR, now=clock.now())
    if post.oldest_seconds > LATE_POST.total_seconds():
        minutes = int(post.oldest_seconds // 60)
        raise Problem(f"post waits for {minutes} minutes: is a courier running (PORTAL_ROLE)? Its log says what it met")
    if post.dead:
        raise Problem(f"{post.dead} jobs were given up in the last week: see `job.reason` where `outcome` is 'dead'")
    return f"{sum(post.open.values())} owed, none late"


def _nightly(house: House) -> str:
    if house.settings.demo:
        return "needs no timer in a demonstration"
    return _recent(house, installation.NIGHTLY_FINISHED, "nightly", "enable portal-nightly.timer, or look at its log")


def _backup(house: House) -> str:
    if house.settings.demo:
        return "none needed for a demonstration"
    return _recent(house, installation.BACKUP_FINISHED, "backup", "enable portal-backup.timer, or look at its log")


def _recent(house: House, fact: str, name: str, what_to_do: str) -> str:
    def last(db: Session) -> datetime | None:
        return installation.recall_moment(db, fact)

    finished = house.database.ask(last)
    if finished is None:
        raise Problem(f"no {name} has ever finished: {what_to_do}")
    if clock.now() - finished > A_DAY:
        raise Problem(f"the last good {name} was at {finished:%Y-%m-%d %H:%M} UTC: {what_to_do}")
    return f"last finished at {finished:%Y-%m-%d %H:%M} UTC"


CHECKS: dict[str, Callable[[House], str]] = {
    "settings": _settings,
    "database": _database,
    "schema": _schema,
    "belonging": _belonging,
    "objects": _objects,
    "documents": _documents,
    "keys": _keys,
    "mail": _mail,
    "sms": _sms,
    "scanner": _scanner,
    "redis": _redis,
    "disk": _disk,
    "rights": _rights,
    "post": _post,
    "nightly": _nightly,
    "backup": _backup,
}
