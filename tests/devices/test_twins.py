"""What a node's configuration should be and what it is: read, written, compared, healed and adopted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.drivers import CommandSpec, Driver, Health, registry
from devices.models import Command, ConfigVersion, Node, Twin
from devices.services import config_versions, healing, replies, twins
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
WANTED: dict[str, Any] = {"rate": 5, "srt": {"passphrase": "opensesame"}}
OTHER: dict[str, Any] = {"rate": 6, "srt": {"passphrase": "opensesame"}}


def config_url(node: Node) -> str:
    return f"/api/v1/nodes/{node.pk}/config"


def twin_url(node: Node, rest: str = "") -> str:
    return f"/api/v1/nodes/{node.pk}/twin{rest}"


def words(*actions: str) -> list[str]:
    return list(JournalEntry.objects.filter(action__in=actions).order_by("pk").values_list("action", flat=True))


def heals() -> list[Command]:
    return list(Command.objects.filter(purpose="heal").order_by("number"))


def test_a_fresh_report_is_answered_at_once_and_without_credentials(operator: Person) -> None:
    node = told.node()
    told.report(node, {"config": WANTED | {"registration_token": "t", "tunnels": [{"tunnel_encryption_key": "k"}]}})
    response = operator.caller.get(config_url(node))
    assert (response.status_code, response.json()) == (200, WANTED | {"tunnels": [{}]})
    assert not Command.objects.exists()


def test_a_viewer_sees_no_passphrases(viewer: Person) -> None:
    node = told.node()
    told.report(node, WANTED)
    assert viewer.caller.get(config_url(node)).json() == {"rate": 5, "srt": {"passphrase": "(hidden)"}}
    content = viewer.caller.get(twin_url(node, "/versions/reported/1")).json()["content"]
    assert content["srt"] == {"passphrase": "(hidden)"}


def test_a_configuration_is_encrypted_where_it_lies() -> None:
    told.report(told.node(), WANTED)
    assert "opensesame" not in str(ConfigVersion.objects.values())


def test_a_node_that_is_not_there_answers_502(viewer: Person) -> None:
    node = told.node()
    told.report(node, WANTED)
    told.go(node)
    assert viewer.caller.get(config_url(node)).status_code == 502


@pytest.mark.django_db(transaction=True)
def test_a_node_is_asked_when_a_command_may_have_changed_it(operator: Person) -> None:
    node = told.node()
    told.report(node, WANTED)
    operator.caller.post(told.command_url(node) + "?wait=0", {"action": {"type": "start_flow", "flow_id": "f"}})
    told.settle(told.yes(told.receive()[0]))
    with told.answering(lambda letter: [told.configured(letter, OTHER)]) as letters:
        assert operator.caller.get(config_url(node)).json() == OTHER
    assert [letter.action for letter in letters] == [{"type": "get_config"}]


@pytest.mark.django_db(transaction=True)
def test_a_node_that_refuses_to_tell_has_no_configuration(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: [told.no(letter)]):
        response = operator.caller.get(config_url(node))
    assert (response.status_code, response.json()["code"]) == (404, "no_config")


def test_what_a_node_takes_over_is_desired_of_it(operator: Person) -> None:
    node = told.node()
    assert operator.caller.put(config_url(node) + "?wait=0", WANTED).status_code == 202
    assert operator.caller.get(twin_url(node)).json()["desired"] is None
    letter = told.receive()[0]
    assert letter.action == {"type": "update_config", "config": WANTED}
    told.settle(told.yes(letter))
    desired = operator.caller.get(twin_url(node)).json()["desired"]
    assert (desired["number"], desired["created_by"]) == (1, operator.user.username)
    assert told.receive() == []
    in_a_while = timezone.now() + timedelta(minutes=2)
    assert (healing.look(in_a_while), healing.look(timezone.now() + timedelta(seconds=40))) == (1, 0)
    asked = told.receive()
    assert [letter.action for letter in asked] == [{"type": "get_config"}]
    told.settle(told.configured(asked[0], WANTED))
    assert healing.look(in_a_while + timedelta(minutes=2)) == 0
    assert operator.caller.get(twin_url(node)).json()["in_sync"] is True
    assert words("node.config.update", "command.create") == ["node.config.update"]


def test_what_a_node_refuses_is_not(operator: Person) -> None:
    node = told.node()
    operator.caller.put(config_url(node) + "?wait=0", WANTED)
    told.settle(told.no(told.receive()[0]))
    assert operator.caller.get(twin_url(node)).json()["desired"] is None
    assert operator.caller.get(twin_url(node, "/versions")).json() == []


@pytest.mark.parametrize(("config", "status"), [({"text": "c" * 102_390}, 413), ([1], 400), ("text", 400)])
def test_a_configuration_that_cannot_be_is_refused(operator: Person, config: Any, status: int) -> None:
    assert operator.caller.put(config_url(told.node()), config).status_code == status
    assert not ConfigVersion.objects.exists()


def test_a_configuration_for_a_node_that_is_not_there_answers_502(operator: Person) -> None:
    assert operator.caller.put(config_url(told.node(connected=False)), WANTED).status_code == 502
    assert not ConfigVersion.objects.exists()


def test_the_same_report_again_is_no_new_version(viewer: Person) -> None:
    node = told.node()
    for config in (WANTED, dict(reversed(WANTED.items())), OTHER):
        told.report(node, config)
    rows = viewer.caller.get(twin_url(node, "/versions?side=reported")).json()
    assert sorted(row["number"] for row in rows) == [1, 2]


def test_old_reports_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_versions, "MOST_REPORTED", 3)
    node = told.node()
    for rate in range(5):
        told.report(node, {"rate": rate})
    assert set(ConfigVersion.objects.values_list("number", flat=True)) == {3, 4, 5}


def test_drift_is_shown_and_journalled_once(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED})
    for rate in (6, 7):
        told.report(node, OTHER | {"rate": rate})
    twin = operator.caller.get(twin_url(node)).json()
    assert (twin["policy"], twin["in_sync"], twin["reported"]["fresh"]) == ("report", False, True)
    assert twin["drift"] == [{"path": "rate", "kind": "different", "desired": 5, "reported": 7}]
    told.report(node, WANTED)
    assert operator.caller.get(twin_url(node)).json()["drift"] == []
    assert words("node.drifted", "node.converged") == ["node.drifted", "node.converged"]
    assert heals() == []


def test_a_node_that_drifts_is_healed_once_a_report(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED, "policy": "heal"})
    told.report(node, OTHER)
    told.report(node, OTHER)
    (heal,) = heals()
    assert (heal.status, heal.serves) == ("queued", node.pk)
    assert [letter.action for letter in told.receive()] == [{"type": "update_config", "config": WANTED}]


def test_a_node_that_refuses_is_not_hammered(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED, "policy": "heal"})
    told.report(node, OTHER)
    told.settle(told.no(told.receive()[0]))
    told.report(node, OTHER | {"rate": 7})
    assert len(heals()) == 1
    later = timezone.now() + timedelta(minutes=6)
    node.refresh_from_db()
    twins.report(node_id=node.pk, session_id=node.session_id, config=OTHER | {"rate": 8}, at=later)  # type: ignore[arg-type]
    assert len(heals()) == 2


def test_what_a_node_only_has_besides_is_left_alone(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED, "policy": "heal"})
    told.report(node, WANTED | {"own": 1})
    assert heals() == []
    assert operator.caller.get(twin_url(node)).json()["drift"][0]["kind"] == "extra"


def test_a_node_in_maintenance_is_left_alone(operator: Person) -> None:
    node = told.node(maintenance_until=timezone.now() + timedelta(hours=1))
    operator.caller.put(twin_url(node), {"desired": WANTED, "policy": "heal"})
    told.report(node, OTHER)
    assert heals() == []


def test_switching_healing_on_heals_what_has_drifted_already(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED})
    told.report(node, OTHER)
    operator.caller.put(twin_url(node), {"policy": "heal"})
    assert len(heals()) == 1


def test_with_the_policy_adopt_the_report_is_what_is_desired(operator: Person) -> None:
    node = told.node()
    operator.caller.put(twin_url(node), {"desired": WANTED, "policy": "adopt"})
    told.report(node, OTHER)
    twin = operator.caller.get(twin_url(node)).json()
    assert (twin["in_sync"], twin["desired"]["number"], twin["drift"]) == (True, 2, [])
    assert words("node.drifted", "twin.adopt") == ["twin.adopt"]


def test_adopting_by_hand_needs_a_report(operator: Person) -> None:
    node = told.node()
    assert operator.caller.post(twin_url(node, "/adopt")).status_code == 409
    told.report(node, OTHER)
    assert operator.caller.post(twin_url(node, "/adopt")).json()["in_sync"] is True


def test_healing_by_hand_waits_for_its_node(operator: Person) -> None:
    node = told.node()
    assert operator.caller.post(twin_url(node, "/heal")).status_code == 409
    operator.caller.put(twin_url(node), {"desired": WANTED})
    told.report(node, WANTED)
    assert operator.caller.post(twin_url(node, "/heal")).json()["code"] == "in_sync"
    told.report(node, OTHER)
    told.go(node)
    assert operator.caller.post(twin_url(node, "/heal")).status_code == 202
    told.come(node)
    assert [letter.action["config"] for letter in told.receive()] == [WANTED]


def test_a_report_of_a_former_session_is_not_taken() -> None:
    node = told.node()
    former = node.session_id
    told.come(node)
    told.settle(told.Report(node.pk, former, WANTED))  # type: ignore[arg-type]
    assert not Twin.objects.exists()


def test_whoever_does_not_see_the_node_sees_none_of_it(make_person: MakePerson) -> None:
    node = told.node()
    told.report(node, WANTED)
    bob = make_person("bob", "operator", allowed_node_ids=[])
    for address in (
        config_url(node),
        twin_url(node),
        twin_url(node, "/versions"),
        twin_url(node, "/versions/reported/1"),
    ):
        assert bob.caller.get(address).status_code == 403


@pytest.mark.parametrize(
    "rest",
    [
        "/versions/reported/9",
        "/versions/sideways/1",
        "/versions/desired/1",
        "/versions/%00/1",
        f"/versions/reported/{9**40}",
    ],
)
def test_a_version_that_is_not_there_is_404(viewer: Person, rest: str) -> None:
    node = told.node()
    told.report(node, WANTED)
    assert viewer.caller.get(twin_url(node, rest)).status_code == 404


@pytest.mark.parametrize("body", [{"policy": "wish"}, {"desired": [1]}, {"desired": "text"}])
def test_a_twin_that_cannot_be_is_refused(operator: Person, body: dict[str, Any]) -> None:
    assert operator.caller.put(twin_url(told.node()), body).status_code == 400


def test_a_configuration_of_exactly_the_largest_size_is_sent(operator: Person) -> None:
    config = {"text": "c" * (100 * 1024 - len('{"text":""}'))}
    assert operator.caller.put(config_url(told.node()) + "?wait=0", config).status_code == 202


def test_a_configuration_waits_as_long_as_it_may(operator: Person) -> None:
    operator.caller.put(config_url(told.node(connected=False)) + "?wait=0&ttl=60", WANTED)
    replies.expire(timezone.now() + timedelta(seconds=61))
    assert Command.objects.get().status == "expired"


def test_where_reading_is_denied_nobody_asks(operator: Person) -> None:
    node = told.node(denied_commands=["get_config"])
    refused = operator.caller.get(config_url(node))
    assert (refused.status_code, refused.json()["code"]) == (403, "command_denied")
    operator.caller.put(twin_url(node), {"policy": "heal", "desired": WANTED})
    healing.look(timezone.now() + timedelta(minutes=2))
    assert not Command.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_report_answers_even_when_another_command_is_answered_at_once(operator: Person) -> None:
    node = told.node()
    operator.caller.post(told.command_url(node) + "?wait=0", {"action": {"type": "start_flow", "flow_id": "f"}})
    (other,) = told.receive()

    def both(letter: Any) -> list[Any]:
        return [told.configured(letter, OTHER), told.yes(other)]

    with told.answering(both):
        assert operator.caller.get(config_url(node)).json() == OTHER
    with told.answering(both):
        asked = operator.caller.post(told.command_url(node) + "?wait=3", {"action": {"type": "get_config"}})
    assert asked.json()["data"] == OTHER


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Node:
    """A machine that only an admin may configure."""
    update = CommandSpec("update_config", "Change it", "admin")
    kind = Driver("press", "Press", (update,), lambda r: [], lambda r: [], lambda r: Health("online"))
    monkeypatch.setitem(registry._known, "press", kind)
    return told.node("press", "press")


def test_nobody_configures_by_healing_what_they_may_not_configure(operator: Person, admin: Person, press: Node) -> None:
    wish = {"policy": "heal", "desired": WANTED}
    refused = operator.caller.put(twin_url(press), wish)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
    assert operator.caller.get(twin_url(press)).json()["desired"] is None
    assert operator.caller.put(twin_url(press), {"desired": WANTED}).status_code == 200
    told.report(press, OTHER)
    assert operator.caller.post(twin_url(press, "/heal")).status_code == 403
    assert heals() == []
    assert admin.caller.put(twin_url(press), wish).status_code == 200
    assert len(heals()) == 1
