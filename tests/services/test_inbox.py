"""The inbox lists, searches, filters, counts and marks a customer's own letters, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, text
from sqlmodel import col, select

from portal_app.database.tables import Account, Letter, SignIn
from portal_app.database.transactions import Database
from portal_app.domain.hungarian import sort_key
from portal_app.domain.kinds import FOLDED_NAMES, SHOWN_ORDERS, LetterKind
from portal_app.domain.letters import Filter, Listing, ListPage, Period, Sort, SortField
from portal_app.services import inbox
from portal_app.services.bin import bin_letters
from portal_app.services.inbox import LetterLine
from portal_app.services.letters import open_letter
from tests.cast import ANNA, BELA, NOON
from tests.mailbox import MINTA, Mailbox, open_mailbox

DAY = timedelta(days=1)
Boxes = tuple[Mailbox, Mailbox]


@pytest.fixture
def boxes(database: Database) -> Boxes:
    """Anna's mailbox and Béla's, both empty."""
    return open_mailbox(database, ANNA), open_mailbox(database, BELA)


def listed(box: Mailbox, listing: Listing | None = None, *, now=NOON) -> ListPage[LetterLine]:
    """List a page of somebody's letters."""
    return box.database.ask(inbox.list_letters, box.customer, listing or Listing(), now=now)


def subjects(box: Mailbox, listing: Listing | None = None, *, now=NOON) -> list[str]:
    """Name the letters of a page in their order."""
    return [line.subject for line in listed(box, listing, now=now).lines]


@pytest.mark.requirement("R2")
def test_a_customer_sees_their_own_letters_and_nobody_elses(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place("Anna levele", at=NOON - DAY)
    bela.place("Béla levele", at=NOON)

    assert subjects(anna) == ["Anna levele"]
    assert subjects(bela) == ["Béla levele"]
    assert listed(anna).total == 1


def test_waiting_binned_and_expired_letters_are_not_listed_or_counted(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Várakozó", publish_at=NOON + DAY)
    anna.place("Lejárt", at=NOON - timedelta(days=367))
    binned = anna.place("Törölt")
    anna.place("Látható")
    anna.database.carry_out(bin_letters, anna.customer, [binned], now=NOON)

    page = listed(anna)
    around = anna.database.ask(inbox.look_around, anna.customer, rules=MINTA.retention, now=NOON)

    assert [line.subject for line in page.lines] == ["Látható"]
    assert (page.total, around.total, around.unread) == (1, 1, 1)


@pytest.mark.requirement("R24")
def test_a_letter_is_readable_to_the_end_of_the_day_a_year_after_it_was_placed(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Egy éve érkezett", at=NOON - timedelta(days=365))
    last_minute = NOON.replace(hour=22, minute=59)  # 23:59 in Budapest
    next_day = NOON.replace(hour=23, minute=0)  # midnight in Budapest

    assert subjects(anna, now=last_minute) == ["Egy éve érkezett"]
    assert subjects(anna, now=next_day) == []


@pytest.mark.requirement("R19")
def test_every_column_sorts_both_ways_in_hungarian_order(boxes: Boxes) -> None:
    anna, _ = boxes
    names = ["Zsolt", "Ödön", "Olga", "Csaba", "Cecil", "Ágota", "Anna", "Tódor", "Tyúk"]
    for age, name in enumerate(names):
        anna.place(name, at=NOON - age * DAY, policy=f"LAK-{age}", kind=list(LetterKind)[age])
    in_hungarian = sorted(names, key=sort_key)
    by_kind = sorted(range(len(names)), key=lambda age: sort_key(FOLDED_NAMES[list(LetterKind)[age]]))

    assert subjects(anna, Listing(sort=Sort(SortField.SUBJECT, descending=False))) == in_hungarian
    assert subjects(anna, Listing(sort=Sort(SortField.SUBJECT, descending=True))) == in_hungarian[::-1]
    assert subjects(anna, Listing(sort=Sort(SortField.PLACED, descending=True))) == names
    assert subjects(anna, Listing(sort=Sort(SortField.PLACED, descending=False))) == names[::-1]
    assert subjects(anna, Listing(sort=Sort(SortField.ERASE, descending=True))) == names
    assert subjects(anna, Listing(sort=Sort(SortField.POLICY, descending=False))) == names
    assert subjects(anna, Listing(sort=Sort(SortField.KIND, descending=False))) == [names[age] for age in by_kind]


def test_unread_letters_can_be_sorted_to_the_top(boxes: Boxes) -> None:
    anna, _ = boxes
    read = anna.place("Olvasott", at=NOON)
    anna.place("Olvasatlan", at=NOON - DAY)
    anna.database.carry_out(open_letter, anna.customer, read, now=NOON)

    assert subjects(anna, Listing(sort=Sort(SortField.UNREAD))) == ["Olvasatlan", "Olvasott"]


@pytest.mark.parametrize("column", list(SortField))
@pytest.mark.parametrize("descending", [True, False])
def test_equal_rows_keep_their_order_from_page_to_page(boxes: Boxes, column: SortField, *, descending: bool) -> None:
    anna, _ = boxes
    ids = {anna.place("Egyforma") for _ in range(60)}
    pages = [Listing(sort=Sort(column, descending), page=number) for number in (1, 2, 3)]

    seen = [line.public_id for page in pages for line in listed(anna, page).lines]

    assert len(seen) == 60
    assert set(seen) == ids


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12), max_size=8))
@hypothesis_settings(max_examples=40, deadline=None, database=None)
def test_the_database_sorts_as_the_hungarian_rule_does(names: list[str]) -> None:
    # One database a kind serves all examples: each example is rolled back.
    for database in _SORTED_IN:
        with database.engine.connect() as connection, connection.begin() as transaction:
            rows = [{"number": number, "key": sort_key(name)} for number, name in enumerate(names)]
            connection.exec_driver_sql(_SORT_TABLE[database.engine.dialect.name])
            if rows:
                connection.execute(text("INSERT INTO sorted_names VALUES (:number, :key)"), rows)
            found = connection.execute(text("SELECT number FROM sorted_names ORDER BY key, number")).scalars().all()
            transaction.rollback()
        expected = sorted(range(len(names)), key=lambda number: (sort_key(names[number]), number))
        assert list(found) == expected


_SORTED_IN: list[Database] = []
_SORT_TABLE = {
    "sqlite": "CREATE TEMP TABLE sorted_names (number INTEGER, key VARCHAR)",
    "postgresql": 'CREATE TEMP TABLE sorted_names (number INTEGER, key VARCHAR COLLATE "C")',
}


@pytest.fixture(autouse=True, scope="module")
def _databases_to_sort_in(tmp_path_factory: pytest.TempPathFactory, _postgres_database: Database | None):
    sqlite = Database(f"sqlite:///{tmp_path_factory.mktemp('sorting') / 'sorting.db'}")
    sqlite.engine = sqlite.engine.execution_options(portal_writes=True)
    _SORTED_IN[:] = [sqlite, *([_postgres_database] if _postgres_database else [])]
    yield
    _SORTED_IN.clear()
    sqlite.close()


def test_searching_ignores_accents_and_case_and_looks_everywhere(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place("Díjértesítő", policy="LAK-2024-17", plate="KLM-482", summary="Ügyintézőnk: Árvíz Tűrő")
    anna.place("Más levél", policy="KGFB-1", plate="", kind=LetterKind.CANCELLATION_NOTICE)
    bela.place("Díjértesítő Bélának", policy="LAK-2024-17", plate="KLM-482", summary="Árvíz Tűrő")

    def found(search: str) -> list[str]:
        return subjects(anna, Listing(Filter(search=search)))

    for search in ("dijertesito", "DÍJÉRTESÍTŐ", "lak-2024", "lak202417", "klm482", "KLM-482", "tűrő ÁRVÍZ", " turo  dij "):
        assert found(search) == ["Díjértesítő"], search
    assert found("törlésértesítő") == ["Más levél"]
    assert found("casco") == []


def test_what_people_type_is_searched_for_literally(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("100 % megtérítés", policy="A_1")
    anna.place("Semmi különös", policy="AB1")

    assert subjects(anna, Listing(Filter(search="%"))) == ["100 % megtérítés"]
    assert subjects(anna, Listing(Filter(search="a_1"))) == ["100 % megtérítés"]
    assert subjects(anna, Listing(Filter(search="\\"))) == []


def test_filters_narrow_together_and_count_what_they_let_through(boxes: Boxes) -> None:
    anna, bela = boxes
    wanted = {"policy": "LAK-1", "kind": LetterKind.PREMIUM_CERTIFICATE}
    anna.place("Jó", **wanted)
    anna.place("Más szerződés", **(wanted | {"policy": "LAK-2"}))
    anna.place("Más típus", **(wanted | {"kind": LetterKind.INFORMATION}))
    anna.place("Régi", **wanted, at=NOON - timedelta(days=200))
    read = anna.place("Olvasott", **wanted)
    bela.place("Béláé", **wanted)
    anna.database.carry_out(open_letter, anna.customer, read, now=NOON)
    filtered = Filter(policy="LAK-1", kind=LetterKind.PREMIUM_CERTIFICATE, unread_only=True, period=Period.WEEK)

    page = listed(anna, Listing(filtered))

    assert [line.subject for line in page.lines] == ["Jó"]
    assert page.total == 1
    assert subjects(anna, Listing(replace(filtered, period=Period.OLDER))) == ["Régi"]
    assert subjects(bela, Listing(replace(filtered, period=Period.OLDER))) == []


@pytest.mark.parametrize(
    ("period", "seen"),
    [(Period.TODAY, 1), (Period.WEEK, 2), (Period.MONTH, 3), (Period.HALF_YEAR, 4), (Period.OLDER, 1)],
)
def test_periods_are_counted_in_budapest_days(boxes: Boxes, period: Period, seen: int) -> None:
    anna, _ = boxes
    midnight = NOON.replace(hour=0) - timedelta(hours=1)  # Budapest is an hour ahead in January
    for at in (midnight, midnight - timedelta(seconds=1), midnight - 7 * DAY, midnight - 30 * DAY, midnight - 200 * DAY):
        anna.place("Levél", at=at)

    assert listed(anna, Listing(Filter(period=period))).total == seen


def test_a_page_after_the_last_gives_the_last(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(30):
        anna.place(f"{number:02}", at=NOON - number * DAY)

    page = listed(anna, Listing(page=9))

    assert (page.page, page.pages, page.total) == (2, 2, 30)
    assert [line.subject for line in page.lines] == ["25", "26", "27", "28", "29"]
    assert listed(anna, Listing(Filter(search="nincs"), page=3)) == ListPage((), 0, 1, 1)


def test_what_stands_around_the_list_is_counted_for_its_owner_only(boxes: Boxes) -> None:
    anna, bela = boxes
    for box in boxes:
        box.place("Hamarosan törlődik", at=NOON - timedelta(days=340), policy="LAK-9", kind=LetterKind.PROPOSAL)
        box.place("Marad", at=NOON - timedelta(days=300), policy="KGFB-1")
    bela.place("Még egy", policy="CASCO-1", kind=LetterKind.ANSWER)

    around = anna.database.ask(inbox.look_around, anna.customer, rules=MINTA.retention, now=NOON)

    assert (around.total, around.unread, around.leaving) == (2, 2, 1)
    assert around.policies == ("KGFB-1", "LAK-9")
    assert around.kinds == ("proposal", "information")


def test_marking_touches_only_ones_own_letters_and_keeps_the_proof_of_opening(boxes: Boxes) -> None:
    anna, bela = boxes
    mine, hers = bela.place("Béláé"), anna.place("Annáé")
    other = anna.place("Annáé is")
    for box in boxes:
        assert unread_of(box) == (1 if box is bela else 2)

    changed = anna.database.carry_out(inbox.mark, anna.customer, [mine, hers, "0" * 32], unread=False, now=NOON)

    with anna.database.reading() as db:
        read = {row.public_id: (row.unread, row.opened_at) for row in db.exec(select(Letter))}
    assert changed == 1
    assert read == {mine: (True, None), hers: (False, None), other: (True, None)}
    assert (unread_of(anna), unread_of(bela)) == (1, 1)


def unread_of(box: Mailbox) -> int:
    """Read the account's own counter."""
    with box.database.reading() as db:
        return db.exec(select(Account.unread).where(Account.id == box.customer.account_id)).one()


def test_thousands_can_be_marked_at_once(boxes: Boxes) -> None:
    anna, _ = boxes
    ids = fill(anna, 1_200)

    assert anna.database.carry_out(inbox.mark, anna.customer, ids, unread=False, now=NOON) == 1_200
    assert anna.database.carry_out(inbox.mark, anna.customer, ids, unread=False, now=NOON) == 0
    assert unread_of(anna) == 0


def test_all_means_exactly_what_the_filter_shows(boxes: Boxes) -> None:
    anna, bela = boxes
    wanted = [anna.place("Casco", policy="A"), anna.place("casco újra", policy="A")]
    anna.place("Lakás", policy="A")
    bela.place("Casco", policy="A")

    sizes = anna.database.ask(inbox.sizes_of, anna.customer, Filter(search="CASCO", policy="A"), now=NOON)

    assert sorted(sizes) == sorted(wanted)


def test_an_arrival_is_noticed_even_when_its_commit_was_late(boxes: Boxes) -> None:
    anna, bela = boxes
    first = anna.place("Már itt van", at=NOON)
    known = anna.database.ask(inbox.recent_ids, anna.customer, now=NOON)
    anna.place("Későn ért be", at=NOON - timedelta(seconds=30))
    bela.place("Béla új levele", at=NOON)

    changes = anna.database.ask(inbox.watch, anna.customer, shown=[first], since=NOON, known=known, now=NOON + DAY / 24)

    assert known == {first}
    assert changes.arrived == 1
    assert [line.subject for line in changes.lines] == ["Már itt van"]


def test_watching_tells_which_shown_letters_are_gone(boxes: Boxes) -> None:
    anna, _ = boxes
    ids = [anna.place("Marad"), anna.place("Törlik")]
    known = anna.database.ask(inbox.recent_ids, anna.customer, now=NOON)
    anna.database.carry_out(bin_letters, anna.customer, [ids[1]], now=NOON)

    changes = anna.database.ask(inbox.watch, anna.customer, shown=ids, since=NOON, known=known, now=NOON)

    assert (changes.arrived, [line.public_id for line in changes.lines]) == (0, [ids[0]])


def test_the_account_remembers_sort_and_page_size_for_its_owner(boxes: Boxes) -> None:
    anna, bela = boxes

    anna.database.carry_out(inbox.remember_sort, anna.customer, Sort(SortField.SUBJECT, descending=False))
    anna.database.carry_out(inbox.remember_page_size, anna.customer, 100)
    anna.database.carry_out(inbox.remember_page_size, anna.customer, 7)

    hers, his = (box.database.ask(inbox.habits, box.customer) for box in (anna, bela))
    assert (hers.sort, hers.per_page, his.sort, his.per_page) == ("subject", 100, "-placed", 25)


def test_an_opened_inbox_follows_the_address_and_else_the_habits(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(30):
        anna.place(f"{number:02}")
    anna.database.carry_out(inbox.remember_sort, anna.customer, Sort(SortField.SUBJECT, descending=False))

    def opened(sort: Sort | None, page: int) -> inbox.OpenedInbox:
        return anna.database.ask(inbox.open_inbox, anna.customer, Filter(), sort, page, brand=MINTA, now=NOON)

    habit, asked = opened(None, 1), opened(Sort(SortField.SUBJECT, descending=True), 2)

    assert [habit.page.lines[0].subject, asked.page.lines[0].subject] == ["00", "04"]
    assert (habit.listing.per_page, asked.page.pages, asked.around.total, asked.password_days) == (25, 2, 30, None)
    assert len(asked.recent) == 30


def test_the_last_sign_in_is_the_one_before_this(boxes: Boxes) -> None:
    anna, bela = boxes
    assert anna.database.ask(inbox.habits, anna.customer).last_sign_in is None

    again = open_again(anna)

    assert again.database.ask(inbox.habits, again.customer).last_sign_in == NOON
    assert bela.database.ask(inbox.habits, bela.customer).last_sign_in is None


def open_again(box: Mailbox) -> Mailbox:
    """Sign the same customer in once more, an hour later."""
    with box.database.writing() as db:
        row = SignIn(account_id=box.customer.account_id, token_sha256="again", created_at=NOON + DAY / 24, seen_at=NOON)
        db.add(row)
        db.flush()
        return Mailbox(box.database, replace(box.customer, sign_in_id=row.id))


def fill(box: Mailbox, count: int, *, subject: Callable[[int], str] = "Levél {}".format) -> list[str]:
    """Put many letters into a mailbox quickly: copies of one that was placed."""
    box.place("Minta")
    with box.database.writing() as db:
        first = db.exec(select(Letter).where(Letter.account_id == box.customer.account_id)).first()
        facts = first.model_dump(exclude={"id"}) if first else {}
        db.delete(first)
        rows = [
            facts | {"public_id": f"{box.customer.account_id:016x}{number:016x}", "subject": subject(number)}
            for number in range(count)
        ]
        for row in rows:
            row["subject_key"] = sort_key(str(row["subject"]))
            row["placed_at"] = NOON - timedelta(minutes=rows.index(row) if count < 100 else int(row["public_id"][16:], 16))
        db.execute(insert(Letter), rows)
    return [str(row["public_id"]) for row in rows]


LISTINGS = [
    *[Listing(sort=Sort(column, descending)) for column in SortField for descending in (True, False)],
    Listing(Filter(search="levél 7")),
    Listing(Filter(kind=LetterKind.INFORMATION, policy="KGFB-2026-000001", unread_only=True, period=Period.MONTH)),
]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: f"{listing.sort} {listing.filter.search}")
def test_every_question_stays_within_the_owners_index_range(boxes: Boxes, listing: Listing) -> None:
    anna, bela = boxes
    fill(bela, 2_000)
    fill(anna, 50)
    with anna.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT", portal_writes=True) as plain:
        plain.exec_driver_sql("ANALYZE")

    plans = plans_of(anna.database, lambda: listed(anna, listing))
    plans += plans_of(anna.database, lambda: anna.database.ask(inbox.look_around, anna.customer, rules=MINTA.retention, now=NOON))

    assert len(plans) == 4
    assert [plan for plan in plans if "SCAN letter" in plan or "Seq Scan on letter" in plan] == []


# Amounts and deadlines are few; they are sorted within their owner's range without an index of their own.
INDEXED = [column for column in SortField if column not in (SortField.AMOUNT, SortField.DUE)]


def test_kinds_are_sorted_by_the_names_that_an_english_page_shows(boxes: Boxes) -> None:
    anna, _ = boxes
    for age, kind in enumerate(LetterKind):
        anna.place(str(kind), at=NOON - age * DAY, kind=kind)

    upwards = subjects(anna, Listing(sort=Sort(SortField.KIND, descending=False), language="en"))
    downwards = subjects(anna, Listing(sort=Sort(SortField.KIND), language="en"))

    assert upwards == [str(kind) for kind in SHOWN_ORDERS["en"]]
    assert downwards == upwards[::-1]


def test_they_are_sorted_within_their_owners_range(sqlite_database: Database) -> None:
    anna = open_mailbox(sqlite_database, ANNA)
    fill(anna, 50)

    plans = plans_of(sqlite_database, lambda: listed(anna, Listing(sort=Sort(SortField.KIND), language="en")))

    assert all("SEARCH letter USING INDEX" in plan and "(account_id=?" in plan for plan in plans)


@pytest.mark.parametrize("column", INDEXED)
def test_sorting_needs_no_sorter_on_sqlite(sqlite_database: Database, column: SortField) -> None:
    anna = open_mailbox(sqlite_database, ANNA)
    fill(anna, 50)

    plans = plans_of(sqlite_database, lambda: listed(anna, Listing(sort=Sort(column))))

    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []


def plans_of(database: Database, act: Callable[[], object]) -> list[str]:
    """Give the plan of every SELECT on letters that an act runs."""
    seen: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_rest: object) -> None:
        if statement.startswith("SELECT") and "FROM letter" in statement:
            seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        return [
            "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in seen
        ]


def test_one_list_event_asks_at_most_two_questions(boxes: Boxes) -> None:
    anna, _ = boxes
    fill(anna, 60)

    counted = plans_of(anna.database, lambda: listed(anna))
    known = plans_of(
        anna.database, lambda: anna.database.ask(inbox.list_letters, anna.customer, Listing(page=2), now=NOON, total=60)
    )

    assert (len(counted), len(known)) == (2, 1)


def test_a_letter_of_anothers_cannot_be_marked_by_guessing(boxes: Boxes) -> None:
    anna, bela = boxes
    letter = bela.place("Béláé")

    assert anna.database.carry_out(inbox.mark, anna.customer, [letter], unread=False, now=NOON) == 0
    with anna.database.reading() as db:
        assert db.exec(select(Letter.unread).where(col(Letter.public_id) == letter)).one() is True
