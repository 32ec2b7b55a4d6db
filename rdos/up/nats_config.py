"""The bus's configuration: who may say and hear what.

Devices of the Tafy family hold no credential, so whoever names none is `anonymous` and gets exactly the subjects those
devices use. Commands and deployments come from the hub alone: an anonymous client hears them but cannot utter them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

ANONYMOUS_SAYS = (
    "device.discovered",
    "device.*.status",
    "device.*.telemetry",
    "node.*.heartbeat",
    # Devices report here, cameras announce here, and Node-RED drives motors here.
    "hal.v1.>",
)
# No device and no Node-RED palette sends these; a stranger that does means harm.
ANONYMOUS_NEVER_SAYS = ("hal.v1.system.cmd", "hal.v1.system.cmd.>", "hal.v1.camera.cmd.>")
ANONYMOUS_HEARS = (
    "device.*.command",
    "node.*.flow.deploy",
    "node.*.flow.undeploy",
    "hub.events.devices",
    "hal.v1.>",
)


@dataclass(frozen=True)
class Listeners:
    host: str
    port: int
    mqtt_port: int


@dataclass(frozen=True)
class Credentials:
    hub_user: str
    hub_password: str
    anonymous_password: str


def render(listeners: Listeners, credentials: Credentials, *, store: Path) -> str:
    """The file nats-server reads; every string in it is quoted as JSON.

    Of JSON's escapes it knows only the short ones, so letters beyond ASCII stand as they are, in UTF-8.
    """
    return "\n".join(
        [
            "server_name: rdos",
            f"host: {_word(listeners.host)}",
            f"port: {listeners.port}",
            "max_payload: 1MB",
            "max_connections: 4096",
            "logtime: false",
            f"jetstream {{ store_dir: {_word(str(store))}, max_memory_store: 64MB, max_file_store: 1GB }}",
            f"mqtt {{ host: {_word(listeners.host)}, port: {listeners.mqtt_port}, no_auth_user: anonymous }}",
            _accounts(credentials),
            "no_auth_user: anonymous",
            "",
        ]
    )


def _accounts(credentials: Credentials) -> str:
    hub = f"{{ user: {_word(credentials.hub_user)}, password: {_word(credentials.hub_password)} }}"
    anonymous = (
        f"{{ user: anonymous, password: {_word(credentials.anonymous_password)}, permissions: {{"
        f" publish: {{ allow: {_words(ANONYMOUS_SAYS)}, deny: {_words(ANONYMOUS_NEVER_SAYS)} }},"
        f" subscribe: {{ allow: {_words(ANONYMOUS_HEARS)} }} }} }}"
    )
    return f"accounts {{ RDOS {{ jetstream: enabled, users: [\n  {hub}\n  {anonymous}\n] }} }}"


def _words(subjects: tuple[str, ...]) -> str:
    return json.dumps(list(subjects), ensure_ascii=False)


def _word(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
