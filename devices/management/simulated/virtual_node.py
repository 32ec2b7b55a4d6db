"""One node of the virtual fleet: it dials, says who it is, tells how it is, does as told, and comes back."""

import asyncio
import time
from random import uniform
from typing import Any, Protocol

import orjson

from devices.management.simulated.faults import Calm
from devices.management.simulated.keyring import Credential, Keyring
from devices.management.simulated.line import Line
from devices.management.simulated.machines import CONFIG, Answer, Machine

ANSWER_SECONDS = 10.0
HEALTH_SECONDS = 15.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
# The hub locks out whoever fails five times in a minute.
REFUSED_WAIT, REFUSALS = 20.0, 3
DELETED = 4001
# So many commands are recognised when they are sent a second time.
REMEMBERED = 64


class Fleet(Protocol):
    """What a node needs of the fleet it is in."""

    loop: asyncio.AbstractEventLoop
    keyring: Keyring
    rate: float

    def entered(self, node: "VirtualNode") -> None: ...
    def parted(self, node: "VirtualNode", *, was_online: bool) -> None: ...
    def keep(self, key: str, credential: Credential) -> None: ...


class VirtualNode:
    def __init__(self, fleet: Fleet, machine: Machine, *, token: str = "", faults: Calm | None = None) -> None:
        self.machine = machine
        self.online = False
        # Nobody wants this node any more.
        self.retired = False
        self.line: Line | None = None
        self._fleet = fleet
        self._token = token
        self._faults = faults or Calm()
        self._wait = FIRST_WAIT
        self._refusals = 0
        self._told_at = self._mishap_at = 0.0
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._answered: dict[str, bytes] = {}

    # --- The line

    def opened(self, line: Line) -> None:
        self.line = line
        self._timers["answer"] = self._fleet.loop.call_later(ANSWER_SECONDS, line.abort)
        told = {"software_version": self.machine.version, "protocol_version": self.machine.protocol_version}
        held = self._fleet.keyring.get(self.machine.key)
        if self._token or held is None:
            self._send("auth", told | {"registration_token": self._token})
        else:
            self._send("auth", told | {"node_id": held.node_id, "node_secret": held.secret})

    def heard(self, text: bytes) -> None:
        frame = orjson.loads(text)
        match frame["type"]:
            case "command":
                self._obey(frame["payload"])
            case "ping":
                self._send("pong", None)
            case "auth_ok":
                self._enter()
            case "register_ack":
                self._token = ""
                given = frame["payload"]
                self._fleet.keep(self.machine.key, Credential(given["node_id"], given["node_secret"]))
                self._enter()
            case "auth_error":
                self._refusals += 1
                self._wait = REFUSED_WAIT

    def lost(self, line: Line, code: int) -> None:
        was_online, self.line, self.online = self.online, None, False
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.retired = self.retired or code == DELETED or self._refusals >= REFUSALS
        self._fleet.parted(self, was_online=was_online)

    def next_wait(self) -> float:
        """Longer after each failure, and never the same for two nodes of one hub that came back."""
        wait, self._wait = self._wait, min(self._wait * 2, LONGEST_WAIT)
        return uniform(0.0, 1.0) * wait if wait < REFUSED_WAIT else wait  # noqa: S311 - to spread, not to hide

    def leave(self) -> None:
        if self.line is not None:
            self.line.close()

    # --- What it tells

    def _enter(self) -> None:
        self._timers.pop("answer").cancel()
        self.online, self._refusals, self._wait = True, 0, FIRST_WAIT
        self._fleet.entered(self)
        self._mishap_at = time.time()
        self._tell_health()
        if self._fleet.rate:
            self._told_at = self._fleet.loop.time()
            self._tell_stats()

    def _tell_stats(self) -> None:
        """Keeps its rate whatever it costs, and skips what the hub is too slow for, as real nodes do."""
        if self.line is None:
            return
        self._told_at = max(self._told_at + 1 / self._fleet.rate, self._fleet.loop.time() - 1.0)
        self._timers["stats"] = self._fleet.loop.call_at(self._told_at, self._tell_stats)
        at = time.time()
        if at - self._mishap_at >= 1.0:
            self._mishap_at = at
            if self._suffer():
                return
        if not self.line.full:
            self._send("stats", self.machine.stats(at))

    def _tell_health(self) -> None:
        self._timers["health"] = self._fleet.loop.call_later(HEALTH_SECONDS, self._tell_health)
        self._send("health", self.machine.health(time.time(), self._faults.condition()))

    def _suffer(self) -> bool:
        mishap = self._faults.mishap()
        if self.line is not None and mishap == "vanish":
            self.line.abort()
        elif self.line is not None and mishap == "leave":
            self.line.close()
        return bool(mishap)

    # --- What it does

    def _obey(self, command: dict[str, Any]) -> None:
        delay = self._faults.delay()
        if delay:
            self._fleet.loop.call_later(delay, self._carry_out, command)
        else:
            self._carry_out(command)

    def _carry_out(self, command: dict[str, Any]) -> None:
        command_id = command["command_id"]
        if said := self._answered.get(command_id):
            self._say(said)
            return
        answer = self._answer(command["action"])
        if answer is CONFIG:
            self._send("config_response", self.machine.config)
            return
        said = self._answered[command_id] = _frame("command_ack", _ack(command_id, answer))
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        for _ in range(2 if self._faults.doubles() else 1):
            self._say(said)

    def _answer(self, action: dict[str, Any]) -> Answer:
        if self._faults.refuses():
            return Answer(False, "A simulated refusal", "simulated")
        answer = self.machine.obey(action)
        if answer.success and action.get("type") == "rotate_secret":
            held = self._fleet.keyring.get(self.machine.key)
            if held is not None:
                self._fleet.keep(self.machine.key, Credential(held.node_id, str(action["new_secret"])))
                # Kept before it is acknowledged: the old one is worthless once the new one was shown.
                self._fleet.keyring.save()
        return answer

    def _send(self, name: str, payload: Any) -> None:
        self._say(_frame(name, payload))

    def _say(self, text: bytes) -> None:
        if self.line is not None:
            self.line.send(text)


def _frame(name: str, payload: Any) -> bytes:
    return orjson.dumps({"type": name, "payload": payload})


def _ack(command_id: str, answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"command_id": command_id, "success": answer.success, "error": answer.error}
    if answer.error_code:
        told["error_code"] = answer.error_code
    return told if answer.data is None else told | {"data": answer.data}
