"""What people and programs are told when the portal refuses: the facts of a refusal in words."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from portal_app.texts import dates
from portal_app.texts.catalogues import has_sentence, sentence
from portal_app.texts.sizes import file_size

# The refusals whose fact `most` is a number of bytes.
_IN_BYTES = frozenset({"archive_too_large", "file_too_large", "request_too_large", "attachment_too_large"})


def refusal_sentence(code: str, language: str, register: str, facts: Mapping[str, object]) -> str:
    """Say to a person what happened and what to do now: the sentence `error.<code>` with its facts in words.

    Raises `SentenceMissing` and `ValueMissing` as `sentence` does.
    """
    return sentence(f"error.{code}", language, register, **_in_words(code, facts, language))


def has_api_sentence(code: str) -> bool:
    """Whether an insurer's system can meet this refusal."""
    return has_sentence(f"api.{code}", "en")


def api_sentence(code: str, language: str, facts: Mapping[str, object]) -> str:
    """Say to an insurer's developer what to do: the sentence `api.<code>`, with figures and ISO dates as they are."""
    return sentence(f"api.{code}", language, **{name: _as_it_is(fact) for name, fact in facts.items()})


def _in_words(code: str, facts: Mapping[str, object], language: str) -> dict[str, object]:
    worded: dict[str, object] = {}
    for name, fact in facts.items():
        if code in _IN_BYTES and name == "most" and isinstance(fact, int):
            worded[name] = file_size(fact, language)
        elif isinstance(fact, datetime):
            worded[name] = dates.moment(fact, language)
        elif isinstance(fact, date):
            worded[name] = dates.long_date(fact, language)
        else:
            worded[name] = _as_it_is(fact)
    return worded


def _as_it_is(fact: object) -> str:
    if isinstance(fact, date):
        return fact.isoformat()
    if isinstance(fact, Iterable) and not isinstance(fact, str):
        return ", ".join(str(part) for part in fact)
    return str(fact)
