"""The chat: one thread an account, live for both sides, an ordinary message where nobody is on duty."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from portal_app.database.tables import Account, Job, Message
from portal_app.domain.actors import Customer
from portal_app.domain.errors import MessageNotFound, NotAllowed, ReplyEmpty, ReplyTooLong, TooMany
from portal_app.domain.letters import Filter, Listing, read_sort
from portal_app.domain.messages import CHAT_CHARACTERS
from portal_app.services import answers, chats, duty, messages, retention, sent
from portal_app.services.chats import MESSAGES_AN_HOUR, TOLD_AFTER
from portal_app.services.house import House
from portal_app.services.messages import Receipt
from tests import correspondence
from tests.cast import ANNA, BELA, CORE, DENES, NOON
from tests.visitors import post_to, registered

DUE = date(2026, 1, 25)


@pytest.fixture
def anna(house: House) -> Customer:
    return registered(house, "kiss.anna", ANNA)


@pytest.fixture
def bela(house: House) -> Customer:
    return registered(house, "nagy.bela", BELA)


def write(house: House, actor: Customer, text: str, *, nonce: str = "", now: datetime = NOON) -> Receipt:
    mark = messages.form_mark(actor, f"chat {actor.account_id}", nonce or text, text, ())
    return house.database.carry_out(chats.send, actor, text, subject="Chat", mark=mark, brand=house.brand, now=now)


def say(house: House, who: str, text: str, *, now: datetime = NOON) -> chats.Said:
    return house.database.carry_out(chats.say, DENES, who, text, now=now)


def read(house: House, actor: Customer, *, now: datetime = NOON, most: int = 30) -> chats.ChatView:
    return house.database.ask(chats.read_chat, actor, most=most, brand=house.brand, now=now)


def on(house: House, name: str = "Cili", hours: float = 1, *, now: datetime = NOON) -> None:
    house.database.carry_out(duty.begin_duty, DENES, name, now + timedelta(hours=hours), now=now)


def off(house: House, name: str = "", *, now: datetime = NOON) -> None:
    house.database.carry_out(duty.end_duty, DENES, name, brand=house.brand, now=now)


def revision(house: House, actor: Customer) -> int:
    with house.database.reading() as db:
        return db.get_one(Account, actor.account_id).revision


def test_both_sides_write_into_one_thread_and_pages_learn_of_it(house: House, anna: Customer) -> None:
    on(house)
    before = revision(house, anna)
    write(house, anna, "Jó napot!")
    say(house, "kiss.anna", "Miben segíthetek?")

    view = read(house, anna)

    assert [(line.by_customer, line.text, line.due_on) for line in view.lines] == [
        (True, "Jó napot!", None), (False, "Miben segíthetek?", None),
    ]  # fmt: skip
    assert (view.more, view.unseen, view.duty.names) == (False, True, ("Cili",))
    assert revision(house, anna) == before + 2


def test_nobody_reads_or_writes_anothers_thread(house: House, anna: Customer, bela: Customer) -> None:
    write(house, anna, "Titkos ügyem van.")
    say(house, "kiss.anna", "Értem.")

    assert read(house, bela).lines == ()
    with pytest.raises(MessageNotFound):
        say(house, "nagy.bela", "Önnek is írunk.")
    write(house, bela, "Enyém.")
    assert [line.text for line in read(house, bela).lines] == ["Enyém."]
    assert [line.text for line in read(house, anna).lines] == ["Titkos ügyem van.", "Értem."]


def test_the_same_form_sent_again_is_one_message(house: House, anna: Customer, bela: Customer) -> None:
    first = write(house, anna, "Igen.", nonce="1")
    again = write(house, anna, "Igen.", nonce="1", now=NOON + timedelta(minutes=5))
    another = write(house, anna, "Igen.", nonce="2")
    write(house, bela, "Igen.", nonce="1")

    assert (again.public_id, again.repeated) == (first.public_id, True)
    assert another.public_id != first.public_id
    assert [line.text for line in read(house, anna).lines] == ["Igen.", "Igen."]
    assert [line.text for line in read(house, bela).lines] == ["Igen."]


def test_with_nobody_on_duty_it_is_a_message_with_its_day(house: House, anna: Customer) -> None:
    receipt = write(house, anna, "Hol a kötvényem?")

    assert receipt.due_on == DUE
    assert [line.due_on for line in read(house, anna).lines] == [DUE]
    (listed,) = house.database.ask(answers.list_messages, CORE, open_only=True)
    assert (listed.purpose, listed.reference, listed.due_on, listed.text) == ("chat", receipt.reference, DUE, "Hol a kötvényem?")


def test_what_waits_when_the_last_one_leaves_becomes_a_message(house: House, anna: Customer) -> None:
    on(house, "Cili")
    on(house, "Dóra", 2)
    reference = write(house, anna, "Halló?").reference

    off(house, "Cili")
    assert read(house, anna).lines[0].due_on is None
    off(house, "Dóra")

    assert read(house, anna).lines[0].due_on == DUE
    (listed,) = house.database.ask(answers.list_messages, CORE)
    assert (listed.reference, listed.due_on) == (reference, DUE)


def test_a_duty_that_ran_out_is_over_and_the_night_writes_the_day_down(house: House, anna: Customer) -> None:
    on(house, hours=1)
    write(house, anna, "Halló?")
    later = NOON + timedelta(hours=1)

    view = read(house, anna, now=later)
    left = house.database.carry_out(duty.leave_to_messages, DENES, brand=house.brand, now=later)

    assert (view.duty.lines, view.lines[0].due_on, left) == ((), DUE, 1)
    with house.database.reading() as db:
        assert db.exec(select(Message.due_on)).one() == DUE


def test_an_answer_settles_everything_that_waited(house: House, anna: Customer) -> None:
    first = write(house, anna, "Egy.")
    write(house, anna, "Kettő.")

    said = say(house, first.reference, "Mindkettőre: igen.")

    assert [line.due_on for line in read(house, anna).lines] == [None, None, None]
    assert house.database.ask(answers.list_messages, CORE, open_only=True) == []
    assert say(house, "kiss.anna", "Mindkettőre: igen.").id == said.id
    assert len(read(house, anna).lines) == 3


def test_the_command_for_messages_answers_into_the_chat(house: House, anna: Customer) -> None:
    reference = write(house, anna, "Hol a kötvényem?").reference

    given = house.database.carry_out(answers.answer, DENES, reference, "Elküldtük.", (), brand=house.brand, now=NOON)

    assert given.answers == reference
    assert [line.text for line in read(house, anna).lines] == ["Hol a kötvényem?", "Elküldtük."]


def test_who_reads_at_once_gets_no_mail_about_it(house: House, anna: Customer) -> None:
    write(house, anna, "Halló?")
    say(house, "kiss.anna", "Igen?")
    (owed,) = post_to(house, ANNA, "new_answer")
    assert (owed.not_before, owed.facts) == (NOON + TOLD_AFTER, '{"link": "/chat"}')

    house.database.carry_out(chats.mark_seen, anna, now=NOON)
    assert not read(house, anna).unseen
    say(house, "kiss.anna", "Még itt van?", now=NOON + timedelta(minutes=1))

    assert [job.outcome for job in post_to(house, ANNA, "new_answer")] == ["withdrawn", ""]


def test_what_the_customer_has_not_seen_is_counted_until_it_is_seen(house: House, anna: Customer, bela: Customer) -> None:
    for who, customer in (("kiss.anna", anna), ("nagy.bela", bela)):
        write(house, customer, "Halló?")
        say(house, who, "Igen?")
    say(house, "kiss.anna", "Miben segíthetek?")
    before = revision(house, anna)

    counted = [unseen(house, anna), unseen(house, bela)]
    for _ in range(2):
        house.database.carry_out(chats.mark_seen, anna, now=NOON)

    assert counted == [2, 1]
    assert [unseen(house, anna), unseen(house, bela)] == [0, 1]
    assert revision(house, anna) == before + 1


def test_counting_stays_within_an_index_over_the_accounts_own(house: House, anna: Customer) -> None:
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_rest: object) -> None:
        if "FROM message" in statement:
            asked.append((statement, parameters))

    event.listen(house.database.engine, "before_cursor_execute", note)
    unseen(house, anna)
    event.remove(house.database.engine, "before_cursor_execute", note)

    ((statement, parameters),) = asked
    with house.database.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(f"{'EXPLAIN QUERY PLAN' if sqlite else 'EXPLAIN'} {statement}", parameters)
        assert ("(account_id=?" if sqlite else "Index Cond: (account_id") in str(plan.all())


def unseen(house: House, actor: Customer) -> int:
    return house.database.ask(chats.count_unseen, actor, now=NOON)


def test_older_messages_are_asked_for(house: House, anna: Customer) -> None:
    for number in range(5):
        write(house, anna, f"{number}.")

    newest, all_of_them = read(house, anna, most=2), read(house, anna, most=5)

    assert ([line.text for line in newest.lines], newest.more) == (["3.", "4."], True)
    assert ([line.text for line in all_of_them.lines], all_of_them.more) == (["0.", "1.", "2.", "3.", "4."], False)


def test_chats_are_no_sent_messages_and_spare_the_limit_of_replies(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    for number in range(messages.MESSAGES_A_DAY):
        write(house, anna, f"{number}.")
    mark = messages.form_mark(anna, letter_id, "1", "Válasz.", [])
    house.database.carry_out(messages.send_reply, anna, letter_id, "Válasz.", (), mark=mark, brand=house.brand, now=NOON)

    page = house.database.ask(sent.list_sent, anna, Listing(Filter(), read_sort("-placed"), 1, 25), now=NOON)

    assert [line.text or line.subject for line in page.lines] == ["Index levél"]


def test_too_many_too_long_and_empty_messages_are_refused(house: House, anna: Customer) -> None:
    with pytest.raises(ReplyEmpty):
        write(house, anna, " \n ")
    with pytest.raises(ReplyTooLong):
        write(house, anna, "a" * (CHAT_CHARACTERS + 1))
    for number in range(MESSAGES_AN_HOUR):
        write(house, anna, f"{number}.")
    with pytest.raises(TooMany):
        write(house, anna, "Még egy.")
    write(house, anna, "Egy óra múlva.", now=NOON + timedelta(hours=1, seconds=1))


def test_the_mailbox_has_no_chat(house: House) -> None:
    letters_only = correspondence.customer(house, ANNA)

    with pytest.raises(NotAllowed):
        write(house, letters_only, "Halló?")


def test_a_year_later_the_thread_is_erased(house: House, anna: Customer) -> None:
    write(house, anna, "Halló?")
    say(house, "kiss.anna", "Igen?")
    year_later = NOON + timedelta(days=366)

    assert read(house, anna, now=year_later).lines == ()
    erased = house.database.carry_out(retention.erase_expired, DENES, most=10, now=year_later)

    assert erased.messages == 2


def test_conversations_that_wait_come_first(house: House, anna: Customer, bela: Customer) -> None:
    reference = write(house, anna, "Várok.").reference
    write(house, bela, "Én is.")
    say(house, "nagy.bela", "Tessék?")

    found = house.database.ask(chats.list_conversations, DENES)

    assert [(one.login, one.waiting, one.last_text, one.last_by_customer) for one in found] == [
        ("kiss.anna", 1, "Várok.", True), ("nagy.bela", 0, "Tessék?", False),
    ]  # fmt: skip
    account = found[0].account
    texts = [
        [line.text for line in house.database.ask(chats.read_conversation, DENES, who, brand=house.brand, now=NOON)]
        for who in ("KISS.anna", reference.lower(), account)
    ]
    assert texts == [["Várok."]] * 3
    with pytest.raises(MessageNotFound):
        house.database.ask(chats.read_conversation, DENES, "senki24", brand=house.brand, now=NOON)


def test_who_is_on_duty_is_told_to_open_chats(house: House, anna: Customer, bela: Customer) -> None:
    write(house, anna, "Halló?")
    annas, belas = revision(house, anna), revision(house, bela)

    on(house)
    off(house)

    assert (revision(house, anna), revision(house, bela)) == (annas + 2, belas)


def test_post_of_a_closed_account_is_not_owed(house: House, anna: Customer) -> None:
    write(house, anna, "Halló?")
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).status = "closed"

    say(house, "kiss.anna", "Igen?")

    with house.database.reading() as db:
        assert db.exec(select(Job).where(Job.kind == "new_answer")).all() == []
