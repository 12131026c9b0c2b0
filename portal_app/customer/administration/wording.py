"""What the pages of requests show, in words: kinds, statuses, dates and answers in the visitor's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from portal_app.browser.portal_state import the_brand
from portal_app.customer.administration.questionnaires import ALL, NO, QUESTIONS, Answers, Question, chosen_policy
from portal_app.customer.inbox.rows import say
from portal_app.customer.policies.wording import product_name
from portal_app.domain.applications import ActsNext, ApplicationKind, ApplicationStatus, address_line, is_overdue
from portal_app.domain.calendar import budapest_date
from portal_app.gateways.bank_accounts import shown_bank_account
from portal_app.services.applications import ApplicationView, PolicyChoice, Step
from portal_app.texts.dates import long_date, machine_date, moment, table_date, until_day
from portal_app.texts.phones import phone


@dataclass(frozen=True)
class ChoiceShown:
    """A policy to choose."""

    number: str
    words: str


@dataclass(frozen=True)
class AnswerShown:
    """An answer with its question, and where it can be changed."""

    question: str
    answer: str
    change: str = ""


@dataclass(frozen=True)
class StepShown:
    """One step of a request's history."""

    when: str
    day: str
    status: str
    words: str


@dataclass(frozen=True)
class RequestRow:
    """A request in the list."""

    id: str
    kind: str
    policy: str
    status: str
    status_words: str
    acts_words: str
    submitted: str
    submitted_day: str
    due: str
    due_day: str
    reference: str


@dataclass(frozen=True)
class RequestShown:
    """A request on its own page."""

    id: str = ""
    reference: str = ""
    kind: str = ""
    policy: str = ""
    status: str = ""
    status_words: str = ""
    acts_words: str = ""
    submitted: str = ""
    promise: str = ""
    """What happens next and by when; empty when it has ended."""
    due: str = ""
    reason: str = ""
    after: str = ""
    """What has changed now that it is carried out."""
    is_open: bool = False
    is_new: bool = False
    waits: bool = False
    answers: list[AnswerShown] = field(default_factory=list)
    history: list[StepShown] = field(default_factory=list)


def kind_words(kind: ApplicationKind, language: str) -> str:
    """Name a kind of request."""
    return say(f"request.kind_{kind.value}", language)


def choices(found: Sequence[PolicyChoice], language: str) -> list[ChoiceShown]:
    """Word the policies to choose from."""
    return [ChoiceShown(choice.number, _policy_words(choice, language)) for choice in found]


def answers_shown(kind: ApplicationKind, answers: Answers, form: str, language: str) -> list[AnswerShown]:
    """Word all answers of a form that is about to be sent; `form` is its address."""
    return [
        AnswerShown(
            say(f"request.label_{question.name.lower()}", language), _answer(question, answers, language), f"{form}/{question}"
        )
        for question in QUESTIONS[kind]
    ]


def row_of(view: ApplicationView, today: date, language: str) -> RequestRow:
    """Word a request for the list."""
    submitted = budapest_date(view.submitted_at)
    return RequestRow(
        id=view.public_id,
        kind=kind_words(view.kind, language),
        policy=view.policy_number,
        status=view.status.value,
        status_words=_status(view.status, language),
        acts_words=acts_words(view, today, language),
        submitted=table_date(submitted, language),
        submitted_day=machine_date(submitted),
        due=table_date(view.due_on, language) if view.acts_next is not ActsNext.NOBODY else "",
        due_day=machine_date(view.due_on),
        reference=view.reference,
    )


def request_shown(view: ApplicationView, today: date, language: str) -> RequestShown:
    """Word a request for its own page."""
    is_open = view.acts_next is not ActsNext.NOBODY
    return RequestShown(
        id=view.public_id,
        reference=view.reference,
        kind=kind_words(view.kind, language),
        policy=_policy_of(view, language),
        status=view.status.value,
        status_words=_status(view.status, language),
        acts_words=acts_words(view, today, language),
        submitted=moment(view.submitted_at, language),
        promise=promise(view.due_on, language) if view.acts_next is ActsNext.INSURER else "",
        due=long_date(view.due_on, language) if is_open else "",
        reason=view.reason if view.status in (ApplicationStatus.REJECTED, ApplicationStatus.WAITING) else "",
        after=_after(view, language),
        is_open=is_open,
        is_new=view.status is ApplicationStatus.SUBMITTED,
        waits=view.acts_next is ActsNext.CUSTOMER,
        answers=_facts_shown(view, language),
        history=[_step(step, language) for step in reversed(view.history)],
    )


def promise(due_on: date, language: str) -> str:
    """Say by when the request will be carried out (R76)."""
    return say("request.promise", language, days=the_brand().request_days, until=until_day(due_on, language))


def acts_words(view: ApplicationView, today: date, language: str) -> str:
    """Say whose turn it is."""
    late = is_overdue(view.status, view.due_on, today)
    return say("request.acts_late" if late else f"request.acts_{view.acts_next.value}", language)


def fact_shown(name: str, value: str) -> str:
    """Write a fact the way people read it."""
    if name == "bank_account":
        return shown_bank_account(value)
    return phone(value) if name == "phone" and value.startswith("+") else value


def _answer(question: Question, answers: Answers, language: str) -> str:
    match question:
        case Question.POLICY:
            return say("request.all_policies", language) if answers.get("policy") == ALL else chosen_policy(answers)
        case Question.TERMS:
            return say("request.terms_accepted", language)
        case Question.ACCOUNTING:
            return say(f"request.accounting_{answers.get('accounting', NO)}", language)
        case Question.ADDRESS:
            return address_line(answers)
        case _:
            name = question.name.lower()
            return fact_shown(name, answers.get(name, ""))


def _facts_shown(view: ApplicationView, language: str) -> list[AnswerShown]:
    """Word what was asked for; for kinds without a form of ours, in the words of the customer."""
    answers = {"accounting": NO, **view.facts}
    known = QUESTIONS.get(view.kind, ())[1:]
    shown = [AnswerShown(say(f"request.label_{one.name.lower()}", language), _answer(one, answers, language)) for one in known]
    said = view.facts.get("words", "")
    return [*shown, *([AnswerShown(say("request.label_words", language), said)] if said else [])]


def _policy_of(view: ApplicationView, language: str) -> str:
    if view.policy_number or view.kind not in QUESTIONS:
        return view.policy_number
    return say("request.all_policies", language)


def _after(view: ApplicationView, language: str) -> str:
    return say(f"request.after_{view.kind.value}", language) if view.status is ApplicationStatus.FULFILLED else ""


def _status(status: ApplicationStatus, language: str) -> str:
    return say(f"request.status_{status.value}", language)


def _step(step: Step, language: str) -> StepShown:
    return StepShown(moment(step.at, language), machine_date(step.at), _status(step.status, language), step.words)


def _policy_words(choice: PolicyChoice, language: str) -> str:
    parts = (product_name(choice.product, language), choice.plate_number)
    return " · ".join(part for part in parts if part)
