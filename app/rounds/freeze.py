"""A draft as a launch at this moment would freeze it: tree, cards, KPIs, targets and readers of the day. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from app.accounts.queries import load_readers
from app.accounts.rules import READING_ROLES
from app.accounts.values import Role
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.kpis.queries import load_kpis, load_scorecards, load_targets
from app.kpis.rules import card_for, target_for
from app.kpis.values import Form, Kpi, KpiId, KpiKind, KpiState, Scorecard, ScorecardLine, Target
from app.organisation.queries import load_deputies, load_people_of, load_tree
from app.organisation.values import Subject, SubjectId, Tree
from app.rounds import recipe, rules
from app.rounds.values import FrozenKpi, FrozenRound, FrozenSubject, GroupPolicy, OverlapPlace, Round


def freeze(session: ReadSession, round_: Round, rated: Collection[str], *, now: datetime) -> FrozenRound:
    """The frozen round; NotFound if its scope is closed by now.

    The scope and everything below it on the day; the card of each subject with its active KPIs and targets; the
    mailboxes of all who have a reading role, lead a unit, or act for who leads one now or later, there or above.
    """
    on = local_day(now)
    tree = load_tree(session, round_.company_id, on=on)
    scope_id = SubjectId(round_.scope_id)
    if scope_id not in tree.subjects:
        raise NotFound
    inside = [tree.subjects[subject_id] for subject_id in tree.subtree(scope_id)]
    cards = load_scorecards(session, round_.company_id, on=on)
    kpis = _kpis_of(session, round_, cards, on=on)
    drawn = frozenset(rated)
    drawer = _Drawer(tree, cards, load_targets(session, list(kpis), on=on), kpis, _frozen_kpis(round_, kpis))
    return frozen_round(
        round_,
        frozen_on=on,
        groups=round_.groups,
        kpis=drawer.frozen_kpis,
        subjects=[drawer.frozen(subject, scope_id, is_rated=subject.id in drawn) for subject in inside],
        readers=_readers(session, tree, scope_id, {subject.id for subject in inside}, _reading(round_), on=on),
    )


def frozen_round(  # noqa: PLR0913 - a frozen round has that many parts, all named
    round_: Round,
    *,
    frozen_on: date,
    groups: Sequence[GroupPolicy],
    kpis: Sequence[FrozenKpi],
    subjects: Sequence[FrozenSubject],
    readers: Mapping[str, frozenset[str]],
    overlapping: frozenset[OverlapPlace] = frozenset(),
    grows: bool = False,
) -> FrozenRound:
    """The value from its parts, with its promise hash."""
    frozen = FrozenRound(
        id=round_.id,
        company_id=round_.company_id,
        scope_id=round_.scope_id,
        name=round_.name,
        purpose=round_.purpose,
        asked_by=round_.asked_by,
        period_start=round_.period_start,
        period_end=round_.period_end,
        opens_at=round_.opens_at,
        closes_at=round_.closes_at,
        extended_until=round_.extended_until,
        state=round_.state,
        source=round_.source,
        pooling=round_.pooling,
        release_mode=round_.release_mode,
        frozen_on=frozen_on,
        promise_hash=round_.promise_hash or "",
        groups=tuple(groups),
        kpis=tuple(kpis),
        subjects=tuple(subjects),
        readers=readers,
        overlapping=overlapping,
        moderated_by=round_.moderated_by,
        grows=grows,
    )
    return frozen if round_.promise_hash else replace(frozen, promise_hash=recipe.promise_hash(frozen))


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Finds the card and the targets of each subject."""

    tree: Tree
    cards: Sequence[Scorecard]
    targets: Sequence[Target]
    kpis: Mapping[KpiId, Kpi]
    frozen_kpis: tuple[FrozenKpi, ...]

    def frozen(self, subject: Subject, scope_id: str, *, is_rated: bool) -> FrozenSubject:
        lines, form = self._card(subject)
        hard = [line.kpi_id for line in lines if self.kpis[line.kpi_id].kind is KpiKind.HARD]
        found = {kpi_id: target_for(self.targets, kpi_id, subject.path) for kpi_id in hard}
        return FrozenSubject(
            id=subject.id,
            parent_id=None if subject.id == scope_id else subject.parent_id,
            kind=subject.kind,
            name=subject.name,
            is_rated=is_rated,
            card=lines,
            targets={kpi_id: recipe.freeze_target(target) for kpi_id, target in found.items() if target},
            form=form,
        )

    def _card(self, subject: Subject) -> tuple[tuple[ScorecardLine, ...], Form]:
        level = rules.LEVELS.get(subject.kind)
        card = card_for(self.cards, subject.path, level) if level else None
        live = [line for line in card.lines if line.kpi_id in self.kpis] if card else []
        asked = [kpi for kpi in self.frozen_kpis if kpi.weights]
        return rules.card_or_equal(live, asked, subject.kind), card.form if card and live else Form.ARITHMETIC


def _kpis_of(session: ReadSession, round_: Round, cards: Iterable[Scorecard], *, on: date) -> Mapping[KpiId, Kpi]:
    """The KPIs asked about and the active ones on any card, by id: what is paused is neither asked nor scored."""
    asked = {one.kpi_id for one in round_.kpis}
    on_cards = {line.kpi_id for card in cards for line in card.lines}
    found = load_kpis(session, sorted(asked | on_cards), on=on)
    return {kpi_id: kpi for kpi_id, kpi in found.items() if kpi.state is KpiState.ACTIVE or kpi_id in asked}


def _frozen_kpis(round_: Round, kpis: Mapping[KpiId, Kpi]) -> tuple[FrozenKpi, ...]:
    """Those asked about first, in the order of the round; then the others by id."""
    weights = {KpiId(one.kpi_id): one.weights for one in round_.kpis}
    order = [*(kpi_id for kpi_id in weights if kpi_id in kpis), *sorted(set(kpis) - set(weights))]
    return tuple(recipe.freeze_kpi(kpis[kpi_id], weights.get(kpi_id, {})) for kpi_id in order)


def _reading(round_: Round) -> frozenset[Role]:
    """The roles whose holders do not count: who reads comments before their release knows his own among them."""
    return READING_ROLES if round_.moderated_by is None else READING_ROLES | {Role.MODERATOR}


def _readers(
    session: ReadSession,
    tree: Tree,
    scope_id: SubjectId,
    inside: Collection[str],
    roles: Collection[Role],
    *,
    on: date,
) -> dict[str, frozenset[str]]:
    """Who could read results, by the place of the right; rights above the scope count at the scope."""
    above = tree.path(scope_id)[:-1]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for mailbox, grant in load_readers(session, [*above, *inside], roles):
        found[grant.subject_id].add(mailbox)
    # Who acts for a leader later in the round reads like the leader, so nobody who is known to do so counts.
    deputies = load_deputies(session, tree.root_id, on=on, until=date.max)
    led = {
        unit_id: {*led_by, *(d for one in led_by for d in deputies.get(one, ()))}
        for unit_id, led_by in tree.led_by.items()
    }
    leaders = load_people_of(session, {leader for leaders in led.values() for leader in leaders})
    for unit_id, led_by in led.items():
        found[unit_id] |= {str(leaders[one].mailbox) for one in led_by if one in leaders and leaders[one].mailbox}
    readers = {place: frozenset(found[place]) for place in inside if found.get(place)}
    wide = frozenset(mailbox for place in above for mailbox in found.get(place, ()))
    if wide:
        readers[scope_id] = readers.get(scope_id, frozenset()) | wide
    return readers
