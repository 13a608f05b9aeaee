"""Posted forms, read strictly; the numbers are the cases of the catalogue of bad input."""

from urllib.parse import quote_plus

import pytest

from app.errors import Invalid
from app.http.forms import MAX_FIELDS, BadForm, parse_form


def test_values_keep_their_order_and_their_spaces() -> None:
    form = parse_form("name=Åse+Lie&group=a&group=b&empty=&note=+x%0D%0Ay+".encode())
    assert dict(form) == {"name": ["Åse Lie"], "group": ["a", "b"], "empty": [""], "note": [" x\r\ny "]}


def test_a_field_sent_twice_is_refused_where_one_is_asked_for() -> None:
    form = parse_form(b"score=5&score=1")
    assert form.many("score") == ("5", "1")
    with pytest.raises(BadForm):
        form.one("score")


def test_a_field_that_was_not_sent_is_empty() -> None:
    form = parse_form(b"")
    assert (form.one("score"), form.many("score"), form.file("score")) == ("", (), None)


def test_a_semicolon_does_not_separate_fields() -> None:
    assert dict(parse_form(b"a=1;b=2")) == {"a": ["1;b=2"]}


def test_what_is_not_utf_8_is_refused_and_not_replaced() -> None:
    for raw in (b"a=%ff", b"a=\xff", b"%c3=1", b"a=%ed%a0%80"):
        with pytest.raises(BadForm):
            parse_form(raw)


def test_more_fields_than_any_page_has_are_refused() -> None:
    assert len(parse_form(b"&".join(b"f%d=1" % place for place in range(MAX_FIELDS)))) == MAX_FIELDS
    with pytest.raises(BadForm):
        parse_form(b"&".join(b"f%d=1" % place for place in range(MAX_FIELDS + 1)))
    with pytest.raises(BadForm):
        parse_form(b"a=1&" * 5_000)


@pytest.mark.parametrize("sign", ["%00", "%01", "%1b", "%7f", "%C2%85"])
def test_control_characters_are_refused_by_the_name_of_their_field(sign: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_form(f"fine=1&comment=a{sign}b".encode())
    assert [error.field for error in refused.value.errors] == ["comment"]
    with pytest.raises(BadForm):
        parse_form(f"a{sign}=1".encode())


def test_line_breaks_tabs_and_every_script_are_kept() -> None:
    text = "a\tb\r\nc \N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} \N{HEBREW LETTER ALEF}\N{RIGHT-TO-LEFT MARK} e\N{COMBINING ACUTE ACCENT}"
    assert parse_form(b"comment=" + quote_plus(text).encode()).one("comment") == text
