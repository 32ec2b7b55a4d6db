"""Who is on the bus, and what each may say and hear. Pure: `up`, docker compose and the hub write the same text.

Devices of the Tafy family hold no credential, so whoever names none is ANONYMOUS and gets exactly the subjects those
devices use. Commands and deployments come from the hub alone: an anonymous client hears them but cannot utter them.
A device with a credential of its own says and hears what is its own, and nobody anonymous says or hears that.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# No node can call itself this: a tilde is no letter of a key.
ANONYMOUS = "~anonymous"
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

# Where the hub is answered. Whoever answers has heard the question, or it could not name the rest of the subject.
# Not the server's `allow_responses`: that allows whatever subject a message names as its reply, and an anonymous client
# can send itself, on a subject it may use, a message whose reply is somebody's command.
ANSWERS = "hub.acks"
ANONYMOUS_SAYS = (
    "device.discovered",
    "device.*.status",
    "device.*.telemetry",
    "node.*.heartbeat",
    # Devices report here, cameras announce here, and Node-RED drives motors here.
    "hal.v1.>",
    f"{ANSWERS}.>",
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

DEVICE_SAYS = (
    "device.{key}.status",
    "device.{key}.telemetry",
    "node.{key}.heartbeat",
    "hal.v1.motor.telemetry.{key}",
    "hal.v1.sensor.*.telemetry.{key}",
    "hal.v1.sensor.*.event.{key}",
    "hal.v1.camera.frame.{key}",
    "hal.v1.camera.status.{key}",
    "hal.v1.camera.discovery.announce.{key}",
    "hal.v1.camera.discovery.response.{key}",
)
# Nothing here is a subject that a device may say: so only the hub chooses where it is answered (`allow_responses`).
DEVICE_HEARS = (
    "device.{key}.command",
    "node.{key}.flow.deploy",
    "node.{key}.flow.undeploy",
    # Not the motor subject that all share: whoever is anonymous may speak there.
    "hal.v1.motor.cmd.{key}",
    "hal.v1.system.cmd.{key}",
    "hal.v1.camera.cmd.{key}",
    "_INBOX.{key}.>",
)
# Both of the above and whatever is added to them: few words, since the server keeps them for each connection.
OF_A_DEVICE = ("device.{key}.>", "node.{key}.>", "hal.v1.*.*.{key}", "hal.v1.*.*.*.{key}")
ANSWERED_FOR = "24h"


@dataclass(frozen=True)
class Hub:
    user: str
    password: str

    @property
    def system_user(self) -> str:
        """May ask the server to read its configuration anew, and hears nothing of the devices."""
        return f"{self.user}~system"


def render(hub: Hub, devices: Mapping[str, str]) -> str:
    """The file that the main one includes: everybody of the devices' account, by key the bcrypt hash of each.

    Every string is quoted as JSON. Of its escapes the server knows only the short ones, so letters beyond ASCII stand
    as they are, in UTF-8.
    """
    users = [{"user": hub.user, "password": hub.password}, _anonymous(devices)]
    users += [_device(key, devices[key], hub) for key in sorted(devices)]
    return f"users: {json.dumps(users, ensure_ascii=False, indent=1)}\n"


def _anonymous(devices: Iterable[str]) -> dict[str, Any]:
    closed = [subject for key in sorted(devices) for subject in _own(OF_A_DEVICE, key)]
    hears: dict[str, Any] = {"allow": list(ANONYMOUS_HEARS)}
    if closed:
        hears["deny"] = closed
    says = {"allow": list(ANONYMOUS_SAYS), "deny": [*ANONYMOUS_NEVER_SAYS, *closed]}
    return {"user": ANONYMOUS, "permissions": {"publish": says, "subscribe": hears}}


def _device(key: str, digest: str, hub: Hub) -> dict[str, Any]:
    if not KEY.fullmatch(key) or key == hub.user:
        raise ValueError(f"{key!r} cannot be a user of the bus.")
    permissions = {
        "publish": {"allow": _own(DEVICE_SAYS, key)},
        "subscribe": {"allow": _own(DEVICE_HEARS, key)},
        "allow_responses": {"max": 1, "expires": ANSWERED_FOR},
    }
    return {"user": key, "password": digest, "permissions": permissions}


def _own(subjects: Iterable[str], key: str) -> list[str]:
    return [subject.format(key=key) for subject in subjects]
