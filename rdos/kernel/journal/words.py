from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Who:
    """Who did it. Kinds: user, token, robot, node, lan, system, anonymous."""

    kind: str
    id: str = ""
    label: str = ""
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Which row it was done to, told so that it is still understood when the row is gone."""

    kind: str
    id: str = ""
    label: str = ""


SYSTEM = Who(kind="system", label="hub")
