"""The nouns of talks: the talk about a summary, what it could be about, what was agreed, and what waits for somebody."""

from datetime import date
from enum import StrEnum

from app.deferred import dataclass
from app.followup.values import Prompt
from app.summaries.values import NextStep, Place
from app.words import Words


class Side(StrEnum):
    """The two who talk: whoever leads there, and the person whom the summary is about."""

    LEADER = "leader"
    PERSON = "person"


class PointKind(StrEnum):
    """What a point of a proposed agenda is about, in the order in which it is talked about."""

    FOCUS = "focus"
    STRENGTH = "strength"
    DEVELOPMENT = "development"
    STEP = "step"
    QUESTION = "question"
    CASE = "case"
    PLAN = "plan"
    AGREED = "agreed"


class TalkTask(StrEnum):
    """What a talk asks of somebody: set its day, hold it, read the summary that opened, sign what was agreed."""

    ARRANGE = "arrange"
    HOLD = "hold"
    READ = "read"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class AgreementDraft:
    """What somebody is to do, and by when."""

    text: str
    side: Side
    due_on: date


@dataclass(frozen=True, slots=True)
class TalkDraft:
    """A talk as whoever leads there wants it. An empty agenda stands for the proposed one."""

    talk_on: date | None
    agenda: str
    agreements: tuple[AgreementDraft, ...]


@dataclass(frozen=True, slots=True)
class AgendaPoint:
    """A point that the rules propose.

    about : names of the KPIs that it is about; strengths together, else one by one
    text : what a case asks, what a plan is to do, or what was agreed; empty elsewhere
    due_on : of cases, plans and agreements
    prompt : what speaks against each other; of questions only
    kpi_id : of the development area
    step : what to work on next there, and what helps
    """

    kind: PointKind
    about: tuple[Words, ...] = ()
    text: str = ""
    due_on: date | None = None
    prompt: Prompt | None = None
    kpi_id: str = ""
    step: NextStep | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed: what, who does it, by when."""

    id: str
    text: str
    side: Side
    due_on: date


@dataclass(frozen=True, slots=True)
class Talk:
    """The talk about the summary of a person, as the viewer may know it; most of it empty before anybody did anything.

    opens_on : day on which the person can read the summary; none where it never waited
    read_on : day on which the person said that it was read
    reply : what the person wrote; with the summary for everybody who reads it
    agenda, agreements : empty for whoever is neither of the two
    led_by : who signed for those who lead
    """

    release_id: str
    company_id: str
    subject: Place
    talk_on: date | None = None
    opens_on: date | None = None
    latest_on: date | None = None
    agenda: str = ""
    agreements: tuple[Agreement, ...] = ()
    read_on: date | None = None
    reply: str = ""
    replied_on: date | None = None
    leader_signed_on: date | None = None
    led_by: str = ""
    person_signed_on: date | None = None
    is_leader: bool = False
    is_own: bool = False
    version: int = 0

    @property
    def is_signed(self) -> bool:
        """Whether both sides have signed, so that nothing of it changes any more."""
        return self.leader_signed_on is not None and self.person_signed_on is not None

    @property
    def is_side(self) -> bool:
        """Whether the viewer is one of the two."""
        return self.is_leader or self.is_own

    def signed_on(self, side: Side) -> date | None:
        """When a side signed."""
        return self.leader_signed_on if side is Side.LEADER else self.person_signed_on


@dataclass(frozen=True, slots=True)
class DueTalk:
    """A talk that waits for the viewer.

    task : what is asked of the viewer
    due_on : by when; days that have passed are late
    talk_on : day of the talk; none before it is set
    is_own : whether it is about the viewer
    """

    task: TalkTask
    release_id: str
    subject: Place
    round_name: Words
    period_start: date
    period_end: date
    due_on: date
    talk_on: date | None
    is_own: bool
