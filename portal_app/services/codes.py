"""Codes that prove an address or a phone just now: six digits, few tries, good for some minutes."""

import hmac
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Challenge
from portal_app.domain.brands import Brand
from portal_app.gateways.challenge import email_code
from portal_app.gateways.secrets import Secrets, public_id
from portal_app.services.accounts import seal_text
from portal_app.services.challenges import MAILS_AN_HOUR, mails_in_last_hour
from portal_app.services.outbox import enqueue

KIND = "confirmation_code"
PURPOSE = "code"
TRIES = 5


def send_code(db: Session, account: Account, errand: str, *, channel: str, brand: Brand, secrets: Secrets, now: datetime) -> bool:
    """Owe the account a code for this errand by `mail` or `sms`; the one before does not work any more.

    False when three went out within the last hour: then nothing changes.
    """
    if mails_in_last_hour(db, account, (KIND,), now=now) >= MAILS_AN_HOUR:
        return False
    key = _key(account, errand)
    end_codes(db, account, errand, now=now)
    code, lives = email_code(), brand.lives
    minutes = lives.phone_code_minutes if channel == "sms" else lives.email_code_minutes
    made = Challenge(public_id=public_id(), account_key=key, created_at=now, valid_until=now + timedelta(minutes=minutes))
    made.email_code_sha256 = _digest(secrets, made, code)
    db.add(made)
    enqueue(db, KIND, account, now=now, channel=channel, sealed_secret=seal_text(secrets, code))
    return True


def awaits_code(db: Session, account_id: int, errand: str, *, now: datetime) -> bool:
    """Whether a code was sent for this errand that can still be answered."""
    return _open(db, f"{PURPOSE}:{errand}:{account_id}", now) is not None


def take_code(db: Session, account: Account, errand: str, given: str, *, secrets: Secrets, now: datetime) -> bool:
    """Use the code up if it is right; a wrong one counts, and after five the code is worth nothing."""
    challenge = _open(db, _key(account, errand), now)
    if challenge is None:
        return False
    digits = "".join(character for character in given if character.isdigit())
    right = hmac.compare_digest(_digest(secrets, challenge, digits), challenge.email_code_sha256)
    counted = {"used_at": now} if right else {"failures": Challenge.failures + 1}
    still_open = (col(Challenge.id) == challenge.id, col(Challenge.used_at).is_(None), col(Challenge.failures) < TRIES)
    taken = db.execute(update(Challenge).where(*still_open).values(**counted).returning(col(Challenge.id))).first()
    return right and taken is not None


def end_codes(db: Session, account: Account, errand: str, *, now: datetime) -> None:
    """Let no code that was sent for this errand work any more."""
    sent = (col(Challenge.account_key) == _key(account, errand), col(Challenge.used_at).is_(None))
    db.exec(update(Challenge).where(*sent).values(used_at=now))


def _open(db: Session, key: str, now: datetime) -> Challenge | None:
    return db.exec(
        select(Challenge)
        .where(
            Challenge.account_key == key,
            col(Challenge.used_at).is_(None),
            Challenge.failures < TRIES,
            Challenge.valid_until > now,
        )
        .order_by(col(Challenge.id).desc())
    ).first()


def _key(account: Account, errand: str) -> str:
    return f"{PURPOSE}:{errand}:{account.id}"


def _digest(secrets: Secrets, challenge: Challenge, code: str) -> str:
    # Keyed, because a short code could be found from a plain digest by trying them all.
    return secrets.fingerprint(PURPOSE, f"{challenge.public_id} {code}")
