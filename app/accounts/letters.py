"""The letter that tells somebody that an administrator has reset the sign-in; it holds no link that lets anybody in."""

from datetime import datetime, timedelta

from app.accounts.values import Account
from app.mail.values import Letter, Mail

DELIVERABLE = timedelta(days=3)


def reset_letter(account: Account, reason: str, *, organisation: str, mark: str, now: datetime) -> Mail:
    """The letter to whoever's second factor was removed; `mark` tells one reset from the next."""
    return Mail(
        letter=Letter.SIGN_IN_RESET,
        recipient=account.email,
        name=account.name,
        locale=account.locale,
        parameters={
            "organisation": organisation,
            "reason": reason,
            "reset_at": now.isoformat(),
            "path": "/account/factor",
        },
        reference=f"reset:{mark}",
        wave=0,
        deadline=now + DELIVERABLE,
    )
