"""A database remembers whose it is."""

import pytest

from portal_app.database.transactions import Database
from portal_app.gateways.secrets import Secrets
from portal_app.services import installation
from portal_app.settings import SettingsWrong, read_brand

FIRST, SECOND, STRANGE = (letter * 40 for letter in "abc")


def test_a_new_database_remembers_brand_and_secret(database: Database) -> None:
    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))

    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))
    assert database.ask(installation.recall, installation.BRAND) == "minta"


def test_another_brand_is_refused_in_one_sentence(database: Database) -> None:
    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))

    with pytest.raises(SettingsWrong) as refusal:
        database.carry_out(installation.check_installation, read_brand("allianz"), Secrets([FIRST]))

    assert str(refusal.value) == (
        "PORTAL_BRAND is allianz, but this database belongs to minta: set the brand back or name another database"
    )


def test_a_wrong_secret_is_refused_and_not_shown(database: Database) -> None:
    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))

    with pytest.raises(SettingsWrong, match="PORTAL_SECRET_KEY is not the secret") as refusal:
        database.carry_out(installation.check_installation, read_brand("minta"), Secrets([STRANGE]))

    assert STRANGE not in str(refusal.value)


def test_after_a_rotation_the_newest_secret_alone_is_enough(database: Database) -> None:
    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))
    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([SECOND, FIRST]))

    database.carry_out(installation.check_installation, read_brand("minta"), Secrets([SECOND]))

    with pytest.raises(SettingsWrong):
        database.carry_out(installation.check_installation, read_brand("minta"), Secrets([FIRST]))
