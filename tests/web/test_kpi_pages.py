"""KPIs, goals, scales, targets and cards: what the forms store, and what they keep when they refuse."""

from app.accounts.rules import SERVICE
from app.fields import NO_NUMBER
from app.infra.paging import PageRequest
from app.kpis.commands import activate_kpi, create_kpi, pause_kpi, set_scorecard, set_target
from app.kpis.intake import parse_kpi, parse_scorecard, parse_target
from app.kpis.queries import list_goals
from app.organisation.queries import find_person
from tests.kpis.plain import card, hard, words
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import Element, tree

TODAY = "2026-11-23"
DRAFT = {
    "kind": "soft",
    "name.nb": "Lytting",
    "rater_weights.customer": "2,5",
    "rater_weights.self": "0",
    "items.0.name.nb": "Avbryter",
    "items.0.anchors.1.nb": "Avbryter ofte",
}
HARD = {
    "kind": "hard",
    "name.nb": "Svartid",
    "name.en": "Answer time",
    "purpose.nb": "Kort ventetid",
    "purpose.en": "A short wait",
    "criterion.nb": "Under 45 s",
    "criterion.en": "Below 45 s",
    "decision_rule.text.nb": "Endre vaktplanen",
    "decision_rule.text.en": "Change the roster",
    "decision_rule.days": "5",
    "unit.nb": "s",
    "unit.en": "s",
    "direction": "lower",
    "aggregation": "median",
    "rollup": "pooled",
    "owner_id": "amir.haddad@fjellbris.example",
}


def scale_of(admin: Browser) -> str:
    page = admin.page("/kpis/new?kind=soft")
    return page.one("select", id="items.0.scale_id").all("option")[0].attributes["value"]


def goal_of(admin: Browser) -> str:
    return admin.page("/kpis/new?kind=hard").one("select", id="goal_id").all("option")[1].attributes["value"]


def created(admin: Browser, fields: dict[str, str]) -> str:
    answer = admin.post("/kpis/new", fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def state(page: Element) -> list[str]:
    return [badge.words for badge in page.all("span", class_="badge")][:1]


def checks(page: Element) -> dict[str, list[str]]:
    found = page.one("ul", class_="checks").all("li")
    return {one.one("strong").words: [link.words for link in one.all("a")] for one in found}


def test_a_draft_is_stored_with_what_there_is(desk: Desk) -> None:
    admin = desk.browser("admin")
    assert admin.post("/competences/new", {"external_id": "talk"}).status_code == 422
    competence = {"name.nb": "Samtale", "name.en": "Talking"}
    assert admin.post("/competences/new", competence).headers["location"] == "/competences?done=created"
    [link] = admin.page("/competences").one("table").all("a")
    change = link.attributes["href"]
    stored = form_of(admin.page(change), change)
    renamed = {name: texts[0] for name, texts in stored.items()} | {"name.en": "Conversation"}
    assert admin.post(change, renamed).headers["location"] == "/competences?done=changed"
    assert admin.post(change, renamed).status_code == 412
    practice = {
        "items.0.competence_id": change.split("/")[2],
        "items.0.resource.title.en": "Listen",
        "items.0.resource.url": "https://learn.example.org/listen",
        "items.0.exercise.text.en": "Repeat the question.",
        "items.0.exercise.minutes": "5",
    }
    path = created(admin, {**DRAFT, "items.0.scale_id": scale_of(admin), **practice})
    page = admin.page(path)
    assert (page.one("h1").words, state(page)) == ("Lytting", ["Draft"])
    told = [one.words for one in page.one("main").all("p", class_="card-text")]
    assert {
        "Competence: Conversation",
        "Exercise (5 min): Repeat the question.",
        "To learn from: Listen",
    } <= set(told)
    assert "Nothing says yet how to get better." not in admin.page(f"{path}/activate").words
    sent = form_of(admin.page(f"{path}/change"), f"{path}/change")
    assert (sent["items.0.name.nb"], sent["items.0.anchors.1.nb"]) == (["Avbryter"], ["Avbryter ofte"])
    assert sent["rater_weights.customer"] == ["2.5"]


def test_the_form_of_a_draft_sent_as_it_stands_changes_nothing_of_it(desk: Desk) -> None:
    admin = desk.browser("admin")
    path = created(admin, {**DRAFT, "items.0.scale_id": scale_of(admin)})
    before = form_of(admin.page(f"{path}/change"), f"{path}/change")
    assert admin.post(f"{path}/change", before).status_code == 303
    after = form_of(admin.page(f"{path}/change"), f"{path}/change")
    assert {**before, "version": ["2"]} == after


def test_an_item_left_blank_is_no_item(desk: Desk) -> None:
    admin = desk.browser("admin")
    scale = scale_of(admin)
    blank = {
        f"items.{place}.{name}": text for place in (0, 2) for name, text in (("name.nb", " "), ("scale_id", scale))
    }
    items = {"items.1.name.nb": "Møtet", "items.1.scale_id": scale}
    path = created(admin, {"kind": "soft", "name.nb": "Hilsen", **blank, **items})
    assert [head.words for head in admin.page(path).one("main").all("h3")] == ["Møtet", "No group has a weight yet"]


def test_a_refused_kpi_names_every_field_and_keeps_everything(desk: Desk) -> None:
    admin = desk.browser("admin")
    typed = {
        **DRAFT,
        "items.0.scale_id": scale_of(admin),
        "decision_rule.days": "400",
        "rater_weights.customer": "mye",
        "owner_id": "ola@x.example",
    }
    answer = admin.post("/kpis/new", typed)
    page = tree(answer.text)
    assert answer.status_code == 422
    assert dict(wrong_fields(page)) == {
        "#decision_rule.days": "Decision rule, Within how many working days: Enter a whole number in the allowed range."
        " Allowed: 1–365. You entered 400.",
        "#rater_weights.customer": "Weights of rater groups: Enter a number in the allowed range, with at most six"
        " decimals. Allowed: 0–1000000000. You entered mye.",
        "#owner_id": "Owner: Nobody is known here by this address or external id.",
    }
    for name, text in typed.items():
        fields = [one for one in page.walk() if one.attributes.get("name") == name and one.tag in {"input", "textarea"}]
        assert all(one.attributes.get("value", "".join(map(str, one.content))).strip() == text for one in fields), name
    assert admin.page("/kpis?state=draft").one("div", class_="empty").one("h2").words == "No KPI like this"


def test_every_link_of_a_refusal_leads_to_a_field_that_says_the_same(desk: Desk) -> None:
    admin = desk.browser("admin")
    wrong = {"kind": "hard", "percentile": "120", "decimals": "9", "per": "x", "aggregation": "sum", "prorate": "1"}
    page = tree(admin.post("/kpis/new", wrong).text)
    places = [where.removeprefix("#") for where, _ in wrong_fields(page)]
    assert sorted(places) == ["cadence", "decimals", "name.nb", "per", "percentile"]
    for place in places:
        control = next(one for one in page.walk() if one.attributes.get("id") == place)
        assert control.attributes["aria-invalid"] == "true", place


def test_a_kpi_is_activated_when_its_list_is_complete(desk: Desk) -> None:
    admin = desk.browser("admin")
    path = created(admin, {**HARD, "goal_id": goal_of(admin)})
    missing = checks(admin.page(f"{path}/activate"))
    assert [label for label, links in missing.items() if links] == ["A target that fits the direction"]
    refused = admin.post(f"{path}/activate")
    assert (refused.status_code, len(wrong_fields(tree(refused.text)))) == (422, 1)
    target = {"starts_on": TODAY, "floor": "180", "target": "45", "stretch": "20", "subject_id": ""}
    assert admin.post(f"{path}/targets/new", target).status_code == 303
    assert admin.post(f"{path}/activate").headers["location"] == f"{path}?done=activated"
    page = admin.page(path)
    assert state(page) == ["Active"]
    assert page.one("div", class_="banner").words.startswith("It stands on no scorecard yet.")
    assert [cell.words for cell in page.one("table", aria_label="Targets").one("tbody").all("td")][1:] == [
        "180 s",
        "45 s",
        "20 s",
    ]


def test_a_band_upside_down_is_refused_and_not_turned(desk: Desk) -> None:
    admin = desk.browser("admin")
    path = created(admin, HARD)
    typed = {"starts_on": TODAY, "floor": "20", "target": "45", "stretch": "180", "subject_id": ""}
    answer = admin.post(f"{path}/targets/new", typed)
    page = tree(answer.text)
    assert (answer.status_code, [where for where, _ in wrong_fields(page)]) == (422, ["#target"])
    assert [page.one("input", id=name).attributes["value"] for name in ("floor", "target", "stretch")] == [
        "20",
        "45",
        "180",
    ]
    assert admin.page(path).all("table") == []


def test_a_kpi_in_use_changes_by_a_new_version_and_keeps_the_old_one(desk: Desk) -> None:
    admin, path = desk.browser("admin"), f"/kpis/{desk.company.kpis['first impression']}"
    sent = form_of(admin.page(f"{path}/versions/new"), f"{path}/versions/new")
    assert "goal_id" not in sent
    answer = admin.post(f"{path}/versions/new", {**sent, "name.en": ["Welcome"], "name.nb": ["Velkomst"]})
    assert answer.headers["location"] == f"{path}?done=version"
    assert admin.page(path).one("h1").words == "Welcome"
    assert admin.page(f"{path}/versions/1").one("h1").words == "First impression"
    [link] = [one.attributes["href"] for one in admin.page(path).all("a") if one.words == "What it changed"]
    rows = admin.page(link).one("tbody").all("tr")
    assert [row.words for row in rows][-1] == "Name, English First impression Welcome"
    told = admin.get(f"/api/v1{link}").json()
    assert {"field": "name.en", "before": "First impression", "after": "Welcome"} in told["items"]
    assert (told["since"], told["number"], len(told["items"])) == (1, 2, len(rows))
    assert admin.get(f"/api/v1{path}/versions/1/changes").status_code == 404
    again = form_of(admin.page(f"{path}/versions/new"), f"{path}/versions/new")
    assert admin.post(f"{path}/versions/new", {**again, "items.0.anchors.1.en": ["Wants to help"]}).status_code == 303
    [hint] = admin.get(f"/api/v1{path}/hints").json()["items"]
    assert hint["field"] == "items.0.anchors.1.en"
    assert hint["message"] in admin.page(f"{path}/versions/new").one("main").words
    for wrong in ("1/changes", "x/changes", "2/changes?since=x"):
        admin.page(f"{path}/versions/{wrong}", status=404)


def test_a_version_may_not_begin_in_the_past(desk: Desk) -> None:
    admin, path = desk.browser("admin"), f"/kpis/{desk.company.kpis['first impression']}"
    sent = form_of(admin.page(f"{path}/versions/new"), f"{path}/versions/new")
    answer = admin.post(f"{path}/versions/new", {**sent, "starts_on": ["2026-01-01"], "name.nb": ["Før"]})
    assert answer.status_code == 409
    assert tree(answer.text).one("input", id="name.nb").attributes["value"] == "Før"


def test_pausing_and_retiring_ask_for_a_reason(desk: Desk) -> None:
    admin, path = desk.browser("admin"), f"/kpis/{desk.company.kpis['first impression']}"
    assert [admin.post(f"{path}/{act}", {"reason": " "}).status_code for act in ("pause", "retire")] == [422, 422]
    assert state(admin.page(path)) == ["Active"]
    assert admin.post(f"{path}/pause", {"reason": "Vi hviler den."}).status_code == 303
    assert state(admin.page(path)) == ["Paused"]
    assert admin.post(f"{path}/retire", {"reason": "Bare statistikk."}).status_code == 303
    assert state(admin.page(path)) == ["Retired"]
    again = admin.post(f"{path}/retire", {"reason": "En gang til."})
    assert (again.status_code, tree(again.text).one("textarea", id="reason").words) == (409, "En gang til.")


def test_a_goal_cannot_hang_below_itself_and_is_not_offered_for_it(desk: Desk) -> None:
    admin = desk.browser("admin")
    first = goal_of(admin)
    admin.post("/goals/new", {"name.nb": "Under", "name.en": "Below", "parent_id": first})
    page = admin.page(f"/goals/{first}/change")
    assert [option.words for option in page.one("select", id="parent_id").all("option")] == ["No other goal"]
    sent = {**form_of(page, f"/goals/{first}/change"), "parent_id": [first]}
    assert admin.post(f"/goals/{first}/change", sent).status_code == 422


def test_a_kpi_without_a_goal_is_pointed_out(desk: Desk) -> None:
    admin = desk.browser("admin")
    created(admin, {"kind": "hard", "name.nb": "Løs", "name.en": "Loose"})
    banner = admin.page("/goals").one("div", class_="banner-watch")
    assert banner.words == "1 KPI serves no goal. Loose"


def test_described_levels_are_stored_and_shown_again(desk: Desk) -> None:
    admin = desk.browser("admin")
    typed = {"kind": "bars", "name.nb": "Trinn", "levels.0.code": "never", "levels.0.value": "0"}
    half = admin.post("/scales/new", {**typed, "levels.1.code": "often"})
    assert (half.status_code, [where for where, _ in wrong_fields(tree(half.text))]) == (422, ["#levels.1.value"])
    assert admin.post("/scales/new", {**typed, "levels.1.code": "often", "levels.1.value": "100"}).status_code == 303
    rows = [[cell.words for cell in row.all("td")][1] for row in admin.page("/scales").one("tbody").all("tr")]
    assert "never (0), often (100)" in rows


def test_who_may_write_is_told_which_words_could_be_clearer(desk: Desk) -> None:
    admin = desk.browser("admin")
    item = {"items.0.scale_id": scale_of(admin), "items.0.name.en": "Welcome", "items.0.anchors.5.en": "Very good"}
    path = created(admin, {"kind": "soft", "name.nb": "Hilsen", **item})
    hints = [hint.words for hint in admin.page(path).one("div", class_="banner-note").all("li")]
    assert hints == ["Item 1, Words for point 5, English: Describe what others can see, not how good it is."]
    assert desk.browser("owner").page(path).all("div", class_="banner-note") == []


# ------------------------------------------------------------ cards


def card_fields(desk: Desk, level: str = "team", **weights: str) -> dict[str, str]:
    kpis = {name.replace(" ", "_"): kpi_id for name, kpi_id in desk.company.kpis.items()}
    head = {"subject_id": desk.company.subjects["Team Nord"], "level": level, "starts_on": TODAY}
    return head | {f"weight.{kpis[name]}": weight for name, weight in weights.items()}


def test_a_card_shows_its_weights_as_shares(desk: Desk) -> None:
    owner = desk.browser("owner")
    extra = created(desk.browser("admin"), {"kind": "hard", "name.nb": "Salg", "name.en": "Sales"}).removeprefix(
        "/kpis/"
    )
    sent = {**card_fields(desk, first_impression="3"), f"weight.{extra}": "1"}
    answer = owner.post("/scorecards/edit", sent)
    assert answer.status_code == 303
    rows = owner.page(answer.headers["location"]).one("tbody").all("tr")
    shares = {row.one("a").words: row.all("td")[-1].words for row in rows}
    assert shares == {"First impression": "75%", "Sales": "25%"}


def test_a_weight_that_is_no_number_is_told_under_the_name_of_its_kpi(desk: Desk) -> None:
    owner = desk.browser("owner")
    answer = owner.post("/scorecards/edit", card_fields(desk, first_impression="-1"))
    page = tree(answer.text)
    kpi = desk.company.kpis["first impression"]
    assert answer.status_code == 422
    assert wrong_fields(page) == [
        (
            f"#weight.{kpi}",
            f"First impression, Weight: {NO_NUMBER} Allowed: more than 0. You entered -1.",
        )
    ]
    assert page.one("input", id=f"weight.{kpi}").attributes["value"] == "-1"


def test_a_seventh_kpi_on_a_persons_card_is_refused_until_one_is_paused(desk: Desk) -> None:
    admin = desk.browser("admin")
    made = [created(admin, {"kind": "hard", "name.nb": f"Nr {n}"}).removeprefix("/kpis/") for n in range(7)]
    head = card_fields(desk, "person")
    answer = admin.post("/scorecards/edit", head | {f"weight.{kpi_id}": "1" for kpi_id in made})
    assert answer.status_code == 409
    alert = tree(answer.text).one("div", role="alert")
    assert alert.words == "The card has 6 KPIs. Pause one before you add another."
    assert tree(answer.text).one("input", id=f"weight.{made[6]}").attributes["value"] == "1"
    six = admin.post("/scorecards/edit", head | {f"weight.{kpi_id}": "1" for kpi_id in made[:6]})
    assert six.status_code == 303


def test_a_manager_sets_the_cards_of_the_own_team_only(desk: Desk) -> None:
    owner, south = desk.browser("owner"), desk.company.subjects["Team Sør"]
    foreign = {**card_fields(desk, first_impression="1"), "subject_id": south}
    assert owner.post("/scorecards/edit", foreign).status_code == 404
    assert owner.get(f"/scorecards/edit?subject_id={south}&level=team").status_code == 404
    offered = owner.page("/scorecards/edit").one("select", id="subject_id").all("option")
    assert [option.words for option in offered] == ["Team Nord"]


def test_a_level_above_the_unit_is_not_offered_a_form(desk: Desk) -> None:
    owner, north = desk.browser("owner"), desk.company.subjects["Team Nord"]
    answer = owner.get(f"/scorecards/edit?subject_id={north}&level=company")
    assert answer.status_code == 422
    assert tree(answer.text).one("h1").words == "Set a card"


def full_card(desk: Desk) -> list[str]:
    """Seven KPIs on the cards of Team Nord's people; the first rests, so that the card is full without it."""
    company, now = desk.company, desk.clock.now
    with desk.engine.write() as session:
        goal = list_goals(session, SERVICE, company.id, PageRequest(limit=1)).items[0].id
        owner = find_person(session, company.id, mailbox="amir.haddad@fjellbris.example")
        assert owner is not None
        kpis: list[str] = []
        for number in range(7):
            given = hard(goal, owner.id, name=words(f"Måltall {number}", f"Figure {number}"))
            kpis.append(create_kpi(session, SERVICE, parse_kpi(given), company_id=company.id, now=now))
            target = parse_target({"starts_on": TODAY, "floor": 180, "target": 45})
            set_target(session, SERVICE, kpis[-1], target, now=now)
            activate_kpi(session, SERVICE, kpis[-1], now=now)
        pause_kpi(session, SERVICE, kpis[0], reason="Plass til en annen", now=now)
        wanted = parse_scorecard(card(company.subjects["Team Nord"], "person", kpis, TODAY))
        set_scorecard(session, SERVICE, wanted, company_id=company.id, now=now)
    return kpis


def test_a_full_card_lets_one_in_as_another_goes_with_a_reason_by_either_door(desk: Desk) -> None:
    first, second, *_ = kpis = full_card(desk)
    admin, path = desk.browser("admin"), f"/kpis/{first}"
    page = admin.page(f"{path}/activate")
    offered = [one.words for one in page.one("select", id="kpi_id").all("option")]
    assert offered == ["Not chosen yet", *(f"Figure {number}" for number in range(1, 7))]
    assert admin.post(f"{path}/activate").status_code == 409
    half = admin.post(f"{path}/activate", {"kpi_id": second, "state": "active"})
    assert (half.status_code, dict(wrong_fields(tree(half.text)))) == (
        422,
        {
            "#state": "What becomes of it: Choose one of the allowed values. Allowed: paused, retired."
            " You entered active.",
            "#reason": "Reason: Fill this in.",
        },
    )
    assert [state(admin.page(f"/kpis/{one}")) for one in kpis[:2]] == [["Paused"], ["Active"]]

    swap = {"kpi_id": second, "state": "paused", "reason": "Vi måler det samme to ganger."}
    assert admin.post(f"{path}/activate", swap).headers["location"] == f"{path}?done=swapped"
    lives = [admin.page(f"/kpis/{one}") for one in kpis[:2]]
    assert [state(life) for life in lives] == [["Active"], ["Paused"]]
    assert "instead of Figure 1Vi måler det samme to ganger." in lives[0].words
    assert "made room for Figure 0Vi måler det samme to ganger." in lives[1].words

    room = admin.get(f"/api/v1/kpis/{second}/room").json()
    assert ([one["level"] for one in room["full"]], room["choices"][0]["id"]) == (["person"], first)
    answer = admin.client.post(f"/api/v1/kpis/{second}/activate")
    assert (answer.status_code, answer.json()["code"]) == (409, "card_full")
    sent = {"kpi_id": first, "state": "retired", "reason": "Den andre sier mer."}
    answer = admin.client.post(f"/api/v1/kpis/{second}/swap", json=sent)
    assert (answer.status_code, answer.json()["state"]) == (200, "active"), answer.text
    steps = admin.get(f"/api/v1/kpis/{first}/steps").json()["items"]
    assert [(one["state"], one["reason"], one["other_id"]) for one in steps[:3]] == [
        ("retired", "Den andre sier mer.", second),
        ("active", "Vi måler det samme to ganger.", second),
        ("paused", "Plass til en annen", None),
    ]
