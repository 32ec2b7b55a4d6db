import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rdos.up.lodging import lodge
from rdos.up.redis import Redis
from tests.ports import free
from tests.up.hosting import running, scratch


def test_redis_wants_its_password_and_keeps_nothing_on_disk() -> None:
    with scratch() as directory:
        server = Redis(lodge(directory), free(), "a-secret")
        with running(server.program(), server.ready):
            client = redis.Redis.from_url(server.url)
            assert client.set("a", "b")
            assert client.config_get("save") == {"save": ""}
            assert client.config_get("appendonly") == {"appendonly": "no"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
            client.close()
            with (
                redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
                pytest.raises(redis.exceptions.AuthenticationError),
            ):
                stranger.get("a")
        assert list((directory / "redis").iterdir()) == []
        assert (directory / "redis.conf").stat().st_mode & 0o077 == 0
