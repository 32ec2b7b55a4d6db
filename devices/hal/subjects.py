"""On which subject a device is told to move."""

from rdos.kernel.bus.subjects import part, told

MOTOR = "hal.v1.motor.cmd"


def motor(key: str, *, own: bool) -> str:
    """All anonymous devices share one. One with a credential hears there only what is said to everyone."""
    return told(f"{MOTOR}.{part(key)}" if own else MOTOR, own=own)


def to_everyone() -> tuple[str, str]:
    return MOTOR, told(MOTOR, own=True)
