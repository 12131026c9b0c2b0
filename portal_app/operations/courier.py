"""The courier: hands over the post that the outbox owes, and places letters whose moment has come.

It has an event loop of its own, in the web process in a thread of its own, so that no customer waits for post.
Claims and outcomes are short transactions; handing over happens in between, outside any transaction. A courier that
is killed in between sends at most one repeat, under the same Message-ID.
"""

import asyncio
import secrets as chance
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import structlog
import typer
from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError

from portal_app.domain.actors import Operator
from portal_app.gateways import clock
from portal_app.gateways.mail import Mail, MailPostponed, MailRefusedForGood, MailTransport, mail_transport
from portal_app.gateways.secrets import SealBroken
from portal_app.gateways.sms import Sms, SmsPostponed, SmsRefusedForGood, SmsTransport, sms_transport
from portal_app.operations.opening import open_installation
from portal_app.services import courier, placing
from portal_app.services.courier import ClaimedJob
from portal_app.services.house import House
from portal_app.texts.post import compose, compose_sms

WAKES_EVERY = 0.5
"""Seconds between two looks at the outbox."""
SENT_AT_ONCE = 4
HAND_OVER_SECONDS = 60.0
"""A hand-over that takes longer is broken off; well within the lease of a claim."""
CALM_AFTER_FAULT = 5.0
LONGEST_PAUSE = 60.0
STOPS_WITHIN = 20.0
# Whatever a job's facts do to its template, it is this job that is wrong, and the others must flow.
_POISON = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, TemplateError, SealBroken)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Round:
    """What one look at a channel's outbox came to."""

    claimed: int = 0
    put_off: int = 0

    @property
    def all_failed(self) -> bool:
        """Whether the way out seems to be closed altogether."""
        return self.claimed > 0 and self.put_off == self.claimed


class Courier:
    """Hands over the post of one house."""

    def __init__(self, house: House, mail: MailTransport, sms: SmsTransport, *, now: Callable[[], datetime] = clock.now) -> None:
        """Take the house and the two ways out."""
        self.house, self._mail, self._sms, self._now = house, mail, sms, now
        self.actor = Operator(f"courier-{chance.token_hex(4)}")
        self._failed: dict[str, int] = {}
        self._domain = house.brand.post.sender_address.rpartition("@")[2]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is being handed over is finished first."""
        await asyncio.gather(
            self._forever(stop, lambda: self._send_once("mail")),
            self._forever(stop, lambda: self._send_once("sms")),
            self._forever(stop, self._publish_in_turn),
        )
        await self.close()

    async def drain(self) -> int:
        """Place and hand over everything that is due now; give the number of jobs claimed."""
        while await self._publish_once():
            pass
        claimed = 0
        for channel in ("mail", "sms"):
            while (done := await self.send_due(channel)).claimed:
                claimed += done.claimed
        return claimed

    async def close(self) -> None:
        """Let connections go."""
        await self._mail.close()
        await self._sms.close()

    async def send_due(self, channel: str) -> Round:
        """Claim and hand over one portion of a channel's post."""
        database, now = self.house.database, self._now()
        if not await database.in_thread(database.ask, courier.anything_due, self.actor, channel, now=now):
            return Round()
        jobs = await database.in_thread(
            database.carry_out, courier.claim, self.actor, channel, most=SENT_AT_ONCE, brand=self.house.brand, now=now
        )
        done = await asyncio.gather(*(self._hand_over(job) for job in jobs))
        return Round(len(jobs), done.count(False))

    async def _hand_over(self, job: ClaimedJob) -> bool:
        """Hand over one job and write down what became of it; false when it has to be tried again."""
        try:
            await asyncio.wait_for(self._send_mail(job) if job.channel == "mail" else self._send_sms(job), HAND_OVER_SECONDS)
        except (MailRefusedForGood, SmsRefusedForGood) as refusal:
            await self._write(courier.mark_refused, job, refusal.reason)
            log.warning("address refused", job=job.id, kind=job.kind, channel=job.channel, reason=refusal.reason)
        except (MailPostponed, SmsPostponed) as fault:
            await self._put_off(job, fault.reason)
            return False
        except TimeoutError:
            await self._put_off(job, f"not handed over within {HAND_OVER_SECONDS:.0f} seconds")
            return False
        except _POISON as fault:
            await self._write(courier.give_up, job, f"cannot be composed: {type(fault).__name__}")
            log.exception("post cannot be composed", job=job.id, kind=job.kind, channel=job.channel)
        else:
            await self._write(courier.mark_sent, job)
        return True

    async def _send_mail(self, job: ClaimedJob) -> None:
        await self._mail.send(await asyncio.to_thread(self._composed, job))

    def _composed(self, job: ClaimedJob) -> Mail:
        """Write the e-mail, with the account's language, the brand's register and links at the public origin."""
        house = self.house
        words = compose(
            job.kind,
            job.language,
            house.brand.register,
            house.brand,
            origin=house.settings.public_origin,
            at=job.owed_since,
            portal=job.portal,
            count=job.count,
            secret=job.secret(house.secrets),
            **job.facts,
        )
        return Mail(
            to=job.recipient,
            subject=words.subject,
            text=words.text,
            html=words.html,
            message_id=job.message_id(house.secrets, self._domain),
            sender_name=house.brand.post.sender_name,
            sender_address=house.brand.post.sender_address,
            language=job.language,
        )

    async def _send_sms(self, job: ClaimedJob) -> None:
        house = self.house
        secret = job.secret(house.secrets)
        text = compose_sms(
            job.kind, job.language, house.brand.register, house.brand, portal=job.portal, secret=secret, **job.facts
        )
        key = job.message_id(house.secrets, self._domain).strip("<>")
        await self._sms.send(Sms(to=job.recipient, text=text, key=key, sender=house.brand.post.sms_sender))

    async def _put_off(self, job: ClaimedJob, reason: str) -> None:
        await self._write(courier.put_off, job, reason, brand=self.house.brand)
        log.warning("post put off", job=job.id, kind=job.kind, channel=job.channel, attempt=job.attempt, reason=reason)

    async def _write(self, outcome: Callable[..., bool], job: ClaimedJob, *details: str, **more: Any) -> None:
        """Write down an outcome in a transaction of its own."""
        database, now = self.house.database, self._now()
        await database.in_thread(lambda: database.carry_out(outcome, self.actor, job, *details, now=now, **more))

    async def _send_once(self, channel: str) -> float:
        """Hand over one portion and say how long to wait: longer and longer while nothing at all gets through."""
        done = await self.send_due(channel)
        if done.all_failed:
            self._failed[channel] = self._failed.get(channel, 0) + 1
            return min(CALM_AFTER_FAULT * 2 ** (self._failed[channel] - 1), LONGEST_PAUSE)
        if done.claimed:
            self._failed[channel] = 0
            return 0
        return WAKES_EVERY

    async def _publish_in_turn(self) -> float:
        return 0 if await self._publish_once() else WAKES_EVERY

    async def _publish_once(self) -> int:
        """Place one portion of the letters whose moment has come."""
        house, now = self.house, self._now()
        database = house.database
        if not await database.in_thread(database.ask, courier.anything_to_publish, self.actor, now=now):
            return 0
        return await database.in_thread(database.carry_out, placing.publish_due, self.actor, brand=house.brand, now=now)

    async def _forever(self, stop: asyncio.Event, once: Callable[[], Coroutine[Any, Any, float]]) -> None:
        """Do it again and again; a database that is away for a while is waited for."""
        while not stop.is_set():
            try:
                pause = await once()
            except SQLAlchemyError as fault:
                log.warning("the courier cannot reach the database", fault=type(fault).__name__)
                pause = CALM_AFTER_FAULT
            await _pause(stop, pause)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not after being told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def courier_of(house: House) -> Courier:
    """Make the courier the settings describe; `ValueError` when an address of theirs is none."""
    settings = house.settings
    return Courier(
        house,
        mail_transport(settings.smtp_url or "file:", settings.outgoing),
        sms_transport(settings.sms_url or "file:", settings.outgoing),
    )


class CourierThread:
    """The courier inside the web process: a thread with an event loop of its own."""

    def __init__(self, house: House) -> None:
        """Take the house; nothing happens before `start`."""
        self._house = house
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Finish what is being handed over, but wait no longer than this: leases take care of the rest."""
        self._ended.set()
        self._thread.join(seconds)

    @property
    def is_working(self) -> bool:
        """Whether it has begun and not yet ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        """Work until stopped; the pages are served all the same when the courier stumbles, and it begins anew."""
        while not self._ended.is_set():
            try:
                asyncio.run(self._work())
            except Exception:
                log.exception("the courier stumbled and begins anew")
                self._ended.wait(CALM_AFTER_FAULT)

    async def _work(self) -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(courier_of(self._house).run(stop))
        while not self._ended.is_set() and not working.done():  # noqa: ASYNC110 - a thread's event cannot be awaited
            await asyncio.sleep(WAKES_EVERY)
        stop.set()
        await working


async def work_until_stopped(worker: Courier) -> None:
    """Work until SIGTERM or SIGINT; what is being handed over then gets some seconds to finish."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    working = asyncio.create_task(worker.run(stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({working}, timeout=STOPS_WITHIN)
    if not working.done():
        working.cancel()
        log.warning("stopped while handing over; the leases take care of the rest")
        return
    await working


def run_courier(*, once: Annotated[bool, typer.Option("--once", help="Hand over what is due now, then end.")] = False) -> None:
    """Send e-mails and SMS that are owed, and place letters whose moment has come, until stopped.

    Exit codes: 0 after SIGTERM, or with --once when nothing is due any more; 1 on a fault; 2 when a setting is wrong.
    """
    with open_installation() as house:
        worker = courier_of(house)
        if once:
            claimed = asyncio.run(_once(worker))
            print(f"{claimed} jobs worked on", file=sys.stderr)
            return
        asyncio.run(work_until_stopped(worker))


async def _once(worker: Courier) -> int:
    claimed = await worker.drain()
    await worker.close()
    return claimed
