import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from rdos.kernel.outgoing import OutgoingFailed, OutgoingRefused, OutgoingTooLarge, fetch, fetch_json
from tests.kernel.web import serving

Outside = tuple[str, list[dict[str, str]]]


@pytest.fixture
def outside() -> Iterator[Outside]:
    with serving() as (port, seen):
        yield f"http://127.0.0.1:{port}", seen


@pytest.fixture
def loopback_allowed(settings: Settings) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32", "::1/128"]


@pytest.fixture
def nothing_allowed(settings: Settings) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []


def test_json_is_fetched(loopback_allowed: None, outside: Outside) -> None:
    assert fetch_json(f"{outside[0]}/json") == {"lamp": True}


def test_a_name_is_resolved_and_its_address_is_checked(loopback_allowed: None, outside: Outside) -> None:
    assert fetch(outside[0].replace("127.0.0.1", "localhost") + "/json").ok


def test_a_body_is_sent_and_any_status_is_answered(loopback_allowed: None, outside: Outside) -> None:
    assert fetch(f"{outside[0]}/", method="POST", body=b"hello").body == b"hello"
    assert fetch(f"{outside[0]}/missing").status == 404


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "[::]"],
)
def test_this_machine_is_refused_however_it_is_spelt(nothing_allowed: None, outside: Outside, host: str) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(outside[0].replace("127.0.0.1", host) + "/json")
    assert outside[1] == []


def test_a_mapped_address_does_not_slip_through_a_permission(loopback_allowed: None, outside: Outside) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(outside[0].replace("127.0.0.1", "[::ffff:127.0.0.1]") + "/json")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "lamp",
        "",
        "http://",
        "http://[::1",
    ],
)
def test_only_web_addresses_are_called(loopback_allowed: None, url: str) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(url)


@pytest.mark.parametrize(
    "url", ["http://a..b/", "http://\ud800/", "http://127.0.0.1:99999/", "http://xn--/", "http://a\x00b/"]
)
def test_an_odd_address_is_refused_or_fails_by_name(loopback_allowed: None, url: str) -> None:
    with pytest.raises((OutgoingRefused, OutgoingFailed)):
        fetch(url, timeout=5)


def test_a_redirect_is_not_followed_unasked(loopback_allowed: None, outside: Outside) -> None:
    assert fetch(f"{outside[0]}/to?url=/json").status == 302


def test_a_redirect_is_followed_when_asked_for(loopback_allowed: None, outside: Outside) -> None:
    answer = fetch(f"{outside[0]}/to?url=/json", redirects=1, headers={"X-Api-Key": "k"})
    assert (answer.status, answer.url) == (200, f"{outside[0]}/json")
    assert outside[1][1]["x-api-key"] == "k"


def test_redirects_end_after_as_many_as_were_asked_for(loopback_allowed: None, outside: Outside) -> None:
    assert fetch(f"{outside[0]}/to?url=/to?url=/json", redirects=1).status == 302


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_every_hop_is_checked(loopback_allowed: None, outside: Outside, host: str) -> None:
    elsewhere = outside[0].replace("127.0.0.1", host)
    with pytest.raises(OutgoingRefused):
        fetch(f"{outside[0]}/to?url={elsewhere}/json", redirects=3)
    assert [request["path"].split("?")[0] for request in outside[1]] == ["/to"]


def test_a_hop_to_another_scheme_is_refused(loopback_allowed: None, outside: Outside) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(f"{outside[0]}/to?url=file:///etc/passwd", redirects=3)


def test_another_origin_gets_none_of_the_headers(loopback_allowed: None, outside: Outside) -> None:
    elsewhere = outside[0].replace("127.0.0.1", "localhost")
    fetch(f"{outside[0]}/to?url={elsewhere}/json", redirects=1, headers={"X-Api-Key": "k"})
    assert outside[1][0]["x-api-key"] == "k"
    assert "x-api-key" not in outside[1][1]


@pytest.mark.parametrize("path", ["large", "endless"])
def test_reading_stops_at_the_limit(loopback_allowed: None, outside: Outside, path: str) -> None:
    with pytest.raises(OutgoingTooLarge):
        fetch(f"{outside[0]}/{path}", max_bytes=10_000)


def test_an_answer_of_exactly_the_limit_is_read(loopback_allowed: None, outside: Outside) -> None:
    assert len(fetch(f"{outside[0]}/large", max_bytes=50_000).body) == 50_000


def test_a_packed_answer_is_refused_because_it_could_unpack_to_anything(
    loopback_allowed: None, outside: Outside
) -> None:
    with pytest.raises(OutgoingFailed, match="encoding"):
        fetch(f"{outside[0]}/packed", headers={"Accept-Encoding": "gzip"})
    assert outside[1][0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("path", ["trickle", "slow-head"])
def test_a_peer_that_trickles_does_not_stretch_the_time(loopback_allowed: None, outside: Outside, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(OutgoingFailed, match="in time"):
        fetch(f"{outside[0]}/{path}", timeout=0.3)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("path", ["garbage", "hang-up"])
def test_a_peer_that_does_not_speak_http_fails_by_name(loopback_allowed: None, outside: Outside, path: str) -> None:
    with pytest.raises(OutgoingFailed):
        fetch(f"{outside[0]}/{path}")


def test_a_closed_port_fails_by_name(loopback_allowed: None) -> None:
    with socket.socket() as free:
        # Bound and deaf: nobody else can begin to listen there.
        free.bind(("127.0.0.1", 0))
        with pytest.raises(OutgoingFailed, match=r"127\.0\.0\.1 could not be reached"):
            fetch(f"http://127.0.0.1:{free.getsockname()[1]}/")


def test_what_is_no_json_or_no_success_fails_by_name(loopback_allowed: None, outside: Outside) -> None:
    with pytest.raises(OutgoingFailed, match="JSON"):
        fetch_json(f"{outside[0]}/text")
    with pytest.raises(OutgoingFailed, match="404"):
        fetch_json(f"{outside[0]}/missing")


def test_a_failure_does_not_tell_the_secrets_of_the_address(loopback_allowed: None) -> None:
    with pytest.raises(OutgoingFailed) as failure:
        fetch("http://robot:hunter22@127.0.0.1:1/?token=hunter22")
    assert "hunter22" not in failure.value.detail


def test_an_answer_does_not_repeat_the_password_of_its_address(loopback_allowed: None, outside: Outside) -> None:
    answer = fetch(outside[0].replace("//", "//robot:hunter22@") + "/json")
    assert answer.url == f"{outside[0]}/json"
    assert outside[1][0]["authorization"].startswith("Basic ")


def test_a_proxy_in_the_environment_is_not_used(
    loopback_allowed: None, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert fetch(f"{outside[0]}/json").ok


def test_a_certificate_that_nobody_vouches_for_is_refused(loopback_allowed: None, tmp_path: Path) -> None:
    with serving(tls=self_signed(tmp_path)) as (port, seen):
        with pytest.raises(OutgoingFailed):
            fetch(f"https://localhost:{port}/json")
        assert seen == []


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = unsigned.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
