"""What the hub may tell this node, each done once."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rdos_agent import scripts
from rdos_agent.config import Config
from rdos_agent.flows import Flows
from rdos_agent.frames import frame
from rdos_agent.identity import IdentityFile
from rdos_agent.outbox import Outbox
from rdos_agent.problems import CommandRefused
from rdos_agent.running import run
from rdos_agent.seen import Ack, Seen

AT_ONCE, MOST_WAITING = 4, 64
LONGEST_ID, LONGEST_SECRET = 128, 512
# Reading twice is safe, so these spend no place in the memory of ids.
READS = {"ping", "get_config"}
FLOWS = {"deploy_flow", "undeploy_flow"}
logger = logging.getLogger(__name__)
Action = dict[str, Any]


class Commands:
    """It outlives connections: an ack goes out on whichever there is when the work is done."""

    def __init__(self, *, identity: IdentityFile, config: Config, seen: Seen, outbox: Outbox, folder: Path) -> None:
        self._identity, self._config, self._seen, self._outbox = identity, config, seen, outbox
        self._folder = folder
        self._flows = Flows(folder.parent / "flows")
        self._running: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._handlers: dict[str, Callable[[Action], Any]] = {
            "ping": lambda action: {"pong": True},
            "get_config": lambda action: None,
            "update_config": self._update_config,
            "rotate_secret": self._rotate_secret,
            "restart": lambda action: None,
            "deploy_flow": self._flows.take,
            "undeploy_flow": self._flows.drop,
        }

    def receive(self, payload: Any) -> None:
        command_id, action = _parts(payload)
        if not command_id:
            logger.warning("Ignored a command without an id or a type.")
        elif ack := self._seen.ack(command_id):
            self._outbox.put(frame("command_ack", ack))
        elif action["type"] == "run":
            self._take(command_id, action)
        else:
            self._do(command_id, action)

    def report_flows(self) -> None:
        self._outbox.put_in_place(frame("flow_report", self._flows.report()))

    def stop(self) -> None:
        for task in self._running.values():
            task.cancel()

    def _do(self, command_id: str, action: Action) -> None:
        kind = action["type"]
        try:
            if kind not in self._handlers:
                raise CommandRefused("unknown_action", f"This agent does not know the action {kind[:64]}.")
            if kind not in READS:
                self._begin(command_id)
            ack = _done(command_id, self._handlers[kind](action))
        except CommandRefused as refusal:
            ack = _refused(command_id, refusal)
        self._answer(ack, remember=kind not in READS)
        self._afterwards(kind, ack)

    def _afterwards(self, kind: str, ack: Ack) -> None:
        if kind == "get_config":
            # After the ack, because an ack makes a hub forget the config it knew.
            self._outbox.put(frame("config_response", self._config.shown()))
        if kind in FLOWS:
            self.report_flows()
        if kind == "restart" and ack["success"]:
            logger.info("The hub asked for a restart.")
            self._outbox.end()

    def _update_config(self, action: Action) -> None:
        changes = action.get("config")
        if not isinstance(changes, dict):
            raise CommandRefused("validation_error", "config must be an object.")
        try:
            self._config.update(changes)
        except (OSError, RecursionError) as error:
            raise CommandRefused("storage_failed", f"The config could not be stored: {error}") from error

    def _rotate_secret(self, action: Action) -> None:
        secret = action.get("new_secret")
        if not isinstance(secret, str) or not 0 < len(secret) <= LONGEST_SECRET:
            raise CommandRefused("validation_error", "new_secret must be a text.")
        try:
            self._identity.rotate(secret)
        except OSError as error:
            raise CommandRefused("storage_failed", "The new secret could not be stored.") from error
        logger.info("The hub gave this node a new secret.")

    def _take(self, command_id: str, action: Action) -> None:
        if command_id in self._running:
            return
        if len(self._running) >= AT_ONCE + MOST_WAITING:
            busy = CommandRefused("busy", "Too many scripts are waiting already.")
            self._answer(_refused(command_id, busy), remember=False)
            return
        task = asyncio.create_task(self._run(command_id, action))
        self._running[command_id] = task
        task.add_done_callback(lambda _: self._running.pop(command_id, None))

    async def _run(self, command_id: str, action: Action) -> None:
        async with self._slots:
            try:
                order = scripts.ordered(self._folder, action)
                self._begin(command_id)
                logger.info("Running the script %s.", order.path.name)
                ack = _ended(command_id, order, await run(order))
            except CommandRefused as refusal:
                ack = _refused(command_id, refusal)
            except OSError as error:  # no descriptor is left, or the folder went away
                ack = _refused(command_id, CommandRefused("script_failed", f"The script could not be run: {error}"))
        self._answer(ack)
        if ack.get("error_code") in ("script_failed", "timeout"):
            self._report(str(action["script"]), ack)

    def _report(self, script: str, ack: Ack) -> None:
        logger.warning("The script %s failed: %s", script, ack["error"])
        details = {"error_code": ack["error_code"], "script": script, "command_id": ack["command_id"]}
        message = f"{script}: {ack['error']}"
        event = {"severity": "warning", "category": "script", "message": message, "details": details}
        self._outbox.put(frame("event", event))

    def _begin(self, command_id: str) -> None:
        try:
            self._seen.begin(command_id)
        except OSError as error:
            raise CommandRefused("storage_failed", "The command's id could not be remembered.") from error

    def _answer(self, ack: Ack, *, remember: bool = True) -> None:
        if remember:
            try:
                self._seen.finish(ack["command_id"], ack)
            except OSError:
                logger.warning("An answer could not be stored; it is remembered until the agent ends.")
        self._outbox.put(frame("command_ack", ack))


def _parts(payload: Any) -> tuple[str, Action]:
    """An empty id for what is no command."""
    command_id = payload.get("command_id") if isinstance(payload, dict) else None
    action = payload.get("action") if isinstance(payload, dict) else None
    whole = isinstance(command_id, str) and len(command_id) <= LONGEST_ID
    if not whole or not isinstance(action, dict) or not isinstance(action.get("type"), str):
        return "", {}
    return str(command_id), action


def _done(command_id: str, data: Any) -> Ack:
    ack = {"command_id": command_id, "success": True, "error": None}
    return ack if data is None else {**ack, "data": data}


def _refused(command_id: str, refusal: CommandRefused) -> Ack:
    return {"command_id": command_id, "success": False, "error": str(refusal), "error_code": refusal.code}


def _ended(command_id: str, order: scripts.Order, data: dict[str, Any]) -> Ack:
    exit_code = data["exit_code"]
    if exit_code == 0:
        return _done(command_id, data)
    if exit_code is None:
        refusal = CommandRefused("timeout", f"The script was stopped after {order.timeout:g} s.")
    else:
        refusal = CommandRefused("script_failed", f"The script ended with exit code {exit_code}.")
    return {**_refused(command_id, refusal), "data": data}
