"""A form as it stands on a page: what is in its fields and, after a refusal, what was wrong with each of them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from app.deferred import dataclass
from app.errors import AppError, Conflict, FieldError, Invalid
from app.fields import REQUIRED, unflattened
from app.http.forms import Form
from app.http.kinds import status_of
from app.http.visit import Visit
from app.web.render import said

REFUSED = (Invalid, Conflict)
"""What brings a form back to whoever sent it; everything else has a page of its own."""

LABELS: Mapping[str, str] = {
    "aggregation": "How readings become one value",
    "anchors": "Words for point {place}",
    "baseline": "Figures to learn from",
    "best_high": "Best range to",
    "best_low": "Best range from",
    "cadence": "How often it is measured",
    "code": "Code",
    "competence_id": "Competence",
    "comparison": "A reading counts when it is",
    "condition": "Asked only after some answers",
    "criterion": "Success criterion",
    "current": "Present password",
    "days": "Within how many working days",
    "decimals": "Decimals",
    "decision_rule": "Decision rule",
    "deputy_id": "Deputy",
    "description": "Description",
    "direction": "Which way is better",
    "email": "E-mail address",
    "en": "English",
    "ends_on": "The manager is back on",
    "exercise": "Exercise",
    "expires_at": "Last day",
    "external_id": "External id",
    "file": "File",
    "floor": "Floor",
    "focus": "In focus",
    "goal_id": "Goal",
    "high": "Upper end",
    "highest": "To answer",
    "item": "After which item",
    "items": "Item {place}",
    "kind": "Kind",
    "leader": "Who leads",
    "level": "Level",
    "levels": "Answers",
    "limit": "Limit",
    "lines": "Line {place}",
    "locale": "Language",
    "low": "Lower end",
    "lowest": "From answer",
    "method": "Method",
    "minutes": "Minutes",
    "name": "Name",
    "nb": "Norwegian",
    "on": "From which day",
    "one_id": "The one",
    "other_id": "The other",
    "owner_id": "Owner",
    "parent_id": "Under",
    "per": "Per",
    "percentile": "Percentile",
    "points": "Number of points",
    "prorate": "Scale to the length of the period",
    "purpose": "Purpose",
    "question": "Question",
    "rater_group": "Rater group",
    "rater_weights": "Weights of rater groups",
    "reason": "Reason",
    "red_line": "Red line, in points",
    "required": "Required",
    "resource": "To learn from",
    "reversed": "Reversed",
    "role": "Role",
    "rollup": "How a unit gets its value",
    "scale_id": "Scale",
    "scopes": "What the key may do",
    "season": "What recurs",
    "share_rule": "What counts",
    "since": "Since which day",
    "starts_on": "From which day",
    "stretch": "Stretch",
    "subject_id": "Unit",
    "target": "Target",
    "targets": "Targets",
    "title": "Title",
    "unit": "Unit of measurement",
    "until": "Until when",
    "unit_id": "Unit",
    "url": "Address",
    "weight": "Weight",
}
"""What the parts of a field's dotted name are called; `{place}` is the part that follows."""
WHOLE: Mapping[str, str] = {"anchors": "Words for the points", "items": "Items", "lines": "KPIs"}
"""The same where no part follows."""

_COUNTED = frozenset({"items", "lines"})
_LONGEST_ECHO = 40
# The least weight that can be stored; as a figure it would only puzzle.
_HARDLY_ANYTHING = "1e-06"
_DECIMAL_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")


def same_place(name: str) -> str:
    """Where a refusal is shown when the field stands on the page under its own name."""
    return name


@dataclass(frozen=True, slots=True)
class Filled:
    """What a template shows: a form's texts by field name, and refusals in the reader's language.

    `summary` are pairs of a control's id and a sentence for the list on top; `problem` is what is wrong with the
    whole.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    summary: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    status: int = 200

    def value(self, name: str, otherwise: str = "") -> str:
        """The text in a field."""
        found = self.values.get(name)
        return found[0] if found else otherwise

    def many(self, name: str) -> Sequence[str]:
        """The texts of a field that may stand several times."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.value(name))

    def error(self, name: str) -> str:
        """What was wrong with a field; empty when nothing was."""
        return self.errors.get(name, "")


def fresh(values: Mapping[str, str | None]) -> Filled:
    """A form that nobody has sent yet."""
    return Filled({name: (text,) for name, text in values.items() if text})


def refused(
    visit: Visit,
    form: Form,
    error: AppError,
    *,
    places: Callable[[str], str] = same_place,
    names: Mapping[str, str] | None = None,
) -> Filled:
    """The form as it was sent, with what was wrong.

    `places` gives the control that answers a refused field; `names` what a field's beginning is called on this page.
    """
    if not isinstance(error, Invalid) or not error.errors:
        return Filled(form, problem=said(visit, error.message, **error.values), status=status_of(error))
    told = [(one, places(one.field), _sentence(visit, form, one, places(one.field))) for one in error.errors]
    errors: dict[str, str] = {}
    for _, place, sentence in told:
        errors.setdefault(place, sentence)
    summary = tuple((place, _named(visit, one.field, names or {}, sentence)) for one, place, sentence in told)
    return Filled(form, errors, summary, status=status_of(error))


def nested(form: Form, *without: str) -> dict[str, object]:
    """The posted fields as nested mappings, for the readers of the capabilities."""
    return unflattened({name: form.one(name) for name in form if name not in without})


def flattened(plain: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested mappings and lists as the fields of a form: {"name": {"nb": "A"}} becomes ("name.nb", "A")."""
    for key, value in plain.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flattened(value, f"{name}.")
        elif isinstance(value, list | tuple):
            yield from flattened(dict(enumerate(value)), f"{name}.")  # type: ignore[arg-type]  # places are names here
        elif value is not None and value is not False:
            yield name, "1" if value is True else str(value)


def figure(visit: Visit, number: float | None) -> str | None:
    """A number as it stands in a field, in full and with the reader's decimal sign."""
    if number is None:
        return None
    text = f"{number:.15g}"
    return text.replace(".", ",") if visit.locale == "nb" else text


def label_of(visit: Visit, name: str, names: Mapping[str, str]) -> str:
    """What people call a field: `items.0.anchors.3.nb` is "Item 1, words for point 3, Norwegian"."""
    known = next((start for start in names if name == start or name.startswith(f"{start}.")), None)
    labels = [names[known]] if known is not None else []
    parts = (name if known is None else name[len(known) :]).split(".")
    skipped = False
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if skipped or part not in LABELS:
            skipped = False
            continue
        skipped = "{place}" in LABELS[part]
        if skipped and not following:
            labels.append(said(visit, WHOLE[part]))
            continue
        place = str(int(following) + 1) if part in _COUNTED and following.isdecimal() else following
        labels.append(said(visit, LABELS[part], place=place) if skipped else said(visit, LABELS[part]))
    return ", ".join(labels)


def _named(visit: Visit, name: str, names: Mapping[str, str], sentence: str) -> str:
    label = label_of(visit, name, names)
    return f"{label}: {sentence}" if label else sentence


def allowed_words(visit: Visit, allowed: str) -> str:
    """What is allowed, in the reader's language and with his decimal sign."""
    if allowed.startswith(_HARDLY_ANYTHING):
        return said(visit, "more than 0")
    words = ", ".join(said(visit, one) for one in allowed.split(", "))
    return _DECIMAL_POINT.sub(",", words) if visit.locale == "nb" else words


def _sentence(visit: Visit, form: Form, error: FieldError, place: str) -> str:
    """The refusal with what is allowed and what was typed."""
    parts = [said(visit, error.message, **error.values)]
    if error.allowed and error.message != REQUIRED:
        parts.append(said(visit, "Allowed: {allowed}.", allowed=allowed_words(visit, error.allowed)))
        typed = next(iter(form.get(place, ())), "").strip()
        if typed and len(typed) <= _LONGEST_ECHO:
            parts.append(said(visit, "You entered {typed}.", typed=typed))
    return " ".join(parts)
