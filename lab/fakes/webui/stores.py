"""Redis, without which Open WebUI does not start."""

from __future__ import annotations

import socket
from urllib.parse import unquote

from lab.fakes.accounts import TIMEOUT_SECONDS, StoreError, parsed


class Cache:
    """Redis, in the few words that it takes to log in and leave a mark."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = parsed("REDIS_URL", url, "redis")
        self._prefix = prefix

    def ping(self) -> None:
        """Log in and write a key of ours.

        Raises:
            StoreError: The server does not answer, or refuses one of them.
        """
        url = self._url
        commands = (
            ("AUTH", unquote(url.username or "default"), unquote(url.password or "")),
            ("SET", f"{self._prefix}:stand-in", "lives", "EX", "60"),
        )
        try:
            with (
                socket.create_connection((url.hostname, url.port or 6379), TIMEOUT_SECONDS) as connection,
                connection.makefile("rb") as answers,
            ):
                for command in commands:
                    connection.sendall(_packed(command))
                    said = answers.readline().decode().strip()
                    if said != "+OK":
                        raise StoreError(f"{command[0]}: must be +OK, got {said or 'nothing'}")
        except OSError as error:
            raise StoreError(f"{url.hostname}: {error}") from error


def _packed(words: tuple[str, ...]) -> bytes:
    """A command in Redis' own protocol."""
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [f"${len(word.encode())}\r\n{word}\r\n".encode() for word in words]
    return b"".join(parts)
