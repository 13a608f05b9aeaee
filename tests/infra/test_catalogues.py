"""Catalogues: what is not translated, or not yet surely, stays English; what cannot be looked up is refused at start."""

from pathlib import Path

import pytest

from app.infra.catalogues import load_catalogue

HEADER = 'msgid ""\nmsgstr ""\n"Language: nb\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'


def folder(tmp_path: Path, entries: str) -> Path:
    made = tmp_path / "nb" / "LC_MESSAGES"
    made.mkdir(parents=True)
    (made / "words.po").write_text(HEADER + entries)
    return made


def test_what_is_not_translated_or_only_guessed_stays_english(tmp_path: Path) -> None:
    entries = (
        '\nmsgid "Rounds"\nmsgstr ""\n\n#, fuzzy\nmsgid "Goals"\nmsgstr "Runder"\n\nmsgid "Scales"\nmsgstr "Skalaer"\n'
    )
    catalogue = load_catalogue(folder(tmp_path, entries))
    assert [catalogue.gettext(word) for word in ("Rounds", "Goals", "Scales")] == ["Rounds", "Goals", "Skalaer"]


def test_a_sentence_that_counts_is_found_alone_too_and_falls_back_by_number(tmp_path: Path) -> None:
    entries = '\nmsgid "one day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "én dag"\nmsgstr[1] "%(num)s dager"\n'
    catalogue = load_catalogue(folder(tmp_path, entries + '\nmsgid "a week"\nmsgstr "en uke"\n'))
    assert catalogue.gettext("one day") == "én dag"
    assert [catalogue.ngettext("one day", "%(num)s days", n) for n in (0, 1, 2)] == [
        "%(num)s dager",
        "én dag",
        "%(num)s dager",
    ]
    assert [catalogue.ngettext("a week", "weeks", n) for n in (1, 2)] == ["en uke", "weeks"]
    assert [catalogue.ngettext("a month", "months", n) for n in (1, 2)] == ["a month", "months"]


def test_a_context_is_refused_since_nobody_would_find_the_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="context"):
        load_catalogue(folder(tmp_path, '\nmsgctxt "menu"\nmsgid "Rounds"\nmsgstr "Runder"\n'))
