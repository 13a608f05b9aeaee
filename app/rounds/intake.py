"""Plain mappings, from JSON or a posted form, and rows of lists to checked values of rounds; all refusals at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, TOO_LONG, UNKNOWN, Fields
from app.kpis.values import RaterGroup
from app.organisation.intake import parse_external_id, parse_locale, parse_name
from app.reports import Column, Row, RowError, RowsRefused
from app.rounds.checks import MOST_K, MOST_REMINDERS, default_policy, policy_problems, time_problems
from app.rounds.values import (
    GroupPolicy,
    ListedRater,
    Mode,
    Pooling,
    ReleaseMode,
    Round,
    RoundDraft,
    RoundKpi,
)
from app.words import LOCALES, Words

MOST_KPIS = 30
MOST_SUBJECTS = 10_000
LARGEST_WEIGHT = 1e9
OCCASION_LENGTH = 100
PURPOSE_LENGTH = 500
MODERATORS_LENGTH = 80
MOST_TALK_DAYS = 60

RATER_COLUMNS = (
    Column("rater_group"),
    Column("subject"),
    Column("email", is_required=False),
    Column("external_id", is_required=False),
    Column("name", is_required=False),
    Column("locale", is_required=False),
    Column("occasion", is_required=False),
)
"""What a list of raters may hold: the rater by address or external id, the subject by external id or id."""

NAME_THE_RATER = "Name the rater by e-mail address or external id."
NO_ROWS = "A list of rows belongs here, each with named texts."

_NOWHERE = datetime(1, 1, 1, tzinfo=UTC)
_GROUPS = {str(group): group for group in RaterGroup}
_PARSERS: Mapping[str, Callable[[str], str | None]] = {
    "name": parse_name,
    "external_id": parse_external_id,
    "locale": parse_locale,
}


def parse_round(
    given: Mapping[str, object],
    *,
    company_id: str,
    present: Round | None = None,
    moderators: str | None = None,
    posted: bool = False,
) -> RoundDraft:
    """A round: name, purpose, asked_by, scope_id, external_id, period_start, period_end, opens_at, closes_at,
    reminders, pooling, release_mode, moderated_by, talk_days. What is not sent stays as in `present`; a new one begins with the
    usual `moderators` of the company.
    """
    fields = Fields(given, posted=posted)
    draft = RoundDraft(
        scope_id=fields.text("scope_id") or (present.scope_id if present else company_id),
        external_id=_external_id(fields, present),
        name=_worded(fields, "name", 100, present.name if present else None),
        purpose=_worded(fields, "purpose", PURPOSE_LENGTH, present.purpose if present else None),
        asked_by=_asked_by(fields, present),
        period_start=_day(fields, "period_start", present.period_start if present else None),
        period_end=_day(fields, "period_end", present.period_end if present else None),
        opens_at=_instant(fields, "opens_at", present.opens_at if present else None),
        closes_at=_instant(fields, "closes_at", present.closes_at if present else None),
        reminders=_reminders(fields, present),
        pooling=fields.choice("pooling", Pooling) or (present.pooling if present else Pooling.DROP),
        release_mode=fields.choice("release_mode", ReleaseMode)
        or (present.release_mode if present else ReleaseMode.AUTOMATIC),
        moderated_by=parse_moderators(fields, present.moderated_by if present else moderators),
        talk_days=_talk_days(fields, present),
    )
    if _NOWHERE not in {draft.opens_at, draft.closes_at}:
        for problem in time_problems(draft):
            fields.refuse(problem.field, problem.message, problem.allowed)
    fields.finish()
    return draft


def read_moderators(given: Mapping[str, object], *, posted: bool = False) -> str | None:
    """Who usually reads comments first: `moderated_by`, nobody where it is empty."""
    fields = Fields(given, posted=posted)
    found = parse_moderators(fields)
    fields.finish()
    return found


def parse_groups(given: Mapping[str, object], *, posted: bool = False) -> tuple[GroupPolicy, ...]:
    """Rater groups: a list `groups` of rater_group, mode, k and comment_k, each with the usual value if left out."""
    fields = Fields(given, posted=posted)
    groups = tuple(_policy(one) for one in fields.groups("groups", len(RaterGroup)))
    for problem in policy_problems(groups):
        fields.refuse(problem.field, problem.message, problem.allowed)
    fields.finish()
    return groups


def parse_round_kpis(given: Mapping[str, object], *, posted: bool = False) -> tuple[RoundKpi, ...]:
    """KPIs asked about: a list `kpis` of kpi_id and weights by rater group; without weights those of the KPI."""
    fields = Fields(given, posted=posted)
    kpis = []
    for one in fields.groups("kpis", MOST_KPIS):
        weights = one.group("weights")
        found = {group: weights.number(group, 0, LARGEST_WEIGHT) for group in RaterGroup if weights.has(group)}
        weights.close()
        given_weights = {group: weight for group, weight in found.items() if weight is not None}
        # All zeros are kept, so that they are refused; no weights at all stand for the KPI's own.
        weighing = {group: weight for group, weight in given_weights.items() if weight} or given_weights
        kpis.append(RoundKpi(one.text("kpi_id", required=True) or "", weighing))
        one.close()
    fields.finish()
    return tuple(kpis)


def parse_rated(given: Mapping[str, object], *, posted: bool = False) -> tuple[str, ...]:
    """Who is rated: a list `subject_ids`, each once."""
    fields = Fields(given, posted=posted)
    found = tuple(dict.fromkeys(fields.texts("subject_ids", MOST_SUBJECTS)))
    fields.finish()
    return found


def rows_of(given: object) -> list[Row]:
    """Rows that came as JSON, in the shape of a file's; numbers count from 1."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(map(_is_row, given)):
        raise Invalid([FieldError("rows", NO_ROWS)])
    return [
        Row(number, {name: text for name, text in row.items() if text is not None})
        for number, row in enumerate(given, start=1)
    ]


def parse_raters(rows: Sequence[Row]) -> tuple[ListedRater, ...]:
    """The rows of a list with the columns of `RATER_COLUMNS`; RowsRefused names every cell that cannot be taken.

    Addresses are checked where they are used, since what a mailbox is, is no matter of text alone.
    """
    errors: list[RowError] = []
    listed = tuple(_listed(row, errors) for row in rows)
    if errors:
        raise RowsRefused(errors)
    return listed


def _listed(row: Row, errors: list[RowError]) -> ListedRater:
    cells = {name: text.strip() for name, text in row.cells.items()}
    found = [*_strangers(cells), *_gaps(cells)]
    texts: dict[str, str | None] = {}
    for column, parse in _PARSERS.items():
        try:
            texts[column] = parse(cells[column]) if cells.get(column) else None
        except ValueError as error:
            found.append((column, str(error), ""))
    errors += [RowError(row.number, *refusal) for refusal in found]
    return ListedRater(
        row=row.number,
        external_id=texts.get("external_id"),
        email=cells.get("email") or None,
        name=texts.get("name"),
        locale=texts.get("locale"),
        subject=cells.get("subject", ""),
        rater_group=_GROUPS.get(cells.get("rater_group", ""), RaterGroup.CUSTOMER),
        occasion=cells.get("occasion", ""),
    )


def _strangers(cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    known = [column.name for column in RATER_COLUMNS]
    return [(column, UNKNOWN, ", ".join(known)) for column in sorted(set(cells) - set(known))]


def _gaps(cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Column, message and what is allowed of everything that is missing or too long."""
    found = []
    if cells.get("rater_group", "") not in _GROUPS:
        found.append(("rater_group", NO_CHOICE, ", ".join(RaterGroup)))
    if not cells.get("subject"):
        found.append(("subject", REQUIRED, ""))
    if not (cells.get("email") or cells.get("external_id")):
        found.append(("email", NAME_THE_RATER, ""))
    if len(cells.get("occasion", "")) > OCCASION_LENGTH:
        found.append(("occasion", TOO_LONG, f"0-{OCCASION_LENGTH}"))
    return found


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping) and all(
        isinstance(name, str) and (text is None or isinstance(text, str)) for name, text in row.items()
    )


def _policy(fields: Fields) -> GroupPolicy:
    group = fields.choice("rater_group", RaterGroup, required=True) or RaterGroup.CUSTOMER
    usual = default_policy(group)
    mode = fields.choice("mode", Mode) or usual.mode
    k = fields.whole("k", 1, MOST_K)
    comment_k = fields.whole("comment_k", 1, MOST_K)
    fields.close()
    if mode is Mode.NAMED:
        return GroupPolicy(group, mode, 1, 1)
    least = usual.k if k is None else k
    return GroupPolicy(group, mode, least, max(usual.comment_k, least) if comment_k is None else comment_k)


def _worded(fields: Fields, name: str, longest: int, present: Words | None) -> Words:
    if not fields.has(name) and present is not None:
        return present
    words = fields.words(name, longest=longest)
    for locale in LOCALES:
        if not words.get(locale):
            fields.refuse(f"{name}.{locale}", REQUIRED)
    return words


def _asked_by(fields: Fields, present: Round | None) -> str:
    if not fields.has("asked_by") and present is not None:
        return present.asked_by
    text = fields.text("asked_by", required=True)
    try:
        return parse_name(text) if text else ""
    except ValueError as error:
        fields.refuse("asked_by", str(error))
        return ""


def parse_moderators(fields: Fields, usual: str | None = None) -> str | None:
    """Who reads comments first, `moderated_by`: as usual where it is not sent, nobody where it is sent empty."""
    if not fields.has("moderated_by"):
        return usual
    text = fields.text("moderated_by", longest=MODERATORS_LENGTH)
    try:
        return parse_name(text) if text else None
    except ValueError as error:
        fields.refuse("moderated_by", str(error))
        return None


def _external_id(fields: Fields, present: Round | None) -> str | None:
    if not fields.has("external_id"):
        return present.external_id if present else None
    try:
        return parse_external_id(fields.text("external_id") or "")
    except ValueError as error:
        fields.refuse("external_id", str(error))
        return None


def _talk_days(fields: Fields, present: Round | None) -> int:
    if present is not None and not fields.has("talk_days"):
        return present.talk_days
    return fields.whole("talk_days", 0, MOST_TALK_DAYS) or 0


def _day(fields: Fields, name: str, present: date | None) -> date:
    if present is not None and not fields.has(name):
        return present
    return fields.day(name, required=True) or date.min


def _instant(fields: Fields, name: str, present: datetime | None) -> datetime:
    if present is not None and not fields.has(name):
        return present
    return (fields.instant(name, required=True) or _NOWHERE).astimezone(UTC)


def _reminders(fields: Fields, present: Round | None) -> tuple[datetime, ...]:
    if present is not None and not fields.has("reminders"):
        return present.reminders
    return tuple(sorted(at.astimezone(UTC) for at in fields.instants("reminders", MOST_REMINDERS)))
