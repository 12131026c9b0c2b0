"""The OpenAPI 3.1 description: FastAPI's, completed with the bodies that are read off the event loop, and the problems."""

from collections import defaultdict
from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from portal_app.ingest import examples, schemas
from portal_app.ingest.problems import MEDIA_TYPE, STATUSES

REF = "#/components/schemas/{model}"
SENT = (schemas.PolicySent, schemas.DeliverySent, schemas.BatchSent, schemas.Problem)

ATTACHMENT_CODES = (
    "attachment_missing", "attachment_too_many", "attachment_name", "attachment_too_large", "attachment_not_base64",
    "attachment_checksum", "attachment_not_pdf", "attachment_damaged", "attachment_encrypted", "attachment_active",
    "file_infected",
)  # fmt: skip
LETTER_CODES = (
    "policy_unknown", "recipient_postal", "policy_ended", "kind_not_yet_electronic", "account_closed",
    "external_ref_taken", *ATTACHMENT_CODES,
)  # fmt: skip
ONCE_CODES = (
    "idempotency_key_missing", "idempotency_key_reused", "request_in_flight", "request_too_large",
    "scanner_unavailable", "storage_unavailable", "storage_full",
)  # fmt: skip
EVERYWHERE = ("key_missing", "rate_exceeded", "unexpected", "busy")

ABOUT = """Policies and letters come in, what became of them and what customers wrote goes out. Every request bears an
API key: `Authorization: Bearer …`. Refusals are problems (RFC 9457): decide by `code`, which is stable; `detail` says
what to do, in English or Hungarian as Accept-Language asks. Unknown fields are refused, and nothing is stored of what
is refused. Moments carry their zone; dates are days in Budapest; amounts are whole forints."""


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route can answer, grouped by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in (*codes, *EVERYWHERE):
        by_status[STATUSES[code]].append(code)
    content = {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        status: {"description": "Codes: " + ", ".join(f"`{code}`" for code in found), "content": content}
        for status, found in sorted(by_status.items())
    }


def sends(model: str) -> dict[str, Any]:
    """Describe the body a route reads by itself."""
    schema = {"$ref": REF.format(model=model)}
    content = {"application/json": {"schema": schema, "example": examples.BODIES[model]}}
    return {"requestBody": {"required": True, "content": content}}


@lru_cache(maxsize=4)
def specification(app: FastAPI) -> dict[str, Any]:
    """Give the description of the API with its full addresses."""
    made = app.openapi()
    _, described = models_json_schema([(model, "validation") for model in SENT], ref_template=REF)
    known = made["components"]["schemas"]
    return {
        "openapi": "3.1.0",
        "info": {"title": app.title, "version": app.version, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {f"/api/v1{path}": operations for path, operations in made["paths"].items()},
        "components": {
            "schemas": dict(sorted({**known, **described["$defs"]}.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
