"""The few JSON Schemas that the built-in commands are described with."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
UUID: Schema = {"type": "string", "format": "uuid"}
OBJECT: Schema = {"type": "object"}
FLAG: Schema = {"type": "boolean"}
SCRIPT: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"}
TEXTS: Schema = {"type": "array", "items": {"type": "string", "maxLength": 4096}, "maxItems": 64}


def takes(*, optional: dict[str, Schema] | None = None, **required: Schema) -> Schema:
    """An object with these keys. More may come along: a newer node may know them."""
    schema: Schema = {"type": "object", "properties": {**required, **(optional or {})}}
    return {**schema, "required": list(required)} if required else schema


def between(lowest: float, highest: float) -> Schema:
    return {"type": "number", "minimum": lowest, "maximum": highest}
