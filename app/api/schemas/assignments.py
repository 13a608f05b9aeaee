"""Who rates whom, and the links they got, as they are sent and answered."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, Out, example, one_of
from app.kpis.values import RaterGroup
from app.rounds.values import AssignmentSource


class AssignmentOut(Out):
    """Who rates whom in which group."""

    model_config = example(
        id=ID,
        rater_id=OTHER_ID,
        rater_name="Kari Moen",
        rater_email="kari.moen@example.org",
        subject_id=ID,
        subject_name="Sofie Dahl",
        rater_group="customer",
        occasion="",
        source="list",
        needs_approval=False,
        answered=None,
    )

    id: Id
    rater_id: Id
    rater_name: str | None
    rater_email: str | None
    subject_id: Id
    subject_name: str
    rater_group: Annotated[str, one_of(RaterGroup)]
    occasion: str
    source: Annotated[str, one_of(AssignmentSource)]
    needs_approval: bool = Field(description="Added by a reader: does not count until a second person approves")
    answered: bool | None = Field(description="Told for `named` and `report` groups only")
