"""The inbox's address says everything that decides what is listed, and survives whatever is typed into it."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_app.customer.inbox.addresses import (
    FILTERS,
    KIND,
    OLDER_TOO,
    POLICY,
    SEARCH,
    UNREAD,
    narrowed,
    read_address,
    shelf_at,
    write_query,
)
from portal_app.domain.kinds import LetterKind
from portal_app.domain.letters import Filter, Listing, Period, Sort, SortField, at_first
from portal_app.domain.shelves import Shelf

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), max_size=30)
listings = st.builds(
    Listing,
    st.builds(
        Filter,
        words,
        st.none() | st.sampled_from(LetterKind),
        words,
        st.booleans(),
        st.none() | st.sampled_from(Period),
        st.sampled_from([None, Shelf.PAYMENTS]),
    )
    | st.builds(Filter, words, shelf=st.just(Shelf.DOCUMENTS), current_only=st.booleans()),
    st.builds(Sort, st.sampled_from(SortField), st.booleans()),
    st.integers(1, 9_999),
)


@given(listings)
def test_an_address_is_read_as_it_was_written(listing: Listing) -> None:
    asked = read_address(write_query(listing), listing.filter.shelf)

    assert (asked.filter, asked.sort, asked.page) == (listing.filter, listing.sort, listing.page)


@given(
    st.text(max_size=300)
    | st.dictionaries(st.sampled_from([*FILTERS, "rendez", "oldal", "x"]), st.text(max_size=20)).map(urlencode)
)
def test_no_address_breaks_the_page(query: str) -> None:
    asked = read_address(query)

    assert 1 <= asked.page <= 999_999
    assert len(asked.filter.search) <= 100


@pytest.mark.parametrize("query", ["oldal=0", "oldal=-1", "oldal=1e9", "oldal=٣", "oldal=99999999999", "oldal=", "&" * 5_000])
def test_a_page_that_is_no_page_is_the_first(query: str) -> None:
    assert read_address(query).page == 1


def test_without_a_sort_the_habit_decides() -> None:
    assert read_address("keres=casco").sort is None
    assert read_address("rendez=-targy").sort == Sort(SortField.SUBJECT, descending=True)
    assert read_address("rendez=id; drop table").sort is None


@pytest.mark.parametrize(
    ("path", "shelf"),
    [
        ("/kuldemenyek", None),
        ("/dokumentumok", Shelf.DOCUMENTS),
        ("/bizonylatok/", Shelf.PAYMENTS),
        ("/dokumentumok/x", None),
        ("", None),
    ],
)
def test_the_path_says_which_list_it_is(path: str, shelf: Shelf | None) -> None:
    assert shelf_at(path) == shelf
    assert read_address("", shelf).filter == at_first(shelf)


def test_documents_begin_with_what_is_current_and_show_the_others_on_request() -> None:
    current = at_first(Shelf.DOCUMENTS)

    older_too = narrowed(current, OLDER_TOO, "1")

    assert (current.current_only, older_too.current_only) == (True, False)
    assert narrowed(older_too, OLDER_TOO, "") == current
    assert narrowed(current, SEARCH, "casco").current_only


def test_one_filter_changes_and_the_others_stay() -> None:
    wanted = Filter(search="casco", policy="LAK-1")

    assert narrowed(wanted, KIND, "kotveny") == Filter(search="casco", policy="LAK-1", kind=LetterKind.POLICY_DOCUMENT)
    assert narrowed(wanted, SEARCH, "") == Filter(policy="LAK-1")
    assert narrowed(wanted, POLICY, "") == Filter(search="casco")
    assert narrowed(wanted, UNREAD, "1").unread_only
    assert narrowed(wanted, "account_id", "1") == wanted
