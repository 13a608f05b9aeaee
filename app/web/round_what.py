"""The step of a round that chooses the soft KPIs asked about, and what each rater group weighs in them."""

from collections.abc import Collection, Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.queries import list_kpis, load_scorecards
from app.kpis.rules import SECONDS_PER_QUESTION, card_for, patience
from app.kpis.values import Kpi, KpiFilter, KpiKind, KpiState, RaterGroup
from app.organisation.queries import load_subjects
from app.organisation.values import Subject
from app.rounds.commands import set_round_kpis
from app.rounds.intake import parse_round_kpis
from app.rounds.queries import load_rated
from app.rounds.rules import LEVELS
from app.rounds.values import Round
from app.web.forms import REFUSED, Filled, figure, nested, refused
from app.web.lists import every
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, GROUP_NAMES, draft_frame
from app.web.rounds import shares_of
from app.words import in_locale

router = Pages()

_ASKABLE = KpiFilter(kind=KpiKind.SOFT, state=KpiState.ACTIVE)


@dataclass(frozen=True, slots=True)
class KpiChoice:
    """A KPI that can be asked about; `field` is the beginning of its fields' names.

    What is off the cards stands on none of those rated, who are hence not asked about in it.
    """

    field: str
    id: str
    name: str
    criterion: str
    items: int
    shares: Mapping[RaterGroup, float]
    is_off_cards: bool


@router.get("/rounds/{round_id}/what")
@access(Action.ROUNDS_WRITE)
def show_what(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _what_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/what")
@access(Action.ROUNDS_WRITE)
def save_what(request: Request, round_id: str) -> Response:
    form = posted(request)
    places = _ticked(form)
    try:
        kpis = parse_round_kpis(_wanted(form, places), posted=True)
        with writing(request) as (session, visit):
            draft_frame(session, visit, round_id, "what")
            set_round_kpis(session, visit.viewer, round_id, kpis, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, form, places, error)
    return see_other(f"/rounds/{round_id}/privacy", done="saved")


def _ticked(form: Form) -> list[str]:
    """The places on the page of the KPIs that are ticked, in order."""
    found = [name.split(".")[1] for name in form if name.startswith("kpis.") and name.endswith(".kpi_id")]
    return sorted(found, key=lambda place: (len(place), place))


def _wanted(form: Form, places: Sequence[str]) -> dict[str, object]:
    """The ticked KPIs with the weights that were typed."""
    sent = nested(form).get("kpis")
    kpis = sent if isinstance(sent, Mapping) else {}
    return {"kpis": [kpis[place] for place in places]}


def _again(request: Request, round_id: str, form: Form, places: Sequence[str], error: AppError) -> Response:
    def place_of(field: str) -> str:
        """Refusals count the ticked KPIs; the page counts all of them."""
        first, _, rest = field.partition(".")
        number, _, last = rest.partition(".")
        if first != "kpis" or not number.isdecimal() or int(number) >= len(places):
            return ""
        return f"kpis.{places[int(number)]}.{last}" if last else ""

    with reading(request) as (session, visit):
        found = draft_frame(session, visit, round_id, "what").round
        chosen = [form.one(f"kpis.{place}.kpi_id") for place in places]
        names = _names(visit, chosen, _askable(session, visit, found.company_id))
        return _what_page(session, visit, round_id, refused(visit, form, error, places=place_of, names=names))


def _what_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = draft_frame(session, visit, round_id, "what")
    found = frame.round
    kpis = _askable(session, visit, found.company_id)
    weights = _weights(found, kpis)
    rated = load_subjects(session, load_rated(session, found.id), on=visit.today).values()
    on_cards = _on_cards(session, visit, found, rated)
    chosen = {one.kpi_id for one in found.kpis} or _usual(on_cards, weights)
    # A competitor has no card.
    have_cards = all(one.kind in LEVELS for one in rated) and bool(rated)
    form = sent or Filled(dict(_texts(visit, chosen, kpis, weights)))
    return page(
        visit,
        "pages/rounds/what.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        groups=[one.rater_group.value for one in found.groups if one.rater_group is not RaterGroup.SELF],
        times={
            "question": SECONDS_PER_QUESTION,
            "customer": patience(RaterGroup.CUSTOMER),
            "others": patience(RaterGroup.COLLEAGUE),
        },
        choices=[
            _choice(visit, place, kpi, weights[kpi.id], is_off_cards=have_cards and kpi.id not in on_cards)
            for place, kpi in enumerate(kpis)
        ],
        is_anybody_rated=bool(rated),
    )


def _askable(session: ReadSession, visit: Visit, company_id: str) -> list[Kpi]:
    """The KPIs that can be asked about, by name."""
    found = every(lambda part: list_kpis(session, visit.viewer, company_id, part, on=visit.today, chosen=_ASKABLE))
    return sorted(found, key=lambda kpi: in_locale(kpi.current.name, visit.locale).casefold())


def _names(visit: Visit, chosen: Sequence[str], kpis: Sequence[Kpi]) -> Mapping[str, str]:
    """What the fields of the ticked KPIs are called: the KPI, then the group."""
    titles = {str(kpi.id): in_locale(kpi.current.name, visit.locale) for kpi in kpis}
    named: dict[str, str] = {}
    for number, kpi_id in enumerate(chosen):
        title = titles.get(kpi_id, "")
        for group, label in GROUP_NAMES.items():
            named[f"kpis.{number}.weights.{group}"] = f"{title}, {said(visit, label)}"
        named[f"kpis.{number}"] = title
    return {**named, "kpis": said(visit, "KPIs")}


def _weights(found: Round, kpis: Sequence[Kpi]) -> dict[str, Mapping[RaterGroup, float]]:
    """The weights in the round, or the KPI's own as far as the round has the groups."""
    chosen = {one.kpi_id: one.weights for one in found.kpis}
    groups = {one.rater_group for one in found.groups}
    return {
        kpi.id: chosen.get(kpi.id)
        or {group: weight for group, weight in kpi.current.rater_weights.items() if group in groups}
        for kpi in kpis
    }


def _on_cards(session: ReadSession, visit: Visit, found: Round, rated: Collection[Subject]) -> Collection[str]:
    """The KPIs on the cards of those rated."""
    cards = load_scorecards(session, found.company_id, on=visit.today) if rated else ()
    own = (card_for(cards, one.path, LEVELS[one.kind]) for one in rated if one.kind in LEVELS)
    return {str(line.kpi_id) for card in own if card is not None for line in card.lines}


def _usual(on_cards: Collection[str], weights: Mapping[str, Mapping[RaterGroup, float]]) -> Collection[str]:
    """What a round asks about as a rule: what is on the cards, as far as its groups weigh in it."""
    return {kpi_id for kpi_id, groups in weights.items() if kpi_id in on_cards and groups.keys() - {RaterGroup.SELF}}


def _texts(
    visit: Visit, chosen: Collection[str], kpis: Sequence[Kpi], weights: Mapping[str, Mapping[RaterGroup, float]]
) -> dict[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    for place, kpi in enumerate(kpis):
        if kpi.id in chosen:
            texts[f"kpis.{place}.kpi_id"] = (kpi.id,)
        for group, weight in weights[kpi.id].items():
            texts[f"kpis.{place}.weights.{group}"] = (figure(visit, weight) or "",)
    return texts


def _choice(
    visit: Visit, place: int, kpi: Kpi, weights: Mapping[RaterGroup, float], *, is_off_cards: bool
) -> KpiChoice:
    return KpiChoice(
        f"kpis.{place}",
        kpi.id,
        in_locale(kpi.current.name, visit.locale),
        in_locale(kpi.current.criterion, visit.locale),
        len(kpi.current.items),
        shares_of(weights),
        is_off_cards,
    )
