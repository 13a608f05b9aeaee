"""Open codes, their forms and results as they are sent and answered."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.api.schemas.forms import FormItemOut
from app.api.schemas.rounds import MODERATED
from app.api.schemas.summaries import WithheldCommentsOut
from app.encounters.values import Rhythm
from app.open_answers.values import CodeState, OpenCode, OpenForm, OpenResult, OpenSuspicion
from app.responses.values import ParkState

_CODE = {"subject_id": ID, "name": WORDS, "kpi_ids": [OTHER_ID], "rhythm": "month", "k": 5, "moderated_by": None}
_PARKED = {
    "id": ID,
    "code_id": OTHER_ID,
    "period_start": DAY,
    "questions": 2,
    "reasons": ["same_device"],
    "state": "parked",
}
_SCORE = {"kpi_id": ID, "name": WORDS, "answers": 12, "score": 81.25, "lo": 55.0, "hi": 95.0}
_RESULT = {"code_id": ID, "start": DAY, "end": DAY, "answers": 12, "scores": [_SCORE], "comments": [], "withheld": []}


class OpenCodeIn(In):
    """A QR code to be hung up in a unit."""

    model_config = example(**_CODE)

    subject_id: str = Field(description="The unit it is about; never a person")
    name: Texts = Field(description="Where it hangs, as whoever scans it reads it")
    kpi_ids: list[str]
    rhythm: Annotated[str, one_of(Rhythm)] | None = None
    k: int | None = Field(None, description="The fewest answers shown together, 5 to 20")
    moderated_by: str | None = Field(None, description=MODERATED)


class OpenCodeChangeIn(In):
    """What can be changed of a QR code: who reads the comments first that come in from now on."""

    model_config = example(moderated_by="HR")

    moderated_by: str | None = Field(description=MODERATED)


class OpenCodeOut(Out):
    """A QR code and the address that it leads to."""

    model_config = example(id=ID, company_id=OTHER_ID, state="open", path="/q/8vXq2c9KfTz1LwQe", version=1, **_CODE)

    id: Id
    company_id: Id
    subject_id: Id
    name: Texts
    kpi_ids: list[Id]
    rhythm: Rhythm
    k: int
    moderated_by: str | None
    state: CodeState
    path: str = Field(description="Where the code leads to, below the address of the service")
    version: int

    @classmethod
    def at(cls, code: OpenCode) -> Self:
        """A code with its address."""
        names = ("id", "company_id", "subject_id", "rhythm", "k", "moderated_by", "state", "version")
        plain = {name: getattr(code, name) for name in names}
        return cls(**plain, name=dict(code.name), kpi_ids=list(code.kpi_ids), path=f"/q/{code.token}")


class OpenFormOut(Out):
    """What a code asks whoever scans it."""

    model_config = example(
        name=WORDS, unit="Butikk Bergen", k=5, moderated_by=None, submission_id="0b6f1c8e6d3a4f5e", begun="", items=[]
    )

    name: Texts
    unit: str
    k: int
    moderated_by: str | None = Field(description="Who reads comments before they are shown; none: nobody")
    submission_id: str
    begun: str
    items: list[FormItemOut]

    @classmethod
    def about(cls, form: OpenForm) -> Self:
        """A form with its questions."""
        items = [FormItemOut.at(form.subject.assignment_id, item) for item in form.subject.items]
        return cls(
            name=dict(form.code.name),
            unit=form.subject.name,
            k=form.subject.k,
            moderated_by=form.code.moderated_by,
            submission_id=form.submission_id,
            begun=form.begun,
            items=items,
        )


class OpenReceiptOut(Out):
    """What whoever answered keeps: the receipt code of the comment, shown this once."""

    model_config = example(code="7K3M-X9QT-4HBW-ZP2D")

    code: str | None = Field(description="None where nothing was written")


class OpenScoreOut(Out):
    """What open answers say on one KPI; null where too few answered it."""

    model_config = example(**_SCORE)

    kpi_id: Id
    name: Texts
    answers: int | None
    score: float | None
    lo: float | None
    hi: float | None


class OpenCommentOut(Out):
    """A comment of an open answer."""

    model_config = example(text="Hyggelig og raskt.", is_edited=False)

    text: str
    is_edited: bool = Field(description="Somebody took out what gave somebody away; the sense is kept")


class OpenResultOut(Out):
    """The open answers of a period: a source of its own, which enters no score."""

    model_config = example(source="open", **_RESULT)

    source: str = Field("open", description="Always `open`: anybody could answer")
    code_id: Id
    start: date
    end: date
    answers: int | None
    scores: list[OpenScoreOut]
    comments: list[OpenCommentOut]
    withheld: list[WithheldCommentsOut] = Field(description="How many comments are withheld beside those, by reason")

    @classmethod
    def at(cls, result: OpenResult) -> Self:
        """A result, labelled."""
        return cls(
            source="open",
            code_id=result.code_id,
            start=result.start,
            end=result.end,
            answers=result.answers,
            scores=[OpenScoreOut.of(score) for score in result.scores],
            comments=[OpenCommentOut.of(comment) for comment in result.comments],
            withheld=[WithheldCommentsOut.of(one) for one in result.withheld],
        )


class ParkedOpenOut(Out):
    """An open answer that counts in nothing until somebody says so."""

    model_config = example(**_PARKED)

    id: Id
    code_id: Id
    period_start: date
    questions: int
    reasons: list[OpenSuspicion]
    state: ParkState


class ParkedOpenListOut(Out):
    """The parked open answers of a code."""

    model_config = example(items=[_PARKED])

    items: list[ParkedOpenOut]
