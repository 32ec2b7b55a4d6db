"""What of a configuration is kept, and what of it is shown to whom. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson

from rdos.kernel.secrecy import mask

# Credentials of the node and keys of tunnels: the hub has its own place for each, and no configuration is one.
CREDENTIALS = frozenset(
    {"node_secret", "registration_token", "tunnel_encryption_key", "tunnel_bind_secret", "tunnel_psk"}
)
# A socket lets nothing deeper in, and a body nothing deeper than this.
DEEPEST = 100


def kept(config: Any) -> Any:
    """The configuration itself, out of the one wrapping that is known, and without credentials."""
    wrapped = isinstance(config, Mapping) and set(config) == {"config"} and isinstance(config["config"], Mapping)
    return _without_credentials(config["config"] if wrapped else config)


def _without_credentials(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        found = {str(key): item for key, item in value.items() if key not in CREDENTIALS}
        return {key: _without_credentials(item, depth + 1) for key, item in found.items()}
    if isinstance(value, list | tuple):
        return [_without_credentials(item, depth + 1) for item in value]
    return value


def shown(config: Any, *, secrets: bool) -> Any:
    """Passphrases of streams are for those who may configure the node."""
    return config if secrets else mask(config)


def canonical(config: Any) -> bytes:
    """The same text for the same configuration, in whatever order a node writes its keys."""
    return orjson.dumps(config, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
