"""The page of the journal: what happened, when, by whom, in words."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.queries import list_journal, load_actor_names
from app.accounts.rules import Action
from app.deferred import dataclass
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.journal.values import Entry
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectId
from app.web.lists import company_of, next_href, slice_of
from app.web.render import page, said

router = Pages()

WHAT: Mapping[str, str] = {
    "account.created": "Made an account",
    "account.changed": "Changed an account",
    "account.closed": "Closed an account",
    "account.opened": "Opened an account again",
    "api_key.created": "Made an API key",
    "api_key.revoked": "Ended an API key",
    "action.done": "Did something from a plan",
    "action.undone": "Took back that something was done",
    "action_plan.ended": "Ended an action plan",
    "action_plan.made": "Made an action plan",
    "action_plan.told": "Told raters what came of a plan",
    "action_plan.measured_again": "Drafted a round that measures a plan again",
    "address.left_alone": "Sent somebody no more letters",
    "address.tried_again": "Tried an address again",
    "address.written_again": "Wrote to an address again",
    "assignment.answered": "Said how raters came to their subjects",
    "assignment.declined": "A rater declined",
    "benchmark.exported": "Made a benchmark file",
    "benchmark.imported": "Brought a benchmark file in",
    "benchmark.mapped": "Chose the KPIs of a benchmark file",
    "benchmark.withdrawn": "Withdrew a benchmark file",
    "comment.moderated": "Decided what becomes of a comment",
    "competence.changed": "Renamed a competence",
    "competence.created": "Wrote a competence",
    "company.created": "Set up the company",
    "conflict.lifted": "Lifted a conflict of interest",
    "conflict.marked": "Marked a conflict of interest",
    "decision_case.decided": "Decided",
    "decision_case.escalated": "Passed a decision up the line",
    "decision_case.opened": "Asked for a decision",
    "deputy.appointed": "Appointed a deputy",
    "deputy.ended": "Ended a deputy",
    "dossier.changed": "Changed a dossier",
    "dossier.created": "Put a control measure on record",
    "dossier.reviewed": "Reviewed a control measure",
    "encounters.recorded": "Took in encounters",
    "goal.changed": "Changed a goal",
    "goal.created": "Wrote a goal",
    "invitation.extended": "Gave a rater more time",
    "invitation.resent": "Sent an invitation again",
    "invitation.rotated": "Replaced a link",
    "invitation.voided": "Withdrew an invitation",
    "kpi.active": "Put a KPI to use",
    "kpi.changed": "Changed a KPI",
    "focus.chosen": "Chose a KPI for somebody's focus",
    "focus.dropped": "Took a KPI out of somebody's focus",
    "focus.proposed": "Proposed a KPI for the own focus",
    "kpi.created": "Wrote a KPI",
    "kpi.paused": "Paused a KPI",
    "kpi.retired": "Retired a KPI",
    "kpi.version_added": "Added a version of a KPI",
    "load_cap.set": "Set the minutes of forms in a month",
    "manager_role.ended": "Ended who leads a unit",
    "manager_role.started": "Set who leads a unit",
    "nomination.approved": "Approved a proposed rater",
    "nomination.called": "Asked the rated people to propose raters",
    "nomination.refused": "Refused a proposed rater",
    "open_code.closed": "Took a QR code down",
    "open_code.created": "Made a QR code",
    "open_code.moderators_changed": "Changed who reads comments of a QR code first",
    "organisation.imported": "Brought units in from a file",
    "passkey.doubted": "Stopped a passkey of which there may be a copy",
    "passkey.made": "Made a passkey",
    "passkey.removed": "Removed a passkey",
    "password.set": "Set a password",
    "people.imported": "Brought people in from a file",
    "person.changed": "Changed a person",
    "person.created": "Added a person",
    "programme.changed": "Changed a programme",
    "programme.created": "Set up a programme",
    "programme.drawn": "Drew who is asked",
    "programme.not_begun": "Could not begin a round of a programme",
    "programme.stopped": "Stopped a programme",
    "readings.recorded": "Recorded readings",
    "recovery_case.closed": "Closed the case of a customer",
    "release.failed": "Could not release results",
    "release.published": "Released results",
    "role.granted": "Gave a role",
    "role.revoked": "Took a role away",
    "round.changed": "Changed a round",
    "round.closed": "Closed a round",
    "repetition.begun": "Let a round repeat",
    "repetition.changed": "Changed how a round repeats",
    "repetition.drafted": "Drafted the next round",
    "repetition.failed": "Could not make the next round ready",
    "repetition.visits_ordered": "Ordered the mystery visits of a round again",
    "round.cloned": "Drafted a round like an earlier one",
    "round.created": "Drafted a round",
    "round.deleted": "Deleted a draft of a round",
    "round.imported": "Brought past ratings in from a file",
    "round.launched": "Started a round",
    "round.reviewed": "Looked at the parked answers of a round",
    "scale.changed": "Changed a scale",
    "scale.created": "Made a scale",
    "scorecard.set": "Set a scorecard",
    "score.noted": "Left a note beside a score",
    "shift.accepted": "Accepted a new level of a KPI",
    "shift.taken_back": "Took an accepted level back",
    "second_factor.codes_renewed": "Made new recovery codes",
    "second_factor.removed": "Removed the own second step",
    "second_factor.set_up": "Set up two-step sign-in",
    "session.ended": "Signed a browser out",
    "session.started": "Signed in",
    "signing_key.made": "Made a signing key",
    "sign_in.bound": "Came in by the organisation's sign-in for the first time",
    "sign_in.reset": "Reset somebody's sign-in",
    "sign_in.rule_set": "Set of whom two-step sign-in is asked",
    "subject.changed": "Renamed a unit or person",
    "subject.closed": "Closed a unit, or somebody left",
    "subject.created": "Added a unit",
    "subject.moved": "Moved a unit or person",
    "talk.arranged": "Arranged a talk",
    "talk.opened": "Opened feedback before the talk",
    "talk.read": "Said that the own feedback was read",
    "talk.replied": "Replied to the own feedback",
    "talk.signed": "Signed a talk",
    "target.set": "Set goalposts",
    "trusted_key.ended": "Trusted a key no more",
    "trusted_key.trusted": "Trusted somebody's key",
    "visit.accepted": "Accepted the report of a visit",
    "visit.appealed": "Objected to a visit",
    "visit.cancelled": "Took the order of a visit back",
    "visit.counted": "Let a visit count",
    "visit.decided": "Decided on an objection to a visit",
    "visit.facts_refused": "Could not store the facts of a visit as readings",
    "visit.ordered": "Ordered a visit",
    "visit.reported": "Handed in the report of a visit",
    "visit.returned": "Sent the report of a visit back",
    "visit_scenario.changed": "Changed a scenario",
    "visit_scenario.created": "Wrote a scenario",
    "watch.set": "Set how a KPI is watched",
    "usual_moderators.set": "Said who reads comments first",
    "wording.reset": "Went back to the house text of a letter",
    "wording.set": "Worded a letter",
}
_OTHERS: Mapping[str, str] = {"service": "The service", "rater": "A rater, not named", "shopper": "A mystery shopper"}
_PLACES: Mapping[str, str] = {
    "subject": "/organisation/{id}",
    "person": "/people/{id}",
    "kpi": "/kpis/{id}",
    "goal": "/goals",
    "scale": "/scales",
    "scorecard": "/scorecards/{id}",
    "round": "/rounds/{id}",
    "conflict": "/conflicts",
    "action_plan": "/plans/{id}",
    "decision_case": "/decisions/{id}",
    "dossier": "/dossiers/{id}",
    "visit": "/visits/{id}",
    "visit_scenario": "/visits/scenarios",
    "programme": "/programmes/{id}",
    "open_code": "/open-codes/{id}",
    "account": "/admin/accounts/{id}",
    "api_key": "/admin/keys",
    "benchmark": "/benchmarks/{id}",
    "trusted_key": "/benchmarks/keys",
    "wording": "/admin/letters",
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One thing that happened: what, by whom, and where to look at it; `name` is what it was about, where it says.

    `deputy_of` are the managers whose deputy the one who did it was at the time.
    """

    entry: Entry
    what: str
    who: str
    href: str
    name: str
    deputy_of: Sequence[str]


@router.get("/admin/journal")
@access(Action.JOURNAL_READ)
def show_journal(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_journal(session, visit.viewer, company.id, slice_of(visit))
        names = load_actor_names(session, [entry.actor for entry in found.items])
        managers = load_subjects(session, {one for entry in found.items for one in deputy_of(entry)}, on=visit.today)
    lines = [_line(visit, entry, names, managers) for entry in found.items]
    return page(visit, "pages/admin/journal.html", lines=lines, older=next_href(visit, found))


def deputy_of(entry: Entry) -> list[str]:
    """The managers whose deputy the actor was; none as a rule."""
    found = entry.details.get("deputy_of", [])
    return found if isinstance(found, list) else []


def _line(visit: Visit, entry: Entry, names: Mapping[str, str], managers: Mapping[SubjectId, Subject]) -> EntryLine:
    what = WHAT.get(entry.action)
    who = names.get(entry.actor) or said(visit, _OTHERS.get(entry.actor, "Somebody unknown"))
    name = entry.details.get("name", "")
    return EntryLine(
        entry,
        said(visit, what) if what else entry.action,
        who,
        _PLACES.get(entry.object_kind, "").format(id=entry.object_id),
        name if isinstance(name, str) else "",
        [managers[SubjectId(one)].name for one in deputy_of(entry) if one in managers],
    )
