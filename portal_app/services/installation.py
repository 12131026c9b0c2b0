"""The installation's own facts: whose it is, which secret it was begun with, when its timers last ran."""

from datetime import datetime

from sqlmodel import Session, col, delete, select

from portal_app.database.tables import Installation
from portal_app.database.upserts import insert_into
from portal_app.domain.brands import Brand
from portal_app.gateways.secrets import Secrets
from portal_app.settings import SettingsWrong

BRAND = "brand"
SECRET_CHECK = "secret_check"  # noqa: S105 - the name of a fact, not a secret
NIGHTLY_FINISHED = "nightly_finished_at"
BACKUP_FINISHED = "backup_finished_at"


def check_installation(db: Session, brand: Brand, secrets: Secrets) -> None:
    """Refuse a database that belongs to another brand or was begun with another secret; a new one remembers both.

    Raises `SettingsWrong` with one sentence that says what to set. After a rotation the newest secret is remembered.
    """
    facts = _facts(db)
    known_brand = facts.get(BRAND, brand.name)
    if known_brand != brand.name:
        raise SettingsWrong(
            f"PORTAL_BRAND is {brand.name}, but this database belongs to {known_brand}: "
            "set the brand back or name another database"
        )
    known_check = facts.get(SECRET_CHECK, secrets.check_value())
    if not secrets.recognises(known_check):
        raise SettingsWrong(
            "PORTAL_SECRET_KEY is not the secret this database was begun with: "
            "set it back, or keep the old one behind the new one, separated by a comma"
        )
    for name, value in ((BRAND, brand.name), (SECRET_CHECK, secrets.check_value())):
        if facts.get(name) != value:
            remember(db, name, value)


def remember(db: Session, name: str, value: str) -> None:
    """Write down a fact about the installation; the one known before is forgotten."""
    fact = insert_into(db, Installation).values(name=name, value=value)
    db.execute(fact.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def recall(db: Session, name: str) -> str:
    """Give a fact, or nothing when it was never written down."""
    return db.exec(select(Installation.value).where(Installation.name == name)).first() or ""


def recall_moment(db: Session, name: str) -> datetime | None:
    """Give a moment that was written down with `isoformat`."""
    value = recall(db, name)
    return datetime.fromisoformat(value) if value else None


def forget(db: Session, name: str) -> None:
    """Forget a fact."""
    db.exec(delete(Installation).where(col(Installation.name) == name))


def _facts(db: Session) -> dict[str, str]:
    return {row.name: row.value for row in db.exec(select(Installation)).all()}
