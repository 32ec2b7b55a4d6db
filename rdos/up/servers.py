"""The servers a hub stands on: which of them it must bring along, and by which addresses it reaches them."""

from dataclasses import dataclass

from rdos.environment import Environment
from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from rdos.up.options import Options
from rdos.up.ports import free
from rdos.up.postgres import Postgres
from rdos.up.redis import Redis
from rdos.up.state import State


@dataclass(frozen=True)
class Servers:
    """None: configured to be somebody else's."""

    postgres: Postgres | None
    redis: Redis | None
    nats: Nats | None

    def addresses(self) -> dict[str, str]:
        named = {"DATABASE_URL": self.postgres, "REDIS_URL": self.redis, "NATS_URL": self.nats}
        found = {name: server.url for name, server in named.items() if server}
        return found | ({"RDOS_BUS_CONFIG_DIR": str(self.nats.directory)} if self.nats else {})


def choose(options: Options, environment: Environment, state: State) -> Servers:
    missing = {name for name in ("DATABASE_URL", "REDIS_URL", "NATS_URL") if not environment.text(name)}
    if not missing:
        return Servers(None, None, None)
    lodging = lodge(state.directory)
    postgres = Postgres(lodging, state.secret("postgres-superuser"), state.secret("postgres"))
    nats = Nats(
        lodging,
        options.bus_host,
        options.nats_port,
        options.mqtt_port,
        hub_user=environment.text("NATS_USER") or "hub",
        hub_password=environment.text("NATS_PASSWORD") or state.secret("nats-hub"),
    )
    return Servers(
        postgres if "DATABASE_URL" in missing else None,
        Redis(lodging, free(), state.secret("redis")) if "REDIS_URL" in missing else None,
        nats if "NATS_URL" in missing else None,
    )
