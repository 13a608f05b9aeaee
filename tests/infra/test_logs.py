"""What a log line must never hold."""

from app.infra.logs import leave_out_secrets


def test_what_may_hold_a_secret_is_left_out_of_any_line() -> None:
    event = leave_out_secrets(None, "info", {"event": "x", "email": "kari@example.org", "token": "abc", "ms": 3})
    assert event == {"event": "x", "email": "…", "token": "…", "ms": 3}
