"""The instance key and everything derived from it by HMAC-SHA256; derived secrets are never stored, only their hash."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

TOKEN_BYTES = 24
SECRET_BYTES = 32
RETURN_BYTES = 10


class InstanceKey:
    """32 secret bytes of this installation; each purpose has its own domain, so no value serves two."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the instance key needs at least {SECRET_BYTES} bytes")
        self._secret = secret

    def derive(self, purpose: str, *parts: str | bytes) -> bytes:
        """32 bytes for a purpose and its parts; parts are length-prefixed, so no two lists collide."""
        told = [purpose.encode(), b"\0"]
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            told += [len(raw).to_bytes(4, "big"), raw]
        return hmac.digest(self._secret, b"".join(told), "sha256")

    def rating_token(self, salt: bytes, invitation_id: str, rotation: int) -> str:
        """The secret of a rating link: 32 characters, base64url of 24 bytes."""
        return _url(self.derive("rating-link", salt, invitation_id, str(rotation))[:TOKEN_BYTES])

    def opt_out_token(self, person_id: str) -> str:
        """The secret of a person's opt-out link: says who, and proves it; stays the same over all rounds."""
        return _url(bytes.fromhex(person_id.replace("-", "")) + self.derive("opt-out", person_id)[:TOKEN_BYTES])

    def read_opt_out_token(self, token: str) -> str | None:
        """The person whose opt-out link this is; None for what `opt_out_token` did not make."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"==")
            person_id = str(UUID(bytes=raw[:16]))
        except ValueError:
            return None
        return person_id if same(self.opt_out_token(person_id).encode(), token.encode()) else None

    def nomination_token(self, round_id: str, person_id: str) -> str:
        """The secret of the link by which a rated person proposes raters: says who and where, and proves it."""
        raw = UUID(round_id).bytes + UUID(person_id).bytes
        return _url(raw + self.derive("nomination", round_id, person_id)[:TOKEN_BYTES])

    def read_nomination_token(self, token: str) -> tuple[str, str] | None:
        """Round and person of a nomination link; None for what `nomination_token` did not make."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"==")
            ids = str(UUID(bytes=raw[:16])), str(UUID(bytes=raw[16:32]))
        except ValueError:
            return None
        return ids if same(self.nomination_token(*ids).encode(), token.encode()) else None

    def sign_in_token(self, link_id: str) -> str:
        """The secret of a one-time sign-in link."""
        return _url(self.derive("sign-in", link_id)[:TOKEN_BYTES])

    def handshake_mark(self, part: str, secret: str) -> str:
        """One of the three random texts of a sign-in at a provider: they follow from what the browser keeps meanwhile."""
        return _url(self.derive("handshake", part, secret))

    def factor_secret(self, factor_id: str) -> bytes:
        """What an authenticator app shares with us: 20 bytes."""
        return self.derive("second factor", factor_id)[:20]

    def signing_secret(self, key_id: str) -> bytes:
        """The secret half of a company's signing key: 32 bytes."""
        return self.derive("signing key", key_id)

    def recovery_mark(self, factor_id: str, code: str) -> bytes:
        """What stands for a recovery code: 32 bytes that lead back to no code."""
        return self.derive("recovery code", factor_id, code)

    def visit_token(self, visit_id: str) -> str:
        """The secret of the link by which a shopper reports a visit."""
        return _url(self.derive("visit", visit_id)[:TOKEN_BYTES])

    def return_token(self, message_id: str) -> str:
        """What a bounced mail brings back: says which message, and that we sent it; small letters and digits only."""
        raw = UUID(message_id).bytes + self.derive("return-path", message_id)[:RETURN_BYTES]
        return base64.b32encode(raw).rstrip(b"=").decode().lower()

    def read_return_token(self, token: str) -> str | None:
        """The message of a return token, in whatever case it comes; None for what `return_token` did not make."""
        try:
            raw = base64.b32decode(token.encode("ascii") + b"=" * (-len(token) % 8), casefold=True)
            message_id = str(UUID(bytes=raw[:16]))
        except ValueError:
            return None
        return message_id if same(self.return_token(message_id).encode(), token.lower().encode()) else None

    def csrf_token(self, session_hash: bytes) -> str:
        """The hidden form field of one signed-in session."""
        return _url(self.derive("csrf", session_hash)[:TOKEN_BYTES])

    def pseudonym(self, round_id: str, voice: str) -> bytes:
        """The rater's pseudonym in one round (`confidential`): 16 bytes, another one in every round."""
        return self.derive("pseudonym", round_id, voice)[:16]

    def open_code_token(self, code_id: str) -> str:
        """The secret in the address of an open code: short, so that its picture stays coarse; 96 bits."""
        return _url(self.derive("open code", code_id)[:12])

    def customer_mark(self, company_id: str, mailbox: str) -> bytes:
        """What stands for a customer's mailbox where only the same one must be known again: 16 bytes."""
        return self.derive("customer", company_id, mailbox)[:16]

    def draft_mark(self, assignment_id: str) -> str:
        """What stands for an assignment in a draft, so that a draft by itself says nothing of who rates whom."""
        return self.derive("draft", assignment_id)[:8].hex()

    def sheet_key(self, assignment_id: str) -> bytes:
        """The key of a `named`, `report` or `confidential` sheet: 16 bytes."""
        return self.derive("sheet", assignment_id)[:16]

    def comment_mark(self, sheet_key: bytes, about: str) -> bytes:
        """What stands for a comment of a sheet until the release: 16 bytes that lead to the sheet under this key alone."""
        return self.derive("comment", sheet_key, about)[:16]

    def receipt_key(self, code: str) -> bytes:
        """The key of what a receipt code tells: 16 bytes that lead back to no code."""
        return self.derive("receipt", code)[:16]

    def seal_moment(self, purpose: str, about: str, moment: datetime) -> str:
        """A moment that somebody carries and cannot change: its seconds, and a seal that holds for one thing only."""
        seconds = str(int(moment.timestamp()))
        return f"{seconds}.{_url(self.derive(purpose, about, seconds)[:12])}"

    def read_moment(self, purpose: str, about: str, sealed: str) -> datetime | None:
        """The moment that was sealed; None for anything else."""
        seconds, _, _ = sealed.partition(".")
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
            return None
        moment = datetime.fromtimestamp(int(seconds), UTC)
        known = self.seal_moment(purpose, about, moment)
        return moment if hmac.compare_digest(known.encode(), sealed.encode()) else None

    def submission_mark(self, assignment_id: str, submission_id: str) -> str:
        """What a kept sheet remembers of the submit that brought it: another mark on every sheet of one submit.

        A rater sends sheets of several groups at once. One mark for all of them would link those that bear a name to
        those under a pseudonym.
        """
        return _url(self.derive("submission", assignment_id, submission_id)[:16])


def anonymous_sheet_key(token: str, assignment_id: str) -> bytes:
    """The key of an `anonymous` sheet: follows from the rating link alone, which is stored nowhere."""
    return hmac.new(token.encode(), b"sheet\0" + assignment_id.encode(), hashlib.sha256).digest()[:16]


def draft_key(token: str) -> bytes:
    """The key of what a rater has typed and not sent: follows from the rating link alone."""
    return hmac.digest(token.encode(), b"draft", "sha256")[:16]


def anonymous_submission_mark(token: str, assignment_id: str, submission_id: str) -> str:
    """The same for an `anonymous` sheet, from the rating link alone."""
    told = b"\0".join([b"submission", assignment_id.encode(), submission_id.encode()])
    return _url(hmac.new(token.encode(), told, hashlib.sha256).digest()[:16])


def receipt_secret(token: str, assignment_id: str, about: str, submission_id: str) -> bytes:
    """The bytes of a receipt code: the same again when the same submit is sent again, and known to its sender alone.

    They follow from the rating link and the random id of the submit, neither of which is stored; so a code that was
    lost with the answer of the network is shown again, and no copy of the database has it.
    """
    told = b"\0".join(part.encode() for part in ("receipt", assignment_id, about, submission_id))
    return hmac.new(token.encode(), told, hashlib.sha256).digest()


def fingerprint(secret: str) -> bytes:
    """SHA-256 of a random secret: what is stored in its place."""
    return hashlib.sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Equal, compared in constant time."""
    return hmac.compare_digest(one, other)


def new_secret(raw: bytes) -> str:
    """Random bytes as a URL-safe secret."""
    return _url(raw)


def key_of(session: Session) -> InstanceKey:
    """The instance key that a session carries."""
    key: InstanceKey = session.info["key"]
    return key


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
