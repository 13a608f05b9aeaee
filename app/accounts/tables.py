"""Mapped classes of accounts: who may come in, and with what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.values import FactorDuty, Role
from app.infra.database import Base
from app.infra.types import Bytes, Day, Flag, Id, Instant, Json, Text, Whole, one_of


class AccountRow(Base):
    """An account; `mailbox` is the address in the one form that makes two spellings of it equal."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("mailbox"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    credential_version: Mapped[int] = mapped_column(Whole)
    is_active: Mapped[bool] = mapped_column(Flag)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)


class GrantRow(Base):
    """A role on a subtree of a company."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("account_id", "role", "subject_id"),
        Index(None, "subject_id"),
        Index(None, "company_id"),
        one_of("role", Role),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class SessionRow(Base):
    """A signed-in browser; only the SHA-256 of its cookie is kept."""

    __tablename__ = "sign_in_session"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "account_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    client: Mapped[str] = mapped_column(Text)
    is_strong: Mapped[bool] = mapped_column(Flag)


class HalfSessionRow(Base):
    """Somebody whose first factor fits and who owes a code; `back` is the page that was asked for."""

    __tablename__ = "half_session"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "account_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    how: Mapped[str] = mapped_column(Text)
    back: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class SecondFactorRow(Base):
    """An authenticator app; its secret is derived from the id, so no copy of the database makes a code.

    `last_step` is the time step of the newest code that was taken: none at or before it is taken again.
    """

    __tablename__ = "second_factor"
    __table_args__ = (UniqueConstraint("account_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_step: Mapped[int] = mapped_column(Whole)


class RecoveryCodeRow(Base):
    """A code that stands in for the app, once; only its keyed digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("factor_id", "code_hash"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    factor_id: Mapped[str] = mapped_column(Id, ForeignKey("second_factor.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(Bytes)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyUserRow(Base):
    """By which random bytes authenticators know an account; drawn with its first passkey and kept."""

    __tablename__ = "passkey_user"
    __table_args__ = (UniqueConstraint("known_as"), {"sqlite_strict": True})

    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    known_as: Mapped[bytes] = mapped_column(Bytes)


class PasskeyRow(Base):
    """The public half of a key pair whose other half never leaves a device of its owner.

    `counter` is the highest that it has counted, 0 for those that do not count; `doubted_at` is when it went back.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        Index(None, "account_id"),
        CheckConstraint("counter >= 0", name="counter"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(Bytes)
    public_key: Mapped[bytes] = mapped_column(Bytes)
    counter: Mapped[int] = mapped_column(Whole)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    doubted_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallengeRow(Base):
    """Random bytes that an authenticator is asked to sign, once: to make a passkey of an account, or (none) to show one."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (Index(None, "account_id"), Index(None, "expires_at"), {"sqlite_strict": True})

    challenge: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    account_id: Mapped[str | None] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(Instant)


class IdentityRow(Base):
    """Whom a provider means by one of its subjects: bound when the verified address first led to the account."""

    __tablename__ = "provider_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("account_id", "issuer"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    bound_at: Mapped[datetime] = mapped_column(Instant)


class FactorRuleRow(Base):
    """Of whom a company asks a second factor; of nobody where there is no row."""

    __tablename__ = "factor_rule"
    __table_args__ = (one_of("required_of", FactorDuty), {"sqlite_strict": True})

    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"), primary_key=True)
    required_of: Mapped[str] = mapped_column(Text)


class SignInLinkRow(Base):
    """A one-time link by mail; its secret is derived from the id, so neither row nor outbox holds it."""

    __tablename__ = "sign_in_link"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "account_id"), {"sqlite_strict": True})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    credential_version: Mapped[int] = mapped_column(Whole)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiKeyRow(Base):
    """A key of another system, on one subtree, with scopes and an end."""

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("prefix"),
        Index(None, "subject_id"),
        Index(None, "company_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    prefix: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes] = mapped_column(Bytes)
    name: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_used_on: Mapped[date | None] = mapped_column(Day)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class AttemptRow(Base):
    """Attempts on one thing (an account, an address, a key) since a moment, or the last of them in a row."""

    __tablename__ = "attempt"
    __table_args__ = (CheckConstraint("count >= 0", name="count"), {"sqlite_strict": True})

    what: Mapped[str] = mapped_column(Text, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(Instant)
    count: Mapped[int] = mapped_column(Whole)


class IdempotentAnswerRow(Base):
    """The answer once given to a POST with an Idempotency-Key; kept for a day."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (Index(None, "created_at"), {"sqlite_strict": True})

    actor: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(Bytes)
    status: Mapped[int] = mapped_column(Whole)
    body: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
