"""Past ratings from a file: they fill a draft round, which is closed at once and can then be released."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.queries import load_kpis
from app.responses.past import import_ratings
from app.responses.ratings import RATING_COLUMNS
from app.responses.values import ImportedRatings
from app.web.forms import REFUSED, Filled
from app.web.render import page, said, see_other
from app.web.round_parts import RoundFrame, draft_frame
from app.web.uploads import Checked, Upload, content_of, is_check, refused_file, table_of
from app.words import in_locale

router = Pages()

CREATE = "create_unknown"


@router.get("/rounds/{round_id}/past")
@access(Action.ROUNDS_WRITE)
def show_past(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _past_page(session, visit, round_id, Upload(Filled({CREATE: ("1",)})))


@router.post("/rounds/{round_id}/past")
@access(Action.ROUNDS_WRITE)
def take_ratings(request: Request, round_id: str) -> Response:
    form = posted(request)
    dry_run, create_unknown = is_check(form), form.one(CREATE) == "1"
    try:
        rows = table_of(form, RATING_COLUMNS)
        with writing(request) as (session, visit):
            report = import_ratings(
                session,
                visit.viewer,
                round_id,
                rows,
                create_unknown=create_unknown,
                dry_run=dry_run,
                now=visit.now,
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _past_page(session, visit, round_id, refused_file(visit, form, error))
    if dry_run:
        with reading(request) as (session, visit):
            told = Checked(_counts(visit, report), content_of(rows))
            return _past_page(session, visit, round_id, Upload(Filled(form), checked=told))
    return see_other(f"/rounds/{round_id}", done="imported")


def _past_page(session: ReadSession, visit: Visit, round_id: str, upload: Upload) -> Response:
    frame = draft_frame(session, visit, round_id, "")
    return page(
        visit,
        "pages/rounds/past.html",
        status=upload.form.status,
        frame=frame,
        upload=upload,
        codes=_codes(session, visit, frame),
        groups=[one.rater_group.value for one in frame.round.groups],
    )


def _counts(visit: Visit, report: ImportedRatings) -> tuple[tuple[str, int], ...]:
    """What the file holds, in words."""
    return (
        (said(visit, "Rows"), report.rows),
        (said(visit, "Answers"), report.answers),
        (said(visit, "Comments"), report.comments),
        (said(visit, "Rated"), report.subjects),
        (said(visit, "Rated, not known yet"), report.subjects_created),
        (said(visit, "Raters"), report.raters),
        (said(visit, "Raters, not known yet"), report.raters_created),
    )


def _codes(session: ReadSession, visit: Visit, frame: RoundFrame) -> list[tuple[str, str]]:
    """What a file may call the items of the round, and their names."""
    kpis = load_kpis(session, [one.kpi_id for one in frame.round.kpis], on=visit.today)
    return [
        (f"{kpi.external_id}.{item.code}" if kpi.external_id else item.code, in_locale(item.name, visit.locale))
        for kpi in kpis.values()
        for item in kpi.current.items
    ]
