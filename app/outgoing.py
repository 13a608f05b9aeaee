"""What only a letter that leaves has: links with their secrets, derived and stored nowhere, and where it comes back."""

from collections.abc import Mapping

from app.infra.keys import InstanceKey
from app.invitations.values import LinkSecrets
from app.mail.letters import OPT_OUT
from app.mail.values import Letter, OutboxMessage

Links = Mapping[str, str]


def links_of(
    message: OutboxMessage, secrets: Mapping[str, LinkSecrets], key: InstanceKey, base_url: str
) -> Links | None:
    """The links of a letter with their secrets, derived now; None when the letter is no longer wanted."""
    if message.letter in _BY_SECRET:
        return _secret_links(message, secrets[message.id], base_url) if message.id in secrets else None
    if message.letter in _ABOUT_NOMINATIONS:
        return _nomination_links(message, key, base_url)
    if message.letter is Letter.SIGN_IN:
        return {"link": f"{base_url}/sign-in/{key.sign_in_token(message.reference)}"}
    link = {"link": base_url + message.parameters.get("path", "/")}
    if message.letter in _OF_DUTY:
        return link
    return link | {OPT_OUT: f"{base_url}/opt-out/{key.opt_out_token(message.parameters['person_id'])}"}


# Whoever has the duty, or may object, has the letter: these cannot be declined.
_OF_DUTY = frozenset(
    {
        Letter.DEPUTY,
        Letter.DOSSIER_REVIEW,
        Letter.VISIT_READY,
        Letter.CASE_WAITING,
        Letter.DECISIONS_WAITING,
        Letter.SIGN_IN_RESET,
        Letter.ROUND_AHEAD,
    }
)
_BY_SECRET = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.VISIT_ORDER})
_ABOUT_NOMINATIONS = frozenset({Letter.NOMINATION_CALL, Letter.NOMINATIONS_WAITING})


def _secret_links(message: OutboxMessage, found: LinkSecrets, base_url: str) -> Links:
    opt_out = f"{base_url}/opt-out/{found.opt_out}"
    if message.letter is Letter.VISIT_ORDER:
        return {"link": f"{base_url}/v/{found.rating}", OPT_OUT: opt_out}
    link = f"{base_url}/r/{found.rating}"
    other = "en" if message.locale == "nb" else "nb"
    return {"link": link, "language_link": f"{link}?lang={other}", OPT_OUT: opt_out}


def _nomination_links(message: OutboxMessage, key: InstanceKey, base_url: str) -> Links:
    person_id = message.parameters["person_id"]
    link = f"{base_url}/nominations"
    if message.letter is Letter.NOMINATION_CALL:
        link = f"{base_url}/n/{key.nomination_token(message.parameters['round_id'], person_id)}"
    return {"link": link, OPT_OUT: f"{base_url}/opt-out/{key.opt_out_token(person_id)}"}


def return_path(first: OutboxMessage, return_address: str, key: InstanceKey) -> str:
    """Where a letter comes back: with a token that a bounce brings along; empty where there is no address for bounces."""
    if not return_address:
        return ""
    local, _, domain = return_address.rpartition("@")
    return f"{local}+{key.return_token(first.id)}@{domain}"
