"""One frozen settings object, from the environment (SOFTKPI_…) and .env; read by the edges only."""

import ipaddress
import os
import re
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.infra.entropy import SystemEntropy
from app.infra.keys import SECRET_BYTES, InstanceKey, new_secret

VAR = Path("var")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Settings(BaseSettings):
    """Everything an installation may set; each field says what it is for and how it is left alone."""

    model_config = SettingsConfigDict(
        env_prefix="SOFTKPI_", env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore"
    )

    database_url: str = Field(
        default="sqlite:///var/softkpi.sqlite", description="sqlite:///path or postgresql://user@host/name"
    )
    base_url: str = Field(default="", description="Public address, used in every link; empty: http with host and port")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    allowed_hosts: tuple[str, ...] = Field(default=(), description="Further host names that requests may carry")
    secret_key: SecretStr | None = Field(
        default=None, description="Instance key, 32 bytes or more; empty: kept in secret_key_file"
    )
    secret_key_file: Path = Field(default=VAR / "secret.key", description="File of the instance key, made when absent")
    time_zone: str = Field(default="Europe/Oslo", description="Zone in which people read times")
    smtp_host: str | None = Field(default=None, description="Mail relay; empty: letters go to mailbox_dir")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail relay")
    smtp_user: str | None = Field(default=None, description="Name at the mail relay")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail relay")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to the relay is protected"
    )
    smtp_timeout: float = Field(default=600.0, gt=0, le=3600, description="Seconds to wait for the relay's last word")
    smtp_connections: int = Field(default=4, ge=1, le=20, description="Connections to the relay at a time")
    mail_per_domain: int = Field(
        default=300, ge=0, le=100_000, description="Letters a minute to one domain at most; 0: no limit"
    )
    mail_from: str = Field(default="no-reply@localhost.example", description="Sender address of every letter")
    bounce_address: str = Field(
        default="", description="Where letters come back, each under a +token of its own; empty: to mail_from"
    )
    mail_events_secret: SecretStr | None = Field(
        default=None, description="Secret of the mail provider's events, whsec_…; two with a blank while it changes"
    )
    mailbox_dir: Path = Field(default=VAR / "mailbox", description="Where letters go while no relay is set")
    oidc_issuer: str = Field(
        default="", description="OpenID provider for signing in, such as https://login.example.org"
    )
    oidc_client_id: str = Field(default="", description="Name of this service at the provider")
    oidc_client_secret_file: Path | None = Field(
        default=None, description="File of the secret at the provider; empty: a public client, by PKCE alone"
    )
    oidc_scopes: str = Field(
        default="openid email", description="What the provider is asked for; openid and email are needed"
    )
    oidc_label: str = Field(default="", description="What people call the provider, on the button")
    oidc_only: bool = Field(
        default=False, description="Sign in at the provider only; passwords and mailed links are off"
    )
    oidc_is_strong: bool = Field(
        default=False, description="The provider asks for a second factor itself, so that ours is not asked"
    )
    worker: bool = Field(default=True, description="Run the worker inside `run`")
    worker_pause: float = Field(default=2.0, gt=0, le=3600, description="Seconds between two rounds of the worker")
    demo: bool = Field(default=False, description="Load the demo organisation into an empty database")
    log_format: Literal["console", "json"] = Field(default="console", description="How log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged"
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("give sqlite:///path or postgresql://user@host/name")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            raise ValueError("give a time zone such as Europe/Oslo") from None
        return value

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query
        ):
            raise ValueError("give scheme and host only, such as https://kpi.example.org")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < SECRET_BYTES:
            raise ValueError(f"give at least {SECRET_BYTES} bytes")
        return value

    @field_validator("bounce_address")
    @classmethod
    def _room_for_a_token(cls, value: str) -> str:
        local, at, domain = value.rpartition("@")
        # The token takes 43 of the 64 characters before the @.
        if value and (not at or not domain or not 1 <= len(local) <= 20 or "+" in local):
            raise ValueError("give an address such as bounces@kpi.example.org, with at most 20 letters before the @")
        return value

    @field_validator("mail_events_secret")
    @classmethod
    def _whole_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        for one in value.get_secret_value().split() if value is not None else ():
            plain = one.removeprefix("whsec_")
            if len(plain) < SECRET_BYTES or not _BASE64.fullmatch(plain):
                raise ValueError("give the provider's secret, whsec_ and at least 24 bytes in base64")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _trusted_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
        if value and (not (parts.scheme == "https" or is_here) or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("give the issuer as the provider writes it, such as https://login.example.org")
        return value

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if not self.oidc_issuer:
            if self.oidc_only:
                raise ValueError("SOFTKPI_OIDC_ONLY without SOFTKPI_OIDC_ISSUER would let nobody in")
            return self
        if not self.oidc_client_id or not {"openid", "email"} <= set(self.oidc_scopes.split()):
            raise ValueError("SOFTKPI_OIDC_ISSUER needs SOFTKPI_OIDC_CLIENT_ID, and openid and email among the scopes")
        if self.oidc_client_secret_file is not None and not self.oidc_client_secret_file.is_file():
            raise ValueError(
                f"there is no file {self.oidc_client_secret_file}, where SOFTKPI_OIDC_CLIENT_SECRET_FILE points"
            )
        if find_spec("joserfc") is None or find_spec("httpx2") is None:
            raise ValueError("SOFTKPI_OIDC_ISSUER needs the packages of requirements-oidc.lock")
        return self

    @model_validator(mode="after")
    def _mail_leaves(self) -> Self:
        # The mailbox page shows every letter with its links: it must never be reachable from elsewhere.
        if not self.is_loopback and self.smtp_host is None:
            raise ValueError(
                f"the service listens on {self.host}, which others can reach, but has no mail relay:"
                " set SOFTKPI_SMTP_HOST (and SOFTKPI_MAIL_FROM), or SOFTKPI_HOST=127.0.0.1"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def shows_mailbox(self) -> bool:
        """Whether letters stay here and may be read on the mailbox page."""
        return self.is_loopback and self.smtp_host is None

    @property
    def address(self) -> str:
        """The public address without a trailing slash; every absolute link starts with it."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @cached_property
    def is_https(self) -> bool:
        """Whether people reach the service by https."""
        return self.address.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that a request may carry."""
        own = urlsplit(self.address).hostname or self.host
        local = ("127.0.0.1", "localhost", "[::1]") if self.is_loopback else ()
        return tuple(dict.fromkeys((own, *self.allowed_hosts, *local)))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which people read times."""
        return ZoneInfo(self.time_zone)

    def instance_key(self) -> InstanceKey:
        """The instance key; written to its file, readable by the owner only, when there is none yet."""
        if self.secret_key is not None:
            return InstanceKey(self.secret_key.get_secret_value().encode())
        return InstanceKey(_kept_secret(self.secret_key_file))


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w") as file:
            file.write(new_secret(SystemEntropy().token_bytes(SECRET_BYTES)) + "\n")
        # Linked, not renamed: of two processes that start at once the second keeps what the first wrote.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes().strip()
