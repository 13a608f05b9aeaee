"""What a company may write into its letters, what it must name, and from when on it holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.mail.values import Letter
from app.organisation.commands import create_company
from app.wording.commands import set_wording
from app.wording.intake import parse_wording
from app.wording.queries import find_wording, get_wording, list_wordings, load_texts
from app.wording.rules import HOUSE, PARTS, SAMPLES, worded, worded_letter
from app.wording.tables import WordingRow
from app.wording.values import Part, WordingDraft
from app.words import filled

NB = {
    "subject": "{asker} spør om {subjects}",
    "opening": "Hei!\n\n{asker} spør deg om {subjects}. Det tar {minutes}.",
    "closing": "Svar innen {closing_time}.",
}
EN = {
    "subject": "{asker} asks about {subjects}",
    "opening": "{asker} asks you about {subjects}, {minutes}.",
    "closing": "Answer by {closing_time}.",
}
BOTH = {"nb": NB, "en": EN}


def parse(given: dict[str, Any], letter: Letter = Letter.INVITATION, *, posted: bool = False) -> WordingDraft:
    return parse_wording(given, letter, organisation="Fjellbris Varme & Service AS", posted=posted)


def refusals(given: dict[str, Any], letter: Letter = Letter.INVITATION) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parse(given, letter)
    return [(error.field, error.message.format_map(error.values)) for error in refused.value.errors]


def changed(part: str, nb: str) -> dict[str, Any]:
    return {"nb": {**NB, part: nb}, "en": EN}


# ------------------------------------------------------------ reading


def test_a_letter_in_both_languages_is_taken_as_it_was_written() -> None:
    assert parse(BOTH) == WordingDraft(Letter.INVITATION, BOTH)
    assert parse({}) == WordingDraft(Letter.INVITATION, {})


def test_what_is_blank_reads_as_the_house_text() -> None:
    blank = {"subject": " ", "opening": "", "closing": ""}
    assert parse({"nb": blank, "en": blank}, posted=True).texts == {}


def test_paragraphs_are_kept_and_line_breaks_inside_them_are_not() -> None:
    text = "{asker}\r\nspør deg om {subjects}.\r\n \r\n\r\nDet tar {minutes}."
    assert (
        parse(changed("opening", text)).texts["nb"]["opening"]
        == "{asker} spør deg om {subjects}.\n\nDet tar {minutes}."
    )


@pytest.mark.parametrize(
    ("part", "text", "said"),
    [
        ("subject", "Svar oss, {rater}", "The text has to name {asker} / {organisation}."),
        ("opening", "{asker} spør deg om {subjects}.", "The text has to name {minutes}."),
        ("opening", "{subjects}: {minutes}", "The text has to name {asker}."),
        ("closing", "Svar snart.", "The text has to name {closing_time}."),
        ("closing", "Innen {closing_time}, {boss}.", "There is no place called {boss}."),
        ("subject", "{asker} =?utf-8?q?spør?=", "A subject line cannot hold the signs =?, since mail programs read them as code."),
        ("subject", "{asker}: et emne som er så langt at ingen leser det", "With its places filled in, this line has 55 characters; mail programs show 50."),
    ],
)  # fmt: skip
def test_a_text_names_what_it_must_and_nothing_that_is_unknown(part: str, text: str, said: str) -> None:
    assert refusals(changed(part, text)) == [(f"nb.{part}", said)]


def test_the_length_of_a_subject_line_is_that_of_the_filled_one() -> None:
    assert parse(changed("subject", "{organisation}: {minutes}")).texts["nb"]["subject"] == "{organisation}: {minutes}"
    assert refusals(changed("subject", "{organisation} spør om {subjects}, {minutes}"))[0][0] == "nb.subject"


@pytest.mark.parametrize("text", ["{asker}\nBcc: all@x.example", "{asker}\r\nX: y", "{asker}\x00", "{asker}\u200b"])
def test_a_subject_line_is_one_line_of_visible_text(text: str) -> None:
    assert [field for field, _ in refusals(changed("subject", text))] == ["nb.subject"]


def test_a_line_separator_is_a_blank() -> None:
    assert parse(changed("subject", "{asker}\u2028spør")).texts["nb"]["subject"] == "{asker} spør"


@pytest.mark.parametrize("part", ["subject", "opening", "closing"])
def test_a_part_is_written_in_both_languages_or_in_neither(part: str) -> None:
    alone = {"nb": NB, "en": {name: text for name, text in EN.items() if name != part}}
    assert refusals(alone) == [(f"en.{part}", "Write this in both languages, or in neither.")]


@pytest.mark.parametrize("part", list(PARTS[Letter.INVITATION]))
def test_a_text_has_a_longest_length(part: Part) -> None:
    text = NB[part] + "x" * PARTS[Letter.INVITATION][part].longest
    assert (f"nb.{part}", "This text is too long.") in refusals(changed(part, text))


def test_a_reminder_has_a_subject_and_a_new_first_sentence_only() -> None:
    given = {locale: {"subject": "{asker} venter", "opening": "Bare en påminnelse."} for locale in ("nb", "en")}
    assert parse(given, Letter.REMINDER).texts == given
    assert refusals({**given, "nb": {**given["nb"], "closing": "Nå"}}, Letter.REMINDER)[0][0] == "nb.closing"
    assert refusals({"sv": {}})[0][0] == "sv"


@pytest.mark.parametrize("letter", list(HOUSE))
def test_the_house_texts_would_be_taken(letter: Letter) -> None:
    english = {part.value: text for part, text in HOUSE[letter].items()}
    assert parse({"nb": english, "en": english}, letter).texts["en"] == english


def test_what_looks_like_code_stays_as_it_is() -> None:
    hostile = "{{7*7}} {0.__class__} %(x)s ${minutes} {asker} {subjects} {minutes}"
    text = parse(changed("opening", hostile)).texts["nb"]["opening"]
    assert filled(text, SAMPLES["nb"]) == (
        "{{7*7}} {0.__class__} %(x)s $tre minutter Amir Haddad tre kolleger tre minutter"
    )


def test_only_letters_to_raters_are_worded() -> None:
    assert worded_letter("reminder") is Letter.REMINDER
    for name in ("sign_in", "release_ready", "no letter", ""):
        with pytest.raises(NotFound):
            worded_letter(name)


def test_a_reminder_equals_the_invitation_but_for_its_start() -> None:
    texts = {Letter.INVITATION: BOTH, Letter.REMINDER: {"nb": {"subject": "S", "opening": "O"}}}
    assert worded(texts, Letter.INVITATION, "nb") == NB
    assert worded(texts, Letter.REMINDER, "nb") == {
        "subject": "S",
        "reminder": "O",
        "opening": NB["opening"],
        "closing": NB["closing"],
    }
    assert worded(texts, Letter.REMINDER, "en") == {"opening": EN["opening"], "closing": EN["closing"]}
    assert worded({}, Letter.INVITATION, "nb") == {}


# ------------------------------------------------------------ storing


@pytest.fixture
def company_id(session: WriteSession, now: datetime) -> str:
    return create_company(session, SERVICE, "Fjellbris", now=now).id


def test_a_letter_is_stored_beside_what_it_was_before(session: WriteSession, company_id: str, now: datetime) -> None:
    later = now + timedelta(days=1)
    first = set_wording(session, SERVICE, company_id, parse(BOTH), expected_version=0, now=now)
    assert (first.version, first.set_at, first.texts) == (1, now, BOTH)
    assert set_wording(session, SERVICE, company_id, parse(BOTH), now=later) == first, "the same again changes nothing"
    back = set_wording(session, SERVICE, company_id, parse({}), expected_version=1, now=later)
    assert (back.version, back.texts) == (2, {})
    assert load_texts(session, company_id, at=now) == {Letter.INVITATION: BOTH}
    assert load_texts(session, company_id, at=now - timedelta(seconds=1)) == {}
    assert load_texts(session, company_id, at=later) == {Letter.INVITATION: {}}
    entries = session.execute(select(JournalRow.action, JournalRow.details).order_by(JournalRow.sequence)).all()
    assert [tuple(entry) for entry in entries][-2:] == [
        ("wording.set", {"letter": "invitation", "version": 1}),
        ("wording.reset", {"letter": "invitation", "version": 2}),
    ]


def test_somebody_elses_change_is_not_overwritten(session: WriteSession, company_id: str, now: datetime) -> None:
    set_wording(session, SERVICE, company_id, parse(BOTH), now=now)
    with pytest.raises(StaleVersion):
        set_wording(session, SERVICE, company_id, parse({}), expected_version=0, now=now)
    assert find_wording(session, company_id, Letter.INVITATION).texts == BOTH


def test_a_company_reads_its_own_letters_only(session: WriteSession, company_id: str, now: datetime) -> None:
    other = create_company(session, SERVICE, "Annet", now=now).id
    set_wording(session, SERVICE, company_id, parse(BOTH), now=now)
    assert load_texts(session, other, at=now) == {}
    assert [one.version for one in list_wordings(session, SERVICE, company_id)] == [1, 0]
    reader = Viewer("account:r", grants=(Grant(Role.VIEWER, company_id),))
    assert get_wording(session, reader, company_id, Letter.INVITATION).version == 1
    with pytest.raises(Forbidden):
        set_wording(session, reader, company_id, parse({}), now=now)
    with pytest.raises(NotFound):
        get_wording(session, reader, other, Letter.INVITATION)
    with pytest.raises(NotFound):
        set_wording(session, reader, other, parse({}), now=now)
    assert len(session.scalars(select(WordingRow)).all()) == 1
