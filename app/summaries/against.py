"""The read of a composite against a reference, with the references that there are for this subject and this viewer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.releases.queries import find_explanation, get_explanation, load_findings, open_results
from app.summaries.found import Found
from app.summaries.queries import load_frozen_way, load_named_round, told_now
from app.summaries.reference import (
    Against,
    Reference,
    change_of_card,
    change_since,
    distance_to,
    norm_scores,
    target_scores,
)
from app.summaries.values import Place
from app.words import Words

Document = Mapping[str, Any]


def load_against(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date
) -> dict[Reference, Against]:
    """A composite against everything it can be held against; empty without one, NotFound unless it may be read."""
    explained = get_explanation(session, viewer, release_id, subject_id, on=on)
    composite = explained["composite"]
    if composite is None or not composite["parts"]:
        return {}
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    subject, above = load_frozen_way(session, viewer, release.round_id, path, on=on)
    _, names = load_named_round(session, release.round_id)
    targets = target_scores(subject, [one["kpi_id"] for one in composite["parts"]])
    document = load_findings(session, release.id, [subject_id]).get(subject_id, {})
    document = told_now(session, viewer, subject_id, document, on=on)
    found = {
        Reference.LAST_ROUND: _last_round(document, composite, names),
        Reference.LAST_RELEASE: _last_release(session, document, subject_id, composite, names),
        Reference.NORM: _norm(session, release.id, above, composite, names),
        Reference.TARGET: distance_to(Reference.TARGET, composite, targets, names),
    }
    return {reference: one for reference, one in found.items() if one is not None}


def get_against(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, reference: Reference, *, on: date
) -> Against:
    """The same for one reference; NotFound where there is none."""
    found = load_against(session, viewer, release_id, subject_id, on=on)
    if reference not in found:
        raise NotFound
    return found[reference]


def _last_round(document: Document, composite: Document, names: Mapping[str, Words]) -> Against | None:
    since, change = Found(document).since(), (document.get("change") or {}).get("composite")
    if since is None or change is None or change["reason"] is not None:
        return None
    return change_since(change, since, composite, names)


def _last_release(
    session: ReadSession, document: Document, subject_id: str, composite: Document, names: Mapping[str, Words]
) -> Against | None:
    """What the round before published of the same subject, which whoever reads it now may read as well."""
    since = Found(document).since()
    before = None if since is None else find_explanation(session, since.release_id, subject_id)
    if since is None or before is None or before["composite"] is None:
        return None
    _, names_then = load_named_round(session, since.round_id)
    return change_of_card(before["composite"], composite, since, {**names_then, **names})


def _norm(
    session: ReadSession, release_id: str, above: tuple[Place, ...], composite: Document, names: Mapping[str, Words]
) -> Against | None:
    """The nearest unit above that the viewer may read and that has scores on the same KPIs."""
    for place in reversed([one for one in above if one.is_readable]):
        explained = find_explanation(session, release_id, place.id)
        if explained is not None:
            found = distance_to(Reference.NORM, composite, norm_scores(explained), names, place=place)
            if found is not None:
                return found
    return None
