"""What edges and relays are told, byte for byte, and the secrets in it."""

import json
import re
from uuid import UUID

import orjson
import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from devices import bindings
from devices.models import Command, Tunnel
from devices.services import tunnels
from rdos.kernel.encryption import reveal
from tests.devices.tunnelling import TUNNELS, Fleet
from tests.people import Person

pytestmark = pytest.mark.django_db
SECRETS = ("encryption_key", "bind_secret", "psk")
COMMON = '{"type":"create_tunnel","tunnel":{"id":"%(id)s","name":"studio","enabled":true,"protocol":"udp",'
KEYS = '"tunnel_encryption_key":"%(encryption_key)s","tunnel_bind_secret":"%(bind_secret)s",'


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("ingress", "bb21d7263b184152c2bf136bca23ee969b11ddca0e541a43de9fe8dcf1eb9ac4"),
        ("egress", "695752201c473beeee3f4b1e0755cc22f9cc021aebf75ee955bad8e89029c64d"),
    ],
)
def test_a_token_is_what_edges_and_relays_compute(direction: str, expected: str) -> None:
    secret, tunnel_id = "00112233445566778899aabbccddeeff" * 2, UUID("3f2b6c1e-8a54-4d0f-9b7a-5c1d2e3f4a5b")
    assert bindings.token(secret, tunnel_id, direction) == expected


def made(fleet: Fleet, admin: Person, mode: str) -> tuple[Tunnel, dict[str, str]]:
    body = fleet.body() if mode == "relay" else fleet.direct()
    fields = body | {name: UUID(body[name]) for name in body if name.endswith("node_id") and body[name]}
    tunnel = tunnels.create(actor=admin.actor, fields=fields, at=timezone.now())
    fleet.settle()
    return tunnel, {"id": str(tunnel.pk)} | {name: reveal(tunnel, name) for name in SECRETS}


@pytest.mark.parametrize(
    ("mode", "node", "expected"),
    [
        (
            "relay",
            "left",
            COMMON + '"mode":"relay","direction":"egress","local_addr":"0.0.0.0:9000",' + KEYS
            + '"relay_addr":"192.0.2.10:4433"}}',
        ),
        (
            "relay",
            "right",
            COMMON + '"mode":"relay","direction":"ingress","local_addr":"127.0.0.1:7000",' + KEYS
            + '"relay_addr":"192.0.2.10:4433"}}',
        ),
        (
            "direct",
            "left",
            COMMON + '"mode":"direct","direction":"egress","local_addr":"0.0.0.0:9000",' + KEYS
            + '"peer_addr":"198.51.100.7:4433","tunnel_psk":"%(psk)s"}}',
        ),
        (
            "direct",
            "right",
            COMMON + '"mode":"direct","direction":"ingress","local_addr":"127.0.0.1:7000",' + KEYS
            + '"direct_listen_addr":"0.0.0.0:4433","tunnel_psk":"%(psk)s"}}',
        ),
    ],
)  # fmt: skip
def test_an_edge_is_told_its_end(admin: Person, mode: str, node: str, expected: str) -> None:
    fleet = Fleet()
    _, secrets = made(fleet, admin, mode)
    assert [orjson.dumps(action).decode() for name, action in fleet.told if name == node] == [expected % secrets]


def test_the_relay_is_told_the_tokens_of_both_ends(admin: Person) -> None:
    fleet = Fleet()
    tunnel, secrets = made(fleet, admin, "relay")
    assert fleet.told[0] == (
        "middle",
        {
            "type": "authorize_tunnel",
            "tunnel_id": secrets["id"],
            "ingress_token": bindings.token(secrets["bind_secret"], tunnel.pk, "ingress"),
            "egress_token": bindings.token(secrets["bind_secret"], tunnel.pk, "egress"),
        },
    )


def test_every_tunnel_has_three_secrets_of_its_own(admin: Person) -> None:
    fleet = Fleet()
    found = [made(fleet, admin, mode)[1][name] for mode in ("relay", "direct") for name in SECRETS]
    assert len(set(found)) == 6
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in found)


def everything_stored() -> str:
    """Each row of each table, as text."""
    texts = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


@pytest.mark.parametrize("mode", ["relay", "direct"])
def test_no_table_holds_a_secret_in_the_open(admin: Person, mode: str) -> None:
    fleet = Fleet()
    tunnel, secrets = made(fleet, admin, mode)
    # The last push is still on its way, sealed; the ones before were answered.
    tunnels.update(actor=admin.actor, pk=tunnel.pk, fields={"name": "other"}, at=timezone.now())
    hidden = {secrets[name] for name in SECRETS}
    hidden |= {bindings.token(secrets["bind_secret"], tunnel.pk, end) for end in ("ingress", "egress")}
    stored = everything_stored()
    assert str(tunnel.pk) in stored and Command.objects.exclude(sealed="").exists()
    assert not [secret for secret in hidden if secret in stored]


def test_nobody_is_shown_a_secret(admin: Person) -> None:
    fleet = Fleet(connected=False)
    answers = [admin.caller.post(TUNNELS, fleet.direct())]
    place = f"{TUNNELS}/{answers[0].json()['id']}"
    answers += [admin.caller.get(place), admin.caller.get(TUNNELS), admin.caller.put(place, {"name": "other"})]
    shown = " ".join(answer.content.decode() for answer in answers)
    assert [answer.status_code for answer in answers] == [200] * 4
    tunnel = Tunnel.objects.get()
    assert not [name for name in SECRETS if name in shown or reveal(tunnel, name) in shown]


def test_what_an_edge_repeats_of_its_letter_is_hidden(admin: Person) -> None:
    fleet = Fleet()
    tunnels.create(
        actor=admin.actor,
        fields=fleet.direct(ingress_node_id=fleet.left.pk, egress_node_id=fleet.right.pk),
        at=timezone.now(),
    )
    (letter,) = fleet.receive()
    secret = letter.action["tunnel"]["tunnel_bind_secret"]
    fleet.answer(letter, error=f"bad letter: {json.dumps(letter.action['tunnel'])}")
    shown = admin.caller.get(TUNNELS).content.decode()
    assert "bad letter" in shown and secret not in shown
