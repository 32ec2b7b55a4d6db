"""What the agent says and hears while it is connected."""

import http
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from tests.devices.agents import TOKEN, Agent, Visit, agent, connected, hub


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Agent, Visit]]:
    with connected(tmp_path / "state") as found:
        yield found


@pytest.fixture
def visit(both: tuple[Agent, Visit]) -> Visit:
    return both[1]


def test_stats_come_at_once_and_make_sense(visit: Visit) -> None:
    stats = visit.next("stats")["payload"]
    for share in ("cpu_percent", "memory_percent", "disk_percent"):
        assert 0 <= stats[share] <= 100
    assert stats["memory_total_bytes"] > 1_000_000
    assert stats["disk_total_bytes"] > 1_000_000
    assert stats["uptime_secs"] > 0
    assert stats["load_1m"] >= 0


def test_health_comes_at_once(visit: Visit) -> None:
    health = visit.next("health")
    assert health["timestamp"].endswith("Z")
    assert health["payload"]["status"] in ("ok", "warning")
    assert health["payload"]["version"] == "1.0.0"
    assert health["payload"]["uptime_secs"] >= 0


def test_a_warning_has_its_reason(visit: Visit) -> None:
    stats, health = visit.next("stats")["payload"], visit.next("health")["payload"]
    full = stats["disk_percent"] > 90 or stats["memory_percent"] > 95
    assert (health["status"] == "warning", "reason" in health) == (full, full)


def test_the_name_it_was_given_is_in_its_health(tmp_path: Path) -> None:
    options = ("--token", TOKEN, "--name", "press 4")
    with hub() as there, agent(tmp_path / "state", "--hub", there.url, *options):
        assert there.visit().register().next("health")["payload"]["name"] == "press 4"


def test_a_ping_is_answered(visit: Visit) -> None:
    visit.send("ping")
    assert visit.next("pong")["payload"] is None


@pytest.mark.parametrize(
    "rubbish",
    [
        "{",
        "[]",
        "7",
        '{"payload": 1}',
        '{"type": 5}',
        b"\x00\xff",
        "[" * 100_000,
        '{"type": "command", "payload": NaN}',
        '{"type": "command", "payload": null}',
        '{"type": "command", "payload": {"command_id": 3, "action": {"type": "ping"}}}',
        '{"type": "command", "payload": {"command_id": "a", "action": "ping"}}',
    ],
)
def test_a_malformed_frame_is_ignored_with_one_line(both: tuple[Agent, Visit], rubbish: str | bytes) -> None:
    running, visit = both
    visit.line.send(rubbish)
    assert visit.do("ping")["success"] is True
    assert running.log.count("Ignored") == 1
    assert "Traceback" not in running.log


def test_an_unknown_type_is_ignored_without_a_word(both: tuple[Agent, Visit]) -> None:
    running, visit = both
    visit.send("weather", {"rain": True})
    assert visit.do("ping")["success"] is True
    assert "Ignored" not in running.log


def test_a_signal_ends_it_politely_within_two_seconds(both: tuple[Agent, Visit]) -> None:
    running, visit = both
    visit.next("health")
    started = time.monotonic()
    running.process.terminate()
    assert visit.ended() == 1000
    assert running.process.wait(5) == 0
    assert time.monotonic() - started < 2


def test_the_upgrade_request_carries_no_credential_and_no_extension(visit: Visit) -> None:
    assert visit.line.request is not None
    headers = visit.line.request.headers
    assert TOKEN not in str(headers)
    assert TOKEN not in visit.line.request.path
    assert "Sec-WebSocket-Extensions" not in headers


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with hub() as elsewhere:

        def send_away(line: ServerConnection, request: Request) -> Response:
            place = elsewhere.url.replace("http", "ws", 1) + "/ws/node"
            return Response(http.HTTPStatus.FOUND, "Found", Headers({"Location": place, "Content-Length": "0"}))

        with hub(process_request=send_away) as there:
            options = ("--hub", there.url, "--token", TOKEN, "--once")
            with agent(tmp_path / "state", *options) as running:
                assert running.process.wait(10) == 1
        assert elsewhere.visits.empty()


def test_a_frame_above_five_mebibytes_ends_the_connection_and_it_comes_back(tmp_path: Path) -> None:
    with hub() as there, agent(tmp_path / "state", "--hub", there.url, "--token", TOKEN):
        visit = there.visit().register()
        visit.line.send(json.dumps({"type": "ping", "payload": "x" * 4 * 1024 * 1024}))
        visit.next("pong")
        visit.line.send("x" * (5 * 1024 * 1024 + 1))
        assert visit.ended() == 1009
        assert "node_id" in there.visit().introduction()
