"""Whom the agent believes to be its hub."""

import datetime
import hashlib
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosedOK

from tests.devices.agents import TOKEN, agent, hub


def self_signed(folder: Path) -> tuple[Path, str]:
    """A file with certificate and key, and the fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a hub of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "hub.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    path, fingerprint = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, fingerprint


def test_an_unknown_certificate_is_refused(tmp_path: Path, certificate: tuple[ssl.SSLContext, str]) -> None:
    with hub(certificate[0]) as there:
        with agent(tmp_path / "state", "--hub", there.url, "--token", TOKEN, "--once") as running:
            assert running.process.wait(10) == 1
            assert "certificate verify failed" in running.log
        assert there.visits.empty()


@pytest.mark.parametrize("colons", [True, False])
def test_a_pinned_certificate_is_trusted(tmp_path: Path, certificate: tuple[ssl.SSLContext, str], colons: bool) -> None:
    context, digits = certificate
    pin = ":".join(digits[at : at + 2] for at in range(0, 64, 2)).upper() if colons else digits
    with hub(context) as there, agent(tmp_path / "state", "--hub", there.url, "--token", TOKEN, "--fingerprint", pin):
        assert there.visit().register().do("ping")["success"] is True


def test_another_certificate_than_the_pinned_one_hears_no_secret(
    tmp_path: Path, certificate: tuple[ssl.SSLContext, str]
) -> None:
    options = ("--token", TOKEN, "--fingerprint", "ab" * 32, "--once")
    with hub(certificate[0]) as there, agent(tmp_path / "state", "--hub", there.url, *options) as running:
        # Nothing comes before the Close frame.
        with pytest.raises(ConnectionClosedOK):
            there.visit().line.recv(10)
        assert running.process.wait(10) == 1
        assert "another certificate than the one pinned" in running.log


def test_trusting_anybody_is_said_aloud(tmp_path: Path, certificate: tuple[ssl.SSLContext, str]) -> None:
    options = ("--token", TOKEN, "--insecure")
    with hub(certificate[0]) as there, agent(tmp_path / "state", "--hub", there.url, *options) as running:
        there.visit().register().next("health")
        assert "--insecure trusts any certificate" in running.log
