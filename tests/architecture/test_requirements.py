"""Every row of the requirements that this release owns is shown by a test, and the table says which."""

from tests.requirements_table import TABLE, marked_tests, requirements, table


def test_every_row_of_this_release_is_shown_by_a_marked_test() -> None:
    shown = marked_tests()

    missing = [row for row, facts in requirements().items() if not facts.get("later") and row not in shown]

    assert missing == []


def test_every_mark_names_a_row() -> None:
    assert sorted(set(marked_tests()) - set(requirements())) == []


def test_the_table_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run: make requirements"
