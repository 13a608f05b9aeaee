"""Signing in at the organisation's OpenID provider: the way there, and the way back with a code."""

import base64
from functools import cache
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from app.accounts.proofs import HALF_LIFE
from app.deferred import dataclass
from app.errors import NotFound, NotRecognised
from app.http.access import public
from app.http.cookies import end_handshake, handshake_of, start_handshake
from app.http.origin import safe_path
from app.http.routes import Pages
from app.http.service import Service, service_of
from app.http.visit import moment_of, writing
from app.infra.entropy import SystemEntropy
from app.infra.keys import SECRET_BYTES, new_secret, same
from app.infra.later import later
from app.organisation.commands import enter_by_provider
from app.settings import Settings
from app.web.sign_in import client_of, let_in

if TYPE_CHECKING:
    from app.infra.oidc import Handshake, Provider

# Its libraries come with an extra, and are loaded when somebody first signs in this way.
oidc = later("app.infra.oidc")
router = Pages()

CALLBACK = "/sign-in/provider/back"
_PURPOSE = "handshake"


class HandshakeLost(NotRecognised):
    """The browser comes back without having left from here, too late, or for the second time."""

    code = "handshake_lost"
    message = "This sign-in did not begin in this browser, or took too long."


@dataclass(frozen=True, slots=True)
class Kept:
    """What the browser keeps while it is away: a secret, and the page that was asked for."""

    secret: str
    back: str


@router.get("/sign-in/provider")
@public("whoever wants to come in is not in yet; sends to the provider of the settings alone")
def leave(request: Request) -> Response:
    # A link and not a form: our pages' policy lets no form lead elsewhere.
    service, now = service_of(request), moment_of(request)
    secret = new_secret(SystemEntropy().token_bytes(SECRET_BYTES))
    back = safe_path(request.query_params.get("next", "/"))
    answer = RedirectResponse(_provider_of(service).address(_handshake(service, secret), now=now), 303)
    sealed = service.key.seal_moment(_PURPOSE, secret, now)
    start_handshake(answer, f"{secret}~{sealed}~{base64.urlsafe_b64encode(back.encode()).decode()}", service.settings)
    return answer


@router.get(CALLBACK)
@public("the state that only this browser knows is the right, and the code is worth something once")
def come_back(request: Request) -> Response:
    service, now, given = service_of(request), moment_of(request), request.query_params
    provider, kept = _provider_of(service), _kept(request, service)
    shake = _handshake(service, kept.secret)
    if not same(given.get("state", "").encode(), shake.state.encode()):
        raise HandshakeLost
    if "code" not in given:
        raise oidc.ProviderRefused
    identity = provider.identity(given["code"], given.get("iss"), shake, now=now)
    # The one page that writes when it is read: providers send browsers back by GET, each time with another code.
    with writing(request) as (session, visit):
        opened = enter_by_provider(
            session,
            identity,
            client=client_of(request),
            back=kept.back,
            is_strong=service.settings.oidc_is_strong,
            now=visit.now,
        )
    answer = let_in(visit, opened)
    end_handshake(answer, service.settings)
    return answer


def _kept(request: Request, service: Service) -> Kept:
    secret, _, rest = handshake_of(request, service.settings).partition("~")
    sealed, _, back = rest.partition("~")
    left_at = service.key.read_moment(_PURPOSE, secret, sealed)
    if left_at is None or not left_at <= moment_of(request) < left_at + HALF_LIFE:
        raise HandshakeLost
    try:
        return Kept(secret, safe_path(base64.urlsafe_b64decode(back).decode()))
    except ValueError:
        return Kept(secret, "/")


def _handshake(service: Service, secret: str) -> "Handshake":
    state, nonce, verifier = (service.key.handshake_mark(part, secret) for part in ("state", "nonce", "verifier"))
    shake: Handshake = oidc.Handshake(state, nonce, verifier)
    return shake


def _provider_of(service: Service) -> "Provider":
    if not service.settings.oidc_issuer:
        raise NotFound
    return _provider(service.settings)


@cache
def _provider(settings: Settings) -> "Provider":
    file = settings.oidc_client_secret_file
    mine = oidc.ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=file.read_text(encoding="utf-8").strip() if file is not None else "",
        scopes=settings.oidc_scopes,
        redirect_uri=f"{settings.address}{CALLBACK}",
    )
    provider: Provider = oidc.Provider(mine)
    return provider
