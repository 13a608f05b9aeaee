"""The charts: what they say without eyes, without colour and without a count that may not be told."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.infra.formats import Locale
from tests.web.markup import Element
from tests.web.parts import html, part

HOSTILE = "\"><script>alert(1)</script>'</title>"
INTERVALS = '{{ charts.interval_rows("soft", kpis) }}'
BULLETS = '{{ charts.bullet_rows("hard", kpis) }}'
COMPOSITE = '{{ charts.composite("c", score, lo, hi, soft, hard, note, reason) }}'


def group(key: str, name: str, score: float | None, **rest: Any) -> dict[str, Any]:
    return {"group": key, "name": name, "score": score, "lo": None, "hi": None, "n": None, **rest}


def first_impression() -> dict[str, Any]:
    groups = [
        group("customer", "Kunder", 81.25, lo=67.3, hi=90.5, n=12, weight=0.4),
        group("mystery_shopper", "Mystery shoppere", 72.5, lo=51.2, hi=87.0, n=5, weight=0.3),
        group("manager", "Leder", 75.0, n=1, voice="Amir Haddad", weight=0.15),
        group("colleague", "Kolleger", None, n=2, reason="færre enn 3 svar", weight=0.15),
        group("self", "Sofie selv", 87.5, n=1, view="blind_spot"),
    ]
    return {"name": "Førsteinntrykk", "score": 77.0588, "lo": 64.2, "hi": 86.1, "coverage": 0.85, "groups": groups}


def withheld_kpi() -> dict[str, Any]:
    reason = "bare 40 % av vekten kan vises, 50 % kreves"
    return {"name": "Samspill", "score": None, "lo": None, "hi": None, "groups": [], "reason": reason}


def answer_time(**rest: Any) -> dict[str, Any]:
    row = {"name": "Svartid telefon", "score": 71.11, "value": 52, "unit": "s", "reached": False, "left": 7}
    return {**row, "floor": 180, "target": 45, "stretch": 20, **rest}


def handling_time(**rest: Any) -> dict[str, Any]:
    row = {"name": "Behandlingstid", "score": 100, "value": 6.2, "unit": "min", "reached": True, "left": None}
    return {**row, "floor_low": 2, "best_low": 4, "best_high": 7, "floor_high": 12, **rest}


def rows_of(root: Element, place: int = 0) -> list[list[str]]:
    """The words of each row of a table, cell by cell; the plots' own titles left out."""
    body = root.all("table")[place]
    lines = [[cell for cell in row.content if isinstance(cell, Element)] for row in body.all("tr")]
    return [[cell.words for cell in line if "chart-plot" not in cell.classes] for line in lines]


def test_each_row_prints_score_interval_and_basis() -> None:
    assert rows_of(part(INTERVALS, kpis=[first_impression(), withheld_kpi()])) == [
        ["KPI og hvem som har vurdert", "Poeng", "Grunnlag"],
        ["Førsteinntrykk", "77,1", "Trolig 64–87. 85 % av vekten"],
        ["Kunder", "81,3", "12 svar"],
        ["Mystery shoppere", "72,5", "5 besøk"],
        ["Leder", "75,0", "Amir Haddad, én stemme"],
        ["Kolleger", "–", "Holdt tilbake: færre enn 3 svar"],
        ["Sofie selv", "87,5", "Teller ikke. Blind flekk"],
        ["Samspill", "–", "Holdt tilbake: bare 40 % av vekten kan vises, 50 % kreves"],
    ]


def test_the_same_rows_read_in_english() -> None:
    assert rows_of(part(INTERVALS, "en", kpis=[first_impression()]))[:2] == [
        ["KPI and who has rated", "Score", "Basis"],
        ["Førsteinntrykk", "77.1", "Probably 64–87. 85% of the weight"],
    ]


def test_the_table_under_the_chart_holds_every_figure_and_no_count_that_is_withheld() -> None:
    assert rows_of(part(INTERVALS, kpis=[first_impression()]), 1) == [
        ["KPI", "Gruppe", "Antall", "Poeng", "Trolig", "Vekt"],
        ["Førsteinntrykk", "Samlet", "–", "77,1", "64–87", "–"],
        ["Førsteinntrykk", "Kunder", "12", "81,3", "67–91", "40 %"],
        ["Førsteinntrykk", "Mystery shoppere", "5", "72,5", "51–87", "30 %"],
        ["Førsteinntrykk", "Leder", "1", "75,0", "–", "15 %"],
        ["Førsteinntrykk", "Kolleger", "–", "–", "–", "15 %"],
        ["Førsteinntrykk", "Sofie selv", "1", "87,5", "–", "–"],
    ]


def test_a_withheld_row_tells_nothing_of_its_count() -> None:
    told = [html(INTERVALS, kpis=[_with_count(count)]) for count in (1, 2, None)]
    assert told[0] == told[1] == told[2]


def test_a_plot_tells_no_more_than_whole_points_and_one_decimal() -> None:
    alike = first_impression()
    alike.update(score=77.0501, lo=64.9, hi=86.9)
    alike["groups"][0].update(score=81.2912, lo=67.9, hi=90.1)
    assert html(INTERVALS, kpis=[alike]) == html(INTERVALS, kpis=[first_impression()])


def test_a_plot_is_hidden_where_its_row_prints_all_and_titled_where_it_does_not() -> None:
    plots = part(INTERVALS, kpis=[first_impression()]).all("svg", class_="plot")[1:]
    assert [svg.attributes.get("aria-hidden", svg.words) for svg in plots] == [
        "true",  # the combined score: interval stands beside it
        "Trolig 67–91",
        "Trolig 51–87",
        "true",  # one voice has no interval
        "true",  # withheld: the reason stands beside it
        "true",  # self
    ]
    assert [svg.attributes.get("role") for svg in plots] == [None, "img", "img", None, None, None]


def test_marks_stand_at_their_scores_and_intervals_span_their_ends() -> None:
    root = part("{{ charts.interval_svg(77.05, 64.2, 86.1) }}").one("svg", class_="plot")
    bar = root.one("rect", class_="plot-interval")
    assert (bar.attributes["x"], bar.attributes["width"]) == ("64.0%", "23.0%")
    assert root.one("svg", overflow="visible", y="16").attributes["x"] == "77.1%"


def test_every_rater_group_has_a_shape_of_its_own() -> None:
    keys = ("customer", "mystery_shopper", "manager", "colleague", "direct_report", "mixed", "self")
    shapes = {html("{{ icons.group_mark(key) }}", key=key) for key in keys}
    assert len(shapes) == 7


def test_a_missing_group_is_not_drawn_and_reads_as_not_asked() -> None:
    kpi = {**first_impression(), "groups": [group("customer", "Kunder", None)]}
    root = part(INTERVALS, kpis=[kpi])
    assert rows_of(root)[2] == ["Kunder", "–", "Ikke spurt"]
    assert root.all("tr", class_="chart-group")[0].one("td", class_="chart-plot").all("svg") == []


def test_patterns_have_names_of_their_own_on_a_page() -> None:
    source = INTERVALS + '{{ charts.interval_rows("other", kpis) }}' + COMPOSITE
    values: dict[str, Any] = {
        "score": None,
        "lo": None,
        "hi": None,
        "soft": None,
        "hard": None,
        "note": "",
        "reason": "for lite",
    }
    root = part(source, kpis=[first_impression(), withheld_kpi(), withheld_kpi()], **values)
    names = [pattern.attributes["id"] for pattern in root.all("pattern")]
    used = [f"url(#{name})" for name in names]
    assert len(names) == len(set(names)) == 7
    assert [rect.attributes["fill"] for rect in root.all("rect", class_="plot-strip-hatch")] == used


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (answer_time(), "52 s Mål ikke nådd, 7 s igjen"),
        (answer_time(value=45, score=75, reached=True, left=None), "45 s Mål nådd"),
        (answer_time(value=None, score=None), "Ikke målt"),
        (answer_time(value=None, score=None, reason="Målingen er trukket"), "Målingen er trukket"),
        (handling_time(), "6,2 min I beste område, 4–7 min"),
        (handling_time(value=9, score=60, reached=False, left=2), "9 min 2 min fra beste område"),
    ],
)
def test_a_hard_kpi_says_in_words_how_far_it_is(row: dict[str, Any], words: str) -> None:
    cell = part(BULLETS, kpis=[row]).all("td", class_="chart-words")[0]
    assert cell.words.replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_ends_and_the_target_are_labelled_with_raw_values() -> None:
    labels = [text.words for text in part("{{ charts.bullet_svg(row) }}", row=answer_time()).all("text")]
    assert labels == ["180 s", "45 s", "20 s"]
    labels = [text.words for text in part("{{ charts.range_svg(row) }}", row=handling_time()).all("text")]
    assert labels == ["2 min", "4", "7", "12 min"]


def test_a_long_unit_is_named_once_so_that_labels_keep_apart() -> None:
    labels = [t.words for t in part("{{ charts.bullet_svg(row) }}", row=answer_time(unit="tusen kroner")).all("text")]
    assert labels == ["180", "45", "20"]


def test_a_hard_kpi_at_its_floor_or_without_value_has_no_bar() -> None:
    for score in (0, None):
        assert part("{{ charts.bullet_svg(row) }}", row=answer_time(score=score)).all("rect", class_="plot-bar") == []


def test_the_table_under_the_bullets_holds_floor_target_and_stretch() -> None:
    assert rows_of(part(BULLETS, kpis=[answer_time(), handling_time()]), 1) == [
        ["KPI", "Målt", "Gulv", "Mål", "Strekkmål", "Poeng"],
        ["Svartid telefon", "52 s", "180", "45", "20", "71,1"],
        ["Behandlingstid", "6,2 min", "2 / 12", "4–7", "–", "100"],
    ]


def composite(locale: Locale = "nb", **values: Any) -> Element:
    given = {"score": 79.2, "lo": 72.1, "hi": 84.6, "note": "90 % av vekten er med.", "reason": ""}
    parts = {"soft": {"score": 72.6, "lo": 60.0, "hi": 84.0}, "hard": {"score": 84.4, "lo": None, "hi": None}}
    return part(COMPOSITE, locale, **{**given, **parts, **values})


def test_the_composite_stands_with_its_doubt_and_its_coverage() -> None:
    root = composite()
    assert [paragraph.words for paragraph in root.all("p")] == [
        "79,2",
        "Trolig mellom 72 og 85",
        "90 % av vekten er med.",
    ]
    assert rows_of(root) == [["Samlet", "79,2"], ["Myke", "72,6"], ["Harde", "84,4"]]
    assert rows_of(root, 1)[1:] == [["Samlet", "79,2", "72–85"], ["Myke", "72,6", "60–84"], ["Harde", "84,4", "–"]]


def test_a_composite_without_one_of_its_parts_leaves_it_out() -> None:
    assert rows_of(composite(hard=None)) == [["Samlet", "79,2"], ["Myke", "72,6"]]


def test_a_withheld_composite_gives_its_reason_and_no_figure() -> None:
    root = composite(score=None, lo=None, hi=None, soft=None, hard=None, note="", reason="for lite av vekten")
    assert [paragraph.words for paragraph in root.all("p")] == ["–", "Holdt tilbake: for lite av vekten"]
    assert len(root.all("rect", class_="plot-strip-hatch")) == 1
    assert root.all("details") == []


def test_bands_hold_people_with_place_and_statement() -> None:
    source = (
        '{% call charts.interval_table("Person", "Mulig plass") %}{% call charts.band("Øvre", "Kan ikke skilles") %}'
        '{{ charts.named_row("Amir", 76.3, 69, 83, "1 til 4 av 5", "Over Lars") }}{% endcall %}{% endcall %}'
    )
    assert rows_of(part(source))[1:] == [["Øvre Kan ikke skilles"], ["Amir", "76,3", "1 til 4 av 5 Over Lars"]]


@pytest.mark.parametrize(
    "source",
    [
        "{{ charts.interval_svg(77.05, 64.2, 86.1, title='Trolig <64–87>') }}",
        "{{ charts.group_svg('colleague', 77.05, 64.2, 86.1) }}",
        "{{ charts.withheld_svg('a') }}",
        "{{ charts.bullet_svg(bullet) }}",
        "{{ charts.range_svg(range) }}",
        "{{ charts.axis_svg() }}",
    ],
)
def test_a_single_picture_is_sound_svg_with_colours_of_its_own(source: str) -> None:
    picture = ET.fromstring(html(source, bullet=answer_time(lo=60, hi=80), range=handling_time()))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    shapes = [shape for shape in picture.iter() if shape.tag.rsplit("}")[-1] in {"rect", "circle", "text"}]
    assert [shape.attrib for shape in shapes if "fill" not in shape.attrib] == []


def test_hostile_names_stay_text_in_charts() -> None:
    kpi = {**first_impression(), "name": HOSTILE, "href": HOSTILE}
    kpi["groups"][0].update(name=HOSTILE, basis=HOSTILE)
    kpi["groups"][3].update(reason=HOSTILE)
    hard = answer_time(name=HOSTILE, unit=HOSTILE, reason=HOSTILE)
    source = '{{ charts.interval_rows("a", [kpi], x) }}{{ charts.bullet_rows("b", [hard], x) }}'
    root = part(source, kpi=kpi, hard=hard, x=HOSTILE)
    assert {element.tag for element in root.walk()} & {"script", "img"} == set()
    assert root.all("a")[0].attributes == {"href": HOSTILE}


def _with_count(count: int | None) -> dict[str, Any]:
    kpi = first_impression()
    kpi["groups"][3].update(n=count)
    return kpi
