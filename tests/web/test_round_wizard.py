"""The steps of a round over HTTP, from an empty form to an open round; what is refused stays as it was typed."""

from collections.abc import Mapping

from app.accounts.rules import SERVICE
from app.kpis.values import RaterGroup
from app.organisation.ensure import ensure_subjects
from app.rounds.commands import add_assignments, launch_round, propose_assignments
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import load_assignments, load_rated, load_round
from app.rounds.values import Mode, Pooling, RoundState
from tests.fjellbris import draft_round
from tests.served import ONE_DATABASE
from tests.web.desk import ABOUT, Browser, Desk, Fields, form_of, query_of, wrong_fields
from tests.web.markup import Element, tree


def saved(browser: Browser, path: str, changes: Fields) -> str:
    """Fill in a step as it stands, with some fields changed; where it leads."""
    answer = browser.post(path, {**form_of(browser.page(path), path), **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def refused(browser: Browser, path: str, changes: Fields, *, status: int = 422) -> Element:
    """Send a step with changes that are not taken; the page that comes back."""
    answer = browser.post(path, {**form_of(browser.page(path), path), **changes})
    assert answer.status_code == status, answer.text
    return tree(answer.text)


def value_of(page: Element, name: str) -> str:
    return page.one("input", name=name).attributes["value"]


def people(desk: Desk, *names: str) -> Mapping[str, list[str]]:
    team = desk.company.subjects["Team Nord"]
    return {f"in.{team}": [desk.company.subjects[name] for name in names]}


def test_the_steps_lead_from_an_empty_form_to_an_open_round(desk: Desk, owner: Browser) -> None:
    step = saved(owner, "/rounds/new", ABOUT)
    assert step.endswith("/who")
    round_href = step.removesuffix("/who")
    rated = people(desk, "Sofie Berg", "Lars Moen")
    step = saved(owner, step, {**rated, "groups": ["manager", "colleague", "self"]})
    assert step == f"{round_href}/what"
    step = saved(owner, step, {"kpis.0.kpi_id": kpi_at(owner, step, 0), **weights(0, manager="60", colleague="40")})
    assert step == f"{round_href}/privacy"
    step = saved(owner, step, {"groups.1.mode": "anonymous", "groups.1.comment_k": "4", "pooling": "pool"})
    assert step == f"{round_href}/letter"
    step = saved(owner, step, {"opens_at": "2026-11-24T08:00", "closes_at": "2026-12-08T16:00"})
    assert step == f"{round_href}/start"
    assert saved(owner, step, {"confirmed": "1"}) == f"{round_href}/tracker"

    with desk.engine.read() as session:
        found = load_round(session, round_href.rpartition("/")[2])
        assert (found.state, found.pooling, dict(found.name)) == (
            RoundState.OPEN,
            Pooling.POOL,
            {"nb": "Nord, uke 48", "en": "North, week 48"},
        )
        policies = [(one.rater_group.value, one.mode, one.k, one.comment_k) for one in found.groups]
        assert policies == [
            ("manager", Mode.NAMED, 1, 1),
            ("colleague", Mode.ANONYMOUS, 3, 4),
            ("self", Mode.NAMED, 1, 1),
        ]
        assert dict(found.kpis[0].weights) == {"manager": 60.0, "colleague": 40.0}
        assert found.closes_at.isoformat() == "2026-12-08T15:00:00+00:00"
        asked = [(one.rater_group.value, one.subject_id) for one in load_assignments(session, found.id)]
    subjects = [desk.company.subjects[name] for name in ("Sofie Berg", "Lars Moen")]
    counts = {(group, subject): asked.count((group, subject)) for subject in subjects for group in ("manager", "self")}
    assert counts == dict.fromkeys(counts, 1)
    assert len(asked) == 2 * (1 + 3 + 1)


def test_a_round_that_nobody_has_decided_anything_about_is_filled_in(desk: Desk, owner: Browser) -> None:
    form = form_of(owner.page("/rounds/new"), "/rounds/new")
    assert form["purpose.en"] == ["We want to know how others experience us, and what each of us can practise."]
    step = saved(owner, "/rounds/new", form)
    with desk.engine.read() as session:
        made = load_round(session, step.split("/")[2])
    assert made.name == {"nb": "Team Nord, 4.\xa0kvartal 2026", "en": "Team Nord, Q4 2026"}
    assert form_of(owner.page(step), step)["groups"] == ["manager", "colleague"]
    groups = form_of(owner.page(step), step)
    what = saved(owner, step, groups)
    nobody_yet = owner.page(what).words
    assert ("Nobody is rated yet." in nobody_yet, "On nobody's scorecard here" in nobody_yet) == (True, False)
    saved(owner, step, {**groups, **people(desk, "Team Nord")})
    assert "On nobody's scorecard here" in owner.page(what).words
    saved(owner, step, {**groups, **people(desk, "Sofie Berg")})
    assert "On nobody's scorecard here" not in owner.page(what).words
    # What stands on her card and the groups weigh in is ticked until somebody chooses.
    ticked_now = [name for name in form_of(owner.page(what), what) if name.endswith(".kpi_id")]
    assert ticked_now == ["kpis.0.kpi_id", "kpis.1.kpi_id"]
    saved(owner, what, {"kpis.0.kpi_id": []})
    assert [name for name in form_of(owner.page(what), what) if name.endswith(".kpi_id")] == ["kpis.1.kpi_id"]
    # A period that is no period is refused as ever, and nobody guesses a name for it.
    page = refused(owner, "/rounds/new", {**form, "period_end": "2026-02-30"})
    assert [place for place, _ in wrong_fields(page)] == ["#name.nb", "#name.en", "#period_end"]


def test_everybody_of_a_unit_is_one_tick(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"])
    saved(owner, f"/rounds/{round_id}/who", {f"in.{desk.company.subjects['Team Nord']}": ["all"]})
    with desk.engine.read() as session:
        rated = desk.company.names_of(load_rated(session, round_id))
    assert sorted(rated) == ["Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]


def test_one_of_everybody_can_be_taken_out_again(desk: Desk, owner: Browser) -> None:
    round_id, field = desk.draft(rated=["Sofie Berg"]), f"in.{desk.company.subjects['Team Nord']}"
    path = f"/rounds/{round_id}/who"
    saved(owner, path, {field: ["all"]})
    ticked_now = form_of(owner.page(path), path)[field]
    saved(owner, path, {field: [one for one in ticked_now if one != desk.company.subjects["Amir Haddad"]]})
    with desk.engine.read() as session:
        rated = desk.company.names_of(load_rated(session, round_id))
    assert sorted(rated) == ["Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]


def test_a_large_unit_is_chosen_as_a_whole_and_who_was_chosen_alone_stays(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"], groups=[RaterGroup.MANAGER])
    team = desk.company.subjects["Team Nord"]
    with desk.engine.write() as session:
        names = [f"N{place}" for place in range(400)]
        ensure_subjects(session, desk.company.id, names, parent_id=team, now=desk.clock.now)
    path = f"/rounds/{round_id}/who"
    offered = [label.words for label in owner.page(path).one("form", action=path).all("fieldset")[0].all("label")]
    assert offered == ["Everybody directly in Team Nord (405)", "Sofie Berg", "Team Nord"]
    saved(owner, path, {})
    with desk.engine.read() as session:
        assert desk.company.names_of(load_rated(session, round_id)) == ["Sofie Berg"]
    saved(owner, path, {f"in.{team}": ["all"]})
    with desk.engine.read() as session:
        assert len(load_rated(session, round_id)) == 405


def test_a_round_that_lacks_something_in_its_first_step_is_not_begun(desk: Desk, owner: Browser) -> None:
    page = refused(owner, "/rounds/new", {**ABOUT, "name.en": " ", "period_end": "2026-02-30", "asked_by": "A\x07"})
    assert page.one("h1").words == "Another look is needed"
    page = refused(owner, "/rounds/new", {**ABOUT, "name.en": " ", "period_end": "2026-02-30"})
    assert [place for place, _ in wrong_fields(page)] == ["#name.en", "#period_end"]
    assert wrong_fields(page)[1][1].startswith("Period to: Enter a day that exists, as year-month-day.")
    assert (value_of(page, "name.nb"), value_of(page, "period_end")) == ("Nord, uke 48", "2026-02-30")
    assert owner.page("/rounds").all("tbody") == []


def test_nobody_begins_a_round_where_he_may_not(desk: Desk, owner: Browser) -> None:
    elsewhere = {**ABOUT, "scope_id": desk.company.subjects["Team Sør"]}
    assert owner.post("/rounds/new", elsewhere).status_code == 404
    statuses = {who: desk.browser(who).get("/rounds/new").status_code for who in ("reader", "teammate", "stranger")}
    assert statuses == {"reader": 403, "teammate": 404, "stranger": 200}


def test_a_weight_that_is_none_is_said_at_its_field(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/what"
    place = ticked(owner, path)
    page = refused(owner, path, weights(place, manager="-1", colleague="1e400", customer="4O"))
    assert [where for where, _ in wrong_fields(page)] == [
        f"#kpis.{place}.weights.{group}" for group in ("manager", "colleague", "customer")
    ]
    assert value_of(page, f"kpis.{place}.weights.customer") == "4O"
    page = refused(owner, path, weights(place, manager="0", colleague="0", customer="0"))
    assert wrong_fields(page)[0][1].endswith("Give at least one rater group besides self a weight above 0.")


def test_a_minimum_below_three_is_refused_and_kept(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    page = refused(owner, f"/rounds/{round_id}/privacy", {"groups.1.k": "2"})
    assert wrong_fields(page) == [
        ("#groups.1.k", "Colleagues, Shown from how many: Choose a number from 3 to 20. Allowed: 3-20. You entered 2.")
    ]
    assert value_of(page, "groups.1.k") == "2"
    with desk.engine.read() as session:
        assert [one.k for one in load_round(session, round_id).groups] == [1, 3, 3, 1]


def test_a_group_of_one_cannot_be_made_anonymous(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/privacy"
    answer = owner.post(path, {**form_of(owner.page(path), path), "groups.0.mode": "anonymous", "groups.0.k": "3"})
    assert answer.status_code == 422
    assert "shown with the name" in tree(answer.text).words


@ONE_DATABASE
def test_who_reads_comments_first_is_promised_only_where_somebody_may(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    path = f"/rounds/{round_id}/privacy"
    sent = {**form_of(owner.page(path), path), "moderated_by": "HR"}
    assert owner.post(path, sent).headers["location"].startswith(f"/rounds/{round_id}/letter")
    assert form_of(owner.page(path), path)["moderated_by"] == ["HR"]
    refusal = owner.post(f"/rounds/{round_id}/start", {"confirmed": "1"})
    assert refusal.status_code == 422
    links = tree(refusal.text).all("a", href=path)
    assert any("nobody has that role there" in link.words for link in links)


def test_an_hour_that_is_skipped_names_the_next_one(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    page = refused(owner, f"/rounds/{round_id}/letter", {"closes_at": "2027-03-28T02:30"})
    assert wrong_fields(page) == [
        (
            "#closes_at",
            "Closes: There is no such time that night, because clocks go forward. Choose 03:30 instead.",
        )
    ]
    assert value_of(page, "closes_at") == "2027-03-28T02:30"


def test_an_hour_that_comes_twice_means_the_first_and_says_so(desk: Desk, owner: Browser) -> None:
    desk.clock.now = desk.clock.now.replace(month=10, day=5)
    owner, round_id = desk.browser("owner"), desk.draft()
    times = {"opens_at": "2026-10-06T08:00", "closes_at": "2026-10-25T02:30"}
    saved(owner, f"/rounds/{round_id}/letter", times)
    page = owner.page(f"/rounds/{round_id}/letter")
    hint = next(one for one in page.all("p", class_="hint") if one.attributes["id"] == "closes_at-hint")
    assert hint.words == "This hour comes twice that night. Meant is 02:30 (UTC+02:00)."
    with desk.engine.read() as session:
        assert load_round(session, round_id).closes_at.isoformat() == "2026-10-25T00:30:00+00:00"


def test_times_that_contradict_each_other_are_refused(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/letter"
    wrong = {
        "2026-11-24T09:00": ("Closes: The round has to stay open for at least 24 hours. Allowed: >= 24 h."),
        "2028-01-01T09:00": ("Closes: The round can stay open for at most 366 days. Allowed: <= 366 d."),
        "1700000000": "Closes: Enter a day that exists and a time of day. Allowed: 2026-11-27T16:00.",
        "2026-11-27T16:00:60": "Closes: Enter a day that exists and a time of day. Allowed: 2026-11-27T16:00.",
    }
    for typed, sentence in wrong.items():
        page = refused(owner, path, {"opens_at": "2026-11-23T10:00", "closes_at": typed})
        assert wrong_fields(page)[0][1].startswith(sentence), typed
    page = refused(owner, path, {"reminders.0": "2027-11-24T09:00"})
    assert wrong_fields(page) == [
        ("#reminders.0", "First reminder: Reminders go out after the opening and before the closing time.")
    ]


def test_the_letter_is_shown_as_it_will_be_sent_in_both_languages(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    english = owner.page(f"/rounds/{round_id}/letter").one("p", class_="mail-text").words
    norwegian = owner.page(f"/rounds/{round_id}/letter?letter=nb").one("p", class_="mail-text").words
    assert "We want to know how customers are met." in english
    assert "Vi vil vite hvordan kundene blir møtt." in norwegian
    assert "Your answer is never shown alone." in english


def test_the_preview_says_what_can_be_shown_and_what_would_help(desk: Desk, owner: Browser) -> None:
    page = owner.page(f"/rounds/{desk.draft()}/start")
    rows = {row.one("th").words: [cell.words for cell in row.all("td")] for row in page.all("tr") if row.all("td")}
    assert rows["Sofie Berg"] == [
        "Shown 1 asked, with name",
        "If everyone answers 3 asked, too few at 60%",
        "Not asked",
        "Shown 1 asked, with name",
    ]
    assert "Team Nord The unit as a whole" in rows
    banner = page.all("div", class_="banner-watch")[0]
    assert banner.words.startswith("Colleagues: 4 are shown only if everyone answers. Ask up to 2 more about each")


def test_a_start_without_the_confirmation_comes_back_and_sends_nothing(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    answer = owner.post(f"/rounds/{round_id}/start")
    assert answer.status_code == 409
    page = tree(answer.text)
    assert [place for place, _ in wrong_fields(page)] == ["#confirmed"]
    with desk.engine.read() as session:
        assert load_round(session, round_id).state is RoundState.DRAFT


def test_a_start_of_an_unfinished_draft_leads_to_what_is_missing(desk: Desk, owner: Browser) -> None:
    round_href = saved(owner, "/rounds/new", ABOUT).removesuffix("/who")
    answer = owner.post(f"{round_href}/start", {"confirmed": "1"})
    assert answer.status_code == 422
    assert wrong_fields(tree(answer.text)) == [
        (f"{round_href}/who", "Choose at least one rater group."),
        (f"{round_href}/what", "Choose at least one KPI to ask about."),
        (f"{round_href}/who", "Choose at least one to be rated."),
    ]


def test_no_step_opens_once_the_round_has_started(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    assert query_of(owner.post(f"/rounds/{round_id}/start", {"confirmed": "1"}).headers["location"]) == {
        "done": "launched"
    }
    for step in ("about", "who", "what", "privacy", "letter", "start"):
        path = f"/rounds/{round_id}/{step}"
        assert (owner.get(path).status_code, owner.post(path, {"confirmed": "1"}).status_code) == (409, 409), step


def weights(place: int, **by_group: str) -> dict[str, str]:
    return {f"kpis.{place}.weights.{group}": weight for group, weight in by_group.items()}


def kpi_at(browser: Browser, path: str, place: int) -> str:
    """The KPI that a box on the page stands for: the one that customers weigh in is meant."""
    return browser.page(path).one("input", name=f"kpis.{place}.kpi_id").attributes["value"]


def ticked(browser: Browser, path: str) -> int:
    """The place on the page of the KPI that is chosen."""
    boxes = browser.page(path).all("input", type="checkbox", checked="")
    return int(boxes[0].attributes["name"].split(".")[1])


def test_the_preview_says_where_almost_the_same_people_were_asked_shortly_before(desk: Desk, owner: Browser) -> None:
    draft_with_customers(desk, 6, launched=True)
    draft_id = draft_with_customers(desk, 7, launched=False)

    assert "7 asked, almost the same as shortly before" in owner.get(f"/rounds/{draft_id}/start").text


def draft_with_customers(desk: Desk, number: int, *, launched: bool) -> str:
    """A round about Sofie with her manager and so many customers."""
    now, groups = desk.clock.now, (RaterGroup.MANAGER, RaterGroup.CUSTOMER)
    about = {"subject": desk.company.subjects["Sofie Berg"], "rater_group": "customer"}
    rows = [{"email": f"kunde{place}@kunder.example", **about} for place in range(number)]
    with desk.engine.write() as session:
        draft = draft_round(session, desk.company, now, rated=("Sofie Berg",), groups=groups)
        propose_assignments(session, SERVICE, draft.id, now=now)
        add_assignments(session, SERVICE, draft.id, parse_raters(rows_of(rows)), now=now)
        if launched:
            launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    return draft.id
