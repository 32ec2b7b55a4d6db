"""JSON that is only kept and given back, as it was read: the order of keys, `1.0` beside `1`, `-0.0`.

PostgreSQL's `jsonb` sorts keys and rewrites numbers, so it is a text. Nothing can be looked for inside it.
"""

from typing import Any

import orjson
from django.db import models


class KeptJSONField(models.TextField):  # type: ignore[type-arg] # Django's own takes no arguments at run time
    """None is no value at all."""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else orjson.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> Any:
        """For fixtures, which hold JSON anyway."""
        return self.value_from_object(obj)
