"""A visit as people read it: states, parts of the day, answers in words; shows, decides nothing."""

from collections.abc import Mapping, Sequence

from app.deferred import dataclass
from app.http.visit import Visit as Caller
from app.infra.database import ReadSession
from app.kpis.values import ScaleKind
from app.organisation.queries import load_people
from app.organisation.values import PersonId
from app.responses.rules import answer_levels
from app.rounds.values import FrozenItem
from app.visits import rules
from app.visits.queries import names_of
from app.visits.values import Band, EvidenceKind, Visit, VisitState
from app.web.render import said
from app.words import in_locale

STATES: Mapping[VisitState, tuple[str, str]] = {
    VisitState.ORDERED: ("Ordered", "neutral"),
    VisitState.REPORTED: ("Waits for validation", "watch"),
    VisitState.RETURNED: ("Sent back", "watch"),
    VisitState.ACCEPTED: ("Open to objection", "accent"),
    VisitState.APPEALED: ("Objected to", "watch"),
    VisitState.FINAL: ("Counts", "good"),
    VisitState.SET_ASIDE: ("Set aside", "neutral"),
    VisitState.CANCELLED: ("Cancelled", "neutral"),
}
BANDS: Mapping[Band, str] = {
    Band.MORNING: "before 11",
    Band.MIDDAY: "between 11 and 14",
    Band.AFTERNOON: "between 14 and 17",
    Band.EVENING: "after 17",
}
EVIDENCE: Mapping[EvidenceKind, str] = {EvidenceKind.PHOTO: "Photo", EvidenceKind.RECEIPT: "Receipt"}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit in a list."""

    visit: Visit
    name: str
    scenario: str
    band: str
    state: tuple[str, str]
    shopper: str

    @property
    def href(self) -> str:
        """Where its page is."""
        return f"/visits/{self.visit.id}"


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report in words: questions and answers, facts with their figures, what must not fail."""

    items: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, float | None], ...]
    critical: tuple[tuple[str, bool], ...]
    comment: str
    at: str
    is_in_band: bool


def lines_of(session: ReadSession, caller: Caller, visits: Sequence[Visit]) -> list[VisitLine]:
    """Visits with the names that the caller may know."""
    names = names_of(session, visits, on=caller.today)
    shoppers = load_people(session, {one.shopper_id for one in visits if one.shopper_id})
    return [
        VisitLine(
            one,
            names.get(one.subject_id, ""),
            in_locale(one.form.name, caller.locale),
            said(caller, BANDS[one.band]),
            STATES[one.state],
            (shoppers[PersonId(one.shopper_id)].email or "") if one.shopper_id else "",
        )
        for one in visits
    ]


def report_of(caller: Caller, visit: Visit, called: str) -> ReportView | None:
    """What a shopper reported, in the caller's language; None where it may not be read."""
    report, form = visit.report, visit.form
    if report is None:
        return None
    return ReportView(
        items=tuple(
            _item(caller, item, report.levels[item.id], called) for item in form.items if item.id in report.levels
        ),
        facts=tuple((in_locale(one.question, caller.locale), report.facts.get(one.code)) for one in form.facts),
        critical=tuple((in_locale(one.question, caller.locale), report.passed[one.code]) for one in form.critical),
        comment=report.comment,
        at=report.visited_at.isoformat("minutes").replace(":", "." if caller.locale == "nb" else ":"),
        is_in_band=rules.is_in_band(report.visited_at, visit.band),
    )


def words_of(caller: Caller, item: FrozenItem) -> list[tuple[str, str]]:
    """The answers of an item in words, in order; a point without an anchor says which ones it lies between."""
    levels = answer_levels(item.scale)
    anchors = {value: in_locale(item.anchors[value], caller.locale) for value, _ in levels if item.anchors.get(value)}
    fixed = {"yes": "Yes", "partly": "Partly", "no": "No"}
    if item.scale.kind is ScaleKind.YES_PARTLY_NO:
        return [(value, anchors.get(value) or said(caller, fixed[value])) for value, _ in levels]
    words = [(value, anchors.get(value) or _between(caller, value, levels, anchors)) for value, _ in levels]
    told = [word for _, word in words]
    # Where two answers would read alike, the number tells them apart.
    return [(value, word if told.count(word) == 1 else f"{value}: {word}") for value, word in words]


def _between(caller: Caller, value: str, levels: Sequence[tuple[str, float]], anchors: Mapping[str, str]) -> str:
    """A point without words of its own: nearer to which of the two that have some, or in the middle."""
    order = [one for one, _ in levels]
    place = order.index(value)
    low = next((step for step in range(place, -1, -1) if order[step] in anchors), None)
    high = next((step for step in range(place, len(order)) if order[step] in anchors), None)
    if low is None or high is None:
        return value
    if place - low == high - place:
        return said(caller, "In the middle between the two")
    near = low if place - low < high - place else high
    return said(caller, "Nearer to: {words}", words=anchors[order[near]])


def _item(caller: Caller, item: FrozenItem, level: float | None, called: str) -> tuple[str, str, str]:
    name, question = in_locale(item.name, caller.locale), in_locale(item.question, caller.locale)
    question = question.replace("{name}", called)
    if level is None:
        return name, question, said(caller, "Could not observe")
    words = dict(words_of(caller, item))
    value = next((value for value, known in answer_levels(item.scale) if known == level), "")
    return name, question, words.get(value, f"{level:g}")
