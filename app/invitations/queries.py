"""Every SELECT of invitations: what a link opens, the secrets of a letter, delivery states, who may be reminded."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, false, select

from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.among import is_among
from app.infra.database import ReadSession, WriteSession
from app.infra.ids import is_id
from app.infra.keys import fingerprint, key_of
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.invitations import rules
from app.invitations.tables import InvitationRow, VoidedLinkRow
from app.invitations.values import DeliveryState, Invitation, InvitationId, LinkSecrets, RatingLink
from app.mail.queries import load_deliveries, load_suppressed, load_suppressions
from app.mail.rules import wait_reason
from app.mail.values import Delivery, Letter, OutboxMessage, Suppression
from app.organisation.paths import in_parts
from app.organisation.queries import load_people
from app.organisation.tables import PersonRow
from app.organisation.values import Person, PersonId
from app.rounds.queries import get_round, load_assignments, load_enough, load_hidden_raters, load_rounds
from app.rounds.rules import GRACE, is_protected
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import Assignment, Round, RoundId, RoundState

# ------------------------------------------------------------ links


INVITATION, _ROUND, _PERSON = (row.__table__ for row in (InvitationRow, RoundRow, PersonRow))
LINK_COLUMNS = (
    INVITATION.c.id.label("invitation_id"),
    INVITATION.c.person_id,
    INVITATION.c.locale,
    INVITATION.c.voided_at,
    INVITATION.c.extended_until,
    _PERSON.c.name.label("rater_name"),
    _ROUND.c.id.label("round_id"),
    _ROUND.c.company_id,
    _ROUND.c.closed_at,
    _ROUND.c.opens_at,
    _ROUND.c.closes_at,
    _ROUND.c.promise_hash,
)
LINK_TABLES = INVITATION.join(_ROUND, _ROUND.c.id == INVITATION.c.round_id).join(
    _PERSON, _PERSON.c.id == INVITATION.c.person_id
)
IS_LINK = INVITATION.c.token_hash == bindparam("hashed")
# Made once: building them anew would cost a form more than running them.
_LINK_ROWS = select(*LINK_COLUMNS).select_from(LINK_TABLES).where(IS_LINK)
_LINK = Lookup(_LINK_ROWS)
_SECRETS: Select[*tuple[Any, ...]] = (
    select(INVITATION.c.id, INVITATION.c.round_id, INVITATION.c.person_id, INVITATION.c.rotation, _ROUND.c.salt)
    .join(_ROUND, _ROUND.c.id == INVITATION.c.round_id)
    .where(_ROUND.c.state == RoundState.OPEN, INVITATION.c.voided_at.is_(None), is_among(INVITATION.c.id, "ids"))
)
_LINK_HELD = Lookup(_LINK_ROWS.with_for_update(read=True, of=_ROUND))


def find_link(session: ReadSession, token: str, *, now: datetime) -> RatingLink:
    """What a rating link opens; raises UnknownLink (also for text that is no link), LinkVoid, LinkClosed or NotYetOpen."""
    return link_of(session, token, load_link_rows(session, token, _LINK), now=now)


def hold_link(session: WriteSession, token: str, *, now: datetime) -> RatingLink:
    """The same, and the round stays open until the transaction ends: an answer is in before the close, or refused."""
    return link_of(session, token, load_link_rows(session, token, _LINK_HELD), now=now)


def load_link_rows(session: ReadSession, token: str, lookup: Lookup, **more: object) -> Sequence[Any]:
    """The rows that a lookup with LINK_COLUMNS and IS_LINK finds; `more` are its other parameters."""
    if not rules.is_token(token):
        raise rules.UnknownLink
    return lookup.rows(session, {"hashed": fingerprint(token), **more})


def link_of(session: ReadSession, token: str, rows: Sequence[Any], *, now: datetime) -> RatingLink:
    """What those rows open; the errors are those of `find_link`."""
    if not rows:
        is_void = session.get(VoidedLinkRow, fingerprint(token)) is not None
        raise rules.LinkVoid if is_void else rules.UnknownLink
    found = rows[0]
    closes_at = max(found.closes_at, found.extended_until or found.closes_at)
    times = {"opens_at": found.opens_at, "closes_at": closes_at, "closed_at": found.closed_at}
    rules.check_link(**times, voided_at=found.voided_at, now=now)
    return RatingLink(
        invitation_id=InvitationId(found.invitation_id),
        round_id=RoundId(found.round_id),
        company_id=found.company_id,
        person_id=found.person_id,
        name=found.rater_name,
        locale=found.locale,
        closes_at=closes_at,
        ends_at=closes_at + GRACE,
        promise_hash=found.promise_hash,
    )


def find_opt_out(session: ReadSession, token: str) -> Person:
    """Whose letters an opt-out link stops; UnknownLink for anything else."""
    person_id = key_of(session).read_opt_out_token(token)
    person = load_people(session, [person_id]).get(PersonId(person_id)) if person_id else None
    if person is None:
        raise rules.UnknownLink
    return person


def has_opted_out(session: ReadSession, person: Person) -> bool:
    """Whether a person gets no letters."""
    found = load_suppressed(session, [person.mailbox]) if person.mailbox else {}
    return not rules.THE_PERSONS_OWN.isdisjoint(found.values())


def load_secrets(
    session: ReadSession, messages: Sequence[OutboxMessage], *, now: datetime
) -> Mapping[str, LinkSecrets]:
    """By message, the secrets of the links in invitations and reminders; without letters that must not leave any more.

    That is: the round is no longer open, the link was taken back, or (a reminder) nothing is left to be answered.
    """
    key = key_of(session)
    asked = {"ids": [message.reference for message in messages]}
    found: dict[str, Row[Any]] = {row.id: row for row in session.connection().execute(_SECRETS, asked).all()}
    reminders = [message for message in messages if message.letter is Letter.REMINDER and message.reference in found]
    unwanted: set[str] = set()
    if reminders:
        unwanted |= _without_anything_open(session, {one.reference: found[one.reference] for one in reminders})
        unwanted |= _waited_for_nothing(session, [one for one in reminders if now - one.dated_at > rules.STALE], found)
    return {
        message.id: LinkSecrets(key.rating_token(row.salt, row.id, row.rotation), key.opt_out_token(row.person_id))
        for message in messages
        if (row := found.get(message.reference)) is not None
        and not (message.letter is Letter.REMINDER and message.reference in unwanted)
    }


# ------------------------------------------------------------ management


def list_invitations(
    session: ReadSession, viewer: Viewer, round_id: str, request: PageRequest, *, now: datetime
) -> Page[Invitation]:
    """Who is invited to a round and how far the letters have come, by name; for who may read the round.

    Mystery shoppers are in it for nobody who reads results where they come.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    hidden = load_hidden_raters(session, viewer, round_, now=now)
    query = (
        select(PersonRow.name_key, InvitationRow.id, InvitationRow)
        .join(PersonRow, PersonRow.id == InvitationRow.person_id)
        .where(InvitationRow.round_id == round_.id, InvitationRow.person_id.not_in(hidden))
    )
    rows = session.execute(sliced(query, [PersonRow.name_key, InvitationRow.id], request))
    page = page_of(rows, request, key=lambda row: row[:2])
    invitations = {one.id: one for one in _invitations(session, round_, [row for _, _, row in page.items], now=now)}
    return page.map(lambda row: invitations[InvitationId(row[1])])


def get_invitation(session: ReadSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Invitation:
    """One invitation, for who may read its round and may know the rater."""
    row = session.get(InvitationRow, invitation_id) if is_id(invitation_id) else None
    if row is None:
        raise NotFound
    round_ = get_round(session, viewer, row.round_id, now=now)
    if row.person_id in load_hidden_raters(session, viewer, round_, now=now):
        raise NotFound
    return _invitations(session, round_, [row], now=now)[0]


def count_deliveries(
    session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime
) -> Mapping[DeliveryState, int]:
    """How many letters of a round are in each state; for who may read the round."""
    round_ = get_round(session, viewer, round_id, now=now)
    counts = dict.fromkeys(DeliveryState, 0)
    for one in _invitations(session, round_, _rows_of(session, round_.id), now=now):
        counts[one.delivery] += 1
    return counts


def list_undelivered(
    session: ReadSession, viewer: Viewer, round_id: str, *, limit: int = 50, now: datetime
) -> Sequence[Invitation]:
    """The invitations whose address somebody should look at; for who may read the round and may know the rater."""
    round_ = get_round(session, viewer, round_id, now=now)
    hidden = load_hidden_raters(session, viewer, round_, now=now)
    troubled = {DeliveryState.BOUNCED, DeliveryState.ATTENTION, DeliveryState.NO_ADDRESS}
    known = [row for row in _rows_of(session, round_.id) if row.person_id not in hidden]
    found = _invitations(session, round_, known, now=now)
    return sorted((one for one in found if one.delivery in troubled), key=lambda one: (one.email or "", one.id))[:limit]


def load_uninvited(session: ReadSession, round_id: str, *, limit: int) -> tuple[str, ...]:
    """Raters of a round without an invitation, in no telling order."""
    is_invited = exists().where(
        InvitationRow.round_id == AssignmentRow.round_id, InvitationRow.person_id == AssignmentRow.rater_id
    )
    query = (
        select(AssignmentRow.rater_id)
        .where(AssignmentRow.round_id == round_id, AssignmentRow.declined.is_(None), ~is_invited)
        .distinct()
    )
    return tuple(session.scalars(query.order_by(AssignmentRow.rater_id).limit(limit)))


def by_rater(assignments: Iterable[Assignment]) -> Mapping[str, list[Assignment]]:
    """Assignments by who is asked."""
    grouped: defaultdict[str, list[Assignment]] = defaultdict(list)
    for one in assignments:
        grouped[one.rater_id].append(one)
    return grouped


def load_live_secrets(session: ReadSession) -> frozenset[str]:
    """The secrets of all rating links that open just now, and of the opt-out links beside them; to look for leaks."""
    key = key_of(session)
    query = select(InvitationRow.id, InvitationRow.person_id, InvitationRow.rotation, RoundRow.salt)
    rows = session.execute(
        query.join(RoundRow, RoundRow.id == InvitationRow.round_id).where(RoundRow.salt.is_not(None))
    )
    return frozenset(
        secret
        for id_, person_id, rotation, salt in rows
        for secret in (key.rating_token(salt or b"", id_, rotation), key.opt_out_token(person_id))
    )


# ------------------------------------------------------------ pieces


def _rows_of(session: ReadSession, round_id: str) -> Sequence[InvitationRow]:
    return session.scalars(select(InvitationRow).where(InvitationRow.round_id == round_id)).all()


def _invitations(
    session: ReadSession, round_: Round, rows: Collection[InvitationRow], *, now: datetime
) -> list[Invitation]:
    people = load_people(session, {row.person_id for row in rows})
    deliveries = load_deliveries(session, [row.id for row in rows])
    suppressed = load_suppressions(session, {person.mailbox for person in people.values() if person.mailbox})
    assignments = by_rater(load_assignments(session, round_.id, with_declined=True))
    told = {policy.rater_group for policy in round_.groups if not is_protected(policy.mode)}
    return [
        _invitation(
            row,
            people[PersonId(row.person_id)],
            deliveries.get(row.id, ()),
            suppressed.get(people[PersonId(row.person_id)].mailbox or ""),
            rules.told_answered(assignments.get(row.person_id, ()), told),
            now=now,
        )
        for row in rows
    ]


def _invitation(
    row: InvitationRow,
    person: Person,
    deliveries: Sequence[Delivery],
    suppression: Suppression | None,
    answered: bool | None,  # noqa: FBT001 - a fact, not a switch
    *,
    now: datetime,
) -> Invitation:
    reason = suppression.reason if suppression is not None else None
    told = rules.told_letters(deliveries)
    latest = told[-1] if told else None
    state = rules.delivery_state(email=person.email, deliveries=told, suppression=reason)
    note, is_void = suppression.note if suppression is not None else "", row.voided_at is not None
    return Invitation(
        id=InvitationId(row.id),
        round_id=RoundId(row.round_id),
        person_id=row.person_id,
        name=person.name,
        email=person.email,
        locale=row.locale,
        delivery=state,
        reply=(latest.reply if latest is not None and latest.state in rules.FAILED else None) or note or None,
        next_step=rules.next_step(state, latest, note=note, is_void=is_void),
        left_alone=reason,
        leaves_at=latest.next_attempt_at if latest is not None else None,
        waits_because=wait_reason(latest, now=now),
        answered=answered,
        reminded=row.reminded,
        is_void=is_void,
        extended_until=row.extended_until,
        version=row.version,
    )


def _without_anything_open(session: ReadSession, invitations: Mapping[str, Row[Any]]) -> set[str]:
    """Those of the invitations whose raters have answered everything."""
    query = select(AssignmentRow.round_id, AssignmentRow.rater_id).where(
        AssignmentRow.answered == false(), AssignmentRow.declined.is_(None)
    )
    open_ = {
        tuple(row)
        for raters in in_parts(row.person_id for row in invitations.values())
        for row in session.execute(
            query.where(
                AssignmentRow.round_id.in_({row.round_id for row in invitations.values()}),
                AssignmentRow.rater_id.in_(raters),
            ).distinct()
        )
    }
    return {id_ for id_, row in invitations.items() if (row.round_id, row.person_id) not in open_}


def _waited_for_nothing(
    session: ReadSession, reminders: Sequence[OutboxMessage], invitations: Mapping[str, Row[Any]]
) -> set[str]:
    """Reminders that waited, say overnight, until the groups of their raters had enough answers."""
    waiting: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for one in reminders:
        waiting[invitations[one.reference].round_id].append(invitations[one.reference])
    unwanted = set()
    for round_id, round_ in load_rounds(session, waiting).items():
        assignments, enough = by_rater(load_assignments(session, round_id)), load_enough(session, round_)
        unwanted |= {
            row.id for row in waiting[round_id] if not rules.wants_reminder(assignments.get(row.person_id, ()), enough)
        }
    return unwanted
