import datetime
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from rdos.up import tls


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_names_this_machine_and_its_key_is_private(tmp_path: Path) -> None:
    certificate, key = tls.certificate(tmp_path, ["10.1.2.3"])
    names = loaded(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert {"127.0.0.1", "::1", "10.1.2.3"} <= {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)


def test_a_good_certificate_is_kept(tmp_path: Path) -> None:
    first = tls.certificate(tmp_path, [])[0].read_bytes()
    assert tls.certificate(tmp_path, [])[0].read_bytes() == first


def test_a_new_address_makes_a_new_certificate(tmp_path: Path) -> None:
    first = tls.certificate(tmp_path, [])[0].read_bytes()
    assert tls.certificate(tmp_path, ["10.9.9.9"])[0].read_bytes() != first


def test_an_ending_certificate_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "LIFE", datetime.timedelta(days=3))
    ending = loaded(tls.certificate(tmp_path, [])[0])
    monkeypatch.undo()
    assert loaded(tls.certificate(tmp_path, [])[0]).not_valid_after_utc > ending.not_valid_after_utc


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
def test_a_damaged_pair_is_made_anew(tmp_path: Path, broken: str) -> None:
    tls.certificate(tmp_path, [])
    (tmp_path / "tls" / broken).write_text("not a pem")
    certificate, key = tls.certificate(tmp_path, [])
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
