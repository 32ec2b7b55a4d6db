"""A robot that drives its round and charges when it must, and a computer that only computes."""

from collections.abc import Callable
from math import cos, sin, tau
from typing import Any

from devices.management.simulated.machines.machine import DONE, Action, Answer, Machine
from devices.management.simulated.waves import between

# A full battery lasts an hour; a fifth of that fills it again.
WORK_SECONDS, CHARGE_SECONDS = 3600.0, 720.0
FULL, LOW = 97.0, 15.0
ROUND_SECONDS, RADIUS_METRES = 120.0, 8.0


class Agent(Machine):
    device_type = "agent"

    def __init__(self, key: str, seed: int, at: float) -> None:
        super().__init__(key, seed, at)
        self.config = {"name": key, "stats_seconds": 1, "scripts": ["hello", "tidy"]}
        self.flows: dict[str, Any] = {}

    def commands(self) -> dict[str, Callable[[Action], Answer]]:
        return super().commands() | {
            "run": self._run,
            "restart": self._restart,
            "deploy_flow": self._deploy_flow,
            "undeploy_flow": self._undeploy_flow,
        }

    def _run(self, action: Action) -> Answer:
        if action["script"] not in self.config["scripts"]:
            return Answer(False, f"There is no script {action['script']}", "not_found")
        return Answer(data={"exit_code": 0, "output": f"{action['script']}: done"})

    def _restart(self, action: Action) -> Answer:
        return DONE

    def _deploy_flow(self, action: Action) -> Answer:
        self.flows[str(action["flow_id"])] = action.get("version")
        return DONE

    def _undeploy_flow(self, action: Action) -> Answer:
        if self.flows.pop(str(action["flow_id"]), self) is self:
            return Answer(False, "This flow is not here", "unknown_flow")
        return DONE

    def stats(self, at: float) -> dict[str, Any]:
        return {
            "cpu_percent": round(between(5, 60, at, 180, self.phase), 1),
            "memory_percent": round(between(35, 60, at, 900, self.phase), 1),
            "disk_percent": round(40 + 20 * self.phase, 1),
            "temperature_celsius": round(between(35, 62, at, 180, self.phase), 1),
            "load_1m": round(between(0.1, 2.5, at, 180, self.phase), 2),
            "uptime_secs": self.uptime(at),
        }


class Robot(Agent):
    device_type = "robot"

    def __init__(self, key: str, seed: int, at: float) -> None:
        super().__init__(key, seed, at)
        self.is_stopped = False

    def commands(self) -> dict[str, Callable[[Action], Answer]]:
        return super().commands() | {"stop": self._stop}

    def _run(self, action: Action) -> Answer:
        answer = super()._run(action)
        self.is_stopped = self.is_stopped and not answer.success
        return answer

    def _stop(self, action: Action) -> Answer:
        self.is_stopped = True
        return DONE

    def stats(self, at: float) -> dict[str, Any]:
        battery, charging = self._battery(at)
        way = tau * (at / ROUND_SECONDS + self.phase)
        moving = not charging and not self.is_stopped
        x, y = (RADIUS_METRES * cos(way), RADIUS_METRES * sin(way)) if moving else (0.0, 0.0)
        return super().stats(at) | {
            "battery_percent": round(battery, 1),
            "position_x": round(x, 2),
            "position_y": round(y, 2),
            "speed_mps": round(tau * RADIUS_METRES / ROUND_SECONDS, 2) if moving else 0.0,
            "state": "charging" if charging else "moving" if moving else "stopped",
        }

    def _battery(self, at: float) -> tuple[float, bool]:
        """The charge, and whether it is on its way up."""
        cycle = WORK_SECONDS + CHARGE_SECONDS
        since = (at + self.phase * cycle) % cycle
        if since < WORK_SECONDS:
            return FULL - (FULL - LOW) * since / WORK_SECONDS, False
        return LOW + (FULL - LOW) * (since - WORK_SECONDS) / CHARGE_SECONDS, True
