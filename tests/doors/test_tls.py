import datetime
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.doors.running import Running, gateway, launch, running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def server(certificate: tuple[Path, Path]) -> Iterator[Running]:
    with running(*gateway("--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1]))) as found:
        yield found


def _client(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_https_is_served_by_tls_1_3(server: Running, certificate: tuple[Path, Path]) -> None:
    with server.connect() as plain, _client(certificate[0]).wrap_socket(plain, server_hostname="localhost") as line:
        line.sendall(b"GET /facts HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        heard = _all_of(line)

        assert line.version() == "TLSv1.3"
    assert b'"wsgi.url_scheme": "https"' in heard


def _all_of(line: socket.socket) -> bytes:
    heard = b""
    while piece := line.recv(65536):
        heard += piece
    return heard


def test_a_client_that_knows_only_tls_1_2_is_refused(server: Running, certificate: tuple[Path, Path]) -> None:
    old = _client(certificate[0])
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    with server.connect() as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="localhost")


def test_a_missing_certificate_is_named() -> None:
    assert launch(*gateway("--tls-cert", "/nowhere/certificate.pem"), port=1).wait(10) == 1
