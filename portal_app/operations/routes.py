"""The operator's door on the web: three addresses for machines."""

from starlette.routing import BaseRoute, Route

from portal_app.operations.health import Readiness, healthz
from portal_app.operations.metrics import Metrics


def operations_routes() -> list[BaseRoute]:
    """Give the routes; `/metrics` guards itself, the others tell nothing worth guarding."""
    return [
        Route("/healthz", healthz),
        Route("/readyz", Readiness().answer),
        Route("/metrics", Metrics().answer),
    ]
