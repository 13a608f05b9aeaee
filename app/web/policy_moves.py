"""Who moves in a what-if, as rows of one chart: before, after and why; nothing is computed or rounded elsewhere."""

from collections.abc import Sequence

from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.formats import counted, number, points_range, score, signed
from app.papers.result_words import group_name, withheld_words
from app.releases.moves import Move, MovePart, Way
from app.releases.trial import Trial
from app.releases.values import Score
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.scoring.explain import printed
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.web.render import said
from app.words import in_locale

NO_BREAK = "\N{NO-BREAK SPACE}"
"""Between a name and its figure, so that the figure does not stand alone on the next line."""


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A figure on its way: its name, the change, both sides for the plot, words, and the same as texts of a table."""

    name: str
    change: str
    before: Score | None
    after: Score | None
    words: str
    why: str
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """A person or unit with the figures that move."""

    name: str
    href: str
    rows: tuple[MoveRow, ...]


def movers_of(visit: Visit, trial: Trial) -> list[Mover]:
    """The subjects that move, the largest move first, each with its composite before its KPIs."""
    by_subject: dict[str, list[Move]] = {}
    for move in trial.moves:
        by_subject.setdefault(move.subject.id, []).append(move)
    base = f"/results/{trial.release.id}/subjects/"
    return [
        Mover(
            moves[0].subject.name,
            f"{base}{subject_id}",
            tuple(_row(visit, trial, move) for move in sorted(moves, key=lambda move: move.kpi_id is not None)),
        )
        for subject_id, moves in by_subject.items()
    ]


def finding_of(visit: Visit, trial: Trial) -> str:
    """What the what-if comes to, in one or two sentences."""
    if not trial.moves:
        return said(visit, "Nobody moves.")
    moving = len({move.subject.id for move in trial.moves})
    everybody = number(trial.subjects, visit.locale)
    sentence = "One of {all} moves." if moving == 1 else "{count} of {all} move."
    told = said(visit, sentence, count=counted(moving, visit.locale).capitalize(), all=everybody)
    withheld = len([move for move in trial.moves if move.way is Way.WITHHELD])
    if withheld:
        sentence = "One figure is withheld." if withheld == 1 else "{count} figures are withheld."
        told += " " + said(visit, sentence, count=counted(withheld, visit.locale).capitalize())
    return told


def table_of(movers: Sequence[Mover]) -> list[tuple[str, ...]]:
    """The same figures as texts: name, figure, both sides with intervals, change, and what it comes through."""
    return [(mover.name, row.name, *row.figures) for mover in movers for row in mover.rows]


def _figures(visit: Visit, move: Move) -> tuple[str, ...]:
    sides = [
        text
        for one in (move.before, move.after)
        for text in (score(one.score if one else None, visit.locale), points_range(*_ends(one)))
    ]
    if move.change is None:
        return (*sides, "", "", "")
    through = [sum(part.by_weight for part in move.parts), sum(part.by_score for part in move.parts)]
    shares = [signed(one, visit.locale) for one in through] if move.parts else ["", ""]
    return (*sides, signed(move.change, visit.locale), *shares)


def _row(visit: Visit, trial: Trial, move: Move) -> MoveRow:
    change = "" if move.change is None else signed(move.change, visit.locale)
    return MoveRow(
        _name(visit, trial, move),
        change,
        move.before,
        move.after,
        _words(visit, move),
        _why(visit, trial, move),
        _figures(visit, move),
    )


def _name(visit: Visit, trial: Trial, move: Move) -> str:
    if move.kpi_id is None:
        return said(visit, "Composite score")
    return in_locale(trial.frozen.kpi(move.kpi_id).name, visit.locale)


def _words(visit: Visit, move: Move) -> str:
    before, after = (score(one.score if one else None, visit.locale) for one in (move.before, move.after))
    least = LEAST_KPI_WEIGHT if move.kpi_id is None else LEAST_GROUP_WEIGHT
    if move.way is Way.OFF_CARD:
        return said(visit, "Was {before}; no longer on the card.", before=before)
    if move.way is Way.WITHHELD and move.after is not None:
        why = withheld_words(visit, move.after.reason, coverage=move.after.coverage, least=least)
        return said(visit, "Was {before}; would be withheld: {why}.", before=before, why=why)
    if move.way is Way.APPEARS:
        return said(visit, "Was withheld; would be {after}.", after=after)
    return said(visit, "{before} becomes {after}.", before=before, after=after)


def _why(visit: Visit, trial: Trial, move: Move) -> str:
    """The parts of the change that print as something, largest first; they add up to the printed change."""
    if move.change is None or not move.parts:
        return ""
    values = [part.by_score + part.by_weight_apart for part in move.parts]
    _, digits = printed(sum(values), values)
    told = [(part, digit) for part, digit in zip(move.parts, digits, strict=True) if digit]
    told.sort(key=lambda one: -abs(one[1]))
    return ", ".join(
        f"{_part_name(visit, trial, move, part)}{NO_BREAK}{signed(digit, visit.locale)}" for part, digit in told
    )


def _part_name(visit: Visit, trial: Trial, move: Move, part: MovePart) -> str:
    if move.kpi_id is not None:
        return group_name(visit, part.rater_groups)
    return in_locale(trial.frozen.kpi(part.kpi_id).name, visit.locale)


def _ends(one: Score | None) -> tuple[float | None, float | None]:
    return (one.lo, one.hi) if one is not None and one.score is not None else (None, None)
