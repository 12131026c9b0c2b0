"""Cookies: names, attributes, and what a browser may send back."""

from starlette.responses import Response

from portal_app.browser.cookies import MOST_COOKIES, CookieNames, give_language, read_cookies


def test_a_secret_cookie_cannot_be_read_by_scripts_nor_leave_its_origin() -> None:
    answer = Response()

    CookieNames(secure=True).give(answer, "sign_in", "token")

    assert answer.headers["set-cookie"] == "__Host-portal_sign_in=token; HttpOnly; Path=/; SameSite=lax; Secure"


def test_over_plain_http_the_names_have_no_prefix() -> None:
    answer = Response()

    CookieNames(secure=False).give(answer, "visit", "token", 900)

    assert answer.headers["set-cookie"] == "portal_visit=token; HttpOnly; Max-Age=900; Path=/; SameSite=lax"


def test_taking_back_a_cookie_names_the_same_place() -> None:
    answer = Response()

    CookieNames(secure=True).take_back(answer, "sign_in")

    assert answer.headers["set-cookie"].startswith('__Host-portal_sign_in=""; expires=')
    assert answer.headers["set-cookie"].endswith("HttpOnly; Max-Age=0; Path=/; SameSite=lax; Secure")


def test_a_cookie_without_sense_does_not_hide_its_neighbours() -> None:
    assert read_cookies("a[]=1; portal_sign_in=abc; =; ;; b") == {"portal_sign_in": "abc", "b": ""}


def test_the_first_of_two_cookies_with_one_name_counts() -> None:
    assert read_cookies("portal_sign_in=first; portal_sign_in=second") == {"portal_sign_in": "first"}


def test_the_language_is_no_secret_and_stays_a_year() -> None:
    answer = Response()

    give_language(answer, "en", secure=False)

    assert answer.headers["set-cookie"] == "nyelv=en; Max-Age=31536000; Path=/; SameSite=lax"


def test_a_header_without_end_is_not_read_to_its_end() -> None:
    assert read_cookies("a=b;" * 200_000 + "portal_sign_in=abc") == {"a": "b"}
    assert len(read_cookies(";".join(f"c{number}=1" for number in range(200_000)))) == MOST_COOKIES
    assert read_cookies("a=" + "x" * 200_000 + "; portal_sign_in=abc") != {}
