"""Answers: what services found, in the shapes that insurer systems are promised."""

from collections.abc import Sequence

from fastapi import Request

from portal_app.domain.errors import PortalError
from portal_app.domain.policies import Communication, PolicyStatus
from portal_app.ingest import schemas
from portal_app.ingest.problems import problem_of
from portal_app.services.answers import InsurersMessage
from portal_app.services.deliveries import DeliveryView, EventView
from portal_app.services.intake import Accepted, Outcome
from portal_app.services.policies import PolicyView

NO_ACCOUNT = "none"
PREFIX = "/api/v1"


def policy_answer(view: PolicyView) -> schemas.PolicyAnswer:
    """Answer a statement about a policy."""
    return schemas.PolicyAnswer(
        policy_number=view.policy_number,
        communication=Communication(view.communication),
        consent_at=view.consent_at,
        status=PolicyStatus(view.status),
        as_of=view.as_of,
        portal=view.portal or None,
        account_status=view.account_status or NO_ACCOUNT,
        account_opened=view.account_opened,
    )


def delivery_answer(accepted: Accepted) -> schemas.DeliveryAccepted:
    """Answer a letter that was taken in."""
    facts = accepted.answer
    return schemas.DeliveryAccepted(**facts, repeated=accepted.repeated, links=_links(str(facts["id"])))


def delivery_state(view: DeliveryView) -> schemas.DeliveryState:
    """Tell what became of a delivery."""
    return schemas.DeliveryState(**vars(view), links=_links(view.id))


def delivery_events(events: Sequence[EventView]) -> schemas.DeliveryEvents:
    """Tell what happened to a delivery."""
    return schemas.DeliveryEvents(items=[schemas.DeliveryEvent(**vars(event)) for event in events])


def judged_answer(external_ref: str, outcome: Accepted | None) -> schemas.DeliveryJudged:
    """Answer a dry run that ended well."""
    return schemas.DeliveryJudged(external_ref=external_ref, status="repeated" if outcome else "acceptable")


def batch_answer(request: Request, references: Sequence[str | None], outcomes: Sequence[Outcome | None]) -> schemas.BatchAnswer:
    """Answer a batch, letter by letter; None stands for what a dry run would accept."""
    results = [
        _result(request, index, reference, outcome)
        for index, (reference, outcome) in enumerate(zip(references, outcomes, strict=True))
    ]
    refused = sum(isinstance(outcome, PortalError) for outcome in outcomes)
    repeated = sum(isinstance(outcome, Accepted) and outcome.repeated for outcome in outcomes)
    return schemas.BatchAnswer(accepted=len(results) - refused - repeated, repeated=repeated, refused=refused, results=results)


def messages_answer(messages: Sequence[InsurersMessage], most: int) -> schemas.Messages:
    """List customers' messages; `next` when there may be more."""
    shown = [_message(message) for message in messages]
    return schemas.Messages(items=shown, next=shown[-1].id if len(shown) == most else None)


def _result(request: Request, index: int, reference: str | None, outcome: Outcome | None) -> schemas.BatchResult:
    if isinstance(outcome, PortalError):
        problem = problem_of(request, outcome, within=f"/deliveries/{index}")
        return schemas.BatchResult(index=index, external_ref=reference, status=problem.status, problem=problem)
    if outcome is None:
        judged = judged_answer(reference or "", None)
        return schemas.BatchResult(index=index, external_ref=reference, status=200, delivery=judged)
    answer = delivery_answer(outcome)
    return schemas.BatchResult(index=index, external_ref=reference, status=200 if outcome.repeated else 201, delivery=answer)


def _message(message: InsurersMessage) -> schemas.MessageShown:
    files = [
        schemas.MessageFile(
            id=file.public_id,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            href=f"{PREFIX}/messages/{message.id}/files/{file.public_id}",
        )
        for file in message.files
    ]
    return schemas.MessageShown(**{**vars(message), "files": files})


def _links(delivery_id: str) -> schemas.Links:
    address = f"{PREFIX}/deliveries/{delivery_id}"
    return schemas.Links(self=address, events=f"{address}/events")
