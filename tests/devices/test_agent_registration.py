"""How the agent comes to its hub, and comes back."""

import json
import socket
from pathlib import Path

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.devices.agents import NODE, SECRET, TOKEN, agent, connected, hub, mode_of, until


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def identity(state: Path, *, of: str, secret: str = SECRET) -> None:
    state.mkdir(mode=0o700)
    url = of.replace("http", "ws", 1) + "/ws/node"
    (state / "identity.json").write_text(json.dumps({"node_id": NODE, "node_secret": secret, "hub": url}))


def test_it_introduces_itself_with_its_token(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN):
        introduction = there.visit().introduction()

    assert introduction == {
        "registration_token": TOKEN,
        "software_version": "1.0.0",
        "protocol_version": 1,
        "device_type": "agent",
    }


def test_it_keeps_what_registration_gave_it_where_only_its_owner_reads(state: Path) -> None:
    with connected(state) as (_, visit):
        visit.next("health")

    kept = json.loads((state / "identity.json").read_text())
    assert (kept["node_id"], kept["node_secret"]) == (NODE, SECRET)
    assert mode_of(state / "identity.json") == 0o600
    assert mode_of(state) == 0o700


def test_neither_token_nor_secret_is_ever_logged(state: Path) -> None:
    with connected(state) as (running, visit):
        visit.do("rotate_secret", new_secret="another-secret")
        running.end()
        assert "Registered" in running.log
        assert not [word for word in (TOKEN, SECRET, "another-secret") if word in running.log]


def test_after_a_connection_that_ended_without_goodbye_it_comes_back_with_its_secret(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN):
        there.visit().register().hang_up()
        introduction = there.visit().introduction()

    assert (introduction["node_id"], introduction["node_secret"]) == (NODE, SECRET)
    assert "registration_token" not in introduction


def test_the_identity_wins_over_a_token(state: Path) -> None:
    with hub() as there:
        identity(state, of=there.url)
        with agent(state, "--hub", there.url, "--token", TOKEN):
            assert there.visit().introduction()["node_id"] == NODE


def test_a_new_token_is_tried_once_the_hub_refused_the_identity(state: Path) -> None:
    with hub() as there:
        identity(state, of=there.url, secret="revoked")
        with agent(state, "--hub", there.url, "--token", TOKEN):
            there.visit().refuse()
            visit = there.visit().register()
            visit.next("health")

    assert json.loads((state / "identity.json").read_text())["node_secret"] == SECRET


def test_a_refused_token_ends_it_with_the_reason(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN, "--once") as running:
        there.visit().refuse()
        assert running.process.wait(10) == 2
        assert "The hub refused this node: not known here" in running.log
        assert not (state / "identity.json").exists()


def test_a_refusal_that_comes_before_the_introduction_is_heard(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with agent(state, "--hub", url, "--token", TOKEN, "--once") as running:
            refuse_at_once(listening, json.dumps({"type": "auth_error", "message": "not known here"}))
            assert running.process.wait(10) == 2
            assert "The hub refused this node: not known here" in running.log


def refuse_at_once(listening: socket.socket, words: str) -> None:
    """Handshake, frame and Close in one packet, so that nothing the agent says can come between."""
    hub, (line, _) = ServerProtocol(), listening.accept()
    with line:
        hub.receive_data(line.recv(65536))
        (request,) = hub.events_received()
        assert isinstance(request, Request)
        hub.send_response(hub.accept(request))
        hub.send_text(words.encode())
        hub.send_close(1008)
        line.sendall(b"".join(hub.data_to_send()))
        while line.recv(65536):
            pass


def test_a_hub_that_answers_something_else_is_not_trusted(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN, "--once") as running:
        there.visit().send("auth_ok")
        assert running.process.wait(10) == 1
        assert "no answer to this node's introduction" in running.log


def test_the_environment_names_hub_and_token_and_a_prefix_is_kept(state: Path) -> None:
    with hub() as there:
        given = {"RDOS_AGENT_HUB": f"{there.url}/bilbycast/", "RDOS_AGENT_TOKEN": TOKEN}
        with agent(state, environment=given):
            visit = there.visit()
            assert visit.introduction()["registration_token"] == TOKEN
            assert visit.line.request is not None
            assert visit.line.request.path == "/bilbycast/ws/node"


def test_a_hub_that_moved_is_remembered_once_it_knew_the_node(state: Path) -> None:
    with hub() as there:
        identity(state, of="http://127.0.0.1:9")
        with agent(state, "--hub", there.url):
            there.visit().accept().next("health")

    assert json.loads((state / "identity.json").read_text())["hub"] == f"ws://127.0.0.1:{there.port}/ws/node"


def test_without_a_hub_it_dials_the_one_it_registered_at(state: Path) -> None:
    with hub() as there:
        identity(state, of=there.url)
        with agent(state):
            assert there.visit().introduction()["node_secret"] == SECRET


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Say where the hub is"),
        (("--hub", "http://127.0.0.1:9"), "give it a token"),
        (("--hub", "hub.example"), "give the hub's address"),
        (("--hub", "https://me:secret@hub.example"), "takes no user"),
        (("--hub", "http://127.0.0.1:9", "--token", TOKEN, "--fingerprint", "ab"), "64 hexadecimal digits"),
        (("--hub", "http://127.0.0.1:9", "--token", TOKEN, "--fingerprint", "ab" * 32), "needs an address with https"),
    ],
)
def test_what_it_cannot_start_with_is_said_plainly(state: Path, options: tuple[str, ...], sentence: str) -> None:
    with agent(state, *options) as running:
        assert running.process.wait(10) == 2
        assert sentence in running.log
        assert "Traceback" not in running.log


def test_the_secret_of_one_hub_is_not_shown_to_another(state: Path) -> None:
    with hub() as there:
        identity(state, of="http://127.0.0.1:9")
        with agent(state, "--hub", there.url, "--token", TOKEN) as running:
            assert running.process.wait(10) == 2
            assert "belongs to ws://127.0.0.1:9/ws/node" in running.log
        assert there.visits.empty()


def test_two_agents_do_not_share_a_state_directory(state: Path) -> None:
    with connected(state) as (_, visit):
        visit.next("health")
        with agent(state) as second:
            assert second.process.wait(10) == 2
            assert "Another agent already runs" in second.log


def test_a_state_directory_that_others_may_write_to_is_refused(state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)
    with agent(state, "--hub", "http://127.0.0.1:9", "--token", TOKEN) as running:
        assert running.process.wait(10) == 2
        assert "chmod 700" in running.log


def test_an_unreadable_identity_is_named(state: Path) -> None:
    state.mkdir(mode=0o700)
    (state / "identity.json").write_text("{")
    with agent(state) as running:
        assert running.process.wait(10) == 2
        assert "identity.json cannot be read" in running.log


def test_a_hub_that_is_away_is_tried_again(state: Path) -> None:
    with agent(state, "--hub", "http://127.0.0.1:9", "--token", TOKEN) as running:
        until(lambda: running.log.count("No connection to the hub") >= 2)
        assert running.process.poll() is None
