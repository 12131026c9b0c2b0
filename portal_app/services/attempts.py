"""Attempts to prove a password: whether one may be made now, and what follows when it fails (R36–R37, C16).

The order is fixed: lock, wait, security code, then one failure is counted in advance, and only then may somebody
check the password, outside the transaction. The visit remembers what the page has to say.
"""

from datetime import datetime

from sqlmodel import Session

from portal_app.database.tables import Account, Visit
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand
from portal_app.domain.errors import ChallengeNeeded, ChallengeWrong, SignInLocked, SignInRefused, TooSoon
from portal_app.domain.sign_in import Barrier, SignInRules, barrier_after, wait_after
from portal_app.gateways.secrets import Secrets
from portal_app.services import challenges, failures
from portal_app.services.events import record
from portal_app.services.failures import UNKNOWN, Place, Standing
from portal_app.services.outbox import enqueue
from portal_app.services.visits import note_outcome


def rules_for(brand: Brand, account: Account | None) -> SignInRules:
    """Give the rules of the account's portal; identifiers that lead nowhere get those of the brand's first portal."""
    return brand.portal_or_first(account.portal if account else None).sign_in


def admit(
    db: Session,
    visit: Visit,
    place: Place,
    code: str,
    rules: SignInRules,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
    suspicious: bool = False,
) -> int | None:
    """Reserve one attempt and give its number, or note on the visit why there is none and give None.

    `code` is the answer to the security code, empty when none was given; `suspicious` asks for it from the start.
    """
    standing = failures.standing_at(db, place, rules, now=now)
    if standing.barrier is Barrier.LOCKED or standing.seconds:
        _note_refusal(visit, standing)
        return None
    needs_code = suspicious or standing.barrier is Barrier.CHALLENGE
    solved = needs_code and challenges.solve(db, visit, place.account_key, code, rules, secrets=secrets, now=now)
    if needs_code and not solved:
        _ask_for_code(db, visit, place, rules, wrong=bool(code.strip()), brand=brand, secrets=secrets, now=now)
        visit.failures = standing.failures
        return None
    number = failures.reserve(db, place, rules.locked_after if solved else rules.challenge_after, now=now)
    if number is None:
        # Somebody was faster between the look and the count; their failure decides what this attempt meets.
        if solved:
            challenges.give_back(db, visit)
        _note_overtaken(db, visit, place, rules, brand=brand, secrets=secrets, now=now)
    return number


def refuse(
    db: Session,
    actor: Actor,
    visit: Visit,
    place: Place,
    number: int,
    rules: SignInRules,
    *,
    account: Account | None,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Note that the reserved attempt failed: the next one waits, meets the security code, or the lock."""
    failures.confirm(db, place, number, rules, now=now)
    visit.failures = number
    visit.wait_until = now + wait_after(number, rules)
    if account is not None:
        record(db, actor, "sign_in:refused", now=now, account_id=account.id, failures=number)
    barrier = barrier_after(number, rules)
    if barrier is Barrier.LOCKED:
        note_outcome(visit, SignInLocked.code)
        _tell_owner(db, actor, place, account, now)
        return
    note_outcome(visit, SignInRefused.code)
    if barrier is Barrier.CHALLENGE:
        challenges.challenge_for(db, visit, place.account_key, rules, brand=brand, secrets=secrets, now=now)


def _tell_owner(db: Session, actor: Actor, place: Place, account: Account | None, now: datetime) -> None:
    if account is None or place.bucket != UNKNOWN:
        return
    record(db, actor, "sign_in:locked", now=now, account_id=account.id)
    if failures.owner_is_to_be_told(db, place, now=now):
        enqueue(db, "account_locked", account, now=now)


def _note_overtaken(
    db: Session, visit: Visit, place: Place, rules: SignInRules, *, brand: Brand, secrets: Secrets, now: datetime
) -> None:
    standing = failures.standing_at(db, place, rules, now=now)
    if standing.barrier is Barrier.CHALLENGE and not standing.seconds:
        _ask_for_code(db, visit, place, rules, wrong=False, brand=brand, secrets=secrets, now=now)
        visit.failures = standing.failures
    else:
        _note_refusal(visit, standing)


def _note_refusal(visit: Visit, standing: Standing) -> None:
    visit.failures = standing.failures
    if standing.barrier is Barrier.LOCKED:
        note_outcome(visit, SignInLocked.code)
    else:
        note_outcome(visit, TooSoon.code, seconds=standing.seconds)


def _ask_for_code(
    db: Session,
    visit: Visit,
    place: Place,
    rules: SignInRules,
    *,
    wrong: bool,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    challenges.challenge_for(db, visit, place.account_key, rules, brand=brand, secrets=secrets, now=now)
    note_outcome(visit, ChallengeWrong.code if wrong else ChallengeNeeded.code)
