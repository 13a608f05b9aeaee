"""A mail that asks in several rounds: greeted once, each request with its own link and promise, in both languages."""

import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from app.mail.letters import Writer, compose
from app.mail.values import Bundle, Letter
from tests.mail.examples import PROMISE
from tests.mail.test_letters import HOSTILE, LEAVE, LINK, LINKS, assert_alike, message, parsed, words_of, writer

STORE: dict[str, Any] = {
    "round_name": "Kundesenteret, uke 48",
    "asked_by": "Kari Nes",
    "purpose": "",
    "subjects": ["Butikk Bergen"],
    "count": 1,
    "minutes": 1,
    "closes_at": "2026-11-30T15:00:00+00:00",
    "promises": [{**PROMISE, "rater_group": "customer", "mode": "anonymous", "k": 5, "name": "Butikk Bergen"}],
    "promise": "77aa 01fe",
}
OTHER = LINK.replace("Zk3v", "Yj2u")
BOTH = [LINKS, {**LINKS, "link": OTHER, "language_link": f"{OTHER}?lang=en"}]
OWN = {
    "opening": "Kjære {rater}!\n\n{asker} spør om {subjects}: {minutes}.",
    "closing": "Svar innen {closing_time}.\n\nHilsen {organisation}",
    "reminder": "Vi mangler deg, {rater}.",
}


def of_both(letter: Letter, locale: str = "nb", name: str = "Lars Moen", **changed: Any) -> Bundle:
    """One mail that asks about a team and, somebody else, about a shop; `changed` holds for both."""
    first, second = (message(letter, locale, name, **about, **changed) for about in ({}, _but(STORE, changed)))
    return Bundle(first, (first, replace(second, id="2", message_id="77", boundary="=_else")))


def read(letter: Letter, locale: str = "nb", name: str = "Lars Moen", **changed: Any) -> tuple[EmailMessage, str, str]:
    return parsed(compose(of_both(letter, locale, name, **changed), BOTH, writer=writer()))


WHOLE = f"""\
Fjellbris Varme & Service AS

Hei, Lars

Du har fått to forespørsler, om lag fire minutter til sammen. Svar i den rekkefølgen du vil; hver har sin egen lenke.

----------------------------------------
Team Nord, 4. kvartal

Vi vil vite hvordan samspillet i Team Nord fungerer.

Amir Haddad spør deg om Sofie Berg, Thea Vik og Omar Said: to spørsmål om hver, om lag tre minutter til sammen.

Runden stenger fredag 27. november kl. 16.00.

Åpne vurderingen:
{LINK}

Hvem ser svarene?
Svaret ditt vises aldri alene. De du vurderer og lederne over ser et snitt når minst tre har svart. \
Dette ligger fast for hele runden. Løfte 4f9c 21ab.

Read this in English: {LINK}?lang=en

----------------------------------------
Kundesenteret, uke 48

Kari Nes spør deg om Butikk Bergen: to spørsmål, om lag ett minutt.

Runden stenger mandag 30. november kl. 16.00.

Åpne vurderingen:
{OTHER}

Hvem ser svarene?
Svaret ditt vises aldri alene. Butikk Bergen og lederne over ser et snitt når minst fem har svart. \
Når runden stenger, kobles svaret fra deg for godt. Det kan ikke endres etter at du har sendt det. \
Dette ligger fast for hele runden. Løfte 77aa 01fe.

Read this in English: {OTHER}?lang=en

----------------------------------------
Lenkene er bare for deg, så ikke send dem videre. Du kan åpne dem så ofte du vil; ingenting lagres før du svarer.

--
Har du ikke jobbet med noen av dem? Velg «kunne ikke observere»: det teller ikke, verken opp eller ned.
Ikke send meg flere: {LEAVE}
Sendt fordi du arbeider sammen med dem det gjelder. Sendt fordi du har vært i kontakt med oss. \
Fjellbris Varme & Service AS.
"""


def test_a_mail_of_several_rounds_says_of_each_what_a_letter_about_it_alone_would_say() -> None:
    mail, plain, _ = read(Letter.INVITATION)
    assert plain == WHOLE
    assert str(mail["Subject"]) == "Til deg: to forespørsler, fire minutter"
    assert str(mail["From"]) == "Fjellbris Varme & Service AS <vurdering@fjellbris.example>"
    assert (mail["Message-ID"], mail["List-Unsubscribe"]) == ("<5f6c@fjellbris.example>", f"<{LEAVE}>")
    mail, plain, _ = read(Letter.REMINDER, "en")
    assert str(mail["Subject"]) == "Reminder: two requests wait for your answer"
    said = [
        "Hello, Lars\n\nA reminder: you have not answered everything yet.\n\nYou have two requests",
        "Promise 77aa 01fe.",
    ]
    assert all(part in plain for part in said)


@pytest.mark.parametrize("letter", [Letter.INVITATION, Letter.REMINDER])
@pytest.mark.parametrize("locale", ["nb", "en"])
@pytest.mark.parametrize("text", ["Sofie Berg", *HOSTILE])
def test_it_is_small_loads_nothing_and_says_the_same_in_the_html_whatever_the_names(
    letter: Letter, locale: str, text: str
) -> None:
    named = {"subjects": [text, "Thea Vik"], "asked_by": text, "round_name": text, "organisation": text}
    bundle = of_both(letter, locale, text, **named)
    raw = compose(bundle, BOTH, writer=writer())
    assert raw == compose(bundle, BOTH, writer=Writer(writer().templates, writer().address))
    assert (len(raw) < 30_000, b'boundary="=_fixed"' in raw) == (True, True)
    mail, plain, page = parsed(raw)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert re.search(r"<img|<script|<link|url\(|src=", page) is None
    links = {link for one in BOTH for link in one.values()}
    assert set(re.findall(r'href="([^"]+)"', page)) == links
    assert all(link in plain for link in links)
    assert plain.count(text) > 6
    assert_alike(plain, page)
    assert len(str(mail["Subject"])) <= 50


@pytest.mark.parametrize(
    ("asker", "subject"),
    [
        ("Amir Haddad", "Amir Haddad: to forespørsler, fire minutter"),
        ("Anne-Margrethe Kristoffersen Lindqvist", "Til deg: to forespørsler, fire minutter"),
    ],
)
def test_who_asks_in_all_rounds_stands_in_the_subject_where_there_is_room(asker: str, subject: str) -> None:
    mail = read(Letter.INVITATION, asked_by=asker)[0]
    assert str(mail["Subject"]) == subject
    assert str(mail["From"]).startswith(f"{asker} via Fjellbris")


def test_a_companys_own_words_stand_once_where_they_read_alike_and_with_their_request_where_not() -> None:
    _, plain, page = read(Letter.REMINDER, wording=OWN)
    order = [
        "Vi mangler deg, Lars.",
        "Kjære Lars!",
        "Du har fått to",
        "Amir Haddad spør om Sofie Berg, Thea Vik og Omar Said: tre",
    ]
    order += [
        "Svar innen fredag 27.",
        "Kari Nes spør om Butikk Bergen: ett minutt.",
        "Svar innen mandag 30.",
        "Hilsen Fjellbris",
    ]
    for text in (plain, words_of(page)):
        places = [text.find(said) for said in order]
        assert -1 not in places
        assert places == sorted(places)
        assert [text.count(said) for said in ("Vi mangler deg", "Kjære Lars!", "Hilsen")] == [1, 1, 1]
        assert "spør deg om" not in text


def test_nothing_of_a_companys_own_words_is_lost_where_they_are_about_one_request() -> None:
    closing_alike = {"closes_at": STORE["closes_at"]}
    _, plain, page = read(Letter.REMINDER, wording={"reminder": "Om {subjects}: svar."}, **closing_alike)
    for text in (plain, words_of(page)):
        assert (text.count(": svar."), text.count("Runden stenger mandag 30.")) == (2, 2)
    _, plain, _ = read(Letter.INVITATION, wording={"closing": "Innen {closing_time}."}, **closing_alike)
    assert (plain.count("Innen mandag 30."), plain.count("Runden stenger mandag 30.")) == (1, 2)


def _but(known: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if name not in changed}
