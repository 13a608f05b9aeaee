"""The page on which analysts read how scores have changed, with what is known of the same raters."""

from app.analysis.values import Changes, ComparedRound, SubjectChange
from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.formats import DASH, number, score
from app.papers.found_text import no_trend
from app.web.analysis_rows import Told
from app.web.analysis_words import coefficient, signed, span
from app.web.render import said
from app.words import in_locale


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A subject's change; `since` names the round where there are several, `why` says why there is no change."""

    name: str
    since: str
    href: str
    before: str
    after: str
    points: Told
    error: str
    index: str
    verdict: str
    why: str


def round_lines(visit: Visit, found: Changes) -> list[str]:
    """How alike the same raters have answered in each of the earlier rounds from which a change is told."""
    told = {one.release_id for one in found.subjects if one.reason is None}
    return [_round(visit, one) for one in found.rounds if one.release_id in told]


def change_lines(visit: Visit, found: Changes, subjects: tuple[SubjectChange, ...]) -> list[ChangeLine]:
    """A page of subjects."""
    rounds = {one.release_id: in_locale(one.name, visit.locale) for one in found.rounds}
    return [_line(visit, found, one, rounds if len(rounds) > 1 else {}) for one in subjects]


def _round(visit: Visit, one: ComparedRound) -> str:
    told = {"round": in_locale(one.name, visit.locale), "pairs": number(one.pairs, visit.locale)}
    if one.correlation is None:
        return said(visit, "Since {round}: too few have answered both times ({pairs} pairs), so 0.3 is taken.", **told)
    return said(
        visit,
        "Since {round}: scores of the same raters correlate by {correlation} ({pairs} pairs).",
        correlation=coefficient(visit, one.correlation),
        **told,
    )


def _line(visit: Visit, found: Changes, one: SubjectChange, rounds: dict[str, str]) -> ChangeLine:
    return ChangeLine(
        name=one.name,
        since=rounds.get(one.release_id, ""),
        href=f"/results/{found.release.id}/subjects/{one.subject_id}",
        before=score(one.before, visit.locale),
        after=score(one.after, visit.locale),
        points=_points(visit, one),
        error=DASH if one.se is None else number(one.se, visit.locale, 1),
        index=DASH if one.index is None else signed(visit, one.index, 2),
        verdict=said(visit, "Changed" if one.is_real else "Chance could explain it"),
        why="" if one.reason is None else no_trend(visit, one.reason),
    )


def _points(visit: Visit, one: SubjectChange) -> Told:
    if one.points is None or one.lo is None or one.hi is None:
        return Told(DASH)
    decimals = 1 if one.se is not None else 0
    return Told(
        signed(visit, one.points, 1), span(visit, signed(visit, one.lo, decimals), signed(visit, one.hi, decimals))
    )
