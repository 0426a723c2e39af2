"""Server's side of SASL: PLAIN (RFC 4616) and SCRAM (RFC 5802), for the stub of a Kafka broker."""

from __future__ import annotations

import base64
from collections.abc import Generator
import hashlib
import hmac
import secrets

ITERATIONS = 4096
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
Login = Generator[tuple[bytes, bool], bytes, None]
"""Dialog of a login: takes what the client sends; yields the answer and whether the login is complete."""


class AuthenticationError(Exception):
    """Wrong user name or password."""


def login(mechanism: str, username: str, password: str) -> Login:
    """Return the dialog of a mechanism for an account."""
    if mechanism == "PLAIN":
        return _plain(username, password)
    return _scram(HASHES[mechanism], username, password)


def _plain(username: str, password: str) -> Login:
    message = yield b"", False
    if message.split(b"\0")[1:] != [username.encode(), password.encode()]:
        raise AuthenticationError
    yield b"", True


def _scram(algorithm: str, username: str, password: str) -> Login:
    first = (yield b"", False).removeprefix(b"n,,")
    fields = _fields(first)
    if fields["n"] != username:
        raise AuthenticationError
    salt, nonce = secrets.token_bytes(16), fields["r"] + secrets.token_hex(8)
    challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}".encode()
    final = yield challenge, False
    without_proof, _, proof = final.rpartition(b",p=")
    signed = b",".join((first, challenge, without_proof))

    salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", algorithm)
    signature = hmac.digest(hashlib.new(algorithm, client_key).digest(), signed, algorithm)
    expected = bytes(key ^ byte for key, byte in zip(client_key, signature, strict=True))
    if _fields(without_proof)["r"] != nonce or not hmac.compare_digest(expected, base64.b64decode(proof)):
        raise AuthenticationError
    server_key = hmac.digest(salted, b"Server Key", algorithm)
    yield b"v=" + base64.b64encode(hmac.digest(server_key, signed, algorithm)), True


def _fields(message: bytes) -> dict[str, str]:
    return dict(field.split("=", 1) for field in message.decode().split(","))
