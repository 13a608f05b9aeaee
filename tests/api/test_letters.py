"""The letters of a company over HTTP: worded in both languages, shown before they are sent, back to the house text."""

from tests.served import Served

TEXTS = {
    "nb": {"subject": "{asker} spør om {subjects}", "closing": "Svar innen {closing_time}, takk."},
    "en": {"subject": "{asker} asks about {subjects}", "closing": "Answer by {closing_time}, thanks."},
}
PATH = "/api/v1/letters/invitation"


def test_a_letter_is_worded_in_the_version_that_was_read(served: Served) -> None:
    client = served.with_key()
    fresh = client.get(PATH)
    assert (fresh.json(), fresh.headers["etag"]) == (
        {"letter": "invitation", "texts": {}, "set_at": None, "version": 0},
        '"0"',
    )
    stored = client.put(PATH, json=TEXTS, headers={"if-match": '"0"'})
    assert (stored.status_code, stored.headers["etag"]) == (200, '"1"')
    assert stored.json()["texts"]["nb"] == {**TEXTS["nb"], "opening": None}
    assert client.put(PATH, json={}, headers={"if-match": '"0"'}).status_code == 412
    assert client.put(PATH, json=TEXTS).status_code == 428
    assert [one["version"] for one in client.get("/api/v1/letters").json()["items"]] == [1, 0]
    assert client.delete(PATH).status_code == 204
    assert (client.get(PATH).json()["texts"], client.get(PATH).json()["version"]) == ({}, 2)


def test_a_refusal_names_every_text_that_is_wrong(served: Served) -> None:
    wrong = {"nb": {"subject": "Svar", "opening": "{asker} {boss}"}, "en": {"closing": "Now"}}
    refused = served.with_key().put(PATH, json=wrong, headers={"if-match": '"0"'})
    fields = {error["field"]: error["message"] for error in refused.json()["errors"]}
    assert refused.status_code == 422
    assert fields.keys() == {"nb.subject", "nb.opening", "en.closing", "en.subject", "en.opening", "nb.closing"}
    assert fields["nb.opening"] == "There is no place called {boss}."


def test_a_letter_is_shown_in_both_languages_and_nothing_is_stored(served: Served) -> None:
    client = served.with_key()
    shown = client.post(f"{PATH}/preview", json=TEXTS).json()
    assert shown["nb"]["subject"] == "Amir Haddad spør om tre kolleger"
    assert shown["en"]["subject"] == "Amir Haddad asks about three colleagues"
    assert "Svar innen lørdag 28. november kl. 10.00, takk." in shown["nb"]["text"].replace("\xa0", " ")
    assert "Answer by Saturday 28 November at 10:00, thanks." in shown["en"]["html"].replace("&nbsp;", " ").replace(
        "\xa0", " "
    )
    assert client.get(PATH).json()["version"] == 0


def test_a_reminder_is_shown_with_the_invitations_texts_under_its_own_start(served: Served) -> None:
    client = served.with_key()
    client.put(PATH, json=TEXTS, headers={"if-match": '"0"'})
    start = {locale: {"opening": "Vi minner om dette."} for locale in ("nb", "en")}
    shown = client.post("/api/v1/letters/reminder/preview", json=start).json()
    assert shown["nb"]["subject"] == "Påminnelse: Amir Haddad venter på svar"
    text = shown["nb"]["text"]
    assert text.index("Vi minner om dette.") < text.index("Svar innen")


def test_what_looks_like_code_or_markup_comes_out_as_it_was_written(served: Served) -> None:
    text = "{{7*7}} {0.__class__} %(x)s <b>{closing_time}</b>"
    given = {locale: {"closing": text} for locale in ("nb", "en")}
    shown = served.with_key().post(f"{PATH}/preview", json=given).json()["en"]
    plain = shown["text"].replace("\xa0", " ")
    assert "{{7*7}} {0.__class__} %(x)s <b>Saturday 28 November at 10:00</b>" in plain
    assert "&lt;b&gt;Saturday" in shown["html"]
    assert "49" not in plain


def test_other_letters_are_not_there(served: Served) -> None:
    client = served.with_key()
    for name in ("sign_in", "release_ready", "x"):
        assert client.get(f"/api/v1/letters/{name}").status_code == 404
        assert client.post(f"/api/v1/letters/{name}/preview", json={}).status_code == 404
        assert client.delete(f"/api/v1/letters/{name}").status_code == 404
