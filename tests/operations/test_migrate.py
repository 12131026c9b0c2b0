"""`migrate` brings a database to this release; every other command refuses one that waits for it."""

from collections.abc import Callable

from sqlalchemy import text

from portal_app.database.schema import Standing, newest_step, standing_of
from portal_app.database.transactions import Database
from tests.operations.installed import Installed


def test_an_empty_database_is_made_ready_and_a_ready_one_left_alone(
    installed: Installed, make_bare: Callable[[], Database]
) -> None:
    bare = make_bare()

    first = installed.call("migrate", PORTAL_DATABASE_URL=bare.url)
    second = installed.call("migrate", PORTAL_DATABASE_URL=bare.url)

    assert (first.returncode, first.stderr) == (0, f"2 steps taken: 0001_first, {newest_step()}\n")
    assert (second.returncode, second.stderr) == (0, "nothing to do\n")
    assert standing_of(bare) is Standing.CURRENT


def test_other_commands_say_that_migrate_is_needed(installed: Installed, make_bare: Callable[[], Database]) -> None:
    bare = make_bare()

    for command in ("nightly", "courier", "unopened"):
        refused = installed.call(command, PORTAL_DATABASE_URL=bare.url)
        assert (refused.returncode, "run `python -m portal_app migrate`" in refused.stderr) == (2, True)


def test_a_demonstration_migrates_by_itself(installed: Installed, make_bare: Callable[[], Database]) -> None:
    assert installed.call("unopened", PORTAL_DATABASE_URL=make_bare().url, PORTAL_DEMO="1").returncode == 0


def test_tables_of_another_program_are_refused_in_one_sentence(installed: Installed, make_bare: Callable[[], Database]) -> None:
    bare = make_bare()
    with bare.engine.execution_options(portal_writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE account (name TEXT)"))

    refused = installed.call("migrate", PORTAL_DATABASE_URL=bare.url)

    assert refused.returncode == 2
    assert refused.stderr == "this database holds tables of another program: name another database\n"


def test_another_brand_and_a_wrong_secret_are_refused_in_one_sentence(installed: Installed) -> None:
    brand = installed.call("unopened", PORTAL_BRAND="allianz")
    secret = installed.call("unopened", PORTAL_SECRET_KEY="s" * 40)

    assert (brand.returncode, secret.returncode) == (2, 2)
    assert brand.stderr.startswith("PORTAL_BRAND is allianz, but this database belongs to minta")
    assert secret.stderr.startswith("PORTAL_SECRET_KEY is not the secret this database was begun with")
    assert (brand.stderr.count("\n"), secret.stderr.count("\n")) == (1, 1)
