"""The launch preview as people read it: a table of subjects and groups in words, and what would help. Shows, decides nothing."""

from collections.abc import Mapping, Sequence

from app.deferred import dataclass
from app.http.visit import Visit
from app.kpis.values import RaterGroup
from app.rounds.preview import CellPreview, RoundPreview, SubjectPreview
from app.rounds.values import Cover, GroupPolicy, Mode
from app.scoring.preview import MOST, Verdict
from app.web.dossiers import MEASURES
from app.web.render import said
from app.words import in_locale

ROWS_SHOWN = 200
"""A company of thousands would make a page that nobody reads; what cannot be shown comes first then."""

_STATES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.SHOWN: ("shown", "Shown"),
    Verdict.IF_ALL_ANSWER: ("if_all", "If everyone answers"),
    Verdict.UNIT_LEVEL_ONLY: ("unit_only", "At unit level only"),
    Verdict.NOWHERE: ("unit_only", "Cannot be shown"),
    Verdict.NOT_ASKED: ("not_asked", "Not asked"),
}
_SURE = frozenset({Verdict.SHOWN, Verdict.NOT_ASKED})


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A rater group and from how many it is shown."""

    group: str
    note: str


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """What can be shown of one group at one subject."""

    group: str
    state: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A subject with its cells."""

    name: str
    is_unit: bool
    cells: tuple[PreviewCell, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What would make a group show for sure: how many subjects lack raters, and how many the most of them lack."""

    group: str
    subjects: int
    lacking: int


@dataclass(frozen=True, slots=True)
class CoverLine:
    """A control measure that the round takes part in, and the dossier that allows it; no name where there is none."""

    measure: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class LaunchView:
    """The preview on a page; `hidden` counts the rows left out; mystery visits come in where it `takes_visits`."""

    columns: tuple[PreviewColumn, ...]
    rows: tuple[PreviewRow, ...]
    hidden: int
    unsure: tuple[str, ...]
    advice: tuple[Advice, ...]
    silent: tuple[tuple[str, str], ...]
    takes_visits: bool
    covers: tuple[CoverLine, ...]


def launch_view(visit: Visit, preview: RoundPreview, dossiers: Mapping[str, str]) -> LaunchView:
    """A preview in the visitor's words; `dossiers` are the names of those that cover it."""
    policies = {load.policy.rater_group: load.policy for load in preview.groups}
    subjects = _in_order(preview.subjects)
    shown = subjects[:ROWS_SHOWN]
    return LaunchView(
        columns=tuple(PreviewColumn(group.value, _least(visit, policy)) for group, policy in policies.items()),
        rows=tuple(_row(visit, subject, policies) for subject in shown),
        hidden=len(subjects) - len(shown),
        unsure=tuple(subject.name for subject in subjects if _is_unsure(subject)),
        advice=tuple(advice_on(preview)),
        silent=tuple((in_locale(one.kpi_name, visit.locale), one.rater_group.value) for one in preview.silent_weights),
        takes_visits=any(policy.mode is Mode.REPORT for policy in policies.values()),
        covers=tuple(_cover(visit, cover, dossiers) for cover in preview.covers),
    )


def _cover(visit: Visit, cover: Cover, dossiers: Mapping[str, str]) -> CoverLine:
    measure = said(visit, MEASURES[cover.measure])
    if cover.dossier_id is None:
        return CoverLine(measure, "", "/dossiers")
    return CoverLine(measure, dossiers[cover.dossier_id], f"/dossiers/{cover.dossier_id}")


def advice_on(preview: RoundPreview) -> Sequence[Advice]:
    """For each protected group with people who show only if everyone answers: how many more to ask about them."""
    found = []
    for load in preview.groups:
        if load.policy.mode is Mode.NAMED:
            continue
        wanted = most_wanted(load.policy.k)
        lacking = [
            wanted - cell.asked
            for subject in preview.subjects
            for cell in subject.cells
            if subject.is_rated
            and cell.rater_group is load.policy.rater_group
            and cell.verdict is Verdict.IF_ALL_ANSWER
            and cell.asked < wanted
        ]
        if lacking:
            found.append(Advice(load.policy.rater_group.value, len(lacking), max(lacking)))
    return found


def most_wanted(k: int) -> int:
    """How many to ask so that three in five are enough: the least n with floor(0.6 n) at least k.

    >>> [most_wanted(k) for k in (3, 5)]
    [5, 9]
    """
    return -(-k * MOST.denominator // MOST.numerator)


def _in_order(subjects: Sequence[SubjectPreview]) -> list[SubjectPreview]:
    """People before the units above them, as they come; in a long list what is unsure stands first."""
    rated = [*(one for one in subjects if one.is_rated), *(one for one in subjects if not one.is_rated)]
    return sorted(rated, key=lambda one: not _is_unsure(one)) if len(rated) > ROWS_SHOWN else rated


def _is_unsure(subject: SubjectPreview) -> bool:
    return any(cell.verdict not in _SURE for cell in subject.cells)


def _row(visit: Visit, subject: SubjectPreview, policies: Mapping[RaterGroup, GroupPolicy]) -> PreviewRow:
    return PreviewRow(
        subject.name,
        not subject.is_rated,
        tuple(_cell(visit, cell, policies[cell.rater_group], subject) for cell in subject.cells),
    )


def _cell(visit: Visit, cell: CellPreview, policy: GroupPolicy, subject: SubjectPreview) -> PreviewCell:
    state, label = _STATES[cell.verdict]
    return PreviewCell(cell.rater_group.value, state, said(visit, label), _note(visit, cell, policy, subject))


def _note(visit: Visit, cell: CellPreview, policy: GroupPolicy, subject: SubjectPreview) -> str:
    """How many are asked, and what that means; nothing where the count belongs to the subjects below."""
    if cell.asked == 0:
        return said(visit, "From those below") if cell.verdict is not Verdict.NOT_ASKED else ""
    if policy.mode is Mode.NAMED:
        return said(visit, "{count} asked, with name", count=cell.asked)
    if cell.overlaps:
        return said(visit, "{count} asked, almost the same as shortly before", count=cell.asked)
    if cell.verdict is Verdict.SHOWN and subject.is_rated:
        return said(visit, "{count} asked, enough at 60%", count=cell.asked)
    if cell.verdict is Verdict.IF_ALL_ANSWER:
        return said(visit, "{count} asked, too few at 60%", count=cell.asked)
    return said(visit, "{count} asked", count=cell.asked)


def _least(visit: Visit, policy: GroupPolicy) -> str:
    if policy.mode is Mode.NAMED:
        return said(visit, "with name")
    if policy.mode is Mode.REPORT:
        return said(visit, "from {k} visits", k=policy.k)
    return said(visit, "from {k}", k=policy.k)
