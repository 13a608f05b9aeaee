"""A QR code from its making to its thanks: the public form without a script, its picture, its results apart."""

from datetime import timedelta

from app.infra.qr import qr_path
from app.open_answers.commands import compute_due_periods
from tests.served import ADDRESS, ONE_DATABASE
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


@ONE_DATABASE
def test_whoever_scans_the_code_answers_and_nothing_is_kept_of_the_device(desk: Desk) -> None:
    lead = desk.browser("second")
    home = made_code(desk, lead)
    shown = lead.page(home)
    address = shown.one("svg", role="img").attributes["aria-label"].partition(" of ")[2]
    assert shown.one("svg", role="img").one("path").attributes["d"] == qr_path(address)[0]
    path = address.removeprefix(ADDRESS)
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
        sent |= {"open.1": ["5"], "open.2": ["4"]}
        # No script and no session: a plain form, posted.
        assert passer_by.client.post(path, data=sent).headers["location"] == f"{path}/thanks"
        assert "never alone" in passer_by.page(f"{path}/thanks").words
    desk.clock.pass_by(timedelta(days=10))
    with desk.engine.write() as session:
        assert compute_due_periods(session, now=desk.clock.now) == 1
    lead = desk.browser("second")
    results = lead.page(home).words
    assert ("87.5" in results, "Open answers" in results) == (True, True)
    [result] = lead.client.get(f"/api/v1{home}/results").json()["items"]
    assert (result["source"], result["answers"], result["scores"][0]["score"]) == ("open", 5, 87.5)
    assert "You see the code, not what is answered" in desk.browser("admin").page(home).words
    assert desk.browser("stranger").get(home).status_code == 404


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
    assert lead.client.put(api, json=answers).status_code == 204
    assert lead.client.put(api, json={**answers, "answers": {"open.1": "9"}}).status_code == 422
    assert "Take The counter in the north down?" in lead.page(f"{home}/close").words
    assert lead.post(f"{home}/close").headers["location"].endswith("done=closed")
    for path in (code["path"], f"{code['path']}/thanks", api):
        assert lead.get(path).status_code == 410
    assert lead.get("/q/unknown").status_code == 404
    assert "The counter in the north" in lead.page("/open-codes").words
