"""The form of a rater group as it is looked at before anybody is asked."""

from datetime import date, datetime
from typing import Self

from pydantic import Field

from app.api.schemas.base import DAY, Out, Texts, example
from app.api.schemas.forms import SUBJECT, FormSubjectOut
from app.kpis.values import RaterGroup
from app.responses.compose import FormPreview


class FormPreviewOut(Out):
    """What somebody of the group would be asked and promised. It belongs to no link: its fields cannot be sent."""

    model_config = example(
        rater_group="colleague",
        rater_groups=["manager", "colleague", "self"],
        round_name={"nb": "Høstrunden", "en": "Autumn round"},
        purpose={"nb": "Slik møter vi kundene", "en": "How we meet our customers"},
        company_name="Fjellbris",
        asked_by="Amir Haddad",
        period_start=DAY,
        period_end=DAY,
        closes_at="2026-11-27T15:00:00Z",
        minutes=3,
        questions=4,
        seconds=55,
        most_seconds=180,
        promise={"nb": ["Svaret ditt vises aldri alene."], "en": ["Your answer is never shown alone."]},
        promise_hash="9f2c",
        is_final=False,
        subjects=[SUBJECT],
    )

    rater_group: RaterGroup
    rater_groups: list[RaterGroup] = Field(description="Whose forms can be looked at")
    round_name: Texts
    purpose: Texts
    company_name: str
    asked_by: str
    period_start: date
    period_end: date
    closes_at: datetime
    minutes: int
    questions: int = Field(description="About one subject, the most there are")
    seconds: int = Field(description="What they take")
    most_seconds: int = Field(description="What this group may be asked for about one subject")
    promise: dict[str, list[str]] = Field(description="As the form prints it, by language")
    promise_hash: str | None = Field(description="As if the round started now; none for a KPI alone")
    is_final: bool = Field(description="A sheet cannot be changed once it is sent")
    subjects: list[FormSubjectOut]

    @classmethod
    def promising(cls, preview: FormPreview, promise: dict[str, list[str]]) -> Self:
        """The preview with the promise in words."""
        form = preview.form
        return cls(
            rater_group=preview.rater_group,
            rater_groups=list(preview.groups),
            round_name=dict(form.round_name),
            purpose=dict(form.purpose),
            company_name=form.company_name,
            asked_by=form.asked_by,
            period_start=form.period_start,
            period_end=form.period_end,
            closes_at=form.closes_at,
            minutes=form.minutes,
            questions=preview.questions,
            seconds=preview.seconds,
            most_seconds=preview.most_seconds,
            promise=promise,
            promise_hash=form.promise_hash or None,
            is_final=form.is_final,
            subjects=[FormSubjectOut.about(subject) for subject in form.subjects],
        )
