"""Papers of summaries that nobody would wish for: hostile words, names without end, cards that are too large, nothing."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest
from pypdf import PdfReader

from app.accounts.values import Grant, Role, Viewer
from app.http.service import Service
from app.http.visit import Visit
from app.infra.formats import Locale, score
from app.kpis.values import NO_PRACTICE, Exercise, LearningResource, Practice
from app.organisation.values import SubjectKind
from app.papers.step_text import step_of
from app.papers.summary_files import Paper, open_paper, pdf_of, workbook_of
from app.releases.values import ScoreStatus, Withheld
from app.summaries.values import Comment, Comments, Figure, Summary
from tests.papers.read import sheets_of, tagged, text_of, widest
from tests.served import Served
from tests.shelf import Shelf
from tests.summaries.built import Quarter, shown_quarter

HOSTILE = '#read("/etc/passwd") \\u{41} $x$ *b* ]#panic()[ =1+1'
LONGEST = "Kundetilfredshetsundersøkelsesoppfølgingsansvarlighetsvurdering" * 3
SENTENCE = "Hvor godt noen følger opp det som ble avtalt med kunden da saken kom inn, også når den bytter hender " * 2
HIDDEN = Figure(ScoreStatus.SUPPRESSED, Withheld.FEWER_THAN_K, minimum=3)


@pytest.fixture
def read(shelves: Callable[[str], Shelf], now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelves("sqlite"), now)


@contextmanager
def opened(read: tuple[Served, Quarter], locale: Locale = "nb") -> Iterator[tuple[Visit, Paper]]:
    """Sofie's full version as an analyst opens it."""
    served, made = read
    service: Service = served.app.state.service
    analyst = Viewer("account:a", grants=(Grant(Role.ANALYST, made.company_id),))
    visit = Visit(service, served.clock.now, "", {}, locale, somebody=analyst)
    with service.database.read() as session:
        yield visit, open_paper(session, visit, made.release.id, made.subjects["sofie.berg"], is_full=True)


def one_page(visit: Visit, paper: Paper, summary: Summary) -> bytes:
    made = pdf_of(visit, replace(paper, summary=summary, arithmetic=None))
    assert len(PdfReader(io.BytesIO(made)).pages) == 1
    return made


def test_hostile_words_are_printed_as_they_are_in_every_place(read: tuple[Served, Quarter]) -> None:
    with opened(read) as (visit, paper):
        summary, words = paper.summary, {"nb": HOSTILE, "en": HOSTILE}
        hostile = replace(
            summary,
            subject=replace(summary.subject, name=HOSTILE),
            soft=tuple(replace(kpi, name=words) for kpi in summary.soft),
            hard=tuple(replace(kpi, name=words, unit=words) for kpi in summary.hard),
            comments=(Comments(("customer",), None, None, (Comment(None, HOSTILE), Comment(HOSTILE, HOSTILE))),),
        )
        told = text_of(pdf_of(visit, replace(paper, summary=hostile)))
        # Title, name, KPIs on the first page and in tables, comments.
        assert told.count(HOSTILE) > 12
        assert "root:" not in told
        sheet = sheets_of(workbook_of(visit, replace(paper, summary=hostile)))["Harde KPI-er"]
        assert {row[0] for row in sheet[1:]} == {HOSTILE}


@pytest.mark.parametrize(("times", "locale"), [(2, "nb"), (4, "en")])
def test_a_large_card_with_the_longest_names_keeps_to_one_page(
    read: tuple[Served, Quarter], times: int, locale: Locale
) -> None:
    with opened(read, locale) as (visit, paper):
        summary = paper.summary
        long = replace(
            summary,
            subject=replace(summary.subject, name=LONGEST),
            soft=tuple(replace(kpi, name={"nb": LONGEST, "en": LONGEST}) for kpi in summary.soft) * times,
            hard=tuple(replace(kpi, name={"nb": SENTENCE, "en": SENTENCE}) for kpi in summary.hard) * times,
        )
        made = one_page(visit, paper, long)
        told = text_of(made)
        assert told.replace(" ", "").count(LONGEST) >= 3 * times
        figures = [kpi.figure for kpi in long.soft] + [kpi.figure for kpi in long.hard]
        kpis = [one.score for one in figures if one is not None and one.score is not None]
        assert len(kpis) == 5 * times
        assert all(told.count(score(one, locale)) >= times for one in kpis)
        assert all(tagged(made).pictures)
        left_out = {"nb": "Her er det ikke plass til gruppene", "en": "There is no room for the rater groups here"}
        assert left_out[locale] in told
        with_groups = one_page(visit, paper, replace(summary, soft=summary.soft[:2] * times, hard=summary.hard[:1]))
        assert (left_out[locale] in text_of(with_groups)) is (times > 2)
        # Nothing is pushed over the edge: 17 mm on either side stay white.
        assert widest(made) <= 595.3 - 48 + 1


def test_a_withheld_composite_is_hatched_with_its_reason(read: tuple[Served, Quarter]) -> None:
    with opened(read) as (visit, paper):
        assert paper.summary.composite is not None
        few = Figure(ScoreStatus.INSUFFICIENT, Withheld.TOO_LITTLE_WEIGHT, coverage=0.4)
        whole = replace(paper.summary.composite, figure=few, soft=None, hard=None)
        made = one_page(visit, paper, replace(paper.summary, composite=whole))
        told = text_of(made)
        assert "79,2" not in told
        reason = "Holdt tilbake: bare 40 % av vekten kan vises, 60 % kreves"
        assert reason in told.replace("\xa0", " ")
        assert f"Samlet poengsum: {reason}" in [(words or "").replace("\xa0", " ") for words in tagged(made).pictures]
        sheet = sheets_of(workbook_of(visit, replace(paper, summary=replace(paper.summary, composite=whole))))
        assert sheet["Samlet poengsum"][1][1:4] == ["", "", ""]
        assert sheet["Holdt tilbake"][1][0] == "Samlet poengsum"


def test_where_everybody_is_withheld_no_score_is_printed(read: tuple[Served, Quarter]) -> None:
    with opened(read, "en") as (visit, paper):
        soft = tuple(
            replace(
                kpi,
                figure=HIDDEN,
                firmness=None,
                groups=tuple(replace(group, figure=HIDDEN, raters=None, gap=None, view=None) for group in kpi.groups),
            )
            for kpi in paper.summary.soft
        )
        bare = replace(paper.summary, composite=None, soft=soft, hard=(), standouts=None, self_view=None, since=None)
        told = text_of(one_page(visit, paper, bare))
        assert "Nobody's ratings can be shown" not in told
        assert "No scorecard applies here." in told
        # A manager who says who he is needs one answer only; an own rating that is not there takes no row.
        several = [group for kpi in soft for group in kpi.groups if not group.is_named]
        withheld = told.count("Withheld: fewer than 3 answers") + told.count("Withheld: fewer than 3 visits")
        assert withheld == len(soft) + len(several) == 9
        assert told.count("No answer") == 3
        assert not [one for one in ("77.1", "68.2", "81.3", "87.5") if one in told]


def test_an_empty_summary_and_that_of_a_competitor_say_so(read: tuple[Served, Quarter]) -> None:
    with opened(read) as (visit, paper):
        empty = replace(paper.summary, soft=(), hard=(), composite=None, comments=())
        told = text_of(one_page(visit, paper, empty))
        assert "Ingenting ved Sofie Berg ble vurdert eller målt i denne runden." in told
        rival = replace(
            paper.summary,
            composite=None,
            standouts=None,
            subject=replace(paper.summary.subject, kind=SubjectKind.COMPETITOR, name="Lunvik"),
        )
        assert "En konkurrent har bare poeng per gruppe." in text_of(one_page(visit, paper, rival))
        assert sheets_of(workbook_of(visit, replace(paper, summary=empty)))["Myke KPI-er"][1:] == []


def test_a_step_without_an_exercise_says_what_to_do_instead_and_hostile_words_stay_words(
    read: tuple[Served, Quarter],
) -> None:
    with opened(read, "en") as (visit, paper):
        step = paper.summary.step
        assert step is not None
        bare = replace(step, item=replace(step.item, practice=NO_PRACTICE, figure=replace(step.item.figure, lo=None)))
        assert step_of(visit, bare, SubjectKind.PERSON).sentences == (
            "Work on Promises, under Case ownership.",
            "It stands at 62.9. The target is 75.",
            "No exercise is recorded for it: agree on one in the talk.",
        )
        assert step_of(visit, bare, SubjectKind.TEAM).exercise.endswith("agree on one together.")
        resource = LearningResource({"en": HOSTILE}, "https://learn.example.org/?a=(1)")
        practice = Practice(resource=resource, exercise=Exercise({"en": HOSTILE}, 3))
        hostile = replace(paper.summary, step=replace(step, item=replace(step.item, practice=practice)))
        printed = text_of(one_page(visit, paper, hostile))
        assert f"Exercise (3 min): {HOSTILE} To learn from: {HOSTILE} (https://learn.example.org/?a=(1))" in printed
        empty = replace(paper.summary, step=None)
        assert "Next step" not in text_of(one_page(visit, paper, empty))
        assert sheets_of(workbook_of(visit, replace(paper, summary=empty)))["Next step"] == [["Fact", "Value"]]
