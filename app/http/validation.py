"""What a schema refused, in plain sentences with the allowed range; the refused value itself is never repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import FieldError

_PLACES = frozenset({"body", "query", "header", "cookie", "path"})

# Sentence and allowed range per kind of refusal; places are filled from the schema, never from the input.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("Fill this in.", ""),
    "extra_forbidden": ("This field is not known here.", ""),
    "string_type": ("Write this as text.", "text"),
    "string_too_short": ("This text is too short.", "{min_length} characters or more"),
    "string_too_long": ("This text is too long.", "{max_length} characters at most"),
    "string_pattern_mismatch": ("This text has another form than expected.", "{pattern}"),
    "int_type": ("Enter a whole number in the allowed range.", "whole number"),
    "int_parsing": ("Enter a whole number in the allowed range.", "whole number"),
    "int_parsing_size": ("Enter a whole number in the allowed range.", "whole number"),
    "int_from_float": ("Enter a whole number in the allowed range.", "whole number"),
    "float_type": ("Enter a number in the allowed range, with at most six decimals.", "number"),
    "float_parsing": ("Enter a number in the allowed range, with at most six decimals.", "number"),
    "finite_number": ("Enter a number in the allowed range, with at most six decimals.", "finite number"),
    "bool_type": ("Answer yes or no.", "true, false"),
    "bool_parsing": ("Answer yes or no.", "true, false"),
    "greater_than": ("Enter a number in the allowed range.", "more than {gt}"),
    "greater_than_equal": ("Enter a number in the allowed range.", "{ge} or more"),
    "less_than": ("Enter a number in the allowed range.", "less than {lt}"),
    "less_than_equal": ("Enter a number in the allowed range.", "{le} or less"),
    "literal_error": ("Choose one of the allowed values.", "{expected}"),
    "enum": ("Choose one of the allowed values.", "{expected}"),
    "list_type": ("A list belongs here.", "list"),
    "too_long": ("There are more of these than allowed.", "{max_length} at most"),
    "too_short": ("There are fewer of these than needed.", "{min_length} or more"),
    "dict_type": ("Several named fields belong here.", "object"),
    "model_type": ("Several named fields belong here.", "object"),
    "model_attributes_type": ("Several named fields belong here.", "object"),
    "model_fields_type": ("Several named fields belong here.", "object"),
    "none_required": ("Leave this empty.", "null"),
}
_OTHER = ("This value cannot be used here.", "")


def field_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """One refusal per field, under its dotted name, without what was sent."""
    named = [_field_error(one) for one in found]
    return list({(one.field, one.message): one for one in named}.values())


def _field_error(one: Mapping[str, Any]) -> FieldError:
    loc = [str(part) for part in one["loc"]]
    field = ".".join(loc[1:] if loc[0] in _PLACES else loc) or loc[0]
    context = one.get("ctx") or {}
    if one["type"] == "value_error":
        # Raised by our own readers; the sentence is ours, the second argument names what is allowed.
        arguments = getattr(context.get("error"), "args", ())
        return FieldError(field, *[str(argument) for argument in arguments[:2]]) if arguments else FieldError(field, *_OTHER)
    message, allowed = _SENTENCES.get(one["type"], _OTHER)
    return FieldError(field, message, allowed.format_map(context) if context or "{" not in allowed else "")
