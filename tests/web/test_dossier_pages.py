"""A control measure on its pages: written down in two steps, read by those it is about, printed, and what starts."""

from app.accounts.rules import SERVICE
from app.dossiers.commands import change_dossier
from app.dossiers.intake import parse_dossier
from app.dossiers.queries import load_dossiers
from app.kpis.values import RaterGroup
from tests.dossiers.plain import complete
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import tree


def test_a_round_about_people_starts_once_its_dossier_is_written_down(desk: Desk, owner: Browser) -> None:
    with desk.engine.write() as session:
        (covering,) = load_dossiers(session, desk.company.id)
        elsewhere = complete(desk.company.people["Ingrid Solheim"], scope_id=desk.company.subjects["Salg"])
        content = parse_dossier(elsewhere, company_id=desk.company.id)
        change_dossier(session, SERVICE, covering.id, content, now=desk.clock.now)
    start = f"/rounds/{desk.draft(groups=(RaterGroup.MANAGER, RaterGroup.CUSTOMER))}/start"
    assert "no dossier allows this yet" in owner.page(start).one("main").words
    refused = owner.post(start, {"confirmed": "1"})
    assert (refused.status_code, [href for href, _ in wrong_fields(tree(refused.text))]) == (422, ["/dossiers"])

    form = form_of(owner.page("/dossiers/new"), "/dossiers/new")
    wrong = owner.post("/dossiers/new", {**form, "responsible": "nobody@here.example", "name.nb": "Tiltak"})
    assert (wrong.status_code, wrong_fields(tree(wrong.text))[0][0]) == (422, "#responsible")
    bare = {"name.nb": "Kunders vurdering", "name.en": "Ratings by customers", "measures": ["customer_ratings"]}
    made = owner.post("/dossiers/new", {**form, **bare, "scope_id": desk.company.subjects["Team Nord"]})
    href = made.headers["location"].partition("?")[0]
    assert "does not say what the measure is for" in owner.page(href).one("main").words
    given = complete("", measures=["customer_ratings"])
    texts = {
        f"{name}.{one}": given[name][one]
        for name in ("purpose", "discussed_with", "notified_how")
        for one in ("nb", "en")
    }
    days = {name: given[name] for name in given if name.endswith("_on")}
    step = f"{href}/change"
    answer = owner.post(
        step, {**form_of(owner.page(step), step), **texts, **days, "responsible": "ingrid.solheim@fjellbris.example"}
    )
    assert answer.status_code == 303, answer.text
    assert "Ratings by customers" in owner.page(start).one("main").words
    assert owner.post(start, {"confirmed": "1"}).status_code == 303


def test_those_it_is_about_read_it_and_print_it_in_either_language(desk: Desk, owner: Browser) -> None:
    with desk.engine.read() as session:
        (covering,) = load_dossiers(session, desk.company.id)
    href = f"/dossiers/{covering.id}"
    admin, sofie = desk.browser("admin"), desk.browser("teammate")
    reviewed = admin.post(f"{href}/review", {"conclusion": "Fortsetter, mildere.", "next_on": "2027-06-01"})
    assert reviewed.status_code == 303
    late = admin.post(f"{href}/review", {"conclusion": "", "next_on": "2029-06-01"})
    assert {where for where, _ in wrong_fields(tree(late.text))} == {"#conclusion"}
    page = sofie.page(href).one("main").words
    assert ("Fortsetter, mildere." in page, "Write down a review" in page) == (True, False)
    assert "Mystery visits" in sofie.page("/dossiers").one("main").words
    assert sofie.get(f"{href}/review").status_code == 404
    printed = {language: sofie.page(f"{href}/paper/{language}").one("main").words for language in ("nb", "en")}
    assert ("Drøftet den" in printed["nb"], "Discussed on" in printed["en"]) == (True, True)
    assert sofie.get(f"{href}/paper/de").status_code == 404
    assert desk.browser("stranger").get(href).status_code == 404
    assert owner.page(href).one("main").all("a", class_="button-primary") == []
    assert owner.get(f"{href}/change").status_code == 404
