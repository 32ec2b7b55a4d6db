"""What all virtual machines share: a configuration, a way to obey, and health."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Action = dict[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    success: bool = True
    error: str | None = None
    error_code: str = ""
    data: Any = None


DONE = Answer()
# The answer to get_config is a frame of its own.
CONFIG = Answer(data="config")
NOT_FOUND = "not_found"


class Machine:
    device_type = ""
    version = "1.0.0-simulated"
    protocol_version = 1

    def __init__(self, key: str, seed: int, at: float) -> None:
        self.key = key
        self.began_at = at
        # Where in its waves this one is, so that no two nodes move together.
        self.phase = Random(f"{seed} {key}").random()  # noqa: S311 - a phase is no secret
        self.config: dict[str, Any] = {}

    def obey(self, action: Action) -> Answer:
        """Real nodes check less than the hub; what cannot be understood at all is refused."""
        obeys = self.commands().get(str(action.get("type")))
        if obeys is None:
            return Answer(False, f"unknown action: {action.get('type')}", "unknown_action")
        try:
            return obeys(action)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return Answer(False, f"it lacks or mistakes {error}", "validation_error")

    def commands(self) -> dict[str, Callable[[Action], Answer]]:
        return {
            "ping": lambda _: DONE,
            "get_config": lambda _: CONFIG,
            "update_config": self._update_config,
            "rotate_secret": lambda action: Answer(data={"rotated": bool(action["new_secret"])}),
        }

    def _update_config(self, action: Action) -> Answer:
        self.config = {**self.config, **action["config"]}
        return DONE

    def uptime(self, at: float) -> int:
        return int(at - self.began_at)

    def stats(self, at: float) -> dict[str, Any]:
        raise NotImplementedError

    def health(self, at: float, status: str) -> dict[str, Any]:
        told = {"status": status, "version": self.version, "uptime_secs": self.uptime(at)}
        return told if status == "ok" else told | {"message": "A simulated fault."}


def without(rows: Rows, **wanted: str) -> Rows:
    """All but the one that is meant; there must be one."""
    [(name, value)] = wanted.items()
    left = [row for row in rows if row.get(name) != value]
    if len(left) == len(rows):
        raise KeyError(value)
    return left


def one(rows: Rows, wanted: str) -> dict[str, Any]:
    for row in rows:
        if row.get("id") == wanted:
            return row
    raise KeyError(wanted)
