"""Posted forms and files of past ratings to checked values; nothing here looks at a database."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.errors import FieldError, Invalid
from app.fields import Fields
from app.kpis.values import ScaleKind
from app.responses.rules import (
    MAX_COMMENT,
    EmptySubmission,
    NothingAnswered,
    answer_field,
    answer_levels,
    comment_field,
)
from app.responses.values import NOT_OBSERVED, FormItem, FormSubject, ParkState, ParsedSheet
from app.rounds.values import FrozenScale

SUBMISSION = "submission"
HINTS = "hints"
BEGUN = "begun"
SEEN_ALL = "seen"
"""What a program sends that shows hints in its own way, or to nobody."""

OWN_FIELDS = frozenset({SUBMISSION, HINTS, BEGUN, "lang", "view", "show", "go"})
"""What a form sends besides answers: hints that were seen, when it was shown, and how it is looked at."""

LONGEST_NAME = 80
_SUBMISSION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DECIMAL = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)
_COMBINING_RUN = 8
_INVISIBLE = frozenset(
    "\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u3164"
)


def parse_submission_id(posted: Mapping[str, Sequence[str]]) -> str:
    """The id of this submit, made when the form was shown: 8 to 64 letters, digits, - or _."""
    if not posted:
        raise EmptySubmission
    given = posted.get(SUBMISSION, ("",))[0]
    if not _SUBMISSION_ID.fullmatch(given):
        raise Invalid([FieldError(SUBMISSION, "Open the form again and send it from there.", "8-64")])
    return given


def parse_sheets(
    posted: Mapping[str, Sequence[str]], subjects: Iterable[FormSubject], scales: Mapping[str, FrozenScale]
) -> tuple[ParsedSheet, ...]:
    """The sheets that a post holds, one for each subject with an answer; raises Invalid naming every bad field."""
    asked = tuple(subjects)
    known = OWN_FIELDS | {name for subject in asked for name in _fields(subject)}
    strange = [name[:LONGEST_NAME] for name in posted if name not in known]
    errors = [FieldError(name, "This field does not belong to the form.") for name in strange]
    sheets = []
    for subject in asked:
        sheet, refused = _parse_sheet(posted, subject, scales)
        errors += refused
        if sheet is not None:
            sheets.append(sheet)
    if errors:
        raise Invalid(errors)
    if not sheets:
        raise NothingAnswered
    return tuple(sheets)


def asked_items(posted: Mapping[str, Sequence[str]], subject: FormSubject) -> Iterator[FormItem]:
    """The questions that were asked, as the answers stand; what was sent for any other one is nobody's answer.

    A page without script shows all of them, and an answer may be taken back after what hung on it was filled in.
    """
    values: dict[int, Sequence[str]] = {}
    for item in subject.items:
        on = item.condition
        if on is None or not on.values.isdisjoint(values.get(on.number, ())):
            values[item.number] = posted.get(answer_field(subject.assignment_id, item.number), ())
            yield item


def parse_draft(posted: Mapping[str, Sequence[str]], subjects: Iterable[FormSubject]) -> dict[str, str]:
    """What is typed so far, by field: whatever the form asks and is not empty, unjudged but without control characters."""
    known = {name for subject in subjects for name in _fields(subject)}
    typed = {name: values[0] for name, values in posted.items() if name in known and values and values[0].strip()}
    return {name: _without_controls(text)[: MAX_COMMENT * 4] for name, text in typed.items()}


def parse_decision(given: Mapping[str, object], *, posted: bool = False) -> ParkState:
    """What is decided about a parked answer: `state`."""
    fields = Fields(given, posted=posted)
    wanted = fields.choice("state", ParkState, required=True) or ParkState.PARKED
    fields.finish()
    return wanted


def parse_level(text: str, scale: FrozenScale) -> float | None:
    """The level of an exact form value; None for "could not observe". Raises ValueError with the allowed range."""
    if text == NOT_OBSERVED:
        return None
    levels = dict(answer_levels(scale))
    if text in levels:
        return levels[text]
    if scale.kind is ScaleKind.SLIDER and _DECIMAL.fullmatch(text) and _low(scale) <= float(text) <= _high(scale):
        return float(text) + 0.0
    raise ValueError(allowed_answers(scale))


def allowed_answers(scale: FrozenScale) -> str:
    """The allowed answers in words, for an error message."""
    if scale.kind is ScaleKind.SLIDER:
        return f"{_low(scale):g}-{_high(scale):g}"
    values = [value for value, _ in answer_levels(scale)]
    return f"{values[0]}-{values[-1]}" if scale.kind is not ScaleKind.YES_PARTLY_NO else ", ".join(values)


class BadComment(ValueError):
    """A comment that is not taken: a plain sentence and what fills it."""

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values = values
        super().__init__(message.format_map(values))


def parse_comment(text: str) -> str:
    """A comment as it is kept: NFC, no invisible or control characters but tab and newline, runs of marks cut.

    Raises BadComment when it is too long or holds NUL or other control characters.
    """
    if len(text) > MAX_COMMENT * 4:
        raise _too_long(text)
    if any(_is_control(character) for character in text):
        raise BadComment("Remove the control characters.")
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(character for character in plain if character not in _INVISIBLE)
    calm = _without_long_marks(kept).strip()
    if len(calm) > MAX_COMMENT:
        raise _too_long(calm)
    return calm


def _parse_sheet(
    posted: Mapping[str, Sequence[str]], subject: FormSubject, scales: Mapping[str, FrozenScale]
) -> tuple[ParsedSheet | None, list[FieldError]]:
    errors: list[FieldError] = []
    answers: dict[str, float | None] = {}
    for item in asked_items(posted, subject):
        field = answer_field(subject.assignment_id, item.number)
        given = posted.get(field)
        if given is None or _is_blank_slider(given, item):
            continue
        try:
            answers[item.item_id] = parse_level(_only(given), scales[item.item_id])
        except ValueError as refusal:
            errors.append(FieldError(field, "Choose one of the answers.", str(refusal)))
    comment, refused = _parse_comment_of(posted, subject)
    errors += refused
    if comment and not answers and not errors:
        field = comment_field(subject.assignment_id)
        errors.append(FieldError(field, "Choose at least one answer as well, or could not observe."))
    sheet = ParsedSheet(subject.assignment_id, answers, {"": comment} if comment else {}) if answers else None
    return sheet, errors


def _parse_comment_of(posted: Mapping[str, Sequence[str]], subject: FormSubject) -> tuple[str, list[FieldError]]:
    field = comment_field(subject.assignment_id)
    given = posted.get(field, ("",))
    if len(given) != 1:
        return "", [FieldError(field, "This was sent twice.")]
    try:
        return parse_comment(given[0]), []
    except BadComment as refusal:
        return "", [FieldError(field, refusal.message, f"0-{MAX_COMMENT}", refusal.values)]


def _fields(subject: FormSubject) -> set[str]:
    names = {answer_field(subject.assignment_id, item.number) for item in subject.items}
    return names | {comment_field(subject.assignment_id)}


def _is_blank_slider(given: Sequence[str], item: FormItem) -> bool:
    # A number field that was left alone is posted as an empty text; a radio group is not posted at all.
    return item.kind is ScaleKind.SLIDER and list(given) == [""]


def _only(given: Sequence[str]) -> str:
    if len(given) != 1:
        raise ValueError("once")
    return given[0]


def _low(scale: FrozenScale) -> float:
    return scale.low if scale.low is not None else 0.0


def _high(scale: FrozenScale) -> float:
    return scale.high if scale.high is not None else 100.0


def _too_long(text: str) -> BadComment:
    return BadComment("Use at most {most} characters. There are {count}.", most=MAX_COMMENT, count=len(text))


def _without_controls(text: str) -> str:
    return "".join(character for character in text if not _is_control(character))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\n\r"


def _without_long_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _COMBINING_RUN:
            kept.append(character)
    return "".join(kept)
