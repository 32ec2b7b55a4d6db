"""What a virtual node is: numbers that move, and commands that change something."""

from devices.management.simulated.machines.edge import Edge
from devices.management.simulated.machines.machine import CONFIG, Answer, Machine
from devices.management.simulated.machines.relay import Relay
from devices.management.simulated.machines.robot import Agent, Robot

MACHINES: dict[str, type[Machine]] = {"edge": Edge, "relay": Relay, "robot": Robot, "agent": Agent}

__all__ = ["CONFIG", "MACHINES", "Answer", "Machine"]
