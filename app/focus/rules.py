"""Pure decisions of focus: who chooses, what may be chosen, and that a third KPI needs one to go."""

from collections.abc import Collection, Sequence

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import Conflict, FieldError, Forbidden, Invalid
from app.focus.values import FocusDraft
from app.kpis.rules import FOCUS_CAP

NOT_ON_CARD = "Choose a KPI of the card."
NOT_IN_FOCUS = "Choose one of the KPIs that are in focus."


class FocusFull(Conflict):
    """Two KPIs are in focus; a third takes the place of one of them."""

    code = "focus_full"
    message = "Two KPIs are in focus already: {kpis}. Say which of them {wanted} replaces."


class ChosenByWhoLeads(Forbidden):
    """Nobody chooses alone: the person proposes, and whoever leads agrees."""

    code = "chosen_by_who_leads"
    message = "Whoever leads the person chooses. You can propose a KPI for your own focus."


def may_choose(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer leads the person at the end of a path; nobody chooses in the own case.

    >>> from app.accounts.values import Grant, Role
    >>> amir = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), own_subjects=frozenset({"amir"}))
    >>> may_choose(amir, ["team", "sofie"]), may_choose(amir, ["team", "amir"]), may_choose(amir, ["other", "lars"])
    (True, False, False)
    """
    if path[-1] in viewer.own_subjects:
        return False
    return may(viewer, Action.DECISIONS_WRITE, path) and may(viewer, Action.RESULTS_READ, path)


def require_place(draft: FocusDraft, chosen: Collection[str], on_card: Collection[str]) -> None:
    """Raise unless a KPI may come into focus.

    Parameters
    ----------
    draft : what is wanted
    chosen : KPIs that were chosen for the person
    on_card : KPIs of the person's card

    Raises
    ------
    Invalid : the KPI is not on the card, or it replaces one that is not in focus
    FocusFull : two are in focus, and it is not said which of them goes

    >>> require_place(FocusDraft("c", "a"), ["a", "b"], ["a", "b", "c"])
    >>> require_place(FocusDraft("c"), ["a"], ["a", "b", "c"])
    """
    if draft.kpi_id not in on_card:
        raise Invalid([FieldError("kpi_id", NOT_ON_CARD)])
    if draft.instead_of_id is not None and draft.instead_of_id not in chosen:
        raise Invalid([FieldError("instead_of_id", NOT_IN_FOCUS)])
    left = {one for one in chosen if one not in {draft.kpi_id, draft.instead_of_id}}
    if len(left) >= FOCUS_CAP:
        raise FocusFull
