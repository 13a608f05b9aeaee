"""A posted code to the text that is looked up."""

from collections.abc import Mapping

from app.fields import Fields
from app.receipts.rules import read

CODE = "code"


def parse_code(given: Mapping[str, object], *, posted: bool = False) -> str:
    """The code: a text `code`, in any way of typing it."""
    fields = Fields(given, posted=posted)
    code = read(fields.text(CODE, required=True) or "")
    fields.finish()
    return code
