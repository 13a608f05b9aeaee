"""Every operation of the API with an address that can be called, taken from its own description."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.api.description import describe
from tests.served import Served

SOMEWHERE = "6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one address; `example` is the body of its schema's example, None without a body."""

    name: str
    method: str
    template: str
    scope: str | None
    is_open: bool
    example: Any
    is_upload: bool
    query: str

    @property
    def is_personal(self) -> bool:
        """Whether it is for a person alone, so that no key comes in, with whatever body."""
        return self.scope is None and not self.is_open

    def path(self, **ids: str) -> str:
        """The address with ids filled in, made-up ones for those not given."""
        parts = [ids.get(part[1:-1], SOMEWHERE) if part.startswith("{") else part for part in self.template.split("/")]
        return "/".join(parts) + self.query

    @property
    def headers(self) -> dict[str, str]:
        """What a change needs beside its body."""
        return {"if-match": '"1"'} if self.method in {"PUT", "PATCH"} and not self.is_open else {}


def walk(served: Served) -> Iterator[Operation]:
    document = describe(served.app)
    schemas = document["components"]["schemas"]
    for template, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                one = item[method]
                content = one.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                name = schema.get("$ref", "").rpartition("/")[2]
                yield Operation(
                    one["operationId"],
                    method.upper(),
                    template,
                    one.get("x-scope"),
                    not one["security"],
                    schemas[name]["example"] if name else {"rows": []} if schema else None,
                    "multipart/form-data" in content,
                    "".join(
                        f"?{given['name']}={SOMEWHERE}"
                        for given in one.get("parameters", [])
                        if given["in"] == "query" and given["required"]
                    ),
                )
