"""What a mail provider tells of letters that left, over HTTP: signed, for no key could be kept from it."""

from fastapi import Request, Response

from app.api.resource import answer, resource
from app.api.schemas.delivery import MailEventIn, MailEventOut
from app.errors import NotFound
from app.http.access import public
from app.http.doors import sent_bytes
from app.http.service import service_of
from app.http.signatures import check_signature, secrets_in
from app.http.visit import passing, writing
from app.mail.commands import take_report
from app.mail.intake import parse_event

router = resource("Delivery")


@router.post("/mail/events", response_model=MailEventOut)
@public("the signature proves who sent it; without a secret in the settings there is nothing here")
def take_event(request: Request, sent: MailEventIn) -> Response:
    """Say that a letter bounced, waits, arrived or was reported as unwanted; signed as Standard Webhooks lays down.

    The letter is known by its Message-ID, or else the latest one to the recipient is meant. The same event twice
    changes nothing.
    """
    kept = service_of(request).settings.mail_events_secret
    if kept is None:
        raise NotFound
    secrets = secrets_in(kept.get_secret_value())
    check_signature(request.headers, sent_bytes(request), secrets=secrets, now=passing(request).now)
    report = parse_event(sent.given())
    with writing(request) as (session, visit):
        known = take_report(session, report, trusts_recipient=True, now=visit.now)
    return answer(MailEventOut(known=known))
