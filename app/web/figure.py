"""One figure opened: what it is made of, what it is part of, and whether the same digits come out again."""

from fastapi import Request, Response

from app.deferred import dataclass
from app.errors import NotFound
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.service import computing_again
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.formats import measure, number, percent, score
from app.papers.arithmetic import form_of
from app.papers.figure_words import as_part, digits_of, figure_href, gap_of, item_names, name_of, person_of, worth_of
from app.papers.result_words import group_name
from app.releases.queries import get_traced
from app.releases.retrace import parts_of, retrace
from app.releases.trace import Document, FigureKey, Term, Traced, traced
from app.releases.values import RerunState, Score
from app.summaries.queries import get_arithmetic
from app.summaries.values import Arithmetic
from app.web.render import page, said
from app.web.summary import way_to
from app.words import in_locale

router = Pages()


@dataclass(frozen=True, slots=True)
class TermLine:
    """A part of a figure, or the figure above, as its row is printed; `basis` is answers, or why there is none."""

    label: str
    href: str
    score: str
    share: str
    points: str
    basis: str
    is_withheld: bool


@dataclass(frozen=True, slots=True)
class Again:
    """What came of computing it again: whether the digits are the same, both in full, and the atoms behind it."""

    state: RerunState
    method: str
    is_equal: bool = False
    stored: str = ""
    now: str = ""
    atoms: tuple[tuple[str, str, str], ...] = ()


@router.get("/results/{release_id}/subjects/{subject_id}/figure")
@access(SIGNED_IN)
def show_figure(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        key = _key(visit)
        found = get_arithmetic(session, visit.viewer, release_id, subject_id, on=visit.today)
        opened, figure = get_traced(session, visit.viewer, release_id, subject_id, key, on=visit.today)
        again = None
        if visit.query.get("again"):
            with computing_again(request, visit.viewer.actor):
                again = _again(session, visit, found, figure)
    base = f"/results/{release_id}/subjects/"
    own = figure_href(found, key)
    label = _label(visit, found, key)
    return page(
        visit,
        "pages/summary/figure.html",
        found=found,
        figure=figure,
        label=label,
        way=way_to(found.above, base),
        base=base,
        gap=gap_of(visit, opened.part, key) if figure.score is None else None,
        facts=_facts(visit, found, opened, figure),
        terms=_lines(visit, found, opened, figure),
        used_in=_used_in(visit, found, opened),
        form=form_of(visit, opened.part) if key.kpi_id is None else "",
        again=again,
        again_href=f"{own}{'&' if '?' in own else '?'}again=1",
    )


def _key(visit: Visit) -> FigureKey:
    named = {name: visit.query.get(name, "") for name in ("kpi", "group", "item")}
    groups = tuple(named["group"].split(",")) if named["group"] else ()
    return FigureKey(named["kpi"] or None, groups, named["item"] or None)


def _label(visit: Visit, found: Arithmetic, key: FigureKey, *, short: bool = False) -> str:
    """What a figure is called: its KPI, the rater group, the item; in short the last of these."""
    if key.kpi_id is None:
        return said(visit, "Composite score")
    names = [name_of(visit, found, key.kpi_id)]
    if key.rater_groups:
        names.append(group_name(visit, key.rater_groups, person=person_of(found)))
    if key.item_id:
        names.append(item_names(visit, found.kpis[key.kpi_id]).get(key.item_id, ""))
    return names[-1] if short else ", ".join(names)


def _facts(visit: Visit, found: Arithmetic, opened: Traced, figure: Score) -> list[tuple[str, str]]:
    """What stands beside the score: answers, coverage, the measured value, and the error for who is told."""
    facts = []
    if figure.raters is not None:
        facts.append((said(visit, "Answers"), number(figure.raters, visit.locale)))
    if opened.part.get("value") is not None and figure.kpi_id is not None:
        facts += _measured(visit, found, opened, figure.kpi_id)
    elif figure.coverage is not None:
        facts.append((said(visit, "Included weight"), percent(figure.coverage, visit.locale)))
    if figure.se is not None:
        facts.append((said(visit, "Standard error"), number(figure.se, visit.locale)))
    if figure.df is not None:
        facts.append((said(visit, "Degrees of freedom"), number(figure.df, visit.locale)))
    return facts


def _measured(visit: Visit, found: Arithmetic, opened: Traced, kpi_id: str) -> list[tuple[str, str]]:
    frozen = found.kpis[kpi_id].measure
    if frozen is None:
        return []
    value = measure(opened.part["value"], visit.locale, in_locale(frozen.unit, visit.locale), frozen.decimals)
    return [
        (said(visit, "Measured"), value),
        (said(visit, "Readings"), number(opened.part["readings"], visit.locale)),
        (said(visit, "Worth"), worth_of(visit, opened.part)),
    ]


def _lines(visit: Visit, found: Arithmetic, opened: Traced, figure: Score) -> list[TermLine]:
    """The parts in the order of the arithmetic, with digits that add up to the printed score."""
    adding = [term.points for term in opened.terms if term.points is not None]
    digits = iter(digits_of(visit, figure.score, adding) if adding else ())
    return [
        _line(
            visit,
            found,
            term,
            _label(visit, found, term.key, short=True),
            next(digits) if term.points is not None else "",
        )
        for term in opened.terms
    ]


def _line(visit: Visit, found: Arithmetic, term: Term, label: str, points: str) -> TermLine:
    part = _part_of(found, term.key)
    basis, is_withheld = _answers(visit, term.n), False
    if term.reason is not None:
        basis, is_withheld = gap_of(visit, part or as_part(term.reason), term.key)
    return TermLine(
        label,
        figure_href(found, term.key) if part is not None else "",
        score(term.score, visit.locale),
        percent(term.share, visit.locale, 1) if term.share is not None else "",
        points,
        basis,
        is_withheld,
    )


def _part_of(found: Arithmetic, key: FigureKey) -> Document | None:
    try:
        return traced(found.document, key).part
    except NotFound:
        return None


def _answers(visit: Visit, count: int | None) -> str:
    if count is None:
        return ""
    return said(visit, "1 answer" if count == 1 else "{count} answers", count=number(count, visit.locale))


def _used_in(visit: Visit, found: Arithmetic, own: Traced) -> TermLine | None:
    """The figure above with the contribution as it is printed there."""
    use = own.used_in
    if use is None:
        return None
    above = traced(found.document, use.key)
    adding = {term.key: term.points for term in above.terms if term.points is not None}
    digits = dict(zip(adding, digits_of(visit, use.score, list(adding.values())), strict=True)) if adding else {}
    return _line(visit, found, use, _label(visit, found, use.key), digits.get(own.key, ""))


def _again(session: ReadSession, visit: Visit, found: Arithmetic, figure: Score) -> Again:
    """Compute the release once more, and look at this one figure."""
    made = retrace(session, visit.viewer, found.release.id, on=visit.today, subject_id=found.subject.id)
    one = next((one for one in made.figures if one.figure.place == figure.place), None)
    if one is None or made.tables is None:
        return Again(made.state, made.release.method_version)
    names = {subject.id: subject.name for subject in made.tables.frozen.subjects}
    return Again(
        made.state,
        made.release.method_version,
        one.is_equal,
        _digits(visit, one.stored),
        _digits(visit, one.again),
        tuple(
            (
                names[part.subject_id] if part.subject_id else said(visit, "Others together"),
                number(part.n, visit.locale),
                score(part.mean, visit.locale),
            )
            for part in parts_of(made, figure)
        ),
    )


def _digits(visit: Visit, figure: Score | None) -> str:
    """A figure in all its digits."""
    if figure is None or figure.score is None:
        return "–"
    return repr(figure.score).replace(".", ",") if visit.locale == "nb" else repr(figure.score)
