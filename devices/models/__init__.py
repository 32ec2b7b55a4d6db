from devices.models.bridge import Bridge
from devices.models.bus_node import BusNode, HalState
from devices.models.command import Command, NextNumber, Operation
from devices.models.connection import Connection
from devices.models.drive_session import DriveSession
from devices.models.gateway import Gateway
from devices.models.halt import Halt
from devices.models.node import Node
from devices.models.node_group import NodeGroup
from devices.models.node_red_flow import NodeRedFlow
from devices.models.preference import Layout, Preference
from devices.models.tunnel import Tunnel, TunnelLeg
from devices.models.twin import ConfigVersion, Twin

__all__ = [
    "Bridge",
    "BusNode",
    "Command",
    "ConfigVersion",
    "Connection",
    "DriveSession",
    "Gateway",
    "HalState",
    "Halt",
    "Layout",
    "NextNumber",
    "Node",
    "NodeGroup",
    "NodeRedFlow",
    "Operation",
    "Preference",
    "Tunnel",
    "TunnelLeg",
    "Twin",
]
