"""Pure decisions about benchmarks: which figures may leave, what is signed, whom to trust, and which KPI is which."""

import base64
import hashlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from app.benchmarks.values import (
    FORMAT,
    LEVELS,
    VERSION,
    BenchmarkFile,
    Foreign,
    Kept,
    LevelFigure,
    Line,
    Trust,
    TrustedKey,
    UnitPlace,
)
from app.errors import Conflict, FieldError, Invalid, TooLarge
from app.organisation.values import SubjectKind
from app.releases.values import Score, ScoreStatus
from app.scoring.firm import Told
from app.scoring.levels import mean_of_units
from app.scoring.results import Interval
from app.words import Words

LEAST_RATERS = 5
"""A line stands on at least so many, also where a group says who has rated: nothing leaves about a few people."""

LEAST_UNITS = 3
"""Below the company a line is a mean over at least so many units, so that it tells of none of them."""

DECIMALS = 2
_SELF = "self"


class NothingToExport(Conflict):
    """A release without a figure that may leave."""

    code = "nothing_to_export"
    message = "No figure of this release may leave the company: each stands on too few answers or units."


class BadSignature(Invalid):
    """Changed on the way, or signed by somebody else than it says."""

    code = "bad_signature"
    message = "The signature does not fit: the file was changed after it was signed, or signed with another key."


class UntrustedKey(Conflict):
    """Signed by somebody whom nobody here has decided to trust."""

    code = "untrusted_key"
    message = "Nobody here trusts the key of this file yet. Compare its fingerprint with the sender, then confirm it: {fingerprint}."


class WrongFingerprint(Conflict):
    """What was confirmed is not the key of the file."""

    code = "wrong_fingerprint"
    message = "The fingerprint that was confirmed is not that of the key in this file: {fingerprint}."


class FileTooLarge(TooLarge):
    """More than a file of this kind can hold."""

    code = "benchmark_too_large"
    message = "A benchmark file has at most {limit} kB."


class OwnFile(Conflict):
    """Our own figures, back again."""

    code = "own_file"
    message = "This file was made here. Our own figures stand in the comparison already."


class KeyChanged(Conflict):
    """The instance key is another one than when the signing key was made."""

    code = "signing_key_changed"
    message = "The key of this installation has changed since the signing key was made. Make a new signing key first."


# ------------------------------------------------------------ what may leave


def level_figures(scores: Iterable[Score], units: Sequence[UnitPlace]) -> tuple[LevelFigure, ...]:
    """What each rater group says on each soft KPI at each level of a release.

    Parameters
    ----------
    scores : published figures of the release
    units : its companies, departments and teams

    Returns
    -------
    Of the company its own published figure; of departments and teams the plain mean over the uppermost of the kind that
    have a published figure on at least five answers. Every one is a public function of published figures alone (R4).
    Own ratings are no part of it, nor are combined scores: from one of those and the groups beside it, that of a group
    which is kept back would follow by subtraction, and two companies combine in two ways.
    """
    places = {one.id: one for one in units}
    found: defaultdict[tuple[SubjectKind, str, tuple[str, ...]], list[Score]] = defaultdict(list)
    for score in scores:
        place = places.get(score.subject_id)
        if place is not None and _is_group_figure(score) and _is_uppermost(place, places):
            found[place.kind, score.kpi_id or "", score.rater_groups].append(score)
    figures = (_figure(*key, found[key]) for key in sorted(found, key=lambda key: (LEVELS.index(key[0]), key[1:])))
    return tuple(figure for figure in figures if figure is not None)


def why_kept(figure: LevelFigure) -> Kept | None:
    """Why a figure does not leave; None when it may.

    >>> few = LevelFigure("kpi", SubjectKind.COMPANY, ("manager",), 70.0, 50.0, 85.0, 1, 4)
    >>> why_kept(few), why_kept(few._replace(raters=5))
    (<Kept.FEW_RATERS: 'few_raters'>, None)
    >>> why_kept(few._replace(level=SubjectKind.TEAM, units=2, raters=40))
    <Kept.FEW_UNITS: 'few_units'>
    """
    if figure.raters < LEAST_RATERS:
        return Kept.FEW_RATERS
    if figure.level is not SubjectKind.COMPANY and figure.units < LEAST_UNITS:
        return Kept.FEW_UNITS
    return None


def rounded(figure: LevelFigure) -> LevelFigure:
    """A figure as it stands in a file: two decimals, the ends of the interval never narrower.

    >>> rounded(LevelFigure("kpi", SubjectKind.COMPANY, ("customer",), 70.3125, 40.85092, 89.0375, 1, 4))[3:6]
    (70.31, 40.85, 89.04)
    """
    score = round(figure.score, DECIMALS)
    lo, hi = round(figure.lo, DECIMALS), round(figure.hi, DECIMALS)
    step = 10.0**-DECIMALS
    lo = lo if lo <= figure.lo else round(lo - step, DECIMALS)
    hi = hi if hi >= figure.hi else round(hi + step, DECIMALS)
    return figure._replace(score=score, lo=min(lo, score), hi=max(hi, score))


def _is_group_figure(score: Score) -> bool:
    return (
        score.status is ScoreStatus.OK
        and score.kpi_id is not None
        and score.item_id is None
        and bool(score.rater_groups)
        and _SELF not in score.rater_groups
    )


def _is_uppermost(place: UnitPlace, places: Mapping[str, UnitPlace]) -> bool:
    """Whether no unit of the same kind lies above: figures of a unit and of one inside it share sheets."""
    above = places.get(place.parent_id or "")
    while above is not None and above.kind is not place.kind:
        above = places.get(above.parent_id or "")
    return above is None


def _figure(
    level: SubjectKind, kpi_id: str, rater_groups: tuple[str, ...], scores: Sequence[Score]
) -> LevelFigure | None:
    if level is SubjectKind.COMPANY:
        (own,) = scores
        score, lo, hi = _shown(own)
        return LevelFigure(kpi_id, level, rater_groups, score, lo, hi, 1, own.raters or 0)
    counted = [one for one in scores if (one.raters or 0) >= LEAST_RATERS]
    if not counted:
        return None
    in_order = sorted(counted, key=lambda one: one.subject_id)
    told = [Told.from_ends(score, Interval(lo, hi)) for score, lo, hi in map(_shown, in_order)]
    mean, raters = mean_of_units(told), sum(one.raters or 0 for one in counted)
    lo, hi = mean.interval.lo, mean.interval.hi
    return LevelFigure(kpi_id, level, rater_groups, mean.score, lo, hi, mean.units, raters)


def _shown(score: Score) -> tuple[float, float, float]:
    """The figure and its ends, which a published one has."""
    return score.score or 0.0, score.lo or 0.0, score.hi or 0.0


# ------------------------------------------------------------ what is signed


def document_of(file: BenchmarkFile) -> dict[str, Any]:
    """A file as JSON; without a signature what is to be signed."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "source": file.source,
        "made_on": file.made_on.isoformat(),
        "public_key": file.public_key,
        "lines": [line_out(line) for line in file.lines],
    }
    return {**document, "signature": file.signature} if file.signature else document


def line_out(line: Line) -> dict[str, Any]:
    """A line as JSON."""
    return {
        **line._asdict(),
        "kpi": dict(line.kpi),
        "level": line.level.value,
        "rater_groups": list(line.rater_groups),
        **{name: _plain(getattr(line, name)) for name in ("score", "lo", "hi")},
        **{name: getattr(line, name).isoformat() for name in ("period_start", "period_end", "released_on")},
    }


def line_in(document: Mapping[str, Any]) -> Line:
    """A line of a file that was looked at when it came in."""
    days = {name: date.fromisoformat(document[name]) for name in ("period_start", "period_end", "released_on")}
    points = {name: float(document[name]) for name in ("score", "lo", "hi")}
    groups = tuple(document["rater_groups"])
    return Line(**{**document, **days, **points, "level": SubjectKind(document["level"]), "rater_groups": groups})


def signed_bytes(file: BenchmarkFile) -> bytes:
    r"""The bytes that are signed: the file without its signature, in the canonical form of RFC 8785.

    The form is told apart from others by what a file can hold: names in ASCII, texts, whole numbers, and numbers from 0
    to 100 with two decimals at most. For these the standard library writes what RFC 8785 asks for: names in order, no
    blanks, UTF-8, only what must be escaped, and the shortest number that reads back as the same one.

    >>> canonical({"b": [1, 70.5, 100, 0.01], "a": 'Ås "x" \u001f/'}).decode()
    '{"a":"Ås \\"x\\" \\u001f/","b":[1,70.5,100,0.01]}'
    """
    return canonical({name: value for name, value in document_of(file).items() if name != "signature"})


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON with names in order and nothing between the signs."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest_of(file: BenchmarkFile) -> str:
    """What makes a file the same file, however it was laid out: SHA-256 of what is signed, in hexadecimal."""
    return hashlib.sha256(signed_bytes(file)).hexdigest()


def fingerprint_of(public_key: str) -> str:
    """What two people can read to each other of a key: SHA-256 of its bytes, sixteen groups of four signs.

    >>> fingerprint_of("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")[:29]
    '21FE 31DF A154 A261 626B F854'
    """
    raw = base64.urlsafe_b64decode(public_key.encode() + b"=" * (-len(public_key) % 4))
    return in_groups(hashlib.sha256(raw).hexdigest())


def in_groups(digest: str) -> str:
    """A digest as people read it: capitals, in groups of four.

    >>> in_groups("21fe31df")
    '21FE 31DF'
    """
    text = digest.upper()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def is_same_fingerprint(one: str, other: str) -> bool:
    """Whether two people mean the same, however they space and spell it.

    >>> is_same_fingerprint("21FE 31DF", "21fe:31df"), is_same_fingerprint("21FE", "21FF")
    (True, False)
    """
    return _bare(one) == _bare(other)


def _bare(fingerprint: str) -> str:
    return "".join(sign for sign in fingerprint.upper() if sign.isalnum())


def _plain(number: float) -> float | int:
    """A whole number without its point, as RFC 8785 writes it."""
    return int(number) if number == int(number) else number


# ------------------------------------------------------------ what comes in


def require_trust(trust: Trust, fingerprint: str, confirmed: str | None) -> None:
    """Raise unless the key of a file is trusted, or was confirmed by its fingerprint just now.

    Raises
    ------
    WrongFingerprint : another one was confirmed
    UntrustedKey : none was
    """
    if confirmed is not None and not is_same_fingerprint(confirmed, fingerprint):
        raise WrongFingerprint(fingerprint=fingerprint)
    if trust is not Trust.TRUSTED and confirmed is None:
        raise UntrustedKey(fingerprint=fingerprint)


def trust_of(known: TrustedKey | None) -> Trust:
    """How we stand to a key."""
    if known is None:
        return Trust.UNKNOWN
    return Trust.TRUSTED if known.is_trusted else Trust.ENDED


def require_possible(file: BenchmarkFile, *, on: date) -> None:
    """Raise Invalid for a file that was made later than today, or before its figures."""
    problems = [FieldError("made_on", "This day is still to come.", f"≤ {on}")] if file.made_on > on else []
    problems += [
        FieldError(f"lines.{place}.released_on", "A figure cannot be younger than the file that holds it.")
        for place, line in enumerate(file.lines)
        if line.released_on > file.made_on
    ]
    if problems:
        raise Invalid(problems)


def proposed_kpi(kpi_id: str, name: Words, own: Mapping[str, Words], before: Mapping[str, str]) -> str | None:
    """Which of our KPIs one of a file could be: the one it was before, else the only one of that name in any language.

    Parameters
    ----------
    kpi_id, name : of the file
    own : names of our soft KPIs by id
    before : by the source's id what was chosen for earlier files of the same key

    >>> own = {"1": {"nb": "Førsteinntrykk", "en": "First impression"}, "2": {"nb": "Samspill"}}
    >>> proposed_kpi("x", {"en": "first  Impression"}, own, {}), proposed_kpi("x", {"en": "Other"}, own, {"x": "2"})
    ('1', '2')
    >>> proposed_kpi("x", {"en": "Other"}, own, {}) is None
    True
    """
    if before.get(kpi_id) in own:
        return before[kpi_id]
    wanted = {_key(text) for text in name.values()}
    fitting = [one for one, names in own.items() if wanted.intersection(map(_key, names.values()))]
    return fitting[0] if len(fitting) == 1 else None


def newest(foreign: Iterable[Foreign]) -> tuple[Foreign, ...]:
    """Of lines about the same of the same source the one with the latest period, and of equal ones the latest sealed."""
    latest: dict[tuple[object, ...], Foreign] = {}
    for one in sorted(foreign, key=lambda one: (one.line.period_end, one.line.released_on, one.benchmark_id)):
        line = one.line
        latest[one.own_kpi_id, line.source.casefold(), line.kpi_id, line.level, line.rater_groups] = one
    return tuple(latest.values())


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
