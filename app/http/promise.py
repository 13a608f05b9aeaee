"""What a form promises to whoever answers it, as plain sentences; pages have the same in their templates."""

from markupsafe import Markup

from app.infra.formats import Locale
from app.infra.templates import Templates, render
from app.responses.values import RatingForm


def promise_lines(templates: Templates, form: RatingForm, locale: Locale) -> list[str]:
    """First the promise in a sentence, then who sees what, one sentence or two for each subject."""
    text = render(templates, "rate/promise_lines.html", locale, form=form)
    # Each list item begins one of them.
    return [Markup(part).striptags() for part in text.split("<li>")]  # noqa: S704 - our template, and only read as text
