"""The command that brings a database to what this release needs."""

import os
import sys
from typing import Annotated

import typer

from portal_app.database.schema import SchemaForeign, draft_step, migrate
from portal_app.gateways.logs import configure_logs
from portal_app.services.house import open_house
from portal_app.services.installation import check_installation
from portal_app.settings import SettingsWrong, load_settings


def run_migrate(
    *, draft: Annotated[str, typer.Option(help="For developers: write the next step from what tables.py says.", hidden=True)] = ""
) -> None:
    """Bring the database to what this release needs, in one transaction; safe to repeat and to interrupt.

    Make a backup before: the way back is a backup. Exit codes: 0 ready; 2 a setting is wrong, or the database is not ours.
    """
    os.umask(0o077)
    configure_logs()
    house = open_house(load_settings())
    try:
        taken = migrate(house.database)
        if draft:
            print(draft_step(house.database, draft))
            return
        house.database.carry_out(check_installation, house.brand, house.secrets)
    except SchemaForeign:
        raise SettingsWrong("this database holds tables of another program: name another database") from None
    finally:
        house.objects.close()
        house.database.close()
    print(f"{len(taken)} steps taken: {', '.join(taken)}" if taken else "nothing to do", file=sys.stderr)
