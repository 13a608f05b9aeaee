"""A plain mapping, from JSON or from the fields of a page, to a what-if; whether it fits a release is said in `policy`."""

from collections.abc import Mapping
from dataclasses import fields as fields_of

from app.errors import FieldError
from app.fields import Fields
from app.kpis.checks import TWICE, repeated
from app.kpis.intake import LARGEST_WEIGHT
from app.kpis.values import Level, RaterGroup
from app.releases.drafts import CardDraft, MinimumDraft, PostsDraft, WeightsDraft, WhatIf
from app.rounds.checks import MOST_K
from app.rounds.values import Goalposts

MOST_CHANGES = 50


def parse_what_if(given: Mapping[str, object], *, posted: bool = False) -> WhatIf:
    """A what-if: rater_weights (kpi_id, weights by group), scorecards (subject_id, level, weights by KPI), targets
    (kpi_id, subject_id, floor, target, stretch, or low, best_low, best_high, high), minimums (rater_group, k).
    """
    fields = Fields(given, posted=posted)
    made = WhatIf(
        tuple(_weights(one) for one in fields.groups("rater_weights", MOST_CHANGES)),
        tuple(_card(one) for one in fields.groups("scorecards", MOST_CHANGES)),
        tuple(_posts(one) for one in fields.groups("targets", MOST_CHANGES)),
        tuple(_minimum(one) for one in fields.groups("minimums", MOST_CHANGES)),
    )
    for problem in _repetitions(made):
        fields.refuse(problem.field, problem.message)
    fields.finish()
    return made


def _weights(fields: Fields) -> WeightsDraft:
    weights = fields.group("weights")
    given = {group: weights.number(group, 0, LARGEST_WEIGHT) for group in RaterGroup}
    weights.close()
    draft = WeightsDraft(
        fields.text("kpi_id", required=True) or "",
        {group: weight for group, weight in given.items() if weight is not None},
    )
    fields.close()
    return draft


def _card(fields: Fields) -> CardDraft:
    weights = fields.group("weights")
    given = {name: weights.number(name, 0, LARGEST_WEIGHT) for name in weights.names()}
    draft = CardDraft(
        fields.text("subject_id", required=True) or "",
        fields.choice("level", Level, required=True) or Level.PERSON,
        {kpi_id: weight for kpi_id, weight in given.items() if weight is not None},
    )
    fields.close()
    return draft


def _posts(fields: Fields) -> PostsDraft:
    posts = Goalposts(**{one.name: fields.number(one.name) for one in fields_of(Goalposts)})
    draft = PostsDraft(fields.text("kpi_id", required=True) or "", fields.text("subject_id"), posts)
    fields.close()
    return draft


def _minimum(fields: Fields) -> MinimumDraft:
    group = fields.choice("rater_group", RaterGroup, required=True)
    k = fields.whole("k", 1, MOST_K, required=True)
    fields.close()
    return MinimumDraft(group or RaterGroup.MANAGER, k or 1)


def _repetitions(made: WhatIf) -> list[FieldError]:
    names = {
        "rater_weights": [one.kpi_id for one in made.rater_weights],
        "scorecards": [f"{one.level}/{one.subject_id}" for one in made.scorecards],
        "targets": [f"{one.kpi_id}/{one.subject_id or ''}" for one in made.targets],
        "minimums": [one.rater_group.value for one in made.minimums],
    }
    return [FieldError(f"{field}.{place}", TWICE) for field, named in names.items() for place in repeated(named)]
