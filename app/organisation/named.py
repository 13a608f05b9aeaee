"""Subjects and people by what files and other systems call them: external ids and addresses."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from sqlalchemy import func, select

from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.organisation.tables import PersonRow, SubjectRow
from app.organisation.values import SubjectId

# Both databases take a statement with this many values.
_AT_ONCE = 10_000


def find_subjects(session: ReadSession, company_id: str, names: Collection[str]) -> Mapping[str, SubjectId]:
    """Subjects of a company by what a file calls them; unknown names are absent.

    A name is an id, an external id of the subject, or an external id or address of the employee; the first that fits.
    """
    found: dict[str, SubjectId] = {}
    person = select(PersonRow.subject_id).where(PersonRow.company_id == company_id, PersonRow.subject_id.is_not(None))
    subject = select(SubjectRow.id).where(SubjectRow.company_id == company_id)
    for query, column, keys in (
        (person, PersonRow.mailbox, _mailboxes(names)),
        (person, PersonRow.external_id, {name: name for name in names}),
        (subject, SubjectRow.external_id, {name: name for name in names}),
        (subject, SubjectRow.id, {name: name for name in names if is_id(name)}),
    ):
        known: dict[str | None, str] = {}
        for part in _parts(keys.values()):
            rows = session.execute(query.add_columns(column).where(column.in_(part)))
            known.update((key, subject_id) for subject_id, key in rows)
        found.update((name, SubjectId(known[key])) for name, key in keys.items() if key in known)
    return found


def count_people(session: ReadSession, company_id: str) -> int:
    """How many people a company knows, raters from outside among them."""
    return session.scalar(select(func.count()).where(PersonRow.company_id == company_id)) or 0


def _mailboxes(names: Collection[str]) -> dict[str, str]:
    """The mailboxes of the names that are addresses."""
    found = {}
    for name in names:
        if "@" in name:
            with suppress(ValueError):
                found[name] = mailbox_of(parse_email(name))
    return found


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(set(names))
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
