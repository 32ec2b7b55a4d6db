from io import BytesIO
from typing import Any

from rdos.doors.environ import environ_of
from tests.doors.asking import scope


def environ(**more: Any) -> dict[str, Any]:
    return environ_of(scope(**more), BytesIO(), 0)


def test_it_says_who_asks_for_what() -> None:
    found = environ(method="PUT", path="/robots", query_string=b"a=1&b=%20", scheme="https")

    assert found["REQUEST_METHOD"] == "PUT"
    assert found["PATH_INFO"] == "/robots"
    assert found["QUERY_STRING"] == "a=1&b=%20"
    assert (found["REMOTE_ADDR"], found["REMOTE_PORT"]) == ("192.0.2.7", "4242")
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert found["wsgi.url_scheme"] == "https"
    assert found["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_the_path_keeps_its_very_bytes() -> None:
    found = environ(path="/café/\ufffd", raw_path=b"/caf%C3%A9/%E9")

    assert found["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xe9"


def test_without_a_raw_path_the_decoded_one_is_used() -> None:
    assert environ(path="/café", raw_path=None)["PATH_INFO"].encode("latin-1") == "/café".encode()


def test_a_root_path_becomes_the_script_name() -> None:
    found = environ(path="/hub/robots", raw_path=b"/hub/robots", root_path="/hub")

    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/hub", "/robots")


def test_repeated_headers_are_joined() -> None:
    found = environ(headers=[(b"x-tag", b"a"), (b"x-tag", b"b"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])

    assert found["HTTP_X_TAG"] == "a,b"
    assert found["HTTP_COOKIE"] == "a=1; b=2"


def test_a_header_with_an_underscore_cannot_pass_for_another() -> None:
    found = environ(headers=[(b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"127.0.0.1")])

    assert found["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_headers_of_the_connection_stay_outside() -> None:
    found = environ(headers=[(b"transfer-encoding", b"chunked"), (b"content-length", b"9"), (b"proxy", b"evil")])

    assert found["CONTENT_LENGTH"] == "0"
    assert not {"HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_LENGTH", "HTTP_PROXY"} & found.keys()


def test_the_content_type_has_its_own_name() -> None:
    assert environ(headers=[(b"content-type", b"application/json")])["CONTENT_TYPE"] == "application/json"


def test_a_unix_socket_has_neither_client_nor_port() -> None:
    found = environ(client=None, server=("/run/hub.sock", None))

    assert (found["REMOTE_ADDR"], found["SERVER_NAME"], found["SERVER_PORT"]) == ("", "localhost", "80")


def test_nothing_of_the_process_environment_leaks_in() -> None:
    assert "PATH" not in environ()
