"""What a schema refused, in plain sentences with the allowed range; the refused value itself is never repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import fields
from app.errors import FieldError

_PLACES = frozenset({"body", "query", "header", "cookie", "path"})

# Sentence and allowed range per kind of refusal; places are filled from the schema, never from the input.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": (fields.REQUIRED, ""),
    "extra_forbidden": (fields.UNKNOWN, ""),
    "string_type": (fields.NO_TEXT, "text"),
    "string_too_short": ("This text is too short.", "{min_length} characters or more"),
    "string_too_long": (fields.TOO_LONG, "{max_length} characters at most"),
    "string_pattern_mismatch": ("This text has another form than expected.", "{pattern}"),
    "int_type": (fields.NO_WHOLE, "whole number"),
    "int_parsing": (fields.NO_WHOLE, "whole number"),
    "int_parsing_size": (fields.NO_WHOLE, "whole number"),
    "int_from_float": (fields.NO_WHOLE, "whole number"),
    "float_type": (fields.NO_NUMBER, "number"),
    "float_parsing": (fields.NO_NUMBER, "number"),
    "finite_number": (fields.NO_NUMBER, "finite number"),
    "bool_type": (fields.NO_FLAG, "true, false"),
    "bool_parsing": (fields.NO_FLAG, "true, false"),
    "greater_than": (fields.NO_NUMBER, "more than {gt}"),
    "greater_than_equal": (fields.NO_NUMBER, "{ge} or more"),
    "less_than": (fields.NO_NUMBER, "less than {lt}"),
    "less_than_equal": (fields.NO_NUMBER, "{le} or less"),
    "literal_error": (fields.NO_CHOICE, "{expected}"),
    "enum": (fields.NO_CHOICE, "{expected}"),
    "list_type": (fields.NO_LIST, "list"),
    "too_long": (fields.WRONG_COUNT, "{max_length} at most"),
    "too_short": (fields.WRONG_COUNT, "{min_length} or more"),
    "dict_type": (fields.NO_GROUP, "object"),
    "model_type": (fields.NO_GROUP, "object"),
    "model_attributes_type": (fields.NO_GROUP, "object"),
    "none_required": ("Leave this empty.", "null"),
}
_LONGEST = 200
_OTHER = ("This value cannot be used here.", "")


def field_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """One refusal per field, under its dotted name, without what was sent."""
    named = [_field_error(one) for one in found]
    return list({(one.field, one.message): one for one in named}.values())


def _field_error(one: Mapping[str, Any]) -> FieldError:
    loc = [str(part) for part in one["loc"]]
    field = (".".join(loc[1:] if loc[0] in _PLACES else loc) or loc[0])[:_LONGEST]
    context = one.get("ctx") or {}
    if one["type"] == "value_error":
        # Raised by our own readers; the sentence is ours, the second argument names what is allowed.
        arguments = getattr(context.get("error"), "args", ())
        sentence, allowed = (*map(str, arguments), "")[:2] if arguments else _OTHER
        return FieldError(field, sentence, allowed)
    message, allowed = _SENTENCES.get(one["type"], _OTHER)
    return FieldError(field, message, allowed.format_map(context) if context or "{" not in allowed else "")
