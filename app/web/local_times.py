"""Days and times as people type them where they are, to moments and back; what the night of a clock change does to them."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.errors import FieldError

NO_LOCAL_TIME = "Enter a day that exists and a time of day."
SKIPPED = "There is no such time that night, because clocks go forward. Choose {next} instead."
TWICE = "This hour comes twice that night. Meant is {time} ({offset})."

_YEARS = (1970, 2199)
_EXAMPLE = "2026-11-27T16:00"
_TYPED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


class NoSuchTime(ValueError):
    """What was typed names no moment; `values` fill the sentence."""

    def __init__(self, message: str, allowed: str = "", **values: object) -> None:
        self.message, self.allowed, self.values = message, allowed, values
        super().__init__(message)


def moment_of(typed: str, zone: ZoneInfo) -> datetime:
    """The moment of a local time; of an hour that comes twice, the first one. Raises NoSuchTime.

    >>> moment_of("2026-10-25T02:30", ZoneInfo("Europe/Oslo")).isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    local = _local(typed.strip())
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    back = moment.astimezone(zone).replace(tzinfo=None)
    if back != local:
        raise NoSuchTime(SKIPPED, next=f"{back:%H:%M}")
    return moment


def typed_of(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as it stands in a field for day and time."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def twice_values(moment: datetime, zone: ZoneInfo) -> dict[str, str] | None:
    """What fills TWICE when the local time of a moment comes twice; None on all other days.

    >>> twice_values(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    {'time': '02:30', 'offset': 'UTC+02:00'}
    """
    local = moment.astimezone(zone)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return None
    return {"time": f"{local:%H:%M}", "offset": f"UTC{_offset(local)}"}


def with_moments(
    given: Mapping[str, object], names: tuple[str, ...], zone: ZoneInfo, *, prefix: str = ""
) -> tuple[dict[str, object], list[FieldError]]:
    """A form with its local times as moments; those that cannot be are left out and refused.

    `names` are the fields to change, single ones or groups of counted ones.
    """
    changed: dict[str, object] = dict(given)
    refused: list[FieldError] = []
    for name in names:
        sent = given.get(name)
        if isinstance(sent, Mapping):
            changed[name], below = with_moments(sent, tuple(sent), zone, prefix=f"{prefix}{name}.")
            refused += below
        elif isinstance(sent, str) and sent.strip():
            try:
                changed[name] = moment_of(sent, zone).isoformat()
            except NoSuchTime as no:
                del changed[name]
                refused.append(FieldError(f"{prefix}{name}", no.message, no.allowed, no.values))
    return changed, refused


def _local(typed: str) -> datetime:
    with suppress(ValueError):
        local = datetime.fromisoformat(typed) if _TYPED.fullmatch(typed) else None
        if local is not None and _YEARS[0] <= local.year <= _YEARS[1]:
            return local
    raise NoSuchTime(NO_LOCAL_TIME, _EXAMPLE)


def _offset(local: datetime) -> str:
    return f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:]
