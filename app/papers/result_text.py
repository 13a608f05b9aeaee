"""What a summary says in sentences: coverage, targets, gaps, wordings and comments; facts only, each from one figure."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.formats import listing, measure, percent, score
from app.kpis.values import Form
from app.papers.figures import Row, distance_of, hard_rows, person_of, soft_rows
from app.papers.found_text import ChangeText, StandoutText, change_text, firm_word, soft_notes, standout_text
from app.papers.result_words import SELF, comments_title, group_listing, reason, withheld_comments
from app.papers.step_text import StepText, step_text
from app.releases.values import ScoreLevel, ScoreStatus
from app.scoring.selfview import View
from app.summaries.values import Comments, GroupFigure, HardKpi, ItemFigure, SoftKpi, Summary, Wording
from app.words import in_locale


@dataclass(frozen=True, slots=True)
class Missed:
    """A target that was not reached: the KPI, the distance with its unit, and whether it is to a best range."""

    kpi: str
    left: str
    is_range: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A KPI on which one's own rating is above or below that of the others."""

    kpi: str
    is_higher: bool
    own: str
    others: str


@dataclass(frozen=True, slots=True)
class ItemWords:
    """An item, and its wordings each with the groups that it is the closest for."""

    name: str
    lines: tuple[tuple[str, str], ...]
    is_conditional: bool


@dataclass(frozen=True, slots=True)
class KpiWords:
    """A KPI in words."""

    name: str
    items: tuple[ItemWords, ...]


@dataclass(frozen=True, slots=True)
class CommentBlock:
    """The comments of a rater group: item (or nothing), texts with whether each is edited, and what is withheld."""

    title: str
    is_by_chance: bool
    parts: tuple[tuple[str, tuple[tuple[str, bool], ...], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything of a summary that its page prints, in the reader's language."""

    soft: list[Row]
    hard: list[Row]
    coverage: str
    composite_reason: str
    rated_by: str
    reached: list[str]
    missed: list[Missed]
    gaps: list[Gap]
    hard_notes: list[str]
    words: list[KpiWords]
    comments: list[CommentBlock]
    firmness: str
    standouts: StandoutText | None
    soft_notes: list[str]
    change: ChangeText | None
    step: StepText | None


def shown(visit: Visit, summary: Summary, *, with_courses: bool = False) -> Shown:
    """A summary as its page prints it; with courses, hard KPIs lead to those of their readings."""
    composite = summary.composite
    return Shown(
        soft=soft_rows(visit, summary),
        hard=hard_rows(visit, summary, with_courses=with_courses),
        coverage=_coverage(visit, summary),
        composite_reason=reason(visit, composite.figure, level=ScoreLevel.COMPOSITE) if composite else "",
        rated_by=_rated_by(visit, summary),
        reached=_names(visit, [kpi for kpi in summary.targets if kpi.is_reached]),
        missed=[_missed(visit, kpi) for kpi in summary.targets if not kpi.is_reached],
        gaps=[_gap(visit, kpi, group) for kpi, group in summary.gaps],
        hard_notes=_hard_notes(visit, summary),
        words=_words(visit, summary),
        comments=_comments(visit, summary.comments),
        firmness=firm_word(visit, composite.firmness) if composite else "",
        standouts=standout_text(visit, summary),
        soft_notes=soft_notes(visit, summary),
        change=change_text(visit, summary),
        step=step_text(visit, summary),
    )


def _names(visit: Visit, kpis: Sequence[SoftKpi | HardKpi]) -> list[str]:
    return [in_locale(kpi.name, visit.locale) for kpi in kpis]


def _coverage(visit: Visit, summary: Summary) -> str:
    """How much of the weight is in the composite, which KPIs are withheld, and what its interval leaves out."""
    if summary.composite is None:
        return ""
    form = [said(visit, "Geometric mean: a low KPI cannot be bought off.")] if _is_geometric(summary) else []
    return " ".join([*_weight(visit, summary), *_unsure(visit, summary), *form])


def _is_geometric(summary: Summary) -> bool:
    return summary.composite is not None and summary.composite.form is Form.GEOMETRIC


def _weight(visit: Visit, summary: Summary) -> list[str]:
    withheld, missing = _names(visit, summary.withheld), _names(visit, summary.missing)
    if not withheld and not missing:
        return [said(visit, "The whole weight is included.")]
    sentences = []
    if summary.composite is not None and summary.composite.figure.score is not None:
        share = percent(summary.composite.figure.coverage, visit.locale)
        sentences.append(said(visit, "{share} of the weight is included.", share=share))
    if withheld:
        message = "{names} is withheld." if len(withheld) == 1 else "{names} are withheld."
        sentences.append(said(visit, message, names=listing(withheld, visit.locale)))
    if missing:
        sentences.append(said(visit, "Without figures: {names}.", names=listing(missing, visit.locale)))
    return sentences


def _unsure(visit: Visit, summary: Summary) -> list[str]:
    """What the interval of the composite does not hold."""
    unsure = summary.composite.unsure if summary.composite else ()
    names = _names(visit, [kpi for kpi in summary.hard if kpi.kpi_id in unsure])
    if not names:
        return []
    return [
        said(visit, "The error of {names} is not known and not in the interval.", names=listing(names, visit.locale))
    ]


def _rated_by(visit: Visit, summary: Summary) -> str:
    """The rater groups that stand behind some figure, self apart."""
    groups = [
        one
        for kpi in summary.soft
        for group in kpi.groups
        if group.figure.status is ScoreStatus.OK and SELF not in group.rater_groups
        for one in group.rater_groups
    ]
    return group_listing(visit, list(dict.fromkeys(groups)), inside=True)


def _missed(visit: Visit, kpi: HardKpi) -> Missed:
    unit, decimals = distance_of(visit, kpi)
    left = measure(kpi.left, visit.locale, unit, decimals)
    return Missed(in_locale(kpi.name, visit.locale), left, kpi.posts is not None and kpi.posts.target is None)


def _gap(visit: Visit, kpi: SoftKpi, group: GroupFigure) -> Gap:
    return Gap(
        in_locale(kpi.name, visit.locale),
        group.view is View.BLIND_SPOT,
        score(group.figure.score, visit.locale),
        score(kpi.figure.score if kpi.figure else None, visit.locale),
    )


def _hard_notes(visit: Visit, summary: Summary) -> list[str]:
    """What is to be known beside the scores of hard KPIs: error unknown, or scaled up."""
    single = _names(visit, [kpi for kpi in summary.hard if kpi.certainty == "unknown"])
    scaled = _names(visit, [kpi for kpi in summary.hard if kpi.is_prorated])
    notes = []
    if single:
        names = listing(single, visit.locale)
        notes.append(said(visit, "How sure the value is, is not known for {names}.", names=names))
    if scaled:
        names = listing(scaled, visit.locale)
        notes.append(said(visit, "Scaled up from the readings that are in: {names}.", names=names))
    return notes


def _words(visit: Visit, summary: Summary) -> list[KpiWords]:
    """The anchors nearest to what each group said; KPIs whose items are not worded are left out."""
    person = person_of(summary)
    found = []
    for kpi in summary.soft:
        by_item: defaultdict[str, list[tuple[Wording, GroupFigure]]] = defaultdict(list)
        by_id: dict[str, ItemFigure] = {}
        for group in kpi.groups:
            for item in group.items:
                if item.closest is not None:
                    by_item[item.item_id].append((item.closest, group))
                    by_id[item.item_id] = item
        items = (_item_words(visit, by_id[item_id], said_by, person) for item_id, said_by in by_item.items())
        if by_item:
            found.append(KpiWords(in_locale(kpi.name, visit.locale), tuple(items)))
    return found


def _item_words(
    visit: Visit, item: ItemFigure, said_by: Sequence[tuple[Wording, GroupFigure]], person: str
) -> ItemWords:
    by_point: dict[str, tuple[str, list[str]]] = {}
    for wording, group in said_by:
        words = in_locale(wording.words, visit.locale)
        by_point.setdefault(wording.point, (words, []))[1].extend(group.rater_groups)
    lines = ((words, group_listing(visit, groups, person=person)) for words, groups in by_point.values())
    return ItemWords(in_locale(item.name, visit.locale), tuple(lines), item.is_conditional)


def _comments(visit: Visit, found: Sequence[Comments]) -> list[CommentBlock]:
    return [
        _comment_block(visit, groups, list(blocks)) for groups, blocks in groupby(found, lambda one: one.rater_groups)
    ]


def _comment_block(visit: Visit, groups: Sequence[str], blocks: Sequence[Comments]) -> CommentBlock:
    authors = [comment.author for block in blocks for comment in block.comments]
    return CommentBlock(
        title=comments_title(visit, groups, authors),
        is_by_chance=not any(authors) and SELF not in groups,
        parts=tuple(
            (
                in_locale(block.item_name, visit.locale) if block.item_name else "",
                tuple((comment.text, comment.is_edited) for comment in block.comments),
                tuple(withheld_comments(visit, one) for one in block.withheld),
            )
            for block in blocks
        ),
    )
