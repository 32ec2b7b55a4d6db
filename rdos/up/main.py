"""`manage.py up`: everything a hub needs, from nothing, under one supervisor. Django is never imported here."""

import contextlib
import json
import sys
from collections.abc import Callable

from rdos.environment import Environment, Misconfigured
from rdos.up import guard, options, plan, ports, state, tls
from rdos.up.console import Console, box
from rdos.up.health import lives
from rdos.up.options import Options
from rdos.up.problems import CannotStart
from rdos.up.programs import Program
from rdos.up.servers import Servers, choose
from rdos.up.state import State
from rdos.up.supervisor import Stopped, Supervisor

PATIENCE = 60.0


def main(arguments: list[str]) -> int:
    try:
        configured = options.configured()
        wanted = options.read(arguments, configured)
        held = state.hold(wanted.directory)
    except (CannotStart, Misconfigured) as problem:
        print(problem, file=sys.stderr)
        return 1
    try:
        return run(wanted, configured, held)
    except (CannotStart, Misconfigured) as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        held.untell()
        held.release()


def run(wanted: Options, configured: Environment, held: State) -> int:
    register = held.directory / "children.json"
    guard.finish(register)
    held.untell()
    refuse_taken_ports(wanted, configured)
    servers = choose(wanted, configured, held)
    environment = plan.environment_of(wanted, configured, servers, held)
    names = options.lan_addresses() if wanted.everywhere else []
    pair = tls.certificate(wanted.directory, names) if wanted.tls else None
    console = Console()
    warn(wanted, console)
    with contextlib.suppress(Stopped), Supervisor(console, register) as supervisor:
        held.tell(plan.effective(configured, environment, state.TOLD))
        preparation = Preparation(console)
        # The preparation writes who may use the bus beside what is written here.
        bus = servers.nats.program() if servers.nats else None
        # It imports its modules while the servers start, and then waits for the database by itself.
        task = supervisor.begin(plan.preparation(environment), preparation.heard)
        start_servers(supervisor, servers)
        if supervisor.finish(task):
            raise CannotStart("Preparing the database failed; the reason is above.")
        if servers.nats and bus:
            supervisor.start(bus)
            supervisor.wait_for(servers.nats.ready, seconds=PATIENCE, what="NATS")
        start_hub(supervisor, plan.hub_programs(wanted, environment, pair), lambda: lives(wanted, pair and pair[0]))
        console.write(box(welcome(wanted, preparation.administrator)))
        supervisor.watch()
    if servers.postgres:
        servers.postgres.remove_socket_directory()
    console.write("The hub has stopped.\n")
    return 0


def refuse_taken_ports(wanted: Options, configured: Environment) -> None:
    ports.refuse_taken(wanted.host, {"PORT": wanted.port})
    if not configured.text("NATS_URL"):
        ports.refuse_taken(wanted.bus_host, {"NATS_PORT": wanted.nats_port, "MQTT_PORT": wanted.mqtt_port})


def warn(wanted: Options, console: Console) -> None:
    if wanted.lan:
        console.write("Warning: everyone on the local network reaches this hub, and any device may join its bus.\n")
        if not wanted.tls:
            console.write("Warning: passwords cross the network in the clear; consider `up --lan --tls`.\n")


def start_servers(supervisor: Supervisor, servers: Servers) -> None:
    """Redis starts while the database is made."""
    if servers.redis:
        supervisor.start(servers.redis.program())
    if servers.postgres:
        servers.postgres.initialise()
        supervisor.start(servers.postgres.program())
        supervisor.wait_for(servers.postgres.ready, seconds=PATIENCE, what="PostgreSQL")
    if servers.redis:
        supervisor.wait_for(servers.redis.ready, seconds=PATIENCE, what="Redis")


def start_hub(supervisor: Supervisor, programs: list[Program], answers: Callable[[], bool]) -> None:
    """The door first and alone: nothing else should take the processor from what a person waits for."""
    supervisor.start(programs[0])
    supervisor.wait_for(answers, seconds=PATIENCE, what="The hub")
    for program in programs[1:]:
        supervisor.start(program)


class Preparation:
    """Listens to the preparation, whose one line with a password is not shown among the others."""

    def __init__(self, console: Console) -> None:
        self.administrator: dict[str, str | bool | None] = {}
        self._console = console

    def heard(self, text: str) -> None:
        with contextlib.suppress(ValueError):
            answer = json.loads(text)
            if isinstance(answer, dict) and "created" in answer and "username" in answer:
                self.administrator = answer
                return
        self._console.line("prepare", text)


def welcome(wanted: Options, administrator: dict[str, str | bool | None]) -> list[str]:
    lines = [f"The hub is ready: {wanted.address}"]
    if wanted.everywhere:
        scheme = wanted.address.partition("://")[0]
        lines += [f"On the network:   {scheme}://{address}:{wanted.port}" for address in options.lan_addresses()]
    if wanted.tls:
        lines.append("Its certificate is its own, so a browser asks once whether to trust it.")
    if administrator.get("created") and administrator.get("password"):
        lines += [
            f"Sign in as {administrator['username']} with the password {administrator['password']}",
            "It is shown this once only. Another one is made by",
            f"python3 manage.py reset-password --username {administrator['username']} --generate",
        ]
    return [*lines, "Ctrl-C stops everything."]
