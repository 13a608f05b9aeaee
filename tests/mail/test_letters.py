"""Letters as the bytes that travel: both languages, one subject line, whole headers, twice the same."""

import email
import re
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from functools import cache
from html import unescape
from typing import Any

import pytest

from app.infra.templates import build_environment
from app.mail.letters import MOST_KEPT, OPT_OUT, Writer, compose, letter_in_parts
from app.mail.values import Bundle, Letter, Mail, OutboxMessage, OutboxState
from tests.mail.examples import PARAMETERS, PROMISE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LINK = "https://fjellbris.example/r/Zk3vN8qLw2RtY6cHd0BxJm5PsFa9UeGi"
LEAVE = f"https://fjellbris.example/opt-out/{'A1b2' * 14}"
LINKS = {"link": LINK, OPT_OUT: LEAVE, "language_link": f"{LINK}?lang=en"}
LEADS_NOWHERE = {Letter.WE_DID}
"""Letters that tell something and ask for nothing."""

EVERY = [(letter, locale) for letter in Letter for locale in ("nb", "en")]


@cache
def writer() -> Writer:
    return Writer(build_environment(), "vurdering@fjellbris.example")


def message(letter: Letter, locale: str, name: str = "Lars Moen", **changed: Any) -> OutboxMessage:
    return OutboxMessage(
        id="1",
        letter=letter,
        recipient="lars.moen@fjellbris.example",
        recipient_name=name,
        locale=locale,
        parameters={"organisation": "Fjellbris", **PARAMETERS[letter], **changed},
        reference="r",
        wave=0,
        state=OutboxState.PREPARED,
        attempts=1,
        copies=0,
        dated_at=NOW,
        message_id="5f6c",
        boundary="=_fixed",
        deadline_at=NOW + timedelta(days=2),
    )


def alone(one: OutboxMessage, links: dict[str, str], home: Writer) -> bytes:
    return compose(Bundle(one, (one,)), [links], writer=home)


def raw(letter: Letter, locale: str = "nb", name: str = "Lars Moen", **changed: Any) -> bytes:
    return alone(message(letter, locale, name, **changed), LINKS, writer())


def read(letter: Letter, locale: str = "nb", name: str = "Lars Moen", **changed: Any) -> tuple[EmailMessage, str, str]:
    return parsed(raw(letter, locale, name, **changed))


def parsed(whole: bytes) -> tuple[EmailMessage, str, str]:
    mail = email.message_from_bytes(whole, policy=policy.default)
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    return mail, plain.get_content().replace("\r\n", "\n"), page.get_content()


def words_of(page: str) -> str:
    """What a reader of the HTML reads."""
    body = re.sub(r"<head>.*?</head>", " ", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:b|a)\b[^>]*>", "", body))
    return " ".join(unescape(text).split())


@pytest.mark.parametrize(("letter", "locale"), EVERY)
def test_a_letter_is_small_plain_and_loads_nothing(letter: Letter, locale: str) -> None:
    mail, plain, page = read(letter, locale)
    assert len(raw(letter, locale)) < 30_000
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert re.search(r"<img|<script|<link|url\(|src=", page) is None
    assert set(re.findall(r'href="([^"]+)"', page)) <= set(LINKS.values())
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == (locale, "auto-generated")
    assert (f"\n{LINK}\n" in plain) is (letter not in LEADS_NOWHERE)
    assert len(str(mail["Subject"])) <= 50


@pytest.mark.parametrize(("letter", "locale"), EVERY)
def test_the_dark_block_stays_and_every_style_stands_at_its_place(letter: Letter, locale: str) -> None:
    page = read(letter, locale)[2]
    assert "@media (prefers-color-scheme: dark)" in page
    assert '<meta name="color-scheme" content="light dark">' in page
    press = re.search(r'<td class="press" style="[^"]*background-color: #0b5a72', page)
    assert (press is not None) is (letter not in LEADS_NOWHERE)


@pytest.mark.parametrize(("letter", "locale"), EVERY)
def test_the_plain_text_says_what_the_html_says_in_the_same_order(letter: Letter, locale: str) -> None:
    _, plain, page = read(letter, locale)
    assert_alike(plain, page)


def assert_alike(plain: str, page: str) -> None:
    """Every sentence of the plain text stands in the HTML, in the same order."""
    shown = words_of(page)
    sentences = [line for line in plain.splitlines() if line.endswith(".") and "http" not in line]
    places = [shown.find(sentence) for sentence in sentences]
    assert -1 not in places, sentences[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.parametrize(("letter", "locale"), EVERY)
def test_the_same_letter_twice_is_the_same_to_the_byte(letter: Letter, locale: str) -> None:
    assert raw(letter, locale) == raw(letter, locale)
    assert b'boundary="=_fixed"' in raw(letter, locale)
    assert b"Message-ID: <5f6c@fjellbris.example>\r\n" in raw(letter, locale)
    assert b"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\n" in raw(letter, locale)


@pytest.mark.parametrize("letter", [Letter.INVITATION, Letter.REMINDER, Letter.RELEASE_READY])
def test_one_click_opt_out_stands_unfolded_and_unencoded(letter: Letter) -> None:
    headers = raw(letter).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert b"List-Unsubscribe: <" + LEAVE.encode() + b">" in headers
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers


def test_a_letter_that_was_asked_for_offers_no_opt_out() -> None:
    bare = alone(message(Letter.SIGN_IN, "nb"), {"link": LINK}, writer())
    assert b"List-Unsubscribe" not in bare


def test_no_line_of_the_body_is_longer_than_mail_allows() -> None:
    for letter, locale in EVERY:
        body = raw(letter, locale).partition(b"\r\n\r\n")[2]
        assert max(len(line) for line in body.split(b"\r\n")) <= 78
        assert body.isascii()


def test_an_invitation_says_who_what_how_long_and_until_when() -> None:
    mail, plain, _ = read(Letter.INVITATION)
    assert str(mail["Subject"]) == "Amir Haddad spør: tre kolleger, tre minutter"
    assert str(mail["From"]) == "Amir Haddad via Fjellbris Varme & Service AS <vurdering@fjellbris.example>"
    assert str(mail["To"]) == "Lars Moen <lars.moen@fjellbris.example>"
    assert plain.startswith("Fjellbris Varme & Service AS\n\nHei, Lars\n\nVi vil vite hvordan samspillet")
    asked = "Amir Haddad spør deg om Sofie Berg, Thea Vik og Omar Said: to spørsmål om hver, om lag tre minutter til sammen."
    assert asked in plain
    assert "Runden stenger fredag 27. november kl. 16.00." in plain
    assert "Løfte 4f9c 21ab." in plain


def test_an_invitation_in_english() -> None:
    mail, plain, _ = read(Letter.INVITATION, "en")
    assert str(mail["Subject"]) == "Amir Haddad asks: three colleagues, three minutes"
    assert "The round closes Friday 27 November at 16:00." in plain
    assert "Your answer is never shown alone." in plain


@pytest.mark.parametrize(
    ("changed", "subject"),
    [
        ({"count": 1, "subjects": ["Sofie Berg"], "minutes": 1}, "Amir Haddad spør: Sofie Berg, ett minutt"),
        (
            {"promises": [PROMISE, {**PROMISE, "rater_group": "self"}]},
            "Amir Haddad spør: tre vurderinger, tre minutter",
        ),
        ({"asked_by": "Anne-Margrethe Kristoffersen Lindqvist"}, "Fjellbris Varme & Service AS spør: tre minutter"),
        ({"asked_by": "Ann Kristoffersen Lindqvist"}, "Ann Kristoffersen Lindqvist spør: tre minutter"),
        (
            {"asked_by": "A" * 60, "organisation": "Norges Lengste Organisasjonsnavn for Varme og Service"},
            "Norges Lengste Organisasjonsnavn for Varme og…",
        ),
    ],
)
def test_a_subject_line_takes_the_longest_wording_that_fits(changed: dict[str, Any], subject: str) -> None:
    assert str(read(Letter.INVITATION, **changed)[0]["Subject"]) == subject


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        ({"mode": "named", "name": "Sofie Berg"}, "Sofie Berg og lederne over ser hva du svarte, og at det var du."),
        ({"mode": "report"}, "Besøket vises for seg. Hvem du er, får verken den du besøkte eller lederne vite."),
        (
            {"mode": "confidential", "k": 5, "name": "Sofie Berg"},
            "Sofie Berg og lederne over ser et snitt når minst fem",
        ),
        ({"mode": "anonymous"}, "Det kan ikke endres etter at du har sendt det."),
        ({"rater_group": "self", "mode": "named"}, "Den teller aldri med i resultatet."),
    ],
)
def test_each_mode_makes_its_own_promise(promise: dict[str, Any], said: str) -> None:
    assert said in read(Letter.INVITATION, promises=[{**PROMISE, **promise}])[1]


def test_several_groups_are_promised_one_by_one() -> None:
    groups = ["manager", "colleague", "direct_report", "customer", "mystery_shopper", "self"]
    parts = [{**PROMISE, "rater_group": group} for group in groups]
    plain = read(Letter.INVITATION, promises=parts)[1]
    heads = ["Som leder:", "Som kollega:", "Om din egen leder:", "Som kunde:", "Som mystery shopper:", "Om deg selv:"]
    places = [plain.index(head) for head in heads]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ("customer", "Sendt fordi du har vært i kontakt med oss."),
        ("mystery_shopper", "Sendt fordi du besøker for oss som mystery shopper."),
        ("colleague", "Sendt fordi du arbeider sammen med dem det gjelder."),
    ],
)
def test_a_letter_says_why_it_came(group: str, why: str) -> None:
    assert why in read(Letter.INVITATION, promises=[{**PROMISE, "rater_group": group}])[1]


def test_many_subjects_are_named_up_to_a_point_and_different_lengths_are_not_told() -> None:
    changed: dict[str, Any] = {
        "subjects": ["A", "B", "C", "D", "E"],
        "more": 12,
        "count": 17,
        "questions": 0,
        "minutes": 20,
    }
    assert "om A, B, C, D, E og 12 til: om lag 20 minutter til sammen." in read(Letter.INVITATION, **changed)[1]


def test_a_reminder_has_one_new_first_sentence_and_the_rest_unchanged() -> None:
    first, second = read(Letter.INVITATION)[1], read(Letter.REMINDER)[1]
    assert second.replace("En påminnelse: du har ikke svart på alt ennå.\n\n", "") == first
    assert str(read(Letter.REMINDER)[0]["Subject"]) == "Påminnelse: Amir Haddad venter på svar"


def test_somebody_without_a_name_is_greeted_all_the_same() -> None:
    mail, plain, _ = read(Letter.INVITATION, name="")
    assert "\nHei\n" in plain
    assert str(mail["To"]) == "lars.moen@fjellbris.example"


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "{0.__class__} %(x)s %s",
    'O\'Brien & "Sons" <b>',
    "&lt;b&gt; &amp;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_text_in_the_html_and_themselves_in_the_plain_text(text: str) -> None:
    promise = {**PROMISE, "name": text}
    changed: dict[str, Any] = {
        "asked_by": text,
        "organisation": text,
        "round_name": text,
        "purpose": text,
        "subjects": [text] * 3,
    }
    _, plain, page = read(Letter.INVITATION, name=text, promises=[promise], **changed)
    assert f"{text} spør deg om {text}, {text} og {text}:" in plain
    assert f"Runde: {text}." in plain
    assert set(re.findall(r"<(\w+)", page.partition("<body")[2])) == {
        "table",
        "tbody",
        "tr",
        "td",
        "p",
        "b",
        "a",
        "div",
    }
    assert "49" not in words_of(page).replace("49, ", "")


@pytest.mark.parametrize(
    "name", ["boss@fjellbris.example", "=?utf-8?q?Boss?=", "A <boss@fjellbris.example>", "Boss\r\nBcc: all@x.example"]
)
def test_a_name_that_could_pass_for_an_address_is_left_away(name: str) -> None:
    mail, _, _ = read(Letter.INVITATION, name=name, asked_by=name)
    assert str(mail["From"]) == "vurdering@fjellbris.example"
    assert str(mail["To"]) == "lars.moen@fjellbris.example"
    assert mail["Bcc"] is None


def test_an_organisation_that_asks_itself_is_named_once() -> None:
    mail, _, _ = read(Letter.INVITATION, asked_by="Fjellbris", organisation="Fjellbris")
    assert str(mail["From"]) == "Fjellbris <vurdering@fjellbris.example>"


# ------------------------------------------------------------ flattened once, filled for each


@pytest.mark.parametrize("text", ["Sofie Berg", "Åse  Ødegård", *HOSTILE, "X" * 300, "="])
@pytest.mark.parametrize(("letter", "locale"), EVERY)
def test_a_letter_filled_for_its_recipient_says_what_one_written_for_him_alone_says(
    letter: Letter, locale: str, text: str
) -> None:
    named = {"subjects": [text, "Thea Vik", text], "promises": [{**PROMISE, "mode": "named", "name": text}]}
    changed: dict[str, Any] = named if letter in {Letter.INVITATION, Letter.REMINDER} else {}
    mail, plain, page = read(letter, locale, text, **changed)
    parameters = {"organisation": "Fjellbris", **PARAMETERS[letter], **changed}
    shown = letter_in_parts(
        Mail(letter, "lars.moen@fjellbris.example", text, locale, parameters, "r", 0, NOW),
        LINKS,
        templates=writer().templates,
    )
    assert str(mail["Subject"]) == shown.subject
    assert plain.split() == shown.text.split()
    assert words_of(page) == words_of(shown.html)


def test_letters_of_one_shape_are_rendered_once_and_those_of_another_anew() -> None:
    home = Writer(writer().templates, "post@fjellbris.example")
    for name in ("Sofie Berg", "Åse Ødegård", "Thea"):
        alone(message(Letter.INVITATION, "nb", name), LINKS, home)
    kept = len(home._kept)
    alone(message(Letter.INVITATION, "nb", ""), LINKS, home)
    alone(message(Letter.INVITATION, "en"), LINKS, home)
    alone(message(Letter.INVITATION, "nb", minutes=4), LINKS, home)
    assert len(home._kept) == 4 * kept
    # What only looks alike when it is compared is another letter: each is what a writer without a past makes of it.
    for minutes in (1, True, 1.0, 4):
        for name in ("Thea Vik", "", "Åse Ødegård"):
            asking = message(Letter.INVITATION, "en", name, minutes=minutes, subjects=[name or "Siv"], count=1)
            fresh = Writer(writer().templates, "post@fjellbris.example")
            assert alone(asking, LINKS, home) == alone(asking, LINKS, fresh)
    for number in range(MOST_KEPT):
        home.kept(number, lambda: "made")
    assert len(home._kept) == MOST_KEPT


def test_a_subject_line_that_names_somebody_is_written_for_each() -> None:
    subjects = [
        str(read(Letter.INVITATION, subjects=[name], count=1, minutes=1)[0]["Subject"])
        for name in ("Thea Vik", "Anne-Margrethe Kristoffersen Lindqvist", "Omar Said")
    ]
    assert subjects == [
        "Amir Haddad spør: Thea Vik, ett minutt",
        "Amir Haddad spør: ett minutt",
        "Amir Haddad spør: Omar Said, ett minutt",
    ]


# ------------------------------------------------------------ in a company's own words

OWN = {
    "subject": "{asker} vil høre om {subjects}",
    "opening": "Kjære {rater}!\n\n{asker} spør om {subjects}: {minutes}.",
    "closing": "Svar innen {closing_time}. Hilsen {organisation}",
}


def test_a_companys_own_texts_stand_between_the_parts_that_stay() -> None:
    mail, plain, page = read(Letter.INVITATION, wording=OWN)
    assert str(mail["Subject"]) == "Amir Haddad vil høre om tre kolleger"
    own = [
        "Kjære Lars!",
        "Amir Haddad spør om Sofie Berg, Thea Vik og Omar Said: tre minutter.",
        "Svar innen fredag 27. november kl. 16.00. Hilsen Fjellbris Varme & Service AS",
    ]
    around = ["Hei, Lars", *own, "Åpne vurderingen", "Hvem ser svarene?", "Ikke send meg flere", "Løfte 4f9c 21ab."]
    for text in (plain, words_of(page)):
        places = [text.index(part) for part in around]
        assert places == sorted(places)
    assert "to spørsmål om hver" not in plain
    assert f"\n{LINK}\n" in plain


def test_a_reminder_in_own_words_equals_the_invitation_but_for_its_start() -> None:
    reminds = {**OWN, "subject": "{asker} venter, {rater}", "reminder": "Vi mangler deg, {rater}."}
    mail, plain, _ = read(Letter.REMINDER, wording=reminds)
    assert str(mail["Subject"]) == "Amir Haddad venter, Lars"
    assert plain.replace("Vi mangler deg, Lars.\n\n", "") == read(Letter.INVITATION, wording=OWN)[1]


def test_somebody_without_a_name_is_you_in_own_words() -> None:
    assert "Kjære du!" in read(Letter.INVITATION, name="", wording=OWN)[1]
    assert "Kjære you!" in read(Letter.INVITATION, "en", name="", wording=OWN)[1]


def test_nothing_in_a_name_is_filled_again_and_a_long_line_is_cut_at_a_word() -> None:
    changed: dict[str, Any] = {"asked_by": "{rater} {{7*7}} %(x)s", "subjects": ["{minutes}"] * 3}
    _, plain, _ = read(Letter.INVITATION, wording=OWN, **changed)
    assert "{rater} {{7*7}} %(x)s spør om {minutes}, {minutes} og {minutes}: tre minutter." in plain
    long = read(Letter.INVITATION, wording=OWN, asked_by="Anne-Margrethe Kristoffersen Lindqvist")[0]["Subject"]
    assert str(long) == "Anne-Margrethe Kristoffersen Lindqvist vil høre…"


def test_domains_with_letters_of_their_own_travel_in_ascii() -> None:
    home = Writer(writer().templates, "post@blåbær.example")
    travelled = alone(message(Letter.SIGN_IN, "nb"), {"link": LINK}, home)
    assert b"<post@xn--blbr-roah.example>" in travelled.partition(b"\r\n\r\n")[0]
