"""How every command comes in: settings read, database ready and known to be this brand's, house opened and closed again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from portal_app.database.schema import Standing, migrate, newest_step, standing_of, step_of
from portal_app.database.transactions import Database, use_database
from portal_app.gateways.logs import configure_logs
from portal_app.services.house import House, open_house, use_house
from portal_app.services.installation import check_installation
from portal_app.settings import Settings, SettingsWrong, load_settings


@contextmanager
def open_installation() -> Iterator[House]:
    """Give the house of this installation, with a database that is ready and belongs to it.

    Raises `SettingsWrong` with one sentence when a setting is wrong, the database waits for `migrate`, or it belongs
    to another brand or secret. Logs are written to stderr. New files are for their owner only.
    """
    os.umask(0o077)
    configure_logs()
    settings = load_settings()
    house = open_house(settings)
    try:
        check_ready(settings, house.database)
        house.database.carry_out(check_installation, house.brand, house.secrets)
        use_house(house)
        use_database(house.database)
        yield house
    finally:
        use_house(None)
        use_database(None)
        house.objects.close()
        house.database.close()


def check_ready(settings: Settings, database: Database) -> None:
    """Refuse a database that waits for `migrate`; the demonstration's is migrated at once.

    Raises `SettingsWrong` with one sentence.
    """
    if settings.demo:
        migrate(database)
        return
    standing = standing_of(database)
    if standing in (Standing.EMPTY, Standing.BEHIND):
        raise SettingsWrong(
            f"the database is at step {step_of(database) or 'none'}, this release needs {newest_step()}: "
            "run `python -m portal_app migrate`"
        )
