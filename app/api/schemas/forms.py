"""A rating form and what is handed in through it, as JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.kpis.values import RaterGroup, ScaleKind
from app.organisation.values import SubjectKind
from app.responses.intake import BEGUN, HINTS, SEEN_ALL, SUBMISSION
from app.responses.rules import answer_field, comment_field
from app.responses.values import FormItem, FormSubject, RatingForm
from app.rounds.values import DeclineReason, Mode

_OPTION = {"value": "5", "anchor": {"nb": "Hilser først", "en": "Greets first"}}
_ITEM = {
    "field": f"{ID}.1",
    "name": WORDS,
    "question": {},
    "kind": "points",
    "options": [_OPTION],
    "low": None,
    "high": None,
    "condition": None,
}
SUBJECT = {
    "assignment_id": ID,
    "subject_id": OTHER_ID,
    "name": "Sofie Dahl",
    "kind": "person",
    "rater_group": "colleague",
    "mode": "confidential",
    "k": 3,
    "comment_k": 5,
    "is_answered": False,
    "is_unit_only": False,
    "comment_field": f"{ID}.comment",
    "items": [_ITEM],
}
_CODE = {"assignment_id": ID, "subject_name": "Sofie Dahl", "code": "7K3M-X9QT-4HBW-ZP2D"}
_ALSO = ("late_until", "minutes", "promise_hash", "submission_id", "begun", "is_final", "moderated_by")
_SUBMISSION = "0b6f1c8e6d3a4f5e"


class DeclineIn(In):
    """Who of those asked about is not rated, and why."""

    model_config = example(assignment_id=ID, reason="not_worked_together")

    assignment_id: Id
    reason: Annotated[str, one_of(DeclineReason)]

    def reason_given(self) -> DeclineReason:
        """The reason; Invalid for any other text."""
        try:
            return DeclineReason(self.reason)
        except ValueError:
            raise Invalid([FieldError("reason", NO_CHOICE, ", ".join(DeclineReason))]) from None


class SubmissionIn(In):
    """What a rater hands in: an answer for each field of the form, exactly as one of its options is written."""

    model_config = example(
        submission_id=_SUBMISSION, answers={f"{ID}.1": "5", f"{ID}.comment": "Hilser alltid."}, hints_seen=False
    )

    submission_id: str = Field(description="As the form gave it: the same once more changes nothing")
    answers: dict[str, str] = Field(description="By field name; `na` says that it could not be observed")
    begun: str = Field(default="", description="As the form gave it: a sealed note of when it was shown")
    hints_seen: bool = Field(default=False, description="Whether hints on the comments were shown, or do not matter")

    def posted(self) -> dict[str, list[str]]:
        """The fields as the page posts them."""
        fields = {name: [answer] for name, answer in self.answers.items()}
        seen = {HINTS: [SEEN_ALL]} if self.hints_seen else {}
        begun = {BEGUN: [self.begun]} if self.begun else {}
        return {**fields, **seen, **begun, SUBMISSION: [self.submission_id]}


class DraftIn(SubmissionIn):
    """What is typed so far; nothing of it is judged."""

    model_config = example(submission_id=_SUBMISSION, answers={f"{ID}.1": "5"}, hints_seen=False)


class OptionOut(Out):
    """One answer that may be chosen."""

    model_config = example(**_OPTION)

    value: str
    anchor: Texts | None


class FormConditionOut(Out):
    """When a question is asked: the answer to another `field` of the form is one of these values."""

    model_config = example(field=f"{ID}.1", values=["1", "2"])

    field: str
    values: list[str]


class FormItemOut(Out):
    """One question; `field` names its answer. What is sent where its condition does not hold is not kept."""

    model_config = example(**_ITEM)

    field: str
    name: Texts
    question: Texts
    kind: ScaleKind
    options: list[OptionOut]
    low: float | None
    high: float | None
    condition: FormConditionOut | None

    @classmethod
    def at(cls, assignment_id: str, item: FormItem) -> Self:
        """A question about one subject."""
        on = item.condition
        return cls(
            field=answer_field(assignment_id, item.number),
            name=dict(item.name),
            question=dict(item.question),
            kind=item.kind,
            options=[OptionOut.of(option) for option in item.options],
            low=item.low,
            high=item.high,
            condition=None
            if on is None
            else FormConditionOut(
                field=answer_field(assignment_id, on.number), values=[option.value for option in on.answers]
            ),
        )


class FormSubjectOut(Out):
    """One subject to rate on the link, and what becomes of the answers."""

    model_config = example(**SUBJECT)

    assignment_id: Id
    subject_id: Id
    name: str
    kind: SubjectKind
    rater_group: RaterGroup
    mode: Mode
    k: int
    comment_k: int
    is_answered: bool
    is_unit_only: bool
    comment_field: str
    items: list[FormItemOut]

    @classmethod
    def about(cls, subject: FormSubject) -> Self:
        """A subject with its questions."""
        names = ("assignment_id", "subject_id", "name", "kind", "rater_group", "mode", "k", "comment_k")
        plain: dict[str, Any] = {name: getattr(subject, name) for name in (*names, "is_answered", "is_unit_only")}
        items = [FormItemOut.at(subject.assignment_id, item) for item in subject.items]
        return cls(**plain, comment_field=comment_field(subject.assignment_id), items=items)


class FormOut(Out):
    """All that one rating link asks; never an answer that was given before."""

    model_config = example(
        round_name={"nb": "Høstrunden", "en": "Autumn round"},
        purpose={"nb": "Slik møter vi kundene", "en": "How we meet our customers"},
        company_name="Fjellbris",
        asked_by="Amir Haddad",
        rater_name="Kari Moen",
        locale="nb",
        period_start=DAY,
        period_end=DAY,
        closes_at="2026-11-27T15:00:00Z",
        late_until=None,
        minutes=3,
        promise_hash="9f2c",
        submission_id=_SUBMISSION,
        begun="1763888400.8sQ2",
        is_final=False,
        moderated_by="HR",
        subjects=[SUBJECT],
        draft={f"{ID}.1": "4"},
    )

    round_name: Texts
    purpose: Texts
    company_name: str
    asked_by: str
    rater_name: str | None
    locale: str
    period_start: date
    period_end: date
    closes_at: datetime
    late_until: datetime | None = Field(
        description="In the grace after the closing time: when it is over; before, null"
    )
    minutes: int
    promise_hash: str = Field(description="Names what was promised; printed in the invitation")
    submission_id: str
    begun: str = Field(description="A sealed note of when the form was shown; send it back with the answers")
    is_final: bool = Field(description="A sheet cannot be changed once it is sent")
    moderated_by: str | None = Field(description="Who reads comments before they are released; none: nobody")
    subjects: list[FormSubjectOut]
    draft: dict[str, str] = Field(description="What was typed and not sent, by field; never what was sent")

    @classmethod
    def of(cls, value: object) -> Self:
        """A form as it is answered."""
        if not isinstance(value, RatingForm):
            raise TypeError(type(value))
        names = ("company_name", "asked_by", "rater_name", "locale", "period_start", "period_end", "closes_at")
        plain: dict[str, Any] = {name: getattr(value, name) for name in (*names, *_ALSO)}
        return cls(
            **plain,
            round_name=dict(value.round_name),
            purpose=dict(value.purpose),
            draft=dict(value.draft),
            subjects=[FormSubjectOut.about(subject) for subject in value.subjects],
        )


class OfferOut(Out):
    """The offer to be contacted after answers that were low: sent back by who accepts it, within two hours."""

    model_config = example(about=ID, ticket="1763888400.8sQ2", subject_name="Sofie Dahl", owner_name="Amir Haddad")

    about: Id
    ticket: str
    subject_name: str
    owner_name: str


class CommentCodeOut(Out):
    """The receipt code of one comment: shown to its writer, here and never again."""

    model_config = example(**_CODE)

    assignment_id: Id
    subject_name: str
    code: str


class ReceiptOut(Out):
    """What was stored."""

    model_config = example(
        submission_id=_SUBMISSION,
        rated=["Sofie Dahl"],
        open=["Thea Moe"],
        is_final=False,
        closes_at="2026-11-27T15:00:00Z",
        offer=None,
        codes=[_CODE],
    )

    submission_id: str
    rated: list[str]
    open: list[str]
    is_final: bool
    closes_at: datetime
    offer: OfferOut | None = Field(None, description="Where whoever was not content may ask to be contacted")
    codes: list[CommentCodeOut] = Field(description="One for each comment without a name; shown this once")
