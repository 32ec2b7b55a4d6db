"""Who is on the bus, and what each may say and hear. Pure: `up`, docker compose and the hub write the same text.

Devices of the Tafy family hold no credential, so whoever names none is ANONYMOUS and gets exactly the subjects those
devices use. Commands and deployments come from the hub alone: an anonymous client hears them but cannot utter them.

A device with a credential of its own lives in an account of its own, where nobody anonymous is: their subjects are the
same words there and other places. Only the hub sees both. What such a device says comes to it with OWN before the
subject, and what it says with TELL before the subject goes to such a device. (Denying every anonymous client what is
each such device's would do the same in one account, but the server keeps those lists for every connection: 500 by 500
took 1.5 GB, and five seconds for each change.)
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

# What stands before the subjects of devices with credentials, on the hub's side.
OWN, TELL = "own", "tell"
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
    "hal.v1.motor.cmd.{key}",
    # In their account only the hub speaks there, and only to all at once: that everyone stands still.
    "hal.v1.motor.cmd",
    "hal.v1.system.cmd.{key}",
    "hal.v1.camera.cmd.{key}",
)
ANSWERED_FOR = "24h"


@dataclass(frozen=True)
class Hub:
    user: str
    password: str

    @property
    def system_user(self) -> str:
        """May ask the server to read its configuration anew, and hears nothing of the devices."""
        return f"{self.user}~system"


def accounts(hub: Hub, include: str) -> str:
    """The part of the main file that says who there is; every string in it is quoted as JSON."""
    # Of JSON's escapes the server knows only the short ones, so letters beyond ASCII stand as they are, in UTF-8.
    shared = {
        "jetstream": "enabled",
        "users": [{"user": hub.user, "password": hub.password}, _anonymous()],
        "exports": [{"stream": f"{TELL}.{_any(subject)}", "accounts": ["OWN"]} for subject in DEVICE_HEARS],
        "imports": [
            *({"stream": {"account": "OWN", "subject": _any(subject)}, "prefix": OWN} for subject in DEVICE_SAYS),
            {"stream": {"account": "OWN", "subject": f"{ANSWERS}.>"}},
        ],
    }
    own = {
        "jetstream": "enabled",
        "exports": [{"stream": subject, "accounts": ["RDOS"]} for subject in [*map(_any, DEVICE_SAYS), f"{ANSWERS}.>"]],
        "imports": [
            {"stream": {"account": "RDOS", "subject": f"{TELL}.{_any(subject)}"}, "to": subject.format(key="$1")}
            for subject in DEVICE_HEARS
        ],
    }
    system = {"users": [{"user": hub.system_user, "password": hub.password}]}
    return (
        f"accounts {{\n RDOS: {_words(shared)}\n"
        f" OWN {{\n include {_words(include)}\n{_words(own)[1:]}\n SYSTEM: {_words(system)}\n}}"
    )


def render(hub: Hub, devices: Mapping[str, str]) -> str:
    """The file that the main one includes: the devices with credentials, by key the bcrypt hash of each."""
    return f"users: {_words([_device(key, devices[key], hub) for key in sorted(devices)])}\n"


def _anonymous() -> dict[str, Any]:
    says = {"allow": ANONYMOUS_SAYS, "deny": ANONYMOUS_NEVER_SAYS}
    return {"user": ANONYMOUS, "permissions": {"publish": says, "subscribe": {"allow": ANONYMOUS_HEARS}}}


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


def _any(subject: str) -> str:
    return subject.format(key="*")


def _words(text: object) -> str:
    return json.dumps(text, ensure_ascii=False, indent=1)
