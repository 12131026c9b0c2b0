"""E-mail leaves as real messages: as files, and through real SMTP servers of every temper."""

import asyncio
import email
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from portal_app.gateways.mail import (
    FileMail,
    Mail,
    MailPostponed,
    MailRefusedForGood,
    SmtpMail,
    mail_transport,
)

MAIL = Mail(
    to="anna@example.hu",
    subject="Új küldeménye érkezett – árvíztűrő tükörfúrógép",
    text="Kedves Ügyfelünk!\n\nÚj küldeménye érkezett: https://portal.example.hu/kuldemenyek\n",
    html="<html lang='hu'><head><style>p{color:#123456} @media (prefers-color-scheme: dark){p{color:#fff}}</style></head>"
    "<body><p>Új küldeménye érkezett.</p></body></html>",
    message_id="<0123abcd@portal.example.hu>",
    sender_name="Minta Biztosító Küldeményeim",
    sender_address="kuldemenyeim@minta.example",
)


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def sent_as_file(mail: Mail, folder: Path) -> EmailMessage:
    asyncio.run(FileMail(folder).send(mail))
    [file] = folder.glob("*.eml")
    return parsed(file.read_bytes())


def test_a_file_is_a_real_message_with_both_forms(tmp_path: Path) -> None:
    message = sent_as_file(MAIL, tmp_path / "outgoing")

    assert message["From"] == "Minta Biztosító Küldeményeim <kuldemenyeim@minta.example>"
    assert (message["To"], message["Subject"]) == ("anna@example.hu", MAIL.subject)
    assert (message["Message-ID"], message["Auto-Submitted"]) == (MAIL.message_id, "auto-generated")
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content_type() == "text/html"
    assert "Új küldeménye érkezett." in html.get_content()


def test_a_long_subject_keeps_every_blank(tmp_path: Path) -> None:
    subject = "Fiók törlésének megerősítése: Minta Biztosító Küldeményeim, árvíztűrő tükörfúrógép és a többi hosszú szó"

    assert sent_as_file(replace(MAIL, subject=subject), tmp_path)["Subject"] == subject


def test_styles_are_written_into_the_elements_and_dark_colours_stay(tmp_path: Path) -> None:
    html = sent_as_file(MAIL, tmp_path).get_body(("html",))

    assert html is not None
    assert 'style="color: #123456' in html.get_content()
    assert "prefers-color-scheme" in html.get_content()


def test_each_e_mail_is_one_file_and_files_sort_by_time(tmp_path: Path) -> None:
    transport = FileMail(tmp_path)

    for number in range(5):
        asyncio.run(transport.send(replace(MAIL, subject=f"{number}")))

    files = sorted(tmp_path.iterdir())
    assert [parsed(file.read_bytes())["Subject"] for file in files] == ["0", "1", "2", "3", "4"]
    assert all(file.suffix == ".eml" and file.stat().st_mode & 0o077 == 0 for file in files)


def test_a_folder_that_cannot_be_written_postpones(tmp_path: Path) -> None:
    (tmp_path / "outgoing").write_text("a file where the folder should be")

    with pytest.raises(MailPostponed):
        asyncio.run(FileMail(tmp_path / "outgoing").send(MAIL))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "hello\r\nBcc: everybody@example.hu"},
        {"sender_name": "Minta\nBcc: everybody@example.hu"},
        {"sender_address": "a@b.hu\r\nBcc: everybody@example.hu"},
        {"message_id": "<a@b>\r\nBcc: everybody@example.hu"},
        {"message_id": "without brackets"},
        {"language": "hu\r\nBcc: everybody@example.hu"},
    ],
)
def test_a_header_cannot_be_broken_out_of(change: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library words it in several ways
        asyncio.run(FileMail(tmp_path).send(replace(MAIL, **change)))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "to", ["a@b.hu\r\nBcc: x@y.hu", "a@b.hu, c@d.hu", "no address", "@b.hu", "ánna@b.hu", "a@b..hu", "", "a b@c.hu"]
)
def test_an_address_that_is_none_is_refused_for_good(to: str, tmp_path: Path) -> None:
    with pytest.raises(MailRefusedForGood):
        asyncio.run(FileMail(tmp_path).send(replace(MAIL, to=to)))

    assert list(tmp_path.iterdir()) == []


def test_an_accented_domain_is_written_the_way_servers_take_it(tmp_path: Path) -> None:
    assert sent_as_file(replace(MAIL, to="anna@árvíz.hu"), tmp_path)["To"] == "anna@xn--rvz-dla6d.hu"


@dataclass
class Tempered:
    """A server's answers, and what reached it."""

    at_recipient: str = "250 OK"
    at_data: str = "250 OK"
    hang_up_at_data: bool = False
    received: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    secured: list[bool] = field(default_factory=list)
    cut: Callable[[], object] = lambda: None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        self.cut = partial(server.loop.call_soon_threadsafe, server.transport.abort)
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.at_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.hang_up_at_data:
            server.transport.abort()
        self.secured.append(server.transport.get_extra_info("ssl_object") is not None)
        if self.at_data.startswith("2"):
            self.received.extend((to, envelope.content) for to in envelope.rcpt_tos)
        return self.at_data


def only_courier(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"courier", b"p@ss/word")
    return AuthResult(success=right)


@contextmanager
def served(temper: Tempered, **options: Any) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(temper, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def send(url: str, *mails: Mail, tls: ssl.SSLContext | None = None, seconds: float = 5) -> None:
    async def hand_over() -> None:
        transport = SmtpMail(url, tls, seconds)
        try:
            for mail in mails or (MAIL,):
                await transport.send(mail)
        finally:
            await transport.close()

    asyncio.run(hand_over())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_a_plain_server_gets_the_message_letter_by_letter() -> None:
    temper = Tempered()

    with served(temper) as port:
        send(f"smtp://127.0.0.1:{port}")

    [(to, content)] = temper.received
    message = parsed(content)
    plain = message.get_body(("plain",))
    assert plain is not None
    assert (to, message["Message-ID"], message["Subject"]) == (MAIL.to, MAIL.message_id, MAIL.subject)
    assert plain.get_content().replace("\r\n", "\n") == MAIL.text


def test_a_connection_is_kept_for_the_next_e_mail() -> None:
    temper = Tempered()

    with served(temper) as port:
        send(f"smtp://127.0.0.1:{port}?starttls=no", *[MAIL] * 5)

    assert (len(temper.received), temper.connections) == (5, 1)


def test_a_kept_connection_that_died_is_replaced() -> None:
    temper = Tempered()

    async def with_a_cut_between(transport: SmtpMail) -> None:
        await transport.send(MAIL)
        temper.cut()
        await transport.send(MAIL)
        await transport.close()

    with served(temper) as port:
        asyncio.run(with_a_cut_between(SmtpMail(f"smtp://127.0.0.1:{port}")))

    assert (len(temper.received), temper.connections) == (2, 2)


def test_several_e_mails_may_be_under_way_at_once() -> None:
    temper = Tempered()

    async def all_at_once(url: str) -> None:
        transport = SmtpMail(url)
        await asyncio.gather(*(transport.send(replace(MAIL, subject=str(number))) for number in range(10)))
        await transport.close()

    with served(temper) as port:
        asyncio.run(all_at_once(f"smtp://127.0.0.1:{port}"))

    assert {parsed(content)["Subject"] for _, content in temper.received} == {str(number) for number in range(10)}


def test_a_transport_serves_one_loop_after_another() -> None:
    temper = Tempered()

    async def send_and_close(transport: SmtpMail) -> None:
        await transport.send(MAIL)
        await transport.close()

    with served(temper) as port:
        transport = SmtpMail(f"smtp://127.0.0.1:{port}")
        asyncio.run(send_and_close(transport))
        asyncio.run(send_and_close(transport))

    assert len(temper.received) == 2


def test_starttls_and_a_password(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    temper = Tempered()
    options = {"tls_context": server_tls, "require_starttls": True, "authenticator": only_courier, "auth_required": True}

    with served(temper, **options) as port:
        send(f"smtp://courier:p%40ss%2Fword@127.0.0.1:{port}?starttls=required", tls=trusting)
        with pytest.raises(MailPostponed):
            send(f"smtp://courier:wrong@127.0.0.1:{port}?starttls=required", tls=trusting, seconds=1)

    assert (len(temper.received), temper.secured) == (1, [True])


def test_tls_from_the_first_byte(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    temper = Tempered()

    with served(temper, ssl_context=server_tls) as port:
        send(f"smtps://127.0.0.1:{port}", tls=trusting)

    assert (len(temper.received), temper.secured) == (1, [True])


def test_required_tls_is_never_given_up(server_tls: ssl.SSLContext) -> None:
    plain, strange = Tempered(), Tempered()

    with served(plain) as port, pytest.raises(MailPostponed):
        send(f"smtp://127.0.0.1:{port}?starttls=required")
    with served(strange, tls_context=server_tls) as port, pytest.raises(MailPostponed):
        send(f"smtp://127.0.0.1:{port}?starttls=required")

    assert plain.received == strange.received == []


def test_a_password_never_travels_without_tls() -> None:
    temper = Tempered()

    options = {"authenticator": only_courier, "auth_require_tls": False}
    with served(temper, **options) as port, pytest.raises(MailPostponed):
        send(f"smtp://courier:p%40ss%2Fword@127.0.0.1:{port}")

    assert temper.received == []


def test_offered_tls_is_used_when_nothing_else_was_said(server_tls: ssl.SSLContext) -> None:
    temper = Tempered()

    with served(temper, tls_context=server_tls) as port:
        send(f"smtp://127.0.0.1:{port}")

    assert temper.secured == [True]


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 <anna@example.hu>: no such user", "550 unknown", "553 5.1.2 bad domain", "552 5.2.2 mailbox full"]
)
def test_a_recipient_the_server_refuses_is_refused_for_good_and_the_reason_holds_no_address(answer: str) -> None:
    with served(Tempered(at_recipient=answer)) as port, pytest.raises(MailRefusedForGood) as refusal:
        send(f"smtp://127.0.0.1:{port}")

    assert refusal.value.reason.startswith(answer[:3])
    assert "anna" not in refusal.value.reason


@pytest.mark.parametrize(
    "temper",
    [
        Tempered(at_recipient="450 4.2.1 try later"),
        Tempered(at_recipient="452 too many recipients"),
        Tempered(at_recipient="550 5.7.1 relaying denied"),
        Tempered(at_data="451 4.3.0 trouble"),
        Tempered(at_data="554 5.7.1 looks like spam"),
        Tempered(hang_up_at_data=True),
    ],
)
def test_whatever_may_get_better_is_postponed(temper: Tempered) -> None:
    with served(temper) as port, pytest.raises(MailPostponed):
        send(f"smtp://127.0.0.1:{port}")


def test_a_mailbox_refused_after_the_message_is_refused_for_good() -> None:
    with served(Tempered(at_data="550 5.1.1 unknown")) as port, pytest.raises(MailRefusedForGood):
        send(f"smtp://127.0.0.1:{port}")


def test_no_server_and_a_silent_server_postpone() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(MailPostponed):
            send(f"smtp://127.0.0.1:{port}", seconds=1)
        silent.listen()
        with pytest.raises(MailPostponed):
            send(f"smtp://127.0.0.1:{port}", seconds=1)


def test_an_address_names_its_transport(tmp_path: Path) -> None:
    async def deliver(send: Callable[[Mail], Awaitable[None]]) -> None:
        await send(MAIL)

    asyncio.run(deliver(mail_transport("file:", tmp_path / "usual").send))
    asyncio.run(deliver(mail_transport(f"file:{tmp_path}/named", tmp_path / "usual").send))

    assert [len(list((tmp_path / name).glob("*.eml"))) for name in ("usual", "named")] == [1, 1]
    assert isinstance(mail_transport("smtps://mail.example.hu", tmp_path), SmtpMail)


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "smtp://mail?starttls=perhaps", "mail.example.hu"])
def test_an_address_that_is_none_is_refused_at_once(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        mail_transport(url, tmp_path)
