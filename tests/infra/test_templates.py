"""Environments per language: strict, escaping, translated from .po files read at start."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.infra.catalogues import load_catalogue
from app.infra.templates import Templates, build_environment, render, translate

HEADER = 'msgid ""\nmsgstr ""\n"Language: nb\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a few templates, words and files of its own."""
    for folder in ("templates", "static/fonts", "locale/nb/LC_MESSAGES"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "static" / "app.css").write_text("body { color: red }")
    (tmp_path / "locale/nb/LC_MESSAGES/messages.po").write_text(
        HEADER
        + '\nmsgid "Hello, %(name)s"\nmsgstr "Hei, %(name)s"\n'
        + '\nmsgid "It closes {time}."\nmsgstr "Den stenger {time}."\n'
        + '\nmsgid "%(num)s answer"\nmsgid_plural "%(num)s answers"\nmsgstr[0] "ett svar"\nmsgstr[1] "%(num)s svar"\n'
    )
    return tmp_path


def page(desk: Path, text: str, name: str = "page.html") -> Templates:
    (desk / "templates" / name).write_text(text)
    # Prepared once in a process; here the files change meanwhile.
    build_environment.cache_clear()
    return build_environment(templates=desk / "templates", static=desk / "static", catalogues=desk / "locale")


def test_each_render_names_its_language(desk: Path) -> None:
    templates = page(desk, '{{ _("Hello, %(name)s", name=name) }} {{ 79.2|score }} {{ locale }}')
    assert render(templates, "page.html", "nb", name="Sofie") == "Hei, Sofie 79,2 nb"
    assert render(templates, "page.html", "en", name="Sofie") == "Hello, Sofie 79.2 en"
    assert render(templates, "page.html", "nb", name="Sofie") == "Hei, Sofie 79,2 nb"


def test_no_sentence_is_no_sentence_in_every_language(desk: Path) -> None:
    templates = page(desk, "")
    assert [translate(templates, "", locale) for locale in ("nb", "en")] == ["", ""]


def test_plurals_follow_the_language(desk: Path) -> None:
    templates = page(desk, '{{ ngettext("%(num)s answer", "%(num)s answers", count) }}')
    said = [render(templates, "page.html", locale, count=count) for locale in ("nb", "en") for count in (1, 3)]
    assert said == ["ett svar", "3 svar", "1 answer", "3 answers"]


def test_what_people_wrote_is_escaped_also_inside_a_translated_sentence(desk: Path) -> None:
    templates = page(desk, '<p title="{{ name }}">{{ name }} {{ _("Hello, %(name)s", name=name) }}</p>')
    hostile = "\"><script>alert('1')</script>%(name)s{{ 7*7 }}"
    shown = render(templates, "page.html", "nb", name=hostile)
    escaped = "&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;%(name)s{{ 7*7 }}"
    assert shown == f'<p title="{escaped}">{escaped} Hei, {escaped}</p>'


def test_the_plain_part_of_a_mail_is_plain(desk: Path) -> None:
    templates = page(desk, "{{ name }}", "body.txt")
    assert render(templates, "body.txt", "en", name="O'Brien & Co") == "O'Brien & Co"


def test_a_value_that_is_not_given_is_an_error(desk: Path) -> None:
    templates = page(desk, "{{ name }}")
    with pytest.raises(UndefinedError, match="name"):
        render(templates, "page.html", "nb")


def test_an_address_of_a_file_changes_with_its_content(desk: Path) -> None:
    first = render(page(desk, '{{ static("app.css") }}'), "page.html", "nb")
    (desk / "static" / "app.css").write_text("body { color: blue }")
    second = render(page(desk, '{{ static("app.css") }}'), "page.html", "nb")
    assert first.startswith("/static/app.css?v=")
    assert first != second


def test_a_file_that_is_not_there_is_an_error(desk: Path) -> None:
    with pytest.raises(KeyError, match=r"none\.css"):
        render(page(desk, '{{ static("none.css") }}'), "page.html", "nb")


def test_a_sentence_of_code_is_translated_and_filled(desk: Path) -> None:
    templates = page(desk, "")
    assert translate(templates, "It closes {time}.", "nb", time="i dag") == "Den stenger i dag."
    assert translate(templates, "It closes {time}.", "en", time="today") == "It closes today."
    assert translate(templates, "Nobody translated this.", "nb") == "Nobody translated this."


def test_the_files_of_a_language_are_read_together(desk: Path) -> None:
    folder = desk / "locale/nb/LC_MESSAGES"
    (folder / "rounds.po").write_text(HEADER + '\nmsgid "Rounds"\nmsgstr "Runder"\n')
    catalogue = load_catalogue(folder)
    assert [catalogue.gettext(word) for word in ("Rounds", "It closes {time}.")] == ["Runder", "Den stenger {time}."]


def test_two_files_that_translate_differently_are_refused_at_start(desk: Path) -> None:
    folder = desk / "locale/nb/LC_MESSAGES"
    (folder / "rounds.po").write_text(HEADER + '\nmsgid "It closes {time}."\nmsgstr "Stenger {time}."\n')
    with pytest.raises(ValueError, match="It closes"):
        load_catalogue(folder)


def test_a_language_without_files_reads_as_written(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path).gettext("As written") == "As written"
