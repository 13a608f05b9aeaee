"""People come in one by one, what is known of them changes, and employees ask to sign in."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from app.accounts import commands as accounts
from app.accounts.federate import bind, find_bound, require_verified
from app.accounts.queries import find_account
from app.accounts.rules import Action, require
from app.accounts.sign_in import let_in
from app.accounts.values import Account, Entrance, Viewer
from app.errors import FieldError, NotFound
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.infra.id_token import Identity
from app.infra.ids import new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.intake import Reading, parse_external_id, parse_locale, parse_name
from app.organisation.place import find_parent, insert_subject, require_fit, take_turn
from app.organisation.queries import find_person, load_people, load_people_of, own_subjects, path_of
from app.organisation.rules import name_key
from app.organisation.tables import PersonRow, SubjectRow
from app.organisation.values import NewPerson, Person, PersonChange, PersonId, SubjectId, SubjectKind
from app.words import DEFAULT_LOCALE, LOCALES

TAKEN = "Somebody else in this company has it already."


def create_person(session: WriteSession, viewer: Viewer, company_id: str, new: NewPerson, *, now: datetime) -> Person:
    """Make a person known; with a unit, an employee who hangs there and can be rated.

    For who may write the organisation at the unit (without one: in the whole company). Sends nothing; not
    idempotent: an address or external id that is known already is refused.
    """
    on = new.starts_on or local_day(now)
    path = path_of(session, new.unit_id or company_id, on=on)
    require(viewer, Action.ORGANISATION_WRITE, path if path[0] == company_id else ())
    take_turn(session, company_id)
    values = _values_of(session, company_id, new)
    subject_id = _hang(session, company_id, new.unit_id, values["name"], on=on, now=now) if new.unit_id else None
    row = PersonRow(
        id=new_id(session), company_id=company_id, subject_id=subject_id, created_at=now, version=1, **values
    )
    session.add(row)
    session.flush()
    person = load_people(session, [row.id])[PersonId(row.id)]
    _note(session, viewer, "person.created", person, values, now=now)
    return person


def change_person(
    session: WriteSession,
    viewer: Viewer,
    person_id: str,
    change: PersonChange,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Person:
    """Change name, address, external id or language of a person; an employee's subject takes the name over.

    For who may write the organisation where the person is. Idempotent: what is the same already changes nothing.
    """
    person = load_people(session, [person_id]).get(PersonId(person_id))
    if person is None:
        raise NotFound
    path = path_of(session, person.subject_id or person.company_id, on=local_day(now))
    require(viewer, Action.ORGANISATION_WRITE, path)
    take_turn(session, person.company_id)
    check_version(person.version, expected_version)
    values = _changed_values(session, person, change)
    if not values:
        return person
    session.execute(update(PersonRow).where(PersonRow.id == person.id).values(**values, version=PersonRow.version + 1))
    if person.subject_id and "name" in values:
        session.execute(
            update(SubjectRow)
            .where(SubjectRow.id == person.subject_id)
            .values(name=values["name"], name_key=values["name_key"], version=SubjectRow.version + 1)
        )
    session.expire_all()
    changed = load_people(session, [person.id])[person.id]
    _note(session, viewer, "person.changed", changed, values, now=now)
    return changed


def request_sign_in(session: WriteSession, email: str, *, now: datetime) -> None:
    """Send a sign-in link to whoever has this mailbox: an account, or an employee who gets one on the way.

    For anybody; always silent, so that nobody learns who is known here. Idempotent within the limit of
    `accounts.commands.request_sign_in_link`.
    """
    account, own = _known(session, email, now=now)
    if account is not None:
        held = [*own, *(grant.subject_id for grant in account.grants)]
        accounts.request_sign_in_link(session, account.email, organisation=_company_name(session, held), now=now)


def enter_by_provider(
    session: WriteSession, identity: Identity, *, client: str, back: str, is_strong: bool, now: datetime
) -> Entrance:
    """Let somebody in by the word of a provider: to the account bound to its subject, else to that of the address.

    For whoever the provider vouches for. Nobody unknown gets an account; an employee without one gets it on the way,
    as by a link. `is_strong` when the provider asks for a second factor itself. Raises AddressUnverified, NobodyKnown
    and IdentityTaken.
    """
    account = find_bound(session, identity)
    if account is None:
        require_verified(identity)
        account = bind(session, identity, _known(session, identity.email, now=now)[0], now=now)
    return let_in(session, account.id, client, how="provider", back=back, is_strong=is_strong, now=now)


def _known(session: WriteSession, email: str, *, now: datetime) -> tuple[Account | None, frozenset[SubjectId]]:
    """The account of an address, made where an employee has none yet; and the person-subjects of its mailbox."""
    try:
        address = parse_email(email.strip())
    except ValueError:
        return None, frozenset()
    mailbox = mailbox_of(address)
    own = own_subjects(session, mailbox, on=local_day(now))
    person = next(iter(load_people_of(session, own).values()), None)
    if person is not None:
        accounts.ensure_account(session, person.email or address, person.name or "", locale=person.locale, now=now)
    return find_account(session, mailbox), own


def _company_name(session: ReadSession, subject_ids: Sequence[str]) -> str:
    """The name of a company to which one of the subjects belongs, for the letter's sender."""
    companies = select(SubjectRow.company_id).where(SubjectRow.id.in_(subject_ids))
    return session.scalar(select(SubjectRow.name).where(SubjectRow.id.in_(companies)).order_by(SubjectRow.id)) or ""


def _values_of(session: ReadSession, company_id: str, new: NewPerson) -> dict[str, Any]:
    """The columns of a new person; raises Invalid with everything that is wrong."""
    reading = Reading()
    change = PersonChange(new.name, new.email, new.external_id, new.locale)
    values = _read(reading, change, is_employee=bool(new.unit_id))
    if not (new.email or new.external_id or new.unit_id):
        reading.errors.append(FieldError("email", "Write an e-mail address or an external id."))
    _refuse_taken(session, reading, company_id, values, but=None)
    reading.finish()
    return values


def _changed_values(session: ReadSession, person: Person, change: PersonChange) -> dict[str, Any]:
    """The columns that differ; raises Invalid with everything that is wrong."""
    reading = Reading()
    values = _read(reading, change, is_employee=person.subject_id is not None)
    left = {"email": person.email, "external_id": person.external_id, **values}
    if not (left["email"] or left["external_id"] or person.subject_id or reading.errors):
        reading.errors.append(FieldError("email", "Write an e-mail address or an external id."))
    _refuse_taken(session, reading, person.company_id, values, but=person.id)
    reading.finish()
    differing = {"name", "email", "external_id", "locale"} & {
        field for field, value in values.items() if value != getattr(person, field, value)
    }
    follows = {"name": ("name", "name_key"), "email": ("email", "mailbox")}
    return {column: values[column] for field in differing for column in follows.get(field, (field,))}


def _read(reading: Reading, change: PersonChange, *, is_employee: bool) -> dict[str, Any]:
    """The columns that a change names; an employee needs a name."""
    values: dict[str, Any] = {}
    if change.name is not None:
        name = reading.take("name", parse_name, change.name) if change.name.strip() or is_employee else None
        values |= {"name": name, "name_key": name_key(name or "")}
    if change.email is not None:
        email = reading.take("email", parse_email, change.email) if change.email else None
        values |= {"email": email, "mailbox": mailbox_of(email) if email else None}
    if change.external_id is not None:
        values["external_id"] = reading.take("external_id", parse_external_id, change.external_id)
    if change.locale is not None:
        locale = reading.take("locale", parse_locale, change.locale, allowed=", ".join(LOCALES))
        values["locale"] = locale or DEFAULT_LOCALE
    return values


def _refuse_taken(
    session: ReadSession, reading: Reading, company_id: str, values: dict[str, Any], *, but: str | None
) -> None:
    mailbox, external_id = values.get("mailbox"), values.get("external_id")
    for field, known in (
        ("email", find_person(session, company_id, mailbox=mailbox) if mailbox else None),
        ("external_id", find_person(session, company_id, external_id=external_id) if external_id else None),
    ):
        if known is not None and known.id != but:
            reading.errors.append(FieldError(field, TAKEN))


def _hang(session: WriteSession, company_id: str, unit_id: str, name: str, *, on: date, now: datetime) -> str:
    """The person-subject of a new employee, hung under the unit."""
    unit = find_parent(session, unit_id, on=on)
    require_fit(session, unit, SubjectKind.PERSON, name, on=on)
    return insert_subject(
        session,
        SubjectRow(
            id=new_id(session),
            company_id=company_id,
            kind=SubjectKind.PERSON,
            name=name,
            name_key=name_key(name),
            external_id=None,
            created_at=now,
            version=1,
        ),
        unit.id,
        on=on,
    )


def _note(
    session: WriteSession, viewer: Viewer, action: str, person: Person, values: dict[str, Any], *, now: datetime
) -> None:
    # Which fields, never their content: the journal outlives a person's wish to be forgotten.
    record(
        session,
        viewer.actor,
        action,
        company_id=person.company_id,
        object_kind="person",
        object_id=person.id,
        details={"fields": sorted(set(values) - {"name_key", "mailbox"})},
        now=now,
    )
