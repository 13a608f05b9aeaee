"""Rounds, their groups, KPIs and subjects, the launch preview and the tracking, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, GivenDay, GivenInstant, Id, In, Out, Texts, example, one_of
from app.dossiers.values import Measure
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.rounds.values import Mode, Pooling, ReleaseMode, RoundSource, RoundState
from app.scoring.preview import Verdict

_GROUP = {"rater_group": "customer", "mode": "anonymous", "k": 3, "comment_k": 5}
_KPI = {"kpi_id": OTHER_ID, "weights": {"customer": 0.6, "colleague": 0.4}}
_ROUND: dict[str, Any] = {
    "scope_id": OTHER_ID,
    "external_id": "2026-Q4",
    "name": {"nb": "Høstrunden", "en": "Autumn round"},
    "purpose": {"nb": "Slik møter vi kundene", "en": "How we meet our customers"},
    "asked_by": "Amir Haddad",
    "period_start": "2026-09-01",
    "period_end": "2026-11-30",
    "opens_at": INSTANT,
    "closes_at": "2026-11-27T15:00:00Z",
    "reminders": ["2026-11-25T08:00:00Z"],
    "pooling": "drop",
    "release_mode": "automatic",
    "moderated_by": None,
    "talk_days": 0,
}
MODERATED = "Who reads comments before they are released, as raters are told; none: they are released as written"

_TALK_DAYS = (
    "For so many working days at most, up to 60, the own summary of each person waits for the talk with whoever leads"
    " there; 0: it opens at once"
)


class RoundIn(In):
    """A round as it is wanted: what is asked for, when, and how it is released."""

    model_config = example(**_ROUND)

    scope_id: Id = Field(description="The subject whose subtree is asked about")
    name: Texts
    purpose: Texts | None = None
    asked_by: str
    period_start: GivenDay
    period_end: GivenDay
    opens_at: GivenInstant
    closes_at: GivenInstant
    reminders: list[GivenInstant] | None = None
    external_id: str | None = None
    pooling: Annotated[str, one_of(Pooling)] | None = None
    release_mode: Annotated[str, one_of(ReleaseMode)] | None = None
    moderated_by: str | None = Field(None, description=MODERATED)
    talk_days: int | None = Field(None, description=_TALK_DAYS)


class RoundChangeIn(In):
    """What to change of a round; what is left out stays."""

    model_config = example(closes_at="2026-11-30T15:00:00Z")

    scope_id: Id | None = None
    name: Texts | None = None
    purpose: Texts | None = None
    asked_by: str | None = None
    period_start: GivenDay | None = None
    period_end: GivenDay | None = None
    opens_at: GivenInstant | None = None
    closes_at: GivenInstant | None = None
    reminders: list[GivenInstant] | None = None
    external_id: str | None = None
    pooling: Annotated[str, one_of(Pooling)] | None = None
    release_mode: Annotated[str, one_of(ReleaseMode)] | None = None
    moderated_by: str | None = Field(None, description=MODERATED)
    talk_days: int | None = Field(None, description=_TALK_DAYS)


class GroupIn(In):
    """A rater group: how its answers are kept, and from how many on they are shown."""

    model_config = example(**_GROUP)

    rater_group: Annotated[str, one_of(RaterGroup)]
    mode: Annotated[str, one_of(Mode)]
    k: int | None = Field(None, description="The least number of raters shown; 3 or more for protected groups")
    comment_k: int | None = Field(None, description="The least number of raters whose comments are shown")


class GroupsIn(In):
    """The rater groups of a round."""

    model_config = example(groups=[_GROUP])

    groups: list[GroupIn]


class RoundKpiIn(In):
    """A soft KPI to ask about, with the weight of each rater group; without weights, those of the KPI."""

    model_config = example(**_KPI)

    kpi_id: Id
    weights: dict[str, float] | None = None


class RoundKpisIn(In):
    """The KPIs of a round."""

    model_config = example(kpis=[_KPI])

    kpis: list[RoundKpiIn]


class RatedIn(In):
    """The subjects to be rated."""

    model_config = example(subject_ids=[ID])

    subject_ids: list[Id]


class LaunchIn(In):
    """The launch; `confirmed` says that the preview was read where it asks for it."""

    model_config = example(confirmed=True)

    confirmed: bool = False


class GroupOut(Out):
    """A rater group of a round."""

    model_config = example(**_GROUP)

    rater_group: RaterGroup
    mode: Mode
    k: int
    comment_k: int


class RoundKpiOut(Out):
    """A soft KPI of a round."""

    model_config = example(**_KPI)

    kpi_id: Id
    weights: dict[str, float]


class RoundOut(Out):
    """A round; `promise_hash` names what the raters were promised, from the launch on."""

    model_config = example(
        id=ID,
        company_id=OTHER_ID,
        **_ROUND,
        state="draft",
        source="asked",
        promise_hash=None,
        launched_at=None,
        closed_at=None,
        released_at=None,
        version=1,
        groups=[_GROUP],
        kpis=[_KPI],
    )

    id: Id
    company_id: Id
    scope_id: Id
    external_id: str | None
    name: Texts
    purpose: Texts
    asked_by: str
    period_start: date
    period_end: date
    opens_at: datetime
    closes_at: datetime
    reminders: list[datetime]
    state: RoundState
    source: RoundSource
    pooling: Pooling
    release_mode: ReleaseMode
    moderated_by: str | None
    talk_days: int
    promise_hash: str | None
    launched_at: datetime | None
    closed_at: datetime | None
    released_at: datetime | None
    version: int
    groups: list[GroupOut]
    kpis: list[RoundKpiOut]


class CellOut(Out):
    """What can be published of a rater group at a subject, and how many are asked about it."""

    model_config = example(rater_group="customer", verdict="shown", asked=12, overlaps=False)

    rater_group: RaterGroup
    verdict: Verdict
    asked: int
    overlaps: bool = Field(description="No figure of its own: almost the same people were asked within 28 days")


class SubjectPreviewOut(Out):
    """One row of the preview."""

    model_config = example(subject_id=ID, name="Sofie Dahl", kind="person", is_rated=True, cells=[])

    subject_id: Id
    name: str
    kind: SubjectKind
    is_rated: bool
    cells: list[CellOut]


class SilentWeightOut(Out):
    """A rater group that weighs in a KPI but is asked about nobody."""

    model_config = example(kpi_id=OTHER_ID, rater_group="manager")

    kpi_id: Id
    rater_group: RaterGroup


class GroupLoadOut(Out):
    """How many sheets are asked of a group, and the most minutes it costs one of its raters."""

    model_config = example(policy=_GROUP, asked=120, minutes=4)

    policy: GroupOut
    asked: int
    minutes: int


class CoverOut(Out):
    """A control measure that a round takes part in; without a dossier the round cannot start."""

    model_config = example(measure="mystery_visits", dossier_id=ID)

    measure: Measure
    dossier_id: Id | None


class PreviewOut(Out):
    """What the round can publish, said before anything is sent."""

    model_config = example(
        subjects=[],
        groups=[],
        silent_weights=[],
        can_publish=True,
        needs_confirmation=False,
        letters=42,
        unreachable=0,
        without_questions=0,
        most_minutes=4,
        covers=[{"measure": "mystery_visits", "dossier_id": ID}],
        namesakes=[],
    )

    subjects: list[SubjectPreviewOut]
    groups: list[GroupLoadOut]
    silent_weights: list[SilentWeightOut]
    can_publish: bool
    needs_confirmation: bool
    letters: int = Field(description="People who get a letter")
    unreachable: int = Field(description="People without an address")
    without_questions: int = Field(description="Assignments about nothing, as no KPI gives the group weight")
    most_minutes: int
    covers: list[CoverOut] = Field(description="What the round exposes people to, with the dossier that allows it")
    namesakes: list[Id] = Field(description="Open rounds of the same name: raters could not tell the letters apart")


class GroupTrackingOut(Out):
    """How far a rater group has come: in whole tens, from yesterday, and nothing while fewer than k have answered."""

    model_config = example(policy=_GROUP, asked=120, percent=40, answered=None, enough_at=30, is_enough=True)

    policy: GroupOut
    asked: int
    percent: int | None
    answered: int | None = Field(description="The exact number, for `named` and `report` groups only")
    enough_at: int | None
    is_enough: bool


class TrackingOut(Out):
    """An open round without its content."""

    model_config = example(groups=[], counted_on=DAY)

    groups: list[GroupTrackingOut]
    counted_on: date | None
