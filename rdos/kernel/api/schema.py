"""What the OpenAPI document says beyond the views: tags, and the refusals that any call may meet."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

REFUSALS = {
    "400": "The request is not valid.",
    "401": "Nobody is signed in, or the credential is not valid.",
    "403": "The role or the scope does not allow this.",
    "404": "There is no such object, or it is not yours to see.",
    "405": "The path does not know this method.",
    "409": "The object is not in a state that allows this.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many calls; wait `retry_after` seconds. Counted calls say how many are left (`X-RateLimit-…`).",
}
ERROR = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "retry_after": {"type": "integer"},
    },
}


class HubSchema(AutoSchema):  # type: ignore[misc] # drf-spectacular ships no types
    def get_tags(self) -> list[str]:
        words = self.path.removeprefix("/api/v1/").strip("/").split("/")
        return [words[0] or "hub"]


def add_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, description in REFUSALS.items():
                operation["responses"].setdefault(status, {"description": description, "content": answer})
    return result
