"""Refusals and faults as insurer systems read them: RFC 9457 problems with a stable `code` and a sentence that helps."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import to_json
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from portal_app.domain.errors import Busy, PortalError, RequestInvalid, StorageFull
from portal_app.ingest.schemas import FieldProblem, Problem
from portal_app.services.house import the_house
from portal_app.texts.refusals import api_sentence

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "unexpected"
_GONE_BEFORE_THE_ANSWER = 499

# Refusals know no status; here they get one.
STATUSES = {
    "idempotency_key_missing": 400,
    "key_missing": 401,
    "not_found": 404,
    "delivery_not_found": 404,
    "message_not_found": 404,
    "document_not_found": 404,
    "method_not_allowed": 405,
    "account_closed": 409,
    "external_ref_taken": 409,
    "kind_not_yet_electronic": 409,
    "policy_ended": 409,
    "policy_outdated": 409,
    "recipient_postal": 409,
    "request_in_flight": 409,
    "request_too_large": 413,
    "account_unknown": 422,
    "attachment_active": 422,
    "attachment_checksum": 422,
    "attachment_damaged": 422,
    "attachment_encrypted": 422,
    "attachment_missing": 422,
    "attachment_name": 422,
    "attachment_not_base64": 422,
    "attachment_not_pdf": 422,
    "attachment_too_large": 422,
    "attachment_too_many": 422,
    "batch_too_large": 422,
    "email_invalid": 422,
    "email_missing": 422,
    "file_infected": 422,
    "idempotency_key_reused": 422,
    "phone_invalid": 422,
    "policy_unknown": 422,
    "request_invalid": 422,
    "sales_route_unknown": 422,
    "rate_exceeded": 429,
    UNEXPECTED: 500,
    "busy": 503,
    "scanner_unavailable": 503,
    "storage_unavailable": 503,
    "storage_full": 507,
}
"""The HTTP status of every code this API can answer."""

_RETRY_AFTER = {"busy": 5, "scanner_unavailable": 30, "storage_unavailable": 30}
_FRAMEWORK_CODES = {404: "not_found", 405: "method_not_allowed"}

log = structlog.get_logger(__name__)


class AnsweringRoute(APIRoute):
    """A route that turns refusals and faults into problems; the only place of this door that catches them all."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Wrap the route's own handler."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handler(request)
            except PortalError as refusal:
                return self._refused(request, refusal)
            except RequestValidationError as wrong:
                return self._refused(request, RequestInvalid(errors=[_parameter(error) for error in wrong.errors()]))
            except ClientDisconnect:
                return Response(status_code=_GONE_BEFORE_THE_ANSWER)
            except (OperationalError, PoolTimeout) as fault:
                log.exception("the database does not answer", route=self.path, request_id=request_id_of(request))
                return self._refused(request, _database_refusal(fault))
            except HTTPException:
                raise
            except Exception:
                log.exception("unexpected failure", route=self.path, request_id=request_id_of(request))
                return unexpected(request)
            response.headers["X-Request-Id"] = request_id_of(request)
            return response

        return answer

    def _refused(self, request: Request, refusal: PortalError) -> Response:
        log.info("refused", code=refusal.code, route=self.path, request_id=request_id_of(request))
        return problem_response(request, problem_of(request, refusal), refusal.facts)


def request_id_of(request: Request) -> str:
    """Give this request its number, the same one each time it is asked for."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = f"req_{secrets.token_hex(8)}"
    return str(request.state.request_id)


def language_of(request: Request) -> str:
    """Say whether the caller prefers Hungarian; English otherwise (RFC 9110, 12.5.4)."""
    wishes = {"en": 0.001, "hu": 0.0}
    for wish in request.headers.get("accept-language", "").lower().split(","):
        tag, _, weight = wish.strip().partition(";q=")
        language = tag.partition("-")[0]
        if language in wishes:
            wishes[language] = _weight(weight)
    return max(wishes, key=lambda language: wishes[language])


def problem_of(request: Request, refusal: PortalError, *, within: str = "") -> Problem:
    """Describe a refusal; `within` is the pointer of the letter it is about, in a batch."""
    language = language_of(request)
    detail = api_sentence(refusal.code, language, refusal.facts)
    if isinstance(refusal, RequestInvalid):
        fields = [FieldProblem(**{**field, "pointer": within + field["pointer"]}) for field in _fields(refusal)]
    elif "pointer" in refusal.facts:
        fields = [FieldProblem(pointer=within + str(refusal.facts["pointer"]), code=refusal.code, detail=detail)]
    else:
        fields = []
    return _problem(request, refusal.code, detail, fields)


def problem_response(request: Request, problem: Problem, facts: Mapping[str, object] | None = None) -> Response:
    """Answer with a problem, with the headers that belong to its code."""
    headers = {"X-Request-Id": problem.request_id, "Content-Language": language_of(request), "Cache-Control": "no-store"}
    seconds = (facts or {}).get("seconds", _RETRY_AFTER.get(problem.code))
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    if problem.code == "key_missing":
        headers["WWW-Authenticate"] = 'Bearer realm="portal"'
    return Response(to_json(problem), problem.status, headers, MEDIA_TYPE)


def framework_problem(request: Request, refused: HTTPException) -> Response:
    """Answer what the framework refuses by itself: an unknown address, or a method it does not have."""
    code = _FRAMEWORK_CODES.get(refused.status_code, "not_found")
    response = problem_response(request, _problem(request, code, api_sentence(code, language_of(request), {}), []))
    response.headers.update(refused.headers or {})
    return response


def unexpected(request: Request) -> Response:
    """Answer a fault: nothing of it is told but the number under which the log knows it."""
    facts = {"incident": request_id_of(request)}
    detail = api_sentence(UNEXPECTED, language_of(request), facts)
    return problem_response(request, _problem(request, UNEXPECTED, detail, []))


def _problem(request: Request, code: str, detail: str, fields: list[FieldProblem]) -> Problem:
    return Problem(
        type=f"{the_house().settings.public_origin}/api/v1/docs#{code}",
        title=code.replace("_", " ").capitalize(),
        status=STATUSES[code],
        code=code,
        detail=detail,
        request_id=request_id_of(request),
        errors=fields,
    )


def _fields(refusal: RequestInvalid) -> list[dict[str, Any]]:
    fields = refusal.facts["errors"]
    return fields if isinstance(fields, list) else []


def _parameter(error: Mapping[str, Any]) -> dict[str, str]:
    """Describe a parameter of the address or a header that does not fit."""
    name = str(error["loc"][-1])
    return {"pointer": f"/{name}", "code": error["type"], "detail": f"{error['loc'][0]} parameter {name}: {error['msg']}"}


def _database_refusal(fault: Exception) -> PortalError:
    """A full disk needs the operator; anything else may pass."""
    return StorageFull() if "full" in str(fault.args).lower() else Busy(seconds=_RETRY_AFTER["busy"])


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
