"""Rated people propose who rates them, and a manager decides: the call, the proposals, approving and refusing."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import FieldError, Invalid, NotFound
from app.fields import NAME_LENGTH, NO_CHOICE
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.mail.commands import enqueue_all
from app.organisation.ensure import ensure_raters
from app.organisation.queries import find_person, load_people_of, load_subjects, path_of
from app.organisation.values import NewRater, Person, SubjectId
from app.rounds import rules
from app.rounds.assign import NO_TIME_LEFT, insert_assignments, key_of_assignment
from app.rounds.letters import call_letter, waiting_letter
from app.rounds.limits import load_limits
from app.rounds.nominations import (
    NOMINATED,
    NominationForm,
    NominationState,
    count_waiting,
    load_nomination_forms,
    load_untold_calls,
    may_approve,
)
from app.rounds.queries import load_assignments, load_rated, load_round, take_round
from app.rounds.tables import AssignmentRow, NominationCallRow, NominationRow, RoundRow
from app.rounds.values import Assignment, AssignmentSource, NewAssignment, Round
from app.words import DEFAULT_LOCALE

MOST_NOMINATED = 12
"""Proposals of one person for one group: more than anybody needs, and few enough to look at."""
PROPOSED = (AssignmentSource.STRUCTURE, AssignmentSource.ENCOUNTER)
"""Whoever is proposed in these ways may be named all the same: a refusal would tell the rated person who is asked."""

UNTIL_RANGE = "Choose a time from now on, before the round opens."
NOT_AN_EMPLOYEE = "Colleagues are people who work here. Nobody here has this address."
NOT_YOURSELF = "You cannot propose yourself."
NOT_THIS_ONE = "This person cannot rate you in this round. Propose somebody else."
ASKED_ALREADY = "This person is asked about you already."
TOO_MANY = "You can propose at most 12 in each group. Take one back first."
A_REASON = "Say in a sentence why."


@dataclass(frozen=True, slots=True)
class NewNomination:
    """Somebody whom a rated person proposes, as typed."""

    rater_group: RaterGroup
    email: str
    name: str = ""


def call_for_nominations(
    session: WriteSession, viewer: Viewer, round_id: str, *, until: datetime, now: datetime
) -> Round:
    """Ask everybody who is rated in a draft to propose colleagues and customers, until a time before it opens.

    For who may write rounds at its scope. Refused: NobodyToNominate where the round asks neither group or rates no
    person. Each rated person with an address gets one letter with a link; calling again moves the time and writes
    only to those who are new.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    if not now < until <= round_.opens_at:
        raise Invalid([FieldError("until", UNTIL_RANGE)])
    people = load_people_of(session, load_rated(session, round_.id)).values()
    if not people or not any(policy.rater_group in NOMINATED for policy in round_.groups):
        raise rules.NobodyToNominate
    row = session.get(NominationCallRow, round_.id)
    if row is None:
        session.add(NominationCallRow(round_id=round_.id, until=until, told_on=None))
    else:
        row.until = until
    session.flush()
    organisation = _company_name(session, round_.company_id, now=now)
    letters = [call_letter(round_, one, until, organisation=organisation) for one in people if one.email]
    enqueue_all(session, letters, now=now)
    _note(session, viewer.actor, "nomination.called", round_, now=now)
    return round_


def nominate(
    session: WriteSession, viewer: Viewer, round_id: str, subject_id: str, new: NewNomination, *, now: datetime
) -> None:
    """Propose somebody as one's own rater, for a manager to decide.

    For the rated person (`own_subjects`), signed in or by the link of the letter, while the call stands. Refused:
    oneself, who is not known as an employee for the colleagues, who is asked already, kept apart (without saying so)
    or has no time left in the month, more than 12. The same again changes nothing. Sends nothing now: the managers
    get one letter a day.
    """
    form = _form(session, viewer, round_id, subject_id, now=now)
    email, name = _checked(form, new)
    mailbox = mailbox_of(email)
    waiting = [one for one in form.nominations if one.rater_group is new.rater_group]
    if any(mailbox_of(one.email) == mailbox for one in waiting):
        return
    if len(waiting) >= MOST_NOMINATED:
        raise Invalid([FieldError("email", TOO_MANY)])
    person = find_person(session, form.company_id, mailbox=mailbox)
    _require_fit(session, form, new.rater_group, person, now=now)
    row = NominationRow(
        id=new_id(session),
        round_id=form.round_id,
        subject_id=subject_id,
        rater_group=new.rater_group,
        email=email,
        mailbox=mailbox,
        # Who works here is no secret; whether and as whom a customer is known, is.
        name=person.name if person and new.rater_group is RaterGroup.COLLEAGUE else name,
        nominated_by=viewer.actor,
        state=NominationState.WAITING,
        reason=None,
        decided_by=None,
    )
    session.add(row)
    session.flush()


def withdraw_nomination(session: WriteSession, viewer: Viewer, nomination_id: str) -> None:
    """Take a proposal back that nobody has decided yet. For the rated person whose it is."""
    row = session.get(NominationRow, nomination_id) if is_id(nomination_id) else None
    if row is None or row.subject_id not in viewer.own_subjects:
        raise NotFound
    row = _held(session, row)
    if row.state != NominationState.WAITING:
        raise rules.DecidedAlready
    session.execute(delete(NominationRow).where(NominationRow.id == row.id))


def approve_nomination(session: WriteSession, viewer: Viewer, nomination_id: str, *, now: datetime) -> None:
    """Make whom a rated person proposes a rater of the draft, who counts towards the minimum.

    For who may write rounds where the rated person is, and never for the rated person. Refused as in `nominate` when
    something has changed meanwhile. Idempotent; sends nothing.
    """
    row, round_ = _taken(session, viewer, nomination_id, now=now)
    if row.state == NominationState.APPROVED:
        return
    if row.state != NominationState.WAITING:
        raise rules.DecidedAlready
    group = RaterGroup(row.rater_group)
    form = NominationForm(
        round_.id, round_.name, round_.company_id, "", row.subject_id, "", round_.opens_at, NOMINATED, ()
    )
    _require_fit(session, form, group, find_person(session, round_.company_id, mailbox=row.mailbox), now=now)
    rater = NewRater(row.mailbox, row.email, None, row.name, DEFAULT_LOCALE)
    people = ensure_raters(session, round_.company_id, [rater], now=now)
    wanted = NewAssignment(people[row.mailbox], row.subject_id, group)
    insert_assignments(session, round_, [wanted], source=AssignmentSource.NOMINATION, actor=row.nominated_by)
    session.execute(
        update(AssignmentRow)
        .where(
            AssignmentRow.round_id == round_.id,
            AssignmentRow.rater_id == wanted.rater_id,
            AssignmentRow.subject_id == wanted.subject_id,
            AssignmentRow.rater_group == group,
        )
        .values(source=AssignmentSource.NOMINATION, added_by=row.nominated_by, approved_by=viewer.actor)
    )
    _decide(session, viewer, row, NominationState.APPROVED, None)
    _note(session, viewer.actor, "nomination.approved", round_, now=now)


def refuse_nomination(session: WriteSession, viewer: Viewer, nomination_id: str, *, reason: str, now: datetime) -> None:
    """Say no to a proposal, with a reason that the rated person reads. For who may approve it; sends nothing."""
    row, round_ = _taken(session, viewer, nomination_id, now=now)
    if not 0 < len(reason.strip()) <= NAME_LENGTH:
        raise Invalid([FieldError("reason", A_REASON, f"1-{NAME_LENGTH}")])
    if row.state != NominationState.WAITING:
        raise rules.DecidedAlready
    _decide(session, viewer, row, NominationState.REFUSED, reason.strip())
    _note(session, viewer.actor, "nomination.refused", round_, now=now)


def tell_managers(session: WriteSession, *, now: datetime) -> int:
    """Tell managers, and who acts for them, what waits for approval: one letter a day each. For the worker."""
    sent = 0
    today = local_day(now)
    for company_id, rounds in load_untold_calls(session, now=now).items():
        organisation = _company_name(session, company_id, now=now)
        letters = [
            waiting_letter(person, waiting, organisation=organisation, on=today, now=now)
            for person, waiting in count_waiting(session, company_id, now=now).values()
            if person.email
        ]
        sent += enqueue_all(session, letters, now=now)
        session.execute(update(NominationCallRow).where(NominationCallRow.round_id.in_(rounds)).values(told_on=today))
    return sent


# ------------------------------------------------------------ pieces


def _form(session: WriteSession, viewer: Viewer, round_id: str, subject_id: str, *, now: datetime) -> NominationForm:
    """What the viewer may propose about himself in a round; NotFound when that is nothing."""
    if subject_id not in viewer.own_subjects or not is_id(round_id):
        raise NotFound
    # Held first: two proposals at once are counted one after the other.
    session.execute(select(RoundRow.id).where(RoundRow.id == round_id).with_for_update())
    forms = load_nomination_forms(session, [subject_id], round_id=round_id, now=now)
    if not forms:
        raise NotFound
    return forms[0]


def _checked(form: NominationForm, new: NewNomination) -> tuple[str, str | None]:
    """Address and name as they are kept."""
    if new.rater_group not in form.groups:
        raise Invalid([FieldError("rater_group", NO_CHOICE, ", ".join(form.groups))])
    try:
        email = parse_email(new.email.strip())
    except ValueError as error:
        raise Invalid([FieldError("email", str(error))]) from None
    return email, new.name.strip()[:NAME_LENGTH] or None


def _require_fit(
    session: WriteSession, form: NominationForm, group: RaterGroup, person: Person | None, *, now: datetime
) -> None:
    """Raise Invalid unless somebody, known or not, may rate the subject of a form in a group."""
    problem = ""
    if person is None:
        problem = NOT_AN_EMPLOYEE if group is RaterGroup.COLLEAGUE else ""
    else:
        problem = _problem_of(session, form, NewAssignment(person.id, form.subject_id, group), person, now=now)
    if problem:
        raise Invalid([FieldError("email", problem)])


def _problem_of(
    session: WriteSession, form: NominationForm, one: NewAssignment, person: Person, *, now: datetime
) -> str:
    if person.subject_id == form.subject_id:
        return NOT_YOURSELF
    if one.rater_group is RaterGroup.COLLEAGUE and not _works_here(session, person, now=now):
        return NOT_AN_EMPLOYEE
    known = [other for other in load_assignments(session, form.round_id, rater_id=person.id) if _is_same(other, one)]
    if any(other.source not in PROPOSED for other in known):
        return ASKED_ALREADY
    limits = load_limits(session, load_round(session, form.round_id), now=now)
    if limits.is_apart(one):
        return NOT_THIS_ONE
    takes = limits.takes(one)
    return NO_TIME_LEFT if not known and takes and takes > limits.left(person.id) else ""


def _is_same(other: Assignment, one: NewAssignment) -> bool:
    return key_of_assignment(other._replace(occasion="")) == key_of_assignment(one)


def _works_here(session: WriteSession, person: Person, *, now: datetime) -> bool:
    if person.subject_id is None:
        return False
    subject = load_subjects(session, [person.subject_id], on=local_day(now)).get(person.subject_id)
    return subject is not None and subject.closed_on is None


def _taken(session: WriteSession, viewer: Viewer, nomination_id: str, *, now: datetime) -> tuple[NominationRow, Round]:
    """A nomination in a draft, held, for who may decide it."""
    row = session.get(NominationRow, nomination_id) if is_id(nomination_id) else None
    if row is None:
        raise NotFound
    path = path_of(session, row.subject_id, on=local_day(now))
    if not may_approve(viewer, row.subject_id, path):
        require(viewer, Action.ROUNDS_WRITE, path)
        raise rules.SecondPersonNeeded
    if row.nominated_by == viewer.actor:
        raise rules.SecondPersonNeeded
    row = _held(session, row)
    round_ = load_round(session, row.round_id)
    rules.require_draft(round_)
    return row, round_


def _held(session: WriteSession, row: NominationRow) -> NominationRow:
    """A nomination as it is once its round is held: whoever held the round before may have decided or deleted it."""
    nomination_id = row.id
    session.execute(select(RoundRow.id).where(RoundRow.id == row.round_id).with_for_update())
    session.expire_all()
    held = session.get(NominationRow, nomination_id)
    if held is None:
        raise NotFound
    return held


def _decide(
    session: WriteSession, viewer: Viewer, row: NominationRow, state: NominationState, reason: str | None
) -> None:
    session.execute(
        update(NominationRow)
        .where(NominationRow.id == row.id)
        .values(state=state, reason=reason, decided_by=viewer.actor)
    )


def _company_name(session: WriteSession, company_id: str, *, now: datetime) -> str:
    return load_subjects(session, [company_id], on=local_day(now))[SubjectId(company_id)].name


def _note(session: WriteSession, actor: str, action: str, round_: Round, *, now: datetime) -> None:
    record(session, actor, action, company_id=round_.company_id, object_kind="round", object_id=round_.id, now=now)
