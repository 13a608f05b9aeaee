"""Many subjects or raters at once, known or not: for lists and imports that bring more people than a person could type."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.infra.addresses import mailbox_of
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.organisation.place import count_children, find_parent, insert_rows, take_turn
from app.organisation.rules import AnotherPerson, name_key, require_place, require_room
from app.organisation.tables import MembershipRow, PersonRow, SubjectRow
from app.organisation.values import NewRater, PersonId, SubjectId, SubjectKind
from app.words import DEFAULT_LOCALE

T = TypeVar("T")
# Both databases take a statement with this many values.
_AT_ONCE = 10_000


def ensure_subjects(
    session: WriteSession, company_id: str, external_ids: Iterable[str], *, parent_id: str, now: datetime
) -> dict[str, SubjectId]:
    """The subjects with these external ids; those missing become persons under the parent, named by the id.

    For imports, which have asked whether it is allowed and have checked the ids. Somebody known by the id who was
    no subject becomes one. Idempotent.
    """
    take_turn(session, company_id)
    wanted = list(dict.fromkeys(external_ids))
    found = {
        external_id: SubjectId(subject_id)
        for part in _in_parts(wanted)
        for external_id, subject_id in session.execute(
            select(SubjectRow.external_id, SubjectRow.id).where(
                SubjectRow.company_id == company_id, SubjectRow.external_id.in_(part)
            )
        )
    }
    made = {external_id: SubjectId(new_id(session)) for external_id in wanted if external_id not in found}
    if made:
        on = local_day(now)
        parent = find_parent(session, parent_id, on=on)
        require_place(SubjectKind.PERSON, parent.kind)
        require_room(parent.path, count_children(session, parent.id, on=on) + len(made) - 1)
        _insert_subjects(session, company_id, parent.id, made, on=on, now=now)
        _attach_people(session, company_id, made, now=now)
    return {external_id: found.get(external_id) or made[external_id] for external_id in wanted}


def ensure_raters(
    session: WriteSession, company_id: str, raters: Sequence[NewRater], *, now: datetime
) -> dict[str, PersonId]:
    """The person of each rater by its key; those missing are made known. Nobody known is changed.

    For imports and lists, which have asked whether it is allowed and have read addresses with `parse_email`. Two
    keys with one mailbox are one person. Raises AnotherPerson if address and external id are known for two people.
    Idempotent.
    """
    take_turn(session, company_id)
    boxes = {rater.key: mailbox_of(rater.email) if rater.email else None for rater in raters}
    by_mailbox = _people_by(session, company_id, PersonRow.mailbox, filter(None, boxes.values()))
    by_external_id = _people_by(
        session, company_id, PersonRow.external_id, (rater.external_id for rater in raters if rater.external_id)
    )
    answer: dict[str, PersonId] = {}
    made: list[dict[str, object]] = []
    for rater in raters:
        mailbox, external_id = boxes[rater.key], rater.external_id
        one, other = by_mailbox.get(mailbox or ""), by_external_id.get(external_id or "")
        if one and other and one != other:
            raise AnotherPerson
        person_id = one or other
        if person_id is None:
            person_id = PersonId(new_id(session))
            made.append(_new_rater(rater, company_id, person_id, mailbox, now))
            if mailbox:
                by_mailbox[mailbox] = person_id
            if external_id:
                by_external_id[external_id] = person_id
        answer[rater.key] = person_id
    insert_rows(session, PersonRow, made)
    return answer


def _people_by(
    session: ReadSession, company_id: str, column: InstrumentedAttribute[str | None], wanted: Iterable[str | None]
) -> dict[str, PersonId]:
    return {
        str(key): PersonId(person_id)
        for part in _in_parts(sorted({one for one in wanted if one}))
        for key, person_id in session.execute(
            select(column, PersonRow.id).where(PersonRow.company_id == company_id, column.in_(part))
        )
    }


def _new_rater(
    rater: NewRater, company_id: str, person_id: PersonId, mailbox: str | None, now: datetime
) -> dict[str, object]:
    return {
        "id": person_id,
        "company_id": company_id,
        "name": rater.name,
        "name_key": name_key(rater.name or ""),
        "email": rater.email,
        "mailbox": mailbox,
        "locale": rater.locale,
        "external_id": rater.external_id,
        "subject_id": None,
        "created_at": now,
        "version": 1,
    }


def _insert_subjects(
    session: WriteSession, company_id: str, parent_id: str, made: dict[str, SubjectId], *, on: date, now: datetime
) -> None:
    insert_rows(
        session,
        SubjectRow,
        [
            {
                "id": subject_id,
                "company_id": company_id,
                "kind": SubjectKind.PERSON,
                "name": external_id,
                "name_key": name_key(external_id),
                "external_id": external_id,
                "created_at": now,
                "version": 1,
            }
            for external_id, subject_id in made.items()
        ],
    )
    insert_rows(
        session,
        MembershipRow,
        [
            {"subject_id": subject_id, "parent_id": parent_id, "starts_on": on, "ends_on": None}
            for subject_id in made.values()
        ],
    )


def _attach_people(session: WriteSession, company_id: str, made: dict[str, SubjectId], *, now: datetime) -> None:
    """Every person-subject has its human: the one known by the id, or a new one."""
    known = _people_by(session, company_id, PersonRow.external_id, made)
    attached = [{"id": known[external_id], "subject_id": made[external_id]} for external_id in known]
    if attached:
        session.execute(update(PersonRow), attached)
    new = [
        _new_rater(
            NewRater(external_id, external_id=external_id, name=external_id, locale=DEFAULT_LOCALE),
            company_id,
            PersonId(new_id(session)),
            None,
            now,
        )
        | {"subject_id": subject_id}
        for external_id, subject_id in made.items()
        if external_id not in known
    ]
    insert_rows(session, PersonRow, new)


def _in_parts(wanted: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
