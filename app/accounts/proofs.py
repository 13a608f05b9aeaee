"""Pure decisions about signing in: how long things last, how often one may fail, and which codes are taken."""

from datetime import datetime, timedelta

from app.errors import Conflict, Expired, Forbidden, NotFound, NotRecognised, TooMany, Unauthenticated

IDLE = timedelta(minutes=30)
LONGEST_SESSION = timedelta(hours=12)
LINK_LIFE = timedelta(minutes=30)
HALF_LIFE = timedelta(minutes=10)
"""So long a code may take after the password or the link."""

CHALLENGE_LIFE = timedelta(minutes=5)
"""So long a device may take to make or to show a passkey."""

MOST_PASSKEYS = 10
CODE_SECONDS = 30
RECOVERY_CODES = 10
FREE_FAILURES = 5
LONGEST_DELAY = timedelta(minutes=15)
FAILURES_FORGOTTEN = timedelta(hours=24)


class SignInRefused(Unauthenticated):
    """Nobody has this address, or the password is another one: both read alike."""

    code = "sign_in_refused"
    message = "Address and password do not belong together."


class SignInDelayed(TooMany):
    """Too many failures in a row for this account or from this place."""

    code = "sign_in_delayed"
    message = "Too many attempts. Wait {seconds} seconds, or let us send you a link."


class UnknownSignInLink(NotFound):
    """A sign-in link that is none of ours."""

    code = "unknown_sign_in_link"
    message = "This link is not known. Ask for a new one."


class SignInLinkUsedUp(Expired):
    """A sign-in link that was used, is older than 30 minutes, or is older than the last change of password."""

    code = "sign_in_link_used_up"
    message = "This link has been used or is too old. Ask for a new one."


class NobodyKnown(NotRecognised):
    """The provider vouches for somebody who has no account here, or none that is open."""

    code = "nobody_known"
    message = (
        "You are signed in at your organisation, but {email} has no account here. Ask an administrator to add you."
    )


class AddressUnverified(NotRecognised):
    """The provider does not vouch for the address, which could then be anybody's."""

    code = "address_unverified"
    message = "Your organisation has not confirmed your e-mail address, so we cannot tell who you are here. Ask those who run its sign-in."


class IdentityTaken(NotRecognised):
    """The account belongs to somebody else by the word of the same provider: the address has changed hands."""

    code = "identity_taken"
    message = "The account of {email} belongs to another sign-in of your organisation. An administrator can reset it."


class ProviderOnly(Forbidden):
    """Here one signs in at the organisation's provider and in no other way."""

    code = "provider_only"
    message = "Here you sign in by your organisation only."


class CodeDelayed(SignInDelayed):
    """Too many wrong codes in a row."""

    code = "code_delayed"
    message = "Too many attempts. Wait {seconds} seconds."


class WrongCode(Unauthenticated):
    """A code that does not fit, was used already, or belongs to another half minute."""

    code = "wrong_code"
    message = "This code does not fit, or was used already. Wait for the next one in the app."


class HalfSessionOver(Unauthenticated):
    """The code came too late, or the password or the link before it does not count any more."""

    code = "half_session_over"
    message = "That took too long. Sign in again."


class FactorThere(Conflict):
    """A second factor is set up already; it is removed with a code of it first."""

    code = "second_factor_there"
    message = "Two-step sign-in is set up already. Remove it first."


class FactorWanted(Forbidden):
    """The company asks for a second factor, and this sign-in had none."""

    code = "second_factor_wanted"
    message = "Your organisation asks for two-step sign-in. Set it up first."


class PasskeyRefused(NotRecognised):
    """What a device has signed does not hold here, or belongs to nobody who may come in."""

    code = "passkey_refused"
    message = "This passkey does not open anything here. Try again, or sign in in another way."


class PasskeysFull(Conflict):
    """Nobody has that many devices."""

    code = "passkeys_full"
    message = "You have {most} passkeys. Remove one that you do not use."


class StrongerWanted(Forbidden):
    """The account has a second step, and this sign-in had none."""

    code = "stronger_wanted"
    message = "Sign in with a passkey or with a code of your app first: this sign-in had one step only."


class OwnReset(Forbidden):
    """Nobody resets his own sign-in: that would make a second factor worth nothing."""

    code = "own_reset"
    message = "Somebody else must reset your sign-in. You remove your own app with a code of it."


def is_alive(seen_at: datetime, expires_at: datetime, *, now: datetime) -> bool:
    """Whether a session still counts: used in the last 30 minutes, begun in the last 12 hours."""
    return now < expires_at and now - seen_at < IDLE


def delay_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing up to five, then 1, 2, 4 … seconds, at most 15 minutes.

    >>> delay_after(4).seconds, delay_after(5).seconds, delay_after(8).seconds, delay_after(100).seconds
    (0, 1, 8, 900)
    """
    if failures < FREE_FAILURES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), LONGEST_DELAY)


def require_patience(failures: int, last: datetime, *, now: datetime) -> None:
    """Raise SignInDelayed while the delay after the last failure runs."""
    left = last + delay_after(failures) - now
    if left > timedelta():
        seconds = -(-left // timedelta(seconds=1))
        raise SignInDelayed(seconds, seconds=seconds)


def has_gone_back(last: int, now: int) -> bool:
    """Whether the counter of a passkey says that there is a copy of it: it counts, and has not gone on.

    Source: Web Authentication Level 3, section 6.1.1; 0 both times: the device does not count.

    >>> has_gone_back(4, 5), has_gone_back(5, 5), has_gone_back(5, 0), has_gone_back(0, 0)
    (False, True, True, False)
    """
    return (last > 0 or now > 0) and now <= last


def time_step(now: datetime) -> int:
    """The half minute of a moment, counted from 1970, for codes by time.

    Source: RFC 6238, section 4.2, with X = 30 and T0 = 0.

    >>> time_step(datetime.fromisoformat("1970-01-01T00:00:59+00:00"))
    1
    """
    return int(now.timestamp()) // CODE_SECONDS


def steps_taken(now: datetime, *, after: int) -> tuple[int, ...]:
    """The time steps whose codes are taken: this one, the one before and the next, if later than the last one used.

    Source: RFC 6238, section 5.2: at most one step of delay, and each code once.

    >>> steps_taken(datetime.fromisoformat("1970-01-01T00:10:00+00:00"), after=19)
    (20, 21)
    """
    here = time_step(now)
    return tuple(step for step in (here - 1, here, here + 1) if step > after)
