"""Receipt codes, and what they tell."""

from pydantic import Field

from app.api.schemas.base import In, Out, example
from app.receipts.values import ReceiptState, WithheldReason


class CodeIn(In):
    """A receipt code."""

    model_config = example(code="7K3M-X9QT-4HBW-ZP2D")

    code: str = Field(description="In any way of typing it: hyphens, blanks and capitals do not matter")


class OutcomeOut(Out):
    """What became of a comment."""

    model_config = example(state="withheld", reason="names_others")

    state: ReceiptState
    reason: WithheldReason | None = Field(description="Why it is withheld; empty in every other state")
