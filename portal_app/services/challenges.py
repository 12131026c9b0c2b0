"""Security codes (biztonsági kód, R36): a picture to read or, equal beside it, a code by e-mail that may be pasted."""

import base64
import hmac
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select, update

from portal_app.database.tables import Account, Challenge, Job, Visit
from portal_app.domain.brands import Brand
from portal_app.domain.sign_in import SignInRules
from portal_app.gateways.challenge import email_code, new_answer
from portal_app.gateways.secrets import Secrets, public_id
from portal_app.services.accounts import seal_text
from portal_app.services.outbox import enqueue

PURPOSE = "challenge"
MAILS_AN_HOUR = 3


def challenge_for(
    db: Session,
    visit: Visit,
    account_key: str,
    rules: SignInRules,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
    anew: bool = False,
) -> Challenge:
    """Give the visit's open code for this account; make one where there is none, or `anew` when another was asked for."""
    known = db.get(Challenge, visit.challenge_id) if visit.challenge_id else None
    if known is not None and not anew and known.account_key == account_key and _is_open(known, rules, now):
        return known
    answer = new_answer()
    made = Challenge(
        public_id=public_id(),
        account_key=account_key,
        picture_answer=base64.b64encode(secrets.seal(PURPOSE, answer.encode())).decode(),
        created_at=now,
        valid_until=now + timedelta(minutes=brand.lives.email_code_minutes),
    )
    db.add(made)
    db.flush()
    visit.challenge_id = made.id
    return made


def open_challenge(db: Session, visit: Visit | None, rules: SignInRules, *, now: datetime) -> Challenge | None:
    """Give the code the visit is to answer, if there is one that still can be answered."""
    found = db.get(Challenge, visit.challenge_id) if visit is not None and visit.challenge_id else None
    return found if found is not None and _is_open(found, rules, now) else None


def picture_text(challenge: Challenge, secrets: Secrets) -> str:
    """Open the text that the picture shows."""
    return secrets.open(PURPOSE, base64.b64decode(challenge.picture_answer)).decode()


def solve(
    db: Session, visit: Visit, account_key: str, given: str, rules: SignInRules, *, secrets: Secrets, now: datetime
) -> bool:
    """Use the code up if the answer is right; a wrong one counts against the code, never as a wrong password.

    Of several that come at once with the same right answer only one is let through.
    """
    challenge = open_challenge(db, visit, rules, now=now)
    if challenge is None or challenge.account_key != account_key:
        return False
    if not _answers(challenge, given, secrets):
        wrong = {"failures": Challenge.failures + 1}
        db.exec(update(Challenge).where(col(Challenge.id) == challenge.id).values(**wrong))
        db.expire(challenge)
        return False
    used = (
        update(Challenge)
        .where(
            col(Challenge.id) == challenge.id,
            col(Challenge.used_at).is_(None),
            col(Challenge.failures) < rules.challenge_tries,
        )
        .values(used_at=now)
    )
    return db.execute(used.returning(col(Challenge.id))).first() is not None


def give_back(db: Session, visit: Visit) -> None:
    """Make the code just used good again, because the attempt it came with was not let through for another reason."""
    db.exec(update(Challenge).where(col(Challenge.id) == visit.challenge_id).values(used_at=None))


def mail_code(db: Session, challenge: Challenge, account: Account | None, *, secrets: Secrets, now: datetime) -> None:
    """Owe the account an e-mail with a code for this challenge, at most three an hour.

    For an identifier that leads nowhere the same is done except for the post itself.
    """
    code = email_code()
    challenge.email_code_sha256 = _digest(secrets, challenge, code)
    if account is None or mails_in_last_hour(db, account, ("security_code",), now=now) >= MAILS_AN_HOUR:
        return
    enqueue(db, "security_code", account, now=now, sealed_secret=seal_text(secrets, code))


def mails_in_last_hour(db: Session, account: Account, kinds: tuple[str, ...], *, now: datetime) -> int:
    """Count the e-mails of these kinds that the account was owed in the last hour; others wait while we count."""
    db.exec(select(Account.id).where(Account.id == account.id).with_for_update()).first()
    counted = select(func.count()).where(
        col(Job.account_id) == account.id, col(Job.kind).in_(kinds), col(Job.created_at) > now - timedelta(hours=1)
    )
    return int(db.exec(counted).one())


def _is_open(challenge: Challenge, rules: SignInRules, now: datetime) -> bool:
    return challenge.used_at is None and challenge.failures < rules.challenge_tries and challenge.valid_until > now


def _answers(challenge: Challenge, given: str, secrets: Secrets) -> bool:
    folded = "".join(character for character in given.upper() if character.isalnum())
    in_picture = hmac.compare_digest(folded.encode(), picture_text(challenge, secrets).upper().encode())
    in_mail = hmac.compare_digest(_digest(secrets, challenge, folded), challenge.email_code_sha256)
    return bool(folded) and (in_picture or in_mail)


def _digest(secrets: Secrets, challenge: Challenge, code: str) -> str:
    # Keyed, because a short code could be found from a plain digest by trying them all.
    return secrets.fingerprint(PURPOSE, f"{challenge.public_id} {code}")
