"""A QR code from its making to its thanks: the public form without a script, its picture, its results apart."""

from datetime import timedelta

from app.infra.qr import qr_path
from app.open_answers.seal import compute_and_scrub
from tests.moderation.built import give_moderator
from tests.served import ADDRESS, ONE_DATABASE, OWN_PAGE
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import tree


def made_code(desk: Desk, lead: Browser) -> str:
    wish = {
        **form_of(lead.page("/open-codes/new"), "/open-codes/new"),
        "subject_id": desk.company.subjects["Team Nord"],
        "name.nb": "Disken i nord",
        "name.en": "The counter in the north",
    }
    refused = lead.post("/open-codes/new", wish)
    assert (refused.status_code, [href for href, _ in wrong_fields(tree(refused.text))]) == (422, ["#kpi_ids"])
    made = lead.post("/open-codes/new", {**wish, "kpi_ids": [desk.company.kpis["first impression"]]})
    return made.headers["location"].partition("?")[0]


def usually_moderated(desk: Desk) -> None:
    """Whoever sets up rounds of the whole company says who reads comments first."""
    with desk.engine.write() as session:
        desk.accounts["moderator"] = give_moderator(session, desk.company, desk.clock.now)
    admin, lead = desk.browser("admin"), desk.browser("second")
    assert "who reads them first" in admin.page("/rounds").words
    assert "who reads them first" not in lead.page("/rounds").words
    assert lead.get("/usual-moderators").status_code == 404
    assert "New rounds, programmes and QR codes" in admin.page("/usual-moderators").words
    assert admin.post("/usual-moderators", {"moderated_by": "x" * 81}).status_code == 422
    assert admin.post("/usual-moderators", {"moderated_by": "HR"}).headers["location"] == "/usual-moderators?done=set"
    over_http = admin.client
    assert over_http.get("/api/v1/usual-moderators").json() == {"moderated_by": "HR"}
    for wanted in (None, "HR, Ida"):
        said = over_http.post("/api/v1/usual-moderators", json={"moderated_by": wanted}, headers=OWN_PAGE)
        assert said.json() == {"moderated_by": wanted}
    for form in ("/programmes/new", "/open-codes/new"):
        assert form_of(lead.page(form), form)["moderated_by"] == ["HR, Ida"]


def moderate(desk: Desk, home: str) -> None:
    """Three comments on their pages, one over HTTP."""
    hr, path = desk.browser("moderator"), f"/comments/{home.rpartition('/')[2]}"
    assert "The counter in the north" in hr.page("/comments").words
    queue = hr.page(path)
    assert "5 comments are not looked at." in queue.words
    assert "whoever wrote it is told" in queue.words
    ids = {card.one("blockquote").words: card.attributes["id"][2:] for card in queue.all("section", class_="card")}
    withhold, edit = f"{path}/{ids['Nummer 1.']}/withhold", f"{path}/{ids['Nummer 2.']}/edit"
    assert "by the code" in hr.page(withhold).words
    assert hr.post(withhold, {"reason": "insult"}).headers["location"] == f"{path}?done=decided"
    assert hr.post(edit, {"text": "Nummer to.", "reason": "private"}).status_code == 303
    assert hr.post(f"{path}/{ids['Nummer 3.']}", {"verdict": "released"}).status_code == 303
    [listed] = hr.client.get("/api/v1/comments").json()["items"]
    assert listed == hr.client.get(f"/api/v1{home}/comments").json()
    assert (listed["round_id"], listed["open_code_id"]) == (None, home.rpartition("/")[2])
    for text in ("Nummer 0.", "Nummer 4."):
        decision = f"/api/v1/comments/{ids[text]}/decision"
        assert hr.client.post(decision, json={"verdict": "released"}, headers=OWN_PAGE).status_code == 204
    assert "Your decisions take effect when the period is computed." in hr.page(path).words
    for who in ("second", "admin", "reader"):
        assert desk.browser(who).get(path).status_code in {403, 404}, who


def scanned_by_five(desk: Desk, path: str) -> list[str]:
    """Each from a phone of its own, without a script and without a session: a plain form, posted; the receipt codes."""
    codes = []
    for number in range(5):
        passer_by = Browser(desk.browser("teammate").client, "")
        passer_by.client.cookies.clear()
        desk.clock.pass_by(timedelta(minutes=15))
        form = form_of(passer_by.page(path), path)
        desk.clock.pass_by(timedelta(seconds=30))
        passer_by.client.headers["user-agent"] = f"Phone {number}"
        if number == 0:
            empty = passer_by.post(path, form)
            assert (empty.status_code, "Nothing is answered yet" in empty.text) == (422, True)
        sent = {name: values for name, values in form.items() if name != "open.comment"}
        sent |= {"open.1": ["5"], "open.2": ["4"], "open.comment": [f"Nummer {number}."]}
        assert "HR, Ida reads your comment first" in passer_by.page(path).words
        answered = [passer_by.client.post(path, data=sent) for _ in range(2)]
        shown, again = (tree(one.text).one("code").words for one in answered)
        assert (answered[0].status_code, again) == (200, shown), "sent twice, as after a lost answer"
        assert f"Type it in at {ADDRESS}/receipt once the period is over." in tree(answered[0].text).words
        codes.append(shown)
        assert "never alone" in passer_by.page(f"{path}/thanks").words
    return codes


def told(desk: Desk, code: str) -> dict[str, str | None]:
    """What a code tells over HTTP, and that its page does so as well."""
    said: dict[str, str | None] = desk.browser("stranger").client.post("/api/v1/receipts", json={"code": code}).json()
    assert desk.browser("stranger").client.post("/receipt", data={"code": code}).status_code == 200
    return said


@ONE_DATABASE
def test_whoever_scans_the_code_answers_and_nothing_is_kept_of_the_device(desk: Desk) -> None:
    usually_moderated(desk)
    lead = desk.browser("second")
    home = made_code(desk, lead)
    shown = lead.page(home)
    address = shown.one("svg", role="img").attributes["aria-label"].partition(" of ")[2]
    assert shown.one("svg", role="img").one("path").attributes["d"] == qr_path(address)[0]
    path = address.removeprefix(ADDRESS)
    codes = scanned_by_five(desk, path)
    assert told(desk, codes[0])["state"] == "received"
    desk.clock.pass_by(timedelta(days=10))
    moderate(desk, home)
    assert compute_and_scrub(desk.engine, now=desk.clock.now) == 1
    fates = [(one["state"], one["reason"]) for one in (told(desk, code) for code in codes)]
    assert fates == [("released", None), ("withheld", "insult"), ("edited", None), *[("released", None)] * 2]
    lead = desk.browser("second")
    results = lead.page(home).words
    assert "Nummer to. Edited for anonymity" in " ".join(results.split())
    assert "Withheld: 1 comment" in results
    assert ("87.5" in results, "Open answers" in results) == (True, True)
    [result] = lead.client.get(f"/api/v1{home}/results").json()["items"]
    assert [one["is_edited"] for one in result["comments"]].count(True) == 1
    assert result["withheld"] == [{"reason": "insult", "comments": 1}]
    assert (result["source"], result["answers"], result["scores"][0]["score"]) == ("open", 5, 87.5)
    assert "You see the code, not what is answered" in desk.browser("admin").page(home).words
    assert desk.browser("stranger").get(home).status_code == 404


def readers_of_comments(desk: Desk, lead: Browser, home: str) -> None:
    """Who reads comments first is changed, with the checks of making a code, on the page and over HTTP."""
    page = f"{home}/comment-readers"
    assert "It holds for answers from now on." in lead.page(page).words
    nobody = lead.post(page, {"moderated_by": "HR"})
    assert (nobody.status_code, "nobody has that role there" in nobody.text) == (422, True)
    with desk.engine.write() as session:
        give_moderator(session, desk.company, desk.clock.now)
    assert lead.post(page, {"moderated_by": "HR"}).headers["location"] == f"{home}?done=readers"
    assert lead.client.get(f"/api/v1{home}").json()["moderated_by"] == "HR"
    wish = {"moderated_by": "HR, Ida"}
    assert lead.client.patch(f"/api/v1{home}", json=wish, headers=OWN_PAGE).status_code == 428
    stale, changed = (
        lead.client.patch(f"/api/v1{home}", json=wish, headers={**OWN_PAGE, "If-Match": f'"{version}"'})
        for version in (1, 2)
    )
    assert (stale.status_code, changed.status_code) == (412, 200)
    assert (changed.json()["moderated_by"], changed.json()["version"]) == ("HR, Ida", 3)
    assert desk.browser("stranger").get(page).status_code == 404
    assert desk.browser("reader").post(page, {"moderated_by": ""}).status_code in {403, 404}


@ONE_DATABASE
def test_a_code_that_was_taken_down_says_so_on_page_and_api(desk: Desk) -> None:
    lead = desk.browser("second")
    home = made_code(desk, lead)
    code = lead.client.get(f"/api/v1{home}").json()
    form = lead.client.get(f"/api/v1/open-forms{code['path'].removeprefix('/q')}").json()
    assert (form["unit"], form["k"], [item["field"] for item in form["items"]]) == (
        "Team Nord",
        5,
        ["open.1", "open.2"],
    )
    answers = {"submission_id": form["submission_id"], "begun": form["begun"], "answers": {"open.1": "5"}}
    api = f"/api/v1/open-forms{code['path'].removeprefix('/q')}"
    assert lead.client.put(api, json=answers).json() == {"code": None}
    said = {"submission_id": "another-phone", "begun": "", "answers": {"open.1": "5", "open.comment": "Fint."}}
    first, again = (lead.client.put(api, json=said).json()["code"] for _ in range(2))
    assert (len(first), again) == (19, first)
    assert lead.client.put(api, json={**answers, "answers": {"open.1": "9"}}).status_code == 422
    readers_of_comments(desk, lead, home)
    assert "Take The counter in the north down?" in lead.page(f"{home}/close").words
    assert lead.post(f"{home}/close").headers["location"].endswith("done=closed")
    for path in (code["path"], f"{code['path']}/thanks", api):
        assert lead.get(path).status_code == 410
    assert lead.get("/q/unknown").status_code == 404
    assert "The counter in the north" in lead.page("/open-codes").words
