"""Problem details as the documentation shows them (RFC 9457)."""

from typing import Any

MEDIA_TYPE = "application/problem+json"

SCHEMAS: dict[str, Any] = {
    "FieldProblem": {
        "type": "object",
        "title": "FieldProblem",
        "required": ["field", "message", "allowed"],
        "properties": {
            "field": {"type": "string", "description": "Dotted name of the field"},
            "message": {"type": "string", "description": "What is wrong, in the language asked for"},
            "allowed": {"type": "string", "description": "What would be accepted; may be empty"},
        },
        "example": {"field": "limit", "message": "Enter a whole number in the allowed range.", "allowed": "1-200"},
    },
    "RowProblem": {
        "type": "object",
        "title": "RowProblem",
        "required": ["row", "column", "message", "allowed"],
        "properties": {
            "row": {"type": "integer", "description": "Number of the row; the header of a file is row 1"},
            "column": {"type": "string"},
            "message": {"type": "string"},
            "allowed": {"type": "string"},
        },
        "example": {"row": 3, "column": "email", "message": "Fill this in.", "allowed": ""},
    },
    "Problem": {
        "type": "object",
        "title": "Problem",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "One plain sentence, in the language asked for"},
            "code": {"type": "string", "description": "Stable name of what went wrong"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/RowProblem"}},
            "refused_rows": {"type": "integer", "description": "How many rows were refused; at most 100 are listed"},
        },
        "example": {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing here, or nothing that you may see.",
            "code": "not_found",
        },
    },
}

_DESCRIPTIONS = {
    400: "Could not be read",
    401: "No key, or none that is valid",
    403: "Not allowed",
    404: "Not there, or not for you",
    408: "Took too long to arrive",
    409: "Contradicts the state as it is now",
    410: "Was valid once and is not any more",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Another media type than expected",
    422: "Some fields need another value",
    428: "If-Match is missing",
    429: "Too many attempts; see Retry-After",
    500: "A mistake of ours",
    503: "Busy; see Retry-After",
}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in _DESCRIPTIONS.items()
}
