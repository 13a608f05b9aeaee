"""What is said of us beside others: who a line is about, whose it is and of when, and whether chance could explain it."""

from app.benchmarks.values import Foreign
from app.http.visit import Visit, said
from app.infra.formats import day, number, period
from app.organisation.values import SubjectKind
from app.papers.result_words import group_listing
from app.summaries.rivals import Against, Competition, Contest, Rival, Source
from app.words import in_locale

_TITLES = {
    SubjectKind.COMPANY: "{kpi}, against competitors",
    SubjectKind.DEPARTMENT: "{kpi}, departments against those of others",
    SubjectKind.TEAM: "{kpi}, teams against those of others",
}
_MEANS = {
    SubjectKind.DEPARTMENT: "{name}, mean of {count} departments",
    SubjectKind.TEAM: "{name}, mean of {count} teams",
}
_STANDS = {
    Against.NOT_APART: "Cannot be told apart",
    Against.AHEAD: "We are ahead by {points}",
    Against.BEHIND: "We are behind by {points}",
    Against.OTHER_METHOD: "Computed by another method, so not held against us",
}


def contest_title(visit: Visit, one: Contest) -> str:
    """What is held against what."""
    return said(visit, _TITLES[one.level], kpi=in_locale(one.name, visit.locale))


def line_name(visit: Visit, name: str, contest: Contest, *, of: Rival | None = None) -> str:
    """Whom a line is about: the company, or its units of a kind."""
    if contest.level is SubjectKind.COMPANY:
        return name
    return said(visit, _MEANS[contest.level], name=name, count=number((of or contest).units, visit.locale))


def own_words(visit: Visit, one: Contest) -> str:
    """What our own line stands on."""
    return _asked(visit, one.raters, one)


def rival_words(visit: Visit, rival: Rival, one: Contest) -> str:
    """How we stand to a line, and what it stands on."""
    return f"{against_words(visit, rival)}. {_asked(visit, rival.raters, one)}"


def against_words(visit: Visit, rival: Rival) -> str:
    """How we stand to a line."""
    return said(visit, _STANDS[rival.against], points=number(abs(rival.points), visit.locale, 1))


def source_words(visit: Visit, source: Source) -> str:
    """Who measured a line, about which time, and when it was sealed."""
    facts = {
        "name": source.name,
        "period": period(source.period_start, source.period_end, visit.locale),
        "day": day(source.released_on, visit.locale),
    }
    return said(visit, "Source: {name}, {period}, released {day}", **facts)


def unmatched_words(visit: Visit, one: Foreign, found: Competition) -> str:
    """A line of a benchmark beside which we have nothing."""
    groups = group_listing(visit, one.line.rater_groups, inside=True)
    name = in_locale(one.line.kpi, visit.locale)
    facts = {"name": one.line.source, "kpi": name, "groups": groups, "own": found.unit.name}
    return said(visit, "{name}, {kpi}: {own} has no figure by {groups} at this level.", **facts)


def _asked(visit: Visit, raters: int, one: Contest) -> str:
    answers = "{count} visits" if one.rater_groups == ("mystery_shopper",) else "{count} answers"
    return said(visit, answers, count=number(raters, visit.locale))
