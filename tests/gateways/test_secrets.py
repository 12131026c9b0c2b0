"""The secret key serves separate purposes, survives rotation, and refuses what was changed."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal_app.gateways.secrets import SealBroken, Secrets, incident_number, public_id, random_token, token_digest

OLD = "an older key that was made by chance 01"
NEW = "a newer key that was made by chance 002"


def test_a_token_holds_256_bits_and_only_its_digest_needs_to_be_kept() -> None:
    token = random_token()

    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert token_digest(token) == token_digest(token)
    assert len(token_digest(token)) == 64
    assert token not in token_digest(token)


def test_a_thousand_tokens_and_ids_are_all_different() -> None:
    assert len({random_token() for _ in range(1000)}) == 1000
    assert len({public_id() for _ in range(1000)}) == 1000


def test_a_public_id_is_32_hex_characters() -> None:
    assert len(bytes.fromhex(public_id())) == 16


def test_an_incident_number_can_be_read_out() -> None:
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}", incident_number())


def test_each_purpose_has_its_own_key() -> None:
    secrets = Secrets([NEW])

    assert secrets.key("passwords") != secrets.key("documents")
    assert len(secrets.key("passwords")) == 32


def test_the_newest_key_makes_and_all_keys_are_known() -> None:
    rotated = Secrets([NEW, OLD])

    assert rotated.key("documents") == Secrets([NEW]).key("documents")
    assert rotated.keys("documents") == (Secrets([NEW]).key("documents"), Secrets([OLD]).key("documents"))


@given(some.binary(max_size=500))
def test_what_was_sealed_opens_again(content: bytes) -> None:
    secrets = Secrets([NEW])

    assert secrets.open("documents", secrets.seal("documents", content)) == content


def test_a_seal_does_not_show_its_content_and_is_never_the_same_twice() -> None:
    secrets = Secrets([NEW])

    sealed = secrets.seal("documents", b"Kedves Anna!")

    assert b"Anna" not in sealed
    assert sealed != secrets.seal("documents", b"Kedves Anna!")


def test_another_purpose_does_not_open_a_seal() -> None:
    secrets = Secrets([NEW])
    sealed = secrets.seal("documents", b"content")

    with pytest.raises(SealBroken):
        secrets.open("outgoing passwords", sealed)


def test_a_seal_that_was_changed_anywhere_does_not_open() -> None:
    secrets = Secrets([NEW])
    sealed = secrets.seal("documents", b"content")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            secrets.open("documents", bytes(changed))


@pytest.mark.parametrize("length", range(40))
def test_a_seal_that_was_cut_does_not_open(length: int) -> None:
    secrets = Secrets([NEW])
    sealed = secrets.seal("documents", b"a longer content than that")

    with pytest.raises(SealBroken):
        secrets.open("documents", sealed[:length])


def test_a_rotated_key_still_opens_what_the_older_one_sealed_and_knows_that_it_is_old() -> None:
    sealed = Secrets([OLD]).seal("documents", b"content")
    rotated = Secrets([NEW, OLD])

    assert rotated.open("documents", sealed) == b"content"
    assert not rotated.is_sealed_with_newest("documents", sealed)
    assert rotated.is_sealed_with_newest("documents", rotated.seal("documents", b"content"))


def test_a_key_that_was_taken_away_opens_nothing() -> None:
    sealed = Secrets([OLD]).seal("documents", b"content")

    with pytest.raises(SealBroken):
        Secrets([NEW]).open("documents", sealed)


def test_fingerprints_differ_by_key_and_purpose_and_older_ones_are_still_found() -> None:
    old, rotated = Secrets([OLD]), Secrets([NEW, OLD])

    assert rotated.fingerprint("logins", "anna") != rotated.fingerprint("sources", "anna")
    assert rotated.fingerprint("logins", "anna") != old.fingerprint("logins", "anna")
    assert old.fingerprint("logins", "anna") in rotated.fingerprints("logins", "anna")


def test_a_check_value_recognises_the_installations_key_and_no_other() -> None:
    kept = Secrets([OLD]).check_value()

    assert Secrets([NEW, OLD]).recognises(kept)
    assert not Secrets([NEW]).recognises(kept)


def test_no_key_and_a_short_key_are_refused() -> None:
    with pytest.raises(ValueError, match="At least one"):
        Secrets([])
    with pytest.raises(ValueError, match="32 characters"):
        Secrets([NEW, "short"])


def test_the_keys_never_show_themselves() -> None:
    assert OLD not in repr(Secrets([OLD]))
