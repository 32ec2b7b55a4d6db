"""What any computer with an agent on it can be told, and what it measures of itself."""

from devices.drivers.schemas import OBJECT, SCRIPT, TEXT, TEXTS, between, takes
from devices.drivers.shapes import CommandSpec

# The longest an agent lets a script run.
LONGEST_RUN = 3600

PING = CommandSpec("ping", "Ask for a sign of life")
GET_CONFIG = CommandSpec("get_config", "Read the node's configuration")
UPDATE_CONFIG = CommandSpec(
    "update_config", "Change the node's configuration", arguments=takes(config=OBJECT), changes_config=True
)
RUN = CommandSpec(
    "run",
    "Run a script from the node's own folder",
    arguments=takes(script=SCRIPT, optional={"arguments": TEXTS, "timeout": between(1, LONGEST_RUN)}),
)
# What the hub sends where a flow is deployed; by hand nobody would get the definition right.
FLOWS = (
    CommandSpec("deploy_flow", "Take over a flow", "developer", takes(flow_id=TEXT), offered=False),
    CommandSpec("undeploy_flow", "Drop a flow", "developer", takes(flow_id=TEXT), dangerous=True, offered=False),
)
RESTART = CommandSpec("restart", "Start the node's program again", dangerous=True)

TEMPERATURE = "temperature_celsius"
METRICS = ("cpu_percent", "memory_percent", "disk_percent", TEMPERATURE, "load_1m", "uptime_secs")
