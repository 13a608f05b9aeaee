"""A unit beside others on one KPI, as pages print it: competitors, and lines of files that other companies signed."""

from app.accounts.rules import Action, may
from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.database import ReadSession
from app.organisation.values import SubjectKind
from app.papers.figures import Row
from app.papers.result_words import group_listing
from app.papers.rival_words import contest_title, line_name, own_words, rival_words, source_words
from app.summaries.rivals import Competition, Contest, Rival
from app.summaries.standings import find_beside
from app.words import in_locale


@dataclass(frozen=True, slots=True)
class ContestText:
    """One KPI against others: heading, who was asked, and its rows."""

    title: str
    note: str
    id: str
    rows: tuple[Row, ...]


def contest_texts(visit: Visit, found: Competition, base: str) -> list[ContestText]:
    """The company against competitors and benchmarks; `base` is where subjects of the release are."""
    return [_contest(visit, one, found, base, place) for place, one in enumerate(found.contests, start=1)]


def beside_texts(
    session: ReadSession, visit: Visit, company_id: str, release_id: str, unit_id: str
) -> list[ContestText]:
    """A unit against the lines of files about its level; empty where there are none."""
    found = find_beside(session, visit.viewer, company_id, release_id, unit_id, on=visit.today)
    return [] if found is None else contest_texts(visit, found, f"/results/{release_id}/subjects/")


def _contest(visit: Visit, one: Contest, found: Competition, base: str, place: int) -> ContestText:
    groups = group_listing(visit, one.rater_groups, inside=True)
    is_whole = found.unit.kind is SubjectKind.COMPANY
    name = line_name(visit, found.unit.name, one) if is_whole else found.unit.name
    return ContestText(
        contest_title(visit, one) if is_whole else in_locale(one.name, visit.locale),
        said(visit, "Rated by {groups} only, on both sides", groups=groups),
        f"rivals-{place}",
        (
            _contest_row(visit, name, f"{base}{found.unit.id}", one, one),
            *(
                _contest_row(
                    visit, line_name(visit, rival.name, one, of=rival), _href(visit, rival, found, base), rival, one
                )
                for rival in one.rivals
            ),
        ),
    )


def _href(visit: Visit, rival: Rival, found: Competition, base: str) -> str:
    """A competitor has its own page, a line of a file that of the file, for who reads the company."""
    if rival.place:
        return f"{base}{rival.place.id}"
    is_read = may(visit.viewer, Action.RESULTS_READ, (found.release.company_id,))
    return f"/benchmarks/{rival.source.benchmark_id}" if is_read else ""


def _contest_row(visit: Visit, name: str, href: str, line: Contest | Rival, contest: Contest) -> Row:
    return {
        "name": name,
        "href": href,
        "score": line.score,
        "lo": line.lo,
        "hi": line.hi,
        "n": line.raters,
        "words": rival_words(visit, line, contest) if isinstance(line, Rival) else own_words(visit, contest),
        "source": source_words(visit, line.source),
    }
