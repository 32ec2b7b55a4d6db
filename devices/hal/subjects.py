"""On which subject a device is told to move."""

from rdos.kernel.bus.subjects import part

MOTOR = "hal.v1.motor.cmd"


def motor(key: str, *, own: bool) -> str:
    """All anonymous devices share one. A device with a credential of its own listens there no more: anybody may speak
    there, and so it has its own."""
    return f"{MOTOR}.{part(key)}" if own else MOTOR
