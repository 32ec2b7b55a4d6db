"""A certificate of our own for `up --tls`."""

import datetime
import ipaddress
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rdos.up.state import private_directory, write_private

LIFE = datetime.timedelta(days=397)  # the longest browsers accept
RENEW_BEFORE = datetime.timedelta(days=7)


def certificate(directory: Path, addresses: list[str]) -> tuple[Path, Path]:
    """Certificate and key; made anew when there is none, when it ends soon, or when an address is not on it."""
    home = private_directory(directory / "tls")
    paths = home / "certificate.pem", home / "key.pem"
    names = dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), *addresses])
    if not _good(*paths, names=list(names)):
        _make(*paths, names=list(names))
    return paths


def _good(certificate_path: Path, key_path: Path, *, names: list[str]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = found.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEW_BEFORE
    return lasts and found.public_key() == key.public_key() and all(_general(name) in listed for name in names)


def _make(certificate_path: Path, key_path: Path, *, names: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RDOS hub")])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    write_private(key_path, key.private_bytes(serialization.Encoding.PEM, *private).decode())
    signed = builder.sign(key, hashes.SHA256())
    write_private(certificate_path, signed.public_bytes(serialization.Encoding.PEM).decode())
    certificate_path.chmod(0o644)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
