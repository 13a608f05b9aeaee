"""Every read of accounts: who has signed in, whose key this is, who holds which role; and the journal, for its readers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from app.accounts.intake import as_compared
from app.accounts.proofs import FAILURES_FORGOTTEN, is_alive, require_patience
from app.accounts.rules import ANSWER_LIFE, Action, KeyReused, require
from app.accounts.tables import (
    AccountRow,
    ApiKeyRow,
    AttemptRow,
    GrantRow,
    IdempotentAnswerRow,
    SessionRow,
    SignInLinkRow,
)
from app.accounts.values import (
    Account,
    AccountId,
    Grant,
    PasswordCheck,
    Role,
    SignInSession,
    Viewer,
)
from app.errors import NotFound
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.keys import fingerprint, key_of, same
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.infra.passwords import is_password
from app.journal import queries as journal
from app.journal.values import Entry

_SIGNED_IN = Lookup(
    select(
        *AccountRow.__table__.c,
        SessionRow.id.label("session_id"),
        SessionRow.created_at.label("signed_in_at"),
        SessionRow.seen_at,
        SessionRow.expires_at,
        SessionRow.client,
        SessionRow.is_strong,
    )
    .join_from(SessionRow, AccountRow, AccountRow.id == SessionRow.account_id)
    .where(SessionRow.token_hash == bindparam("token_hash"), AccountRow.is_active)
)
_GRANTS = Lookup(
    select(GrantRow.account_id, GrantRow.role, GrantRow.subject_id, GrantRow.company_id)
    .where(GrantRow.account_id.in_(bindparam("account_ids", expanding=True)))
    .order_by(GrantRow.role, GrantRow.subject_id)
)


def find_session(session: ReadSession, secret: str, *, now: datetime) -> tuple[SignInSession, Account] | None:
    """The signed-in browser with this cookie, if it still counts and its account is active; two statements."""
    for found in _SIGNED_IN.rows(session, {"token_hash": fingerprint(secret)}):
        if is_alive(found.seen_at, found.expires_at, now=now):
            sign_in = SignInSession(
                found.session_id,
                AccountId(found.id),
                found.signed_in_at,
                found.seen_at,
                found.expires_at,
                found.client,
                found.is_strong,
            )
            return sign_in, _accounts(session, [found])[0]
    return None


def check_password(
    session: ReadSession, email: str, password: str, *, address: str = "", now: datetime
) -> PasswordCheck:
    """Whose address and password these are; `sign_in.sign_in` takes the answer and counts a failure.

    Apart from the writing, since hashing takes a tenth of a second, in which nobody else should have to wait for
    the database. An unknown address takes as long as a wrong password. Raises SignInDelayed, before anything is
    compared, while too many failures in a row for the account or the place (`address`) are waited out.
    """
    mailbox = mailbox_of_typed(email)
    counters = tuple(counter_of(session, *kind) for kind in (("account", mailbox), ("address", address)) if kind[1])
    for what in counters:
        require_no_delay(session.get(AttemptRow, what), now=now)
    row = session.scalar(select(AccountRow).where(AccountRow.mailbox == mailbox, AccountRow.is_active))
    fits = is_password(row.password_hash if row else None, as_compared(password))
    account_id = AccountId(row.id) if row and fits else None
    return PasswordCheck(account_id, row.credential_version if row else 0, counters)


def list_sessions(session: ReadSession, account_id: str, *, now: datetime) -> tuple[SignInSession, ...]:
    """The browsers in which an account is signed in, the latest used first."""
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.account_id == account_id, SessionRow.expires_at > now)
        .order_by(SessionRow.seen_at.desc(), SessionRow.id)
    )
    return tuple(_session(row) for row in rows if is_alive(row.seen_at, row.expires_at, now=now))


def get_account(session: ReadSession, viewer: Viewer, account_id: str) -> Account:
    """One's own account, or any for the service; NotFound otherwise."""
    account = load_accounts(session, [account_id]).get(AccountId(account_id))
    if account is None or not (viewer.is_service or viewer.account_id == account.id):
        raise NotFound
    return account


def find_account(session: ReadSession, mailbox: str) -> Account | None:
    """The account of a mailbox, whoever asks."""
    row = session.scalar(select(AccountRow).where(AccountRow.mailbox == mailbox))
    return _accounts(session, [row])[0] if row else None


def load_accounts(session: ReadSession, account_ids: Iterable[str]) -> dict[AccountId, Account]:
    """Many accounts, whoever asks; two statements, unknown ids are left out."""
    wanted = sorted({account_id for account_id in account_ids if is_id(account_id)})
    rows = session.scalars(select(AccountRow).where(AccountRow.id.in_(wanted))).all()
    return {account.id: account for account in _accounts(session, rows)}


def list_accounts(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[Account]:
    """The accounts that hold a role in a company, by mailbox, with their grants there; two statements."""
    require(viewer, Action.ACCOUNTS_MANAGE, (company_id,))
    holders = select(GrantRow.account_id).where(GrantRow.company_id == company_id)
    query = select(AccountRow).where(AccountRow.id.in_(holders))
    rows = session.scalars(sliced(query, (AccountRow.mailbox, AccountRow.id), request)).all()
    page = page_of(rows, request, lambda row: (row.mailbox, row.id))
    accounts = {account.id: account for account in _accounts(session, page.items, company_id)}
    return page.map(lambda row: accounts[AccountId(row.id)])


def list_journal(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[Entry]:
    """What happened in a company, newest first, for who may read its journal."""
    require(viewer, Action.JOURNAL_READ, (company_id,))
    return journal.list_entries(session, company_id, request)


def load_actor_names(session: ReadSession, actors: Iterable[str]) -> dict[str, str]:
    """What the accounts and keys behind these actors are called, whoever asks; two statements, others are left out."""
    named = [(actor, *actor.partition(":")) for actor in sorted(set(actors))]
    wanted = {kind: [one for _, of, _, one in named if of == kind and is_id(one)] for kind in ("account", "key")}
    accounts = select(AccountRow.id, AccountRow.name).where(AccountRow.id.in_(wanted["account"]))
    keys = select(ApiKeyRow.id, ApiKeyRow.name).where(ApiKeyRow.id.in_(wanted["key"]))
    names: dict[str, str] = {one: name for query in (accounts, keys) for one, name in session.execute(query)}
    return {actor: names[one] for actor, _, _, one in named if one in names}


def load_readers(session: ReadSession, subject_ids: Iterable[str], roles: Iterable[Role]) -> list[tuple[str, Grant]]:
    """Mailbox and grant of everybody who holds one of the roles on one of the subjects; one statement."""
    rows = session.execute(
        select(AccountRow.mailbox, GrantRow.role, GrantRow.subject_id)
        .join(GrantRow, GrantRow.account_id == AccountRow.id)
        .where(
            GrantRow.subject_id.in_(sorted(subject_ids)),
            GrantRow.role.in_(sorted(roles)),
            AccountRow.is_active,
        )
    )
    return [(mailbox, Grant(Role(role), subject_id)) for mailbox, role, subject_id in rows]


def load_idempotent_answer(
    session: ReadSession, actor: str, key: str, request_hash: bytes, *, now: datetime
) -> tuple[int, object] | None:
    """Status and body given before to the very same request; KeyReused if the key belonged to another one."""
    row = session.get(IdempotentAnswerRow, (actor, key))
    if row is None or now - row.created_at >= ANSWER_LIFE:
        return None
    if not same(row.request_hash, request_hash):
        raise KeyReused
    return row.status, row.body


def mailbox_of_typed(email: str) -> str:
    """The mailbox that was typed; what is no address is nobody's."""
    try:
        return mailbox_of(parse_email(email.strip()))
    except ValueError:
        return ""


def require_no_delay(row: AttemptRow | None, *, now: datetime) -> None:
    """Raise SignInDelayed while failures in a row are waited out; those of a day ago are forgotten."""
    if row is not None and now - row.window_start < FAILURES_FORGOTTEN:
        require_patience(row.count, row.window_start, now=now)


def load_live_secrets(session: ReadSession) -> frozenset[str]:
    """The secrets of all sign-in links that are not used up, whoever asks; to look for leaks."""
    key = key_of(session)
    query = select(SignInLinkRow.id).where(SignInLinkRow.used_at.is_(None))
    return frozenset(key.sign_in_token(link_id) for link_id in session.scalars(query))


def counter_of(session: ReadSession, kind: str, value: str) -> str:
    """Under which name attempts are counted: derived, so that the table names neither address nor place."""
    return f"{kind}:{key_of(session).derive('attempt', kind, value).hex()[:32]}"


def account_of_row(row: AccountRow, grants: Sequence[GrantRow] = ()) -> Account:
    return Account(
        AccountId(row.id),
        row.email,
        row.name,
        row.locale,
        row.is_active,
        row.password_hash is not None,
        tuple(Grant(Role(grant.role), grant.subject_id) for grant in grants),
        row.version,
    )


def _accounts(session: ReadSession, rows: Sequence[AccountRow], company_id: str | None = None) -> list[Account]:
    grants: defaultdict[str, list[GrantRow]] = defaultdict(list)
    for grant in _GRANTS.rows(session, {"account_ids": [row.id for row in rows]}):
        if company_id in {None, grant.company_id}:
            grants[grant.account_id].append(grant)
    return [account_of_row(row, grants[row.id]) for row in rows]


def _session(row: SessionRow) -> SignInSession:
    return SignInSession(
        row.id, AccountId(row.account_id), row.created_at, row.seen_at, row.expires_at, row.client, row.is_strong
    )
