"""Every row of the requirements is shown by a test, and the table says which."""

from tests.requirements_table import TABLE, marked_tests, requirements, table


def test_every_row_is_shown_by_a_marked_test() -> None:
    shown = marked_tests()

    assert [row for row in requirements() if row not in shown] == []


def test_every_mark_names_a_row() -> None:
    assert sorted(set(marked_tests()) - set(requirements())) == []


def test_the_table_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run: make requirements"
