import pytest

from app.errors import Invalid
from app.fields import Fields
from app.kpis.values import Direction
from app.plain import is_clean, is_https, parse_day, parse_instant, parse_number, plain_number, span, visible


def refused(fields: Fields) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        fields.finish()
    return [(error.field, error.allowed) for error in refusal.value.errors]


def test_everything_refused_is_told_at_once_under_dotted_names() -> None:
    fields = Fields({"a": "x" * 11, "b": 12, "c": {"d": "?"}, "e": [{"f": 0}, 3], "g": 1})
    fields.text("a", longest=10)
    fields.whole("b", 1, 10)
    fields.group("c").choice("d", Direction)
    for each in fields.groups("e", 5):
        each.flag("f")
    fields.text("h", required=True)
    assert refused(fields) == [
        ("a", "1–10"),
        ("b", "1–10"),
        ("c.d", "higher, lower, in_range"),
        ("e.1", ""),
        ("e.0.f", "true, false"),
        ("h", ""),
        ("g", "a, b, c, e, h"),
    ]


def test_what_is_well_formed_is_handed_out() -> None:
    fields = Fields({"a": " A ", "b": 3, "c": 1.5, "d": True, "e": "lower", "f": "2026-02-28", "g": None})
    assert fields.text("a") == "A"
    assert fields.whole("b", 1, 10) == 3
    assert fields.number("c") == 1.5
    assert fields.flag("d") is True
    assert fields.choice("e", Direction) is Direction.LOWER
    assert str(fields.day("f")) == "2026-02-28"
    assert fields.text("g") is None
    assert fields.flag("absent", default=True) is True
    assert fields.has("g")
    assert not fields.has("absent")
    fields.finish()


def test_posted_text_stands_for_numbers_and_flags() -> None:
    fields = Fields({"a": "12", "b": "4,5", "c": "on", "d": " ", "e": "maybe"}, posted=True)
    assert fields.whole("a", 0, 20) == 12
    assert fields.number("b") == 4.5
    assert fields.flag("c") is True
    assert fields.text("d") is None
    assert fields.flag("e") is False
    assert refused(fields) == [("e", "true, false")]


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), -float("inf"), True, "1", None, 10**300, 1e13, 0.1234567])
def test_what_is_no_plain_number_is_none(raw: object) -> None:
    fields = Fields({"a": raw})
    fields.number("a", required=True)
    assert [name for name, _ in refused(fields)] == ["a"]


def test_minus_zero_and_what_is_too_small_are_zero() -> None:
    assert str(plain_number(-0.0)) == "0.0"
    assert plain_number(float("1e-400")) == 0.0
    assert plain_number(10**300) is None


@pytest.mark.parametrize(
    "text", ["", "1_0", "0x5", "５", "٣", "1e3", "nan", "inf", "1.234,5", "1 000", "--1", "1.2345678", "1" * 14]
)
def test_text_that_is_no_plain_number_is_none(text: str) -> None:
    assert parse_number(text) is None


def test_a_decimal_comma_counts_where_it_is_allowed() -> None:
    assert parse_number("4,5") == 4.5
    assert parse_number("4,5", comma=False) is None
    assert parse_number("-4.5", comma=False) == -4.5


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-02-29", "0000-01-01", "10000-01-01", "2026-1-1", "1700000000", "-1"]
)
def test_days_that_do_not_exist_are_none(text: str) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T10:00",
        "2026-11-23T10:00:60+01:00",
        "2026-11-23 10:00:00+01:00",
        "2026-02-30T10:00:00Z",
        "1700000000",
        "2026-11-23T10:00:00+25:00",
        "2026-11-23",
    ],
)
def test_moments_without_offset_or_that_do_not_exist_are_none(text: str) -> None:
    assert parse_instant(text) is None


def test_a_moment_has_an_offset() -> None:
    moment = parse_instant("2026-11-23t10:00:00.5z")
    assert moment is not None
    assert moment.isoformat() == "2026-11-23T10:00:00.500000+00:00"


def test_text_that_shows_nothing_is_empty() -> None:
    assert visible(" \t\u3164\u2800 ") == ""
    assert visible(" a ") == "a"


@pytest.mark.parametrize("text", ["a\x00b", "a\x85b", "a\u200bb", "a\u202eb", "a\ud800b", "\ue000", "a\nb"])
def test_hidden_characters_are_not_clean(text: str) -> None:
    assert not is_clean(text)


def test_lines_emoji_and_right_to_left_text_are_clean() -> None:
    assert is_clean("a\n\tb", lines=True)
    assert is_clean("👩\u200d🔧 שלום")


def test_ranges_read_the_same_in_both_languages() -> None:
    assert (span(1, 200), span(-40, 0.5)) == ("1–200", "-40 – 0.5")


def test_lists_of_moments_and_texts_are_read_item_by_item() -> None:
    fields = Fields(
        {"a": ["2026-11-23T10:00:00Z", "", "soon"], "b": [" x ", " ", 5], "c": "2026-11-23T10:00:00Z", "d": 1}
    )
    assert [str(moment) for moment in fields.instants("a", 5)] == ["2026-11-23 10:00:00+00:00"]
    assert fields.texts("b", 5) == ["x"]
    assert str(fields.instant("c")) == "2026-11-23 10:00:00+00:00"
    assert fields.instant("d") is None
    assert fields.instant("absent") is None
    assert [name for name, _ in refused(fields)] == ["a.2", "b.2", "d"]


def test_posted_lists_come_in_the_order_of_their_numbers() -> None:
    fields = Fields({"ids": {"10": "c", "2": "b", "0": "a"}}, posted=True)
    assert fields.texts("ids", 5) == ["a", "b", "c"]


def test_a_flood_of_unknown_fields_is_answered_with_a_hundred_of_them() -> None:
    assert len(refused(Fields({f"x{number:05}": 1 for number in range(20_000)}))) == 100


def test_a_field_is_refused_once() -> None:
    fields = Fields({"a": {"b": 1}})
    fields.group("a").text("b")
    fields.refuse("a", "Other")
    fields.refuse("a.b", "Other")
    fields.refuse("ab", "Other")
    assert [name for name, _ in refused(fields)] == ["a.b", "ab"]


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org",
        "javascript:alert(1)//https://example.org",
        "https://example.org/a b",
        'https://example.org/"onclick=',
        "https://example.org\\@evil.example",
        "https://me@example.org",
        "https://localhost/a",
        "https://127.0.0.1/a",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://exa_mple.org",
        "https://-example.org",
        "https://example.org/%zz",
        "https://bl\u00e5.example",
        "https://example.org\n",
        "//example.org",
        f"https://{'a.' * 130}org",
    ],
)
def test_only_a_whole_https_address_may_be_a_link(text: str) -> None:
    assert not is_https(text)
    assert is_https("https://xn--bl-yia.example:8443/a/b_c?d=%C3%A5&e#f")
