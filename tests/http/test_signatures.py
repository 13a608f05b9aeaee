"""Signatures as Standard Webhooks lays them down: the published vector, and everything that is none."""

from datetime import UTC, datetime, timedelta

import pytest

from app.http.signatures import BadSignature, check_signature, secrets_in, signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
GOOD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def check(body: bytes = BODY, *, secret: str = SECRET, now: datetime = AT, **changed: str) -> None:
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    check_signature(headers, body, secrets=secrets_in(secret), now=now)


def test_the_published_vector_is_good() -> None:
    """Standard Webhooks, the example of its reference libraries."""
    assert (
        signature(secrets_in(SECRET)[0], GOOD["webhook-id"], GOOD["webhook-timestamp"], BODY)
        == GOOD["webhook-signature"]
    )
    check()


def test_two_secrets_hold_while_one_takes_the_place_of_the_other() -> None:
    check(secret=f"{OTHER} {SECRET}")
    check(webhook_signature=f"v1,AAAA v1a,BBBB {GOOD['webhook-signature']}")


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 365])
def test_a_signature_is_good_for_five_minutes(minutes: int) -> None:
    check(now=AT + timedelta(minutes=5))
    with pytest.raises(BadSignature):
        check(now=AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": ""},
        {"webhook_id": "msg_other"},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "1614265331"},
        {"webhook_timestamp": "-1614265330"},
        {"webhook_timestamp": "1" * 40},
        {"webhook_signature": ""},
        {"webhook_signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,é"},
        {"secret": OTHER},
    ],
)
def test_anything_else_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        check(**changed)  # type: ignore[arg-type]


def test_another_body_is_refused() -> None:
    with pytest.raises(BadSignature):
        check(BODY + b" ")
