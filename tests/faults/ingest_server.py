"""The API alone, as a process of its own that can be killed: `python -m granian tests.faults.ingest_server:app`."""

from starlette.applications import Starlette

from portal_app.database.transactions import use_database
from portal_app.gateways.logs import configure_logs
from portal_app.ingest.api import ingest_routes
from portal_app.services.house import open_house, use_house
from portal_app.settings import load_settings

configure_logs()
house = open_house(load_settings())
use_house(house)
use_database(house.database)
app = Starlette(routes=ingest_routes())
