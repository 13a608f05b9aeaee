"""The components: what a screen reader, a keyboard and a hostile text meet in them."""

import pytest

from tests.web.markup import Element
from tests.web.parts import html, part

HOSTILE = "\"><img src=x onerror=alert(1)>'</textarea></title>{{ 7*7 }}%(x)s"
ANCHORS = [
    (1, "Holder kunnskap for seg selv"),
    (2, None),
    (3, "Svarer når noen spør"),
    (4, None),
    (5, "Deler uoppfordret"),
]
FIELDS = {
    "field": '{{ ui.field("goal", "Mål", value=200, hint="Sekunder", error="Skriv et tall mellom 20 og 180.") }}',
    "textarea": '{{ ui.textarea("goal", "Mål", value=200, hint="Sekunder", error="Skriv et tall mellom 20 og 180.") }}',
    "select": '{{ ui.select("goal", "Mål", [(200, "200")], hint="Sekunder", error="Skriv et tall mellom 20 og 180.") }}',
    "checkbox": '{{ ui.checkbox("goal", "Mål", hint="Sekunder", error="Skriv et tall mellom 20 og 180.") }}',
    "file": '{{ ui.file_field("goal", "Mål", hint="Sekunder", error="Skriv et tall mellom 20 og 180.") }}',
}


def scale(**options: object) -> Element:
    source = '{{ ui.radio_scale("a1", "Deling", "Hva gjør Sofie?", points, **options) }}'
    return part(source, points=ANCHORS, options=options)


def by_id(root: Element, name: str) -> Element:
    return next(element for element in root.walk() if element.attributes.get("id") == name)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_is_bound_to_its_label_hint_and_error(kind: str) -> None:
    root = part(FIELDS[kind])
    control = by_id(root, "goal")
    assert root.one("label", **{"for": "goal"}).words == "Mål"
    described = [by_id(root, name).words for name in control.attributes["aria-describedby"].split()]
    assert described == ["Sekunder", "Feil: Skriv et tall mellom 20 og 180."]
    assert control.attributes["aria-invalid"] == "true"


def test_a_sound_field_is_not_described_as_wrong() -> None:
    control = part('{{ ui.field("goal", "Mål", value=45) }}').one("input")
    assert control.attributes == {"class": "input", "id": "goal", "name": "goal", "type": "text", "value": "45"}


def test_what_was_typed_stays_in_the_field() -> None:
    assert part('{{ ui.field("a", "A", value="<200>") }}').one("input").attributes["value"] == "<200>"
    assert part('{{ ui.textarea("a", "A", value="\n  to\nlinjer") }}').one("textarea").content == ["\n\n  to\nlinjer"]
    chosen = part('{{ ui.select("a", "A", [(1, "en"), (2, "to")], value="2") }}').all("option", selected="")
    assert [option.words for option in chosen] == ["to"]


def test_optional_is_said_and_required_is_not() -> None:
    assert part('{{ ui.field("a", "Telefon", optional=true) }}').one("label").words == "Telefon Valgfritt"
    assert part('{{ ui.field("a", "Telefon") }}', "en").one("label").words == "Telefon"


def test_the_radio_scale_is_a_group_named_by_item_and_question() -> None:
    legend = scale().one("fieldset").one("legend")
    assert [span.words for span in legend.all("span")] == ["Deling", "Hva gjør Sofie?"]


def test_the_radio_scale_runs_downward_with_anchors_and_the_words_between() -> None:
    rows = [label.words for label in scale().all("label")]
    assert rows == [
        "1 Holder kunnskap for seg selv",
        "2 Mellom 1 og 3",
        "3 Svarer når noen spør",
        "4 Mellom 3 og 5",
        "5 Deler uoppfordret",
        "Kunne ikke observere Teller ikke, verken opp eller ned",
    ]


def test_each_answer_of_the_radio_scale_is_one_native_radio_of_the_same_group() -> None:
    radios = [label.one("input") for label in scale().all("label")]
    assert {(radio.attributes["type"], radio.attributes["name"]) for radio in radios} == {("radio", "a1")}
    assert [radio.attributes["value"] for radio in radios] == ["1", "2", "3", "4", "5", "not_observed"]
    assert [radio.attributes["id"] for radio in radios] == ["a1-1", "a1-2", "a1-3", "a1-4", "a1-5", "a1-unseen"]


def test_nothing_is_chosen_before_the_rater_chooses() -> None:
    assert scale().all("input", checked="") == []


@pytest.mark.parametrize(("chosen", "value"), [(4, "4"), ("4", "4"), ("not_observed", "not_observed")])
def test_an_answer_that_was_given_is_chosen_again(chosen: object, value: str) -> None:
    assert [radio.attributes["value"] for radio in scale(chosen=chosen).all("input", checked="")] == [value]


def test_points_far_from_an_anchor_name_the_nearest_on_both_sides() -> None:
    points = [(0, None), (1, "lav"), (2, None), (3, None), (4, None), (5, "høy"), (6, None)]
    rows = part('{{ ui.radio_scale("a", "A", "", points, not_observed="") }}', points=points).all("label")
    between = "Mellom 1 og 5"
    assert [row.words for row in rows] == ["0", "1 lav", f"2 {between}", f"3 {between}", f"4 {between}", "5 høy", "6"]


def test_a_scale_of_words_shows_no_digits() -> None:
    rows = part('{{ ui.radio_scale("a", "A", "", [("yes", "Ja"), ("no", "Nei")], digits=false, not_observed="") }}')
    assert [row.words for row in rows.all("label")] == ["Ja", "Nei"]


def test_an_error_of_the_radio_scale_describes_the_whole_group() -> None:
    root = scale(error="Velg ett svar.")
    assert by_id(root, root.one("fieldset").attributes["aria-describedby"]).words == "Feil: Velg ett svar."


def test_the_error_summary_takes_focus_and_leads_to_the_fields() -> None:
    root = part('{{ ui.error_summary([("goal", "Skriv et tall."), ("", "Runden er stengt.")]) }}')
    summary = root.one("div", role="alert", tabindex="-1")
    assert by_id(root, summary.attributes["aria-labelledby"]).words == "2 felt må rettes"
    assert [(link.attributes["href"], link.words) for link in root.all("a")] == [("#goal", "Skriv et tall.")]
    assert [item.words for item in root.all("li")] == ["Skriv et tall.", "Runden er stengt."]
    assert html("{{ ui.error_summary([]) }}").strip() == ""


def test_a_choice_names_its_group_and_explains_each_option() -> None:
    root = part(
        '{{ ui.choices("mode", "Modus", [("a", "Fortrolig", "Vises samlet"), ("b", "Med navn")], chosen="b") }}'
    )
    assert root.one("legend").words == "Modus"
    assert by_id(root, root.all("input")[0].attributes["aria-describedby"]).words == "Vises samlet"
    assert [choice.attributes["value"] for choice in root.all("input", checked="")] == ["b"]


def test_a_column_without_a_visible_title_has_a_hidden_one() -> None:
    root = part(
        '{% call ui.table(["Navn", ("Vekt", "number"), ("Handlinger", "hidden")], caption="Folk") %}{% endcall %}'
    )
    assert [head.words for head in root.all("th", scope="col")] == ["Navn", "Vekt", "Handlinger"]
    assert root.one("table").attributes["aria-label"] == "Folk"


def test_a_row_has_a_head_and_cells_that_name_their_column_on_phones() -> None:
    root = part('<tr>{{ ui.row_head("Sofie Berg", "/p/1", "Team Nord") }}{{ ui.cell("20 %", "Vekt", "number") }}</tr>')
    assert root.one("th", scope="row").words == "Sofie Berg Team Nord"
    assert root.one("td").attributes == {"class": "number", "data-label": "Vekt"}


def test_tabs_and_breadcrumb_say_where_one_is() -> None:
    tabs = part('{{ ui.tabs([("Sammendrag", "/a", true), ("Historikk", "/b", false)]) }}')
    assert [link.words for link in tabs.all("a", aria_current="page")] == ["Sammendrag"]
    crumbs = part('{{ ui.breadcrumb([("Runder", "/r"), ("Team Nord", none)]) }}')
    assert [link.words for link in crumbs.all("a")] == ["Runder"]
    assert crumbs.one("span", aria_current="page").words == "Team Nord"


def test_the_stepper_says_in_words_what_is_done_and_where_one_is() -> None:
    root = part('{{ ui.stepper([("Hvem", "/1", "done"), ("Hva", "/2", "current"), ("Brev", none, "todo")]) }}')
    assert [step.words for step in root.all("li")] == [
        "Trinn 1 av 3: Hvem ferdig",
        "Trinn 2 av 3: Hva",
        "Trinn 3 av 3: Brev",
    ]
    assert [link.attributes["href"] for link in root.all("a")] == ["/1"]
    assert root.one("li", aria_current="step").words == "Trinn 2 av 3: Hva"


def test_progress_is_told_in_words_and_drawn_with_the_mark_where_it_suffices() -> None:
    root = part('{{ ui.progress(60, "60 %, trenger flere", 80) }}')
    assert root.words == "60 %, trenger flere"
    assert root.all("rect", class_="plot-bar")[0].attributes["width"] == "60.0%"
    assert [mark.attributes["x"] for mark in root.all("svg", overflow="visible")] == ["80.0%"]
    assert part('{{ ui.progress(0, "under 3") }}').all("rect", class_="plot-bar") == []


def test_a_state_never_depends_on_its_colour_or_its_icon() -> None:
    root = part('{{ ui.badge("Mål nådd", "good") }}{{ ui.badge("Holdt tilbake", "withheld") }}{{ ui.badge("Utkast") }}')
    assert [badge.words for badge in root.all("span")] == ["Mål nådd", "Holdt tilbake", "Utkast"]
    assert [svg.attributes["aria-hidden"] for svg in root.all("svg")] == ["true", "true"]


def test_the_confirming_page_asks_names_the_act_and_offers_the_way_back() -> None:
    source = '{{ ui.confirmation("Steng runden nå?", "Svar tas ikke imot.", "/close", "Steng", "La den stå", "/back", "t") }}'
    form = part(source).one("form", method="post", action="/close")
    assert [form.one(tag).words for tag in ("h1", "p", "button", "a")] == [
        "Steng runden nå?",
        "Svar tas ikke imot.",
        "Steng",
        "La den stå",
    ]
    assert form.one("input", type="hidden").attributes["value"] == "t"


def test_reasons_for_withholding_read_alike_everywhere() -> None:
    assert html("{{ ui.withheld(ui.reason_few(3)) }}").endswith("Holdt tilbake: færre enn 3 svar")
    assert part("{{ ui.withheld(ui.reason_weight(0.4, 0.5), strong=true) }}").words == (
        "Holdt tilbake: bare 40 % av vekten kan vises, 50 % kreves"
    )
    assert html("{{ ui.reason_weight(0.4, 0.5) }}", "en") == "only 40% of the weight can be shown, 50% is needed"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ui.button(x) }}{{ ui.link_button(x, x) }}{{ ui.csrf(x) }}",
        "{{ ui.field(x, x, x, x, x, suffix=x) }}",
        "{{ ui.textarea(x, x, x, x, x) }}",
        "{{ ui.select(x, x, [(x, x)], x, x, x) }}{{ ui.checkbox(x, x, x, true, x, x) }}",
        "{{ ui.choices(x, x, [(x, x, x)], x, hint=x, error=x) }}",
        "{{ ui.radio_scale(x, x, x, [(1, x), (2, none), (3, x)], error=x) }}",
        "{{ ui.error_summary([(x, x)]) }}{{ ui.banner('note', x, x, x, x) }}{{ ui.badge(x) }}",
        "{{ ui.empty_state(x, x, x, x) }}{{ ui.withheld(x) }}{{ ui.quotes([x]) }}{{ ui.definitions([(x, x)]) }}",
        "{{ ui.breadcrumb([(x, x), (x, none)]) }}{{ ui.page_head(x, x) }}{{ ui.section_head(x, x) }}",
        "{{ ui.tabs([(x, x, true)]) }}{{ ui.stepper([(x, x, 'done')]) }}{{ ui.subject_list([(x, x, 'half', x)]) }}",
        "{% call ui.card(x) %}{{ x }}{% endcall %}{{ ui.figures([x], [(x, x)]) }}{{ ui.progress(50, x) }}",
        "{% call ui.table([x], x) %}<tr>{{ ui.row_head(x, x, x) }}{{ ui.cell(x, x) }}</tr>{% endcall %}",
        "{{ ui.confirmation(x, x, x, x, x, x, x, fields=[(x, x)]) }}{{ ui.preview_cell('shown', x, x) }}",
    ],
)
def test_hostile_text_stays_text_in_every_component(source: str) -> None:
    root = part(source, x=HOSTILE)
    harmless = part(source, x="harmless")
    assert [(found.tag, sorted(found.attributes)) for found in root.walk()] == [
        (found.tag, sorted(found.attributes)) for found in harmless.walk()
    ]
    assert HOSTILE in html(source, x=HOSTILE).replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace(
        "&gt;", ">"
    )
