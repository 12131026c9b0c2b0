"""How many guesses a password takes."""

from time import perf_counter

from portal_app.gateways.guessing import guessability


def test_a_usual_password_takes_few_guesses_and_an_unusual_one_many() -> None:
    assert guessability("Password12").guesses < 1_000_000
    assert guessability("ABab1234").score == 1
    assert guessability("Szeretlek12K").guesses < 1_000_000
    assert guessability("x7Kp2mQz").guesses > 1_000_000
    assert guessability("TavasziEso24").score == 4


def test_words_that_are_known_make_guessing_easier() -> None:
    unknown = guessability("Kerekerdo42").guesses

    assert guessability("Kerekerdo42", ["kerekerdo"]).guesses < unknown


def test_a_very_long_password_is_judged_at_once() -> None:
    began = perf_counter()

    guessability("a1B" * 300)

    assert perf_counter() - began < 0.5
