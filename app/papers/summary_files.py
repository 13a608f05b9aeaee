"""The files of a summary, for both doors: one page as PDF, the full version, and a workbook; read as the page is read."""

from app.deferred import dataclass
from app.followup.relations import get_prompts
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.pdf import write_pdf
from app.organisation.queries import load_subjects
from app.organisation.values import Subject
from app.papers.prompt_words import questions_of
from app.papers.result_text import shown
from app.papers.summary_appendix import appendix
from app.papers.summary_print import first_page
from app.papers.summary_sheets import summary_workbook
from app.summaries.queries import get_arithmetic, get_summary
from app.summaries.values import Arithmetic, Summary

PDF = "application/pdf"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a file is made of; the arithmetic only for the full version."""

    summary: Summary
    company: Subject
    questions: list[str]
    arithmetic: Arithmetic | None


def open_paper(session: ReadSession, visit: Visit, release_id: str, subject_id: str, *, is_full: bool = False) -> Paper:
    """Read what a file is made of; NotFound unless the viewer may read the page."""
    summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    company_id = summary.release.company_id
    prompts = get_prompts(session, visit.viewer, release_id, subject_id, on=visit.today).prompts
    return Paper(
        summary,
        next(iter(load_subjects(session, [company_id], on=visit.today).values())),
        questions_of(visit, [prompt for prompt in prompts if len(prompt.kpis) > 1]),
        get_arithmetic(session, visit.viewer, release_id, subject_id, on=visit.today) if is_full else None,
    )


def pdf_of(visit: Visit, paper: Paper) -> bytes:
    """One page, or the full version where the arithmetic was read."""
    told = shown(visit, paper.summary)
    page = first_page(visit, paper.summary, paper.company, told, paper.questions)
    sections = appendix(visit, told, paper.questions, paper.arithmetic) if paper.arithmetic else []
    values = {**page, "sections": [] if paper.summary.is_empty else sections, "is_full": paper.arithmetic is not None}
    return write_pdf("summary.typ", values, made_at=paper.summary.release.sealed_at)


def workbook_of(visit: Visit, paper: Paper) -> bytes:
    """The figures as a workbook."""
    return summary_workbook(visit, paper.summary, paper.company)


def name_of(paper: Paper, ending: str) -> str:
    """A file name that says which release it is of, and nothing of whom."""
    return f"{paper.summary.round.period_end}-{paper.summary.release.sequence}.{ending}"
