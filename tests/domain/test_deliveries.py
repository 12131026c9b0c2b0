"""What a handover says, and who can receive it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from portal_app.domain.deliveries import Attachment, Handover, Recipient, check_recipient, fingerprint, is_plain_pdf_name
from portal_app.domain.errors import AccountClosed, KindNotYetElectronic, PolicyEnded, PolicyUnknown, PortalError, RecipientPostal
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication
from portal_app.settings import read_brand

MINTA = read_brand("minta")
TODAY = date(2026, 1, 10)
LETTER = Handover(
    external_ref="SZ-1",
    policy_number="P-1",
    kind=LetterKind.PROPOSAL,
    subject="Ajánlat",
    summary="",
    attachments=(Attachment("a.pdf", "AB" * 32, b"one"), Attachment("b.pdf", "CD" * 32, b"two")),
    publish_at=datetime(2026, 2, 1, 8, tzinfo=UTC),
)
ANNA = Recipient(
    policy_id=1,
    communication=Communication.ELECTRONIC,
    ended_on=None,
    plate_number="",
    account_id=7,
    account_portal="kuldemenyeim",
)


@pytest.mark.parametrize(
    "changes",
    [
        {"policy_number": "P-2"}, {"kind": LetterKind.ANSWER}, {"subject": "Más"}, {"summary": "Más"}, {"publish_at": None},
        {"due_on": TODAY}, {"amount": 0}, {"requires_confirmation": True}, {"attachments": LETTER.attachments[::-1]},
        {"attachments": LETTER.attachments[:1]},
        {"attachments": (replace(LETTER.attachments[0], name="c.pdf"), LETTER.attachments[1])},
        {"attachments": (replace(LETTER.attachments[0], sha256="0" * 64), LETTER.attachments[1])},
    ],
)  # fmt: skip
def test_whatever_is_said_otherwise_changes_the_fingerprint(changes: dict[str, object]) -> None:
    assert fingerprint(replace(LETTER, **changes)) != fingerprint(LETTER)  # type: ignore[arg-type]


def test_the_way_something_is_written_does_not_change_the_fingerprint() -> None:
    small = tuple(replace(one, sha256=one.sha256.lower()) for one in LETTER.attachments)
    budapest = datetime(2026, 2, 1, 9, tzinfo=timezone(timedelta(hours=1)))

    assert fingerprint(replace(LETTER, attachments=small, publish_at=budapest, external_ref="other")) == fingerprint(LETTER)


@pytest.mark.parametrize(
    "name", ["level.pdf", "Díjfizetési felszólító (2026. I.).PDF", "a.b.pdf", "console.pdf", "x" * 146 + ".pdf"]
)
def test_plain_names(name: str) -> None:
    assert is_plain_pdf_name(name)


@pytest.mark.parametrize(
    "name", ["", ".pdf", " .pdf", "...pdf", "nul.pdf", "Aux.x.pdf", "a\u200bb.pdf", "a\u2028.pdf", "a|b.pdf", "x" * 147 + ".pdf"]
)
def test_names_that_are_not_plain(name: str) -> None:
    assert not is_plain_pdf_name(name)


def test_letters_of_a_running_electronic_policy_go_to_its_account() -> None:
    assert check_recipient(LETTER, ANNA, MINTA, TODAY) == 7


@pytest.mark.parametrize(
    ("recipient", "refusal"),
    [
        (None, PolicyUnknown),
        (replace(ANNA, communication=Communication.POSTAL), RecipientPostal),
        (replace(ANNA, ended_on=TODAY - timedelta(days=366)), PolicyEnded),
        (replace(ANNA, account_closed=True), AccountClosed),
        (replace(ANNA, account_id=None), AccountClosed),
    ],
)
def test_who_cannot_receive_letters(recipient: Recipient | None, refusal: type[PortalError]) -> None:
    with pytest.raises(refusal):
        check_recipient(LETTER, recipient, MINTA, TODAY)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(("since", "refused"), [(date(2026, 1, 10), False), (date(2026, 1, 11), True)])
def test_a_kind_turns_electronic_on_its_day(since: date, refused: bool) -> None:
    brand = replace(MINTA, electronic_from={LetterKind.PROPOSAL: since})

    if refused:
        with pytest.raises(KindNotYetElectronic):
            check_recipient(LETTER, ANNA, brand, TODAY)
    else:
        assert check_recipient(LETTER, ANNA, brand, TODAY) == 7


def test_a_policy_takes_letters_to_the_last_day_of_its_year() -> None:
    assert check_recipient(LETTER, replace(ANNA, ended_on=TODAY - timedelta(days=365)), MINTA, TODAY) == 7
