"""A sign-in service of our own: real RSA keys behind a real web server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm


@cache
def made_key(kid: str) -> RSAPrivateKey:
    """Making one takes longer than most tests."""
    return generate_private_key(65537, 2048)


@dataclass
class Issuer:
    address: str = ""
    keys: dict[str, RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def new_key(self, kid: str) -> None:
        self.keys[kid] = made_key(kid)

    def token(self, *, kid: str = "first", key: RSAPrivateKey | None = None, **claims: Any) -> str:
        standard: dict[str, Any] = {"sub": "user_1", "iss": self.address, "exp": int(time.time()) + 60}
        kept = {name: value for name, value in (standard | claims).items() if value is not None}
        return jwt.encode(kept, key or self.keys[kid], "RS256", headers={"kid": kid})

    def published(self) -> bytes:
        described = [
            json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": described}).encode()


@contextmanager
def serving() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.new_key("first")

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = issuer.published()
            self.send_response(issuer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
