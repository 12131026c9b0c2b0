"""The API of the insurer's systems: which policies exist, letters handed over, what became of them, what customers wrote."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any, ParamSpec, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from portal_app.database.contention import carry_out_again
from portal_app.database.transactions import ask
from portal_app.domain.actors import InsurerSystem
from portal_app.domain.errors import PortalError
from portal_app.gateways.clock import now
from portal_app.ingest import answers, documentation, schemas, specification
from portal_app.ingest.bodies import READ_AT_ONCE, WORKED_AT_ONCE, Places, read_body
from portal_app.ingest.keys import calling_system
from portal_app.ingest.once import Held, once
from portal_app.ingest.problems import AnsweringRoute, framework_problem
from portal_app.ingest.specification import problems, sends
from portal_app.services import answers as messages
from portal_app.services import deliveries, intake, openings, policies
from portal_app.services.house import the_house
from portal_app.services.intake import Accepted, Desk, Outcome

Details = ParamSpec("Details")
Answer = TypeVar("Answer")

MESSAGES_AT_ONCE = 100
_POLICY_BYTES = 64_000

_PRINTED = r"^[^\x00-\x1f\x7f/]*[^\x00-\x20\x7f/][^\x00-\x1f\x7f/]*$"
PolicyNumber = Annotated[str, Path(min_length=1, max_length=64, pattern=_PRINTED)]
PublicId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
DryRun = Annotated[bool, Query(description="Judge without writing anything; needs no Idempotency-Key.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="1 to 255 printable characters, new for every new request. Kept for 7 days; needed unless dry_run.",
        max_length=1000,
    ),
]
System = Annotated[InsurerSystem, Depends(calling_system)]

router = APIRouter(route_class=AnsweringRoute)
open_router = APIRouter(route_class=AnsweringRoute)


class Workshop:
    """Where requests are worked on, away from the event loop."""

    def __init__(self) -> None:
        """Open it; threads come with the first request."""
        self.reading = Places(READ_AT_ONCE)
        self.working = Places(WORKED_AT_ONCE)
        self._threads = ThreadPoolExecutor(thread_name_prefix="ingest")

    async def read(self, request: Request, most: int) -> bytes:
        """Read a large body; a slow line keeps nobody from working."""
        async with self.reading.place():
            return await read_body(request, most)

    async def do(self, work: Callable[Details, Answer], *args: Details.args, **kwargs: Details.kwargs) -> Answer:
        """Do blocking work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))


def ingest_routes() -> list[BaseRoute]:
    """Give the API as routes that another application hangs beside its own."""
    return [Mount(answers.PREFIX, app=ingest_api())]


def ingest_api() -> FastAPI:
    """Make the API; its addresses are relative to `/api/v1`. Needs the process's house and database when it is asked."""
    app = FastAPI(
        title="Insurer intake API",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(router)
    app.include_router(open_router)
    app.state.workshop = Workshop()
    app.add_exception_handler(HTTPException, _framework_problem)
    return app


# ── policies ──


@router.put(
    "/policies/{policy_number}",
    summary="Say what is known of a policy",
    response_description="What is known of the policy now.",
    response_model=schemas.PolicyAnswer,
    responses={
        201: {"model": schemas.PolicyAnswer, "description": "The policy was not known before."},
        **problems(
            "request_invalid", "email_missing", "email_invalid", "phone_invalid", "sales_route_unknown",
            "account_unknown", "policy_outdated", "request_too_large",
        ),
    },
    openapi_extra=sends("PolicySent"),
)  # fmt: skip
async def put_policy(request: Request, system: System, policy_number: PolicyNumber) -> Response:
    """State a policy as a whole; repeat it whenever something changes, with the moment it describes in `as_of`.

    With electronic communication and an e-mail address an account opens by itself where the brand says so. A new
    e-mail address never moves letters that are already placed.
    """
    sent = schemas.read_policy(await read_body(request, _POLICY_BYTES))
    house, received = the_house(), now()
    statement = sent.statement(policy_number, received)

    async def state(first_access: openings.FirstAccess | None) -> policies.PolicyView:
        return await _workshop(request).do(
            carry_out_again,
            house.database,
            policies.state_policy,
            system,
            statement,
            consent_stated=sent.consent_at is not None,
            first_access=first_access,
            brand=house.brand,
            secrets=house.secrets,
            now=received,
        )

    try:
        view = await state(None)
    except openings.FirstAccessNeeded:
        drawn = await openings.draw_first_access_async(statement.sales_route, brand=house.brand, hashing=house.hashing)
        view = await state(drawn)
    return _answer(answers.policy_answer(view), 201 if view.created else 200)


# ── deliveries ──


@router.post(
    "/deliveries",
    summary="Hand over one letter",
    response_description="The letter is placed, or scheduled; everything is durable.",
    status_code=201,
    response_model=schemas.DeliveryAccepted,
    responses={
        200: {
            "model": schemas.DeliveryAccepted | schemas.DeliveryJudged,
            "description": "The same letter was handed over before (`repeated`), or a dry run that ended well.",
        },
        **problems(*specification.LETTER_CODES, *specification.ONCE_CODES, "request_invalid"),
    },
    openapi_extra=sends("DeliverySent"),
)
async def post_delivery(
    request: Request, system: System, *, dry_run: DryRun = False, idempotency_key: IdempotencyKey = None
) -> Response:
    """Hand over one letter for the holder of a policy. 201 means: bytes, letter and notification are durable."""
    del idempotency_key
    workshop = _workshop(request)
    body = await workshop.read(request, the_house().brand.limits.request_bytes)
    async with workshop.working.place():
        if dry_run:
            return _answer(await workshop.do(_judge_delivery, system, body), 200)
        return await once(request, system, body, partial(_take_delivery, workshop, body))


async def _take_delivery(workshop: Workshop, body: bytes, held: Held) -> Response:
    return await workshop.do(_place_delivery, body, held)


def _place_delivery(body: bytes, held: Held) -> Response:
    def conclude(db: Session, outcomes: list[Outcome]) -> None:
        if isinstance(outcomes[0], Accepted):
            held.keep(db, *_accepted(outcomes[0]))

    handover = schemas.read_delivery(body).handover()
    outcome = intake.hand_over(_desk(), held.system, [handover], now=now, conclude=conclude)[0]
    if isinstance(outcome, PortalError):
        raise outcome
    status, answer = _accepted(outcome)
    return Response(answer, status, media_type="application/json")


def _judge_delivery(system: InsurerSystem, body: bytes) -> schemas.DeliveryJudged:
    handover = schemas.read_delivery(body).handover()
    outcome = intake.judge(_desk(), system, [handover], now=now())[0]
    if isinstance(outcome, PortalError):
        raise outcome
    return answers.judged_answer(handover.external_ref, outcome)


def _accepted(accepted: Accepted) -> tuple[int, bytes]:
    return 200 if accepted.repeated else 201, to_json(answers.delivery_answer(accepted))


@router.post(
    "/deliveries/batch",
    summary="Hand over up to 500 letters",
    response_description="One result for each letter, in order.",
    status_code=207,
    response_model=schemas.BatchAnswer,
    responses=problems("batch_too_large", *specification.ONCE_CODES, "request_invalid"),
    openapi_extra=sends("BatchSent"),
)
async def post_batch(
    request: Request, system: System, *, dry_run: DryRun = False, idempotency_key: IdempotencyKey = None
) -> Response:
    """Hand over several letters under one Idempotency-Key; each gets its own result, in order."""
    del idempotency_key
    workshop = _workshop(request)
    body = await workshop.read(request, the_house().brand.limits.request_bytes)
    async with workshop.working.place():
        if dry_run:
            return _answer(await workshop.do(_judge_batch, request, system, body), 207)
        return await once(request, system, body, partial(_take_batch, workshop, request, body))


async def _take_batch(workshop: Workshop, request: Request, body: bytes, held: Held) -> Response:
    return await workshop.do(_place_batch, request, body, held)


def _place_batch(request: Request, body: bytes, held: Held) -> Response:
    letters = schemas.read_batch(body, the_house().brand.limits.batch)
    made: list[bytes] = []

    def conclude(db: Session, outcomes: list[Outcome]) -> None:
        made[:] = [to_json(_batch_answer(request, letters, outcomes))]
        held.keep(db, 207, made[0])

    handovers = [letter.handover() for letter in letters if isinstance(letter, schemas.DeliverySent)]
    intake.hand_over(_desk(), held.system, handovers, now=now, conclude=conclude)
    return Response(made[0], 207, media_type="application/json")


def _judge_batch(request: Request, system: InsurerSystem, body: bytes) -> schemas.BatchAnswer:
    letters = schemas.read_batch(body, the_house().brand.limits.batch)
    handovers = [letter.handover() for letter in letters if isinstance(letter, schemas.DeliverySent)]
    return _batch_answer(request, letters, intake.judge(_desk(), system, handovers, now=now()))


def _batch_answer(
    request: Request, letters: Sequence[schemas.DeliverySent | PortalError], outcomes: Sequence[Outcome | None]
) -> schemas.BatchAnswer:
    """Put the outcomes of the letters that could be read beside the refusals of those that could not."""
    decided = iter(outcomes)
    return answers.batch_answer(
        request,
        [letter.external_ref if isinstance(letter, schemas.DeliverySent) else None for letter in letters],
        [letter if isinstance(letter, PortalError) else next(decided) for letter in letters],
    )


@router.get(
    "/deliveries/{delivery_id}",
    summary="Ask what became of a letter",
    response_description="What became of it.",
    response_model=schemas.DeliveryState,
    responses=problems("delivery_not_found", "request_invalid"),
)
async def get_delivery(system: System, delivery_id: PublicId) -> Response:
    """Tell whether the letter is scheduled, placed, opened, confirmed, binned or erased."""
    return _answer(answers.delivery_state(await ask(deliveries.find_delivery, system, delivery_id)), 200)


@router.get(
    "/deliveries/{delivery_id}/events",
    summary="Read the proof of delivery",
    response_description="Everything that happened.",
    response_model=schemas.DeliveryEvents,
    responses=problems("delivery_not_found", "request_invalid"),
)
async def get_delivery_events(system: System, delivery_id: PublicId) -> Response:
    """List everything that happened to the letter, in order; it stays when the letter itself is erased."""
    return _answer(answers.delivery_events(await ask(deliveries.delivery_events, system, delivery_id)), 200)


# ── messages ──


@router.get(
    "/messages",
    summary="Read what customers wrote",
    response_description="Messages, the oldest first.",
    response_model=schemas.Messages,
    responses=problems("message_not_found", "request_invalid"),
)
async def get_messages(
    system: System,
    after: Annotated[
        str, Query(max_length=64, pattern="^[A-Za-z0-9_-]*$", description="The id of the last message you have.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = MESSAGES_AT_ONCE,
) -> Response:
    """List customers' messages, the oldest first; go on with `after` set to `next`."""
    found = await ask(messages.list_messages, system, after=after, most=limit)
    return _answer(answers.messages_answer(found, limit), 200)


@router.get(
    "/messages/{message_id}/files/{file_id}",
    summary="Fetch a file of a message",
    response_class=Response,
    responses={
        200: {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            "description": "The bytes.",
        },
        **problems("document_not_found", "request_invalid", "storage_unavailable"),
    },
)
async def get_message_file(request: Request, system: System, message_id: PublicId, file_id: PublicId) -> Response:
    """Give the bytes of a file that came with a message."""
    del message_id
    found = await ask(messages.find_file, system, file_id)
    content = await _workshop(request).do(the_house().objects.read, found.object_key, found.wrapped_key)
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    return Response(content, media_type=found.media_type, headers={"Content-Disposition": disposition})


# ── the description of all this, open to everybody ──


@open_router.get("/openapi.json", include_in_schema=False)
async def get_specification(request: Request) -> Response:
    """Give the OpenAPI 3.1 description."""
    return Response(to_json(specification.specification(request.app)), media_type="application/json")


@open_router.get("/docs", include_in_schema=False)
async def get_documentation(request: Request) -> Response:
    """Give the description as a page that needs nothing from elsewhere."""
    page = documentation.page(specification.specification(request.app))
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": documentation.CONTENT_POLICY})


@open_router.get("/docs.css", include_in_schema=False)
async def get_style() -> Response:
    """Give the page's style sheet."""
    return Response(documentation.STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _workshop(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    return workshop


def _desk() -> Desk:
    house = the_house()
    return Desk(house.database, house.objects, house.scanner, house.brand)


def _answer(answer: BaseModel, status: int) -> Response:
    return Response(to_json(answer), status, media_type="application/json")


async def _framework_problem(request: Request, refused: Any) -> Response:
    return framework_problem(request, refused)
