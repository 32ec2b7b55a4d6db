"""How the API document describes our credentials."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.api.authentication import ActorAuthentication


class ActorScheme(OpenApiAuthenticationExtension):  # type: ignore[misc] # drf-spectacular ships no types
    target_class = ActorAuthentication
    name = ["bearer", "key", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            {"type": "apiKey", "in": "cookie", "name": "session"},
        ]
