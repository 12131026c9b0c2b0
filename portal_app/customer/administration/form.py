"""A form of Ügyintézés: one question a page, all answers once more, and sent; what was begun survives a reload."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, customer, open_to, parse
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.administration import questionnaires
from portal_app.customer.administration.addresses import DECLARATION, POLICY, form_in, form_page, request_page
from portal_app.customer.administration.questionnaires import (
    ALL_FIELDS,
    CHECK,
    FIELDS,
    QUESTIONS,
    Answers,
    Question,
    chosen_policy,
    facts_of,
    first_open,
    may_choose_all,
)
from portal_app.customer.administration.said import said
from portal_app.customer.administration.wording import AnswerShown, ChoiceShown, answers_shown, choices, fact_shown, promise
from portal_app.customer.inbox.rows import say
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.applications import ApplicationKind, carried_out_by
from portal_app.gateways.clock import now
from portal_app.services import applications, inbox
from portal_app.services.applications import NewApplication
from portal_app.services.house import the_house

NOTHING = dict.fromkeys(ALL_FIELDS, "")


class FormState(PortalState):
    """The form that the address names, at the question that the address names."""

    kind: str = ""
    step: str = "loading"
    """loading | missing | begin | check, or the name of a question"""
    name: str = ""
    title: str = ""
    about: str = ""
    begun: str = ""
    """The address of the first question."""
    where: str = ""
    back: str = ""
    values: dict[str, str] = rx.field(default_factory=lambda: dict(NOTHING))
    errors: dict[str, str] = rx.field(default_factory=lambda: dict(NOTHING))
    wrong: bool = False
    policies: list[ChoiceShown] = rx.field(default_factory=list)
    all_offered: bool = False
    other_offered: bool = False
    answers: list[AnswerShown] = rx.field(default_factory=list)
    promise: str = ""
    declaration: str = DECLARATION
    """The printable declaration, filled for the first policy."""
    _question: str = ""
    _numbers: tuple[str, ...] = ()

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> Any:
        """Show the step that the address names; a step that comes too early leads to the first open question."""
        self.reset()  # type: ignore[no-untyped-call]
        kind, step = form_in(parse(Line, self.router.url.path))
        if kind is None:
            self.step = "missing"
            return None
        await self._show_form(kind)
        draft = await ask(applications.read_draft, customer(), kind, now=now())
        answers = {**NOTHING, **(draft.facts if draft else {})}
        named = str(self.router.url.query_parameters.get(POLICY, ""))[:64]
        if named in self._numbers and not answers["policy"]:
            answers["policy"] = named
        return self._show_step(kind, step, answers)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def answer(self, form: dict[str, Any]) -> Any:
        """Keep the answers to the question shown and go on, or say what has to be corrected."""
        kind, question = parse(ApplicationKind, self.kind), parse(Question, self._question)
        checked = questionnaires.check(question, kind, said(form, FIELDS[question]), self._numbers)
        self.errors = {**NOTHING, **{name: say(f"request.error_{name}", self.language) for name in checked.wrong}}
        self.wrong = bool(checked.wrong)
        if checked.wrong:
            return None
        await carry_out(applications.save_draft, customer(), kind, checked.answers, now=now())
        return rx.redirect(self._after(kind, question))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def send(self) -> Any:
        """Send the request; pressing twice sends it once."""
        kind, brand, moment = parse(ApplicationKind, self.kind), the_house().brand, now()
        draft = await ask(applications.read_draft, customer(), kind, now=moment)
        answers = {**NOTHING, **(draft.facts if draft else {})}
        if draft is None or first_open(kind, answers, self._numbers) is not None:
            return rx.redirect(form_page(kind))
        new = NewApplication(kind, draft.nonce, facts_of(kind, answers), chosen_policy(answers))
        receipt = await carry_out(applications.submit, customer(), new, brand=brand, now=moment)
        return rx.redirect(request_page(receipt.public_id))

    async def _show_form(self, kind: ApplicationKind) -> None:
        found = await ask(applications.policies_for, customer(), kind)
        self.unread = (await ask(inbox.habits, customer())).unread
        self._numbers = tuple(choice.number for choice in found)
        self.kind = kind.value
        self.name = say(f"request.kind_{kind.value}", self.language)
        self.about = say(f"administration.about_{kind.value}", self.language)
        self.promise = promise(carried_out_by(now(), the_brand().request_days), self.language)
        self.policies = choices(found, self.language)
        self.all_offered = may_choose_all(kind, self._numbers)
        self.other_offered = kind is ApplicationKind.ELECTRONIC
        self.begun = f"{form_page(kind)}/{QUESTIONS[kind][0]}"

    def _show_step(self, kind: ApplicationKind, step: str, answers: Answers) -> Any:
        asked = [question.value for question in QUESTIONS[kind]]
        if step not in ("", CHECK, *asked):
            self.step = "missing"
            return None
        open_question = first_open(kind, answers, self._numbers)
        too_early = open_question is not None and step in (CHECK, *asked[asked.index(open_question) + 1 :])
        if too_early:
            return rx.redirect(f"{form_page(kind)}/{open_question}")
        self.values = {name: fact_shown(name, value) for name, value in answers.items() if name in NOTHING}
        if not step:
            self.step, self.title = "begin", self.name
            known = {POLICY: self.policies[0].number} if self.policies else {}
            self.declaration = f"{DECLARATION}?{urlencode(known)}" if known else DECLARATION
            return None
        number = len(asked) if step == CHECK else asked.index(step)
        self.back = f"{form_page(kind)}/{asked[number - 1]}" if number else form_page(kind)
        self.where = say("request.question_of", self.language, number=number + 1, total=len(asked) + 1)
        if step == CHECK:
            self.step, self.title = "check", say("request.check_title", self.language)
            self.answers = answers_shown(kind, answers, form_page(kind), self.language)
        else:
            question = Question(step)
            self.step, self._question = question.name.lower(), question.value
            self.title = say(f"request.question_{self.step}", self.language)
        return None

    def _after(self, kind: ApplicationKind, question: Question) -> str:
        asked = [*QUESTIONS[kind]]
        following = asked[asked.index(question) + 1 :]
        return f"{form_page(kind)}/{following[0] if following else CHECK}"
