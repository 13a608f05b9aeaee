"""Settings that would do harm are refused with a sentence that says which to set."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings


def settings(**values: object) -> Settings:
    return Settings.model_validate({"database_url": "sqlite:///var/unused.sqlite", **values})


def test_a_service_that_others_can_reach_needs_a_relay() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4", "kpi.example.org"):
        with pytest.raises(ValidationError, match="SOFTKPI_SMTP_HOST"):
            settings(host=host)
        assert settings(host=host, smtp_host="mail.example.org").shows_mailbox is False


def test_on_the_machine_itself_letters_stay_in_the_mailbox_until_a_relay_is_named() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        assert settings(host=host).shows_mailbox is True
        assert settings(host=host, smtp_host="mail.example.org").shows_mailbox is False


def test_the_instance_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "secret.key"
    first = settings(secret_key_file=file).instance_key().sign_in_token("1")
    assert settings(secret_key_file=file).instance_key().sign_in_token("1") == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_short_instance_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        settings(secret_key="x" * 31)


@pytest.mark.parametrize(
    "address", ["kpi.example.org", "ftp://kpi.example.org", "https://kpi.example.org/a", "https://"]
)
def test_a_public_address_is_scheme_and_host(address: str) -> None:
    with pytest.raises(ValidationError, match="scheme and host"):
        settings(base_url=address)


def test_links_start_with_the_public_address_and_requests_may_name_its_host() -> None:
    made = settings(base_url="https://kpi.example.org/", allowed_hosts=("kpi.intern",))
    assert (made.address, made.is_https) == ("https://kpi.example.org", True)
    assert made.hosts == ("kpi.example.org", "kpi.intern", "127.0.0.1", "localhost", "[::1]")


@pytest.mark.parametrize("address", ["", "softkpi.sqlite", "sqlite://softkpi.sqlite", "mysql://kpi@db/kpi"])
def test_the_address_of_a_database_says_which_of_the_two_it_is(address: str) -> None:
    with pytest.raises(ValidationError, match="postgresql://user@host/name"):
        settings(database_url=address)


def test_an_unknown_time_zone_is_refused() -> None:
    for zone in ("Europe/Osl", "../etc/passwd", ""):
        with pytest.raises(ValidationError, match="Europe/Oslo"):
            settings(time_zone=zone)


def test_secrets_do_not_show_in_print() -> None:
    made = settings(secret_key="k" * 40, smtp_password="hemmelig")
    assert "k" * 40 not in repr(made)
    assert "hemmelig" not in repr(made)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://login.example.org", "oidc_client_id": "x"},
        {"oidc_issuer": "https://login.example.org?x=1", "oidc_client_id": "x"},
        {"oidc_issuer": "https://login.example.org"},
        {"oidc_issuer": "https://login.example.org", "oidc_client_id": "x", "oidc_scopes": "openid"},
        {"oidc_issuer": "https://login.example.org", "oidc_client_id": "x", "oidc_client_secret_file": "/no/file"},
        {"oidc_only": True},
    ],
)
def test_settings_that_would_let_nobody_in_or_be_read_on_the_way_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
