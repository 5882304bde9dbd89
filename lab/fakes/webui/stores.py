"""The two servers without which Open WebUI does not start: an account in PostgreSQL, a mark in Redis."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import subprocess
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_SECONDS = 10


class StoreError(Exception):
    """A server does not answer, or refuses; in its own words."""


class Database:
    """PostgreSQL through `psql`, the client that Debian has; the password is in no argument."""

    def __init__(self, url: str) -> None:
        self._url = _parse("DATABASE_URL", url, "postgresql")

    def ping(self) -> None:
        """Ask for nothing but an answer.

        Raises:
            StoreError: There was none.
        """
        self._run("SELECT 1")

    def keep_account(self, email: str, password: str) -> None:
        """Make the account, unless there is one already: a later password is not taken over.

        Raises:
            StoreError: The role may not write, or the server does not answer.
        """
        salt = secrets.token_hex(16)
        row = "', '".join((email.encode().hex(), salt, _digest(password, salt)))
        self._run(
            "CREATE TABLE IF NOT EXISTS stand_in_account (email text PRIMARY KEY, salt text, digest text)"
        )
        self._run(f"INSERT INTO stand_in_account VALUES ('{row}') ON CONFLICT DO NOTHING")  # noqa: S608 - hex digits

    def admits(self, email: str, password: str) -> bool:
        """Tell whether this is an account and its password.

        Raises:
            StoreError: The server does not answer.
        """
        found = self._run(
            f"SELECT salt, digest FROM stand_in_account WHERE email = '{email.lower().encode().hex()}'"  # noqa: S608 - hex
        )
        salt, _, digest = found.strip().partition("|")
        return bool(salt) and secrets.compare_digest(_digest(password, salt), digest)

    def _run(self, query: str) -> str:
        url = self._url
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PGHOST": url.hostname or "",
            "PGPORT": str(url.port or 5432),
            "PGUSER": unquote(url.username or ""),
            "PGPASSWORD": unquote(url.password or ""),
            "PGDATABASE": url.path.lstrip("/"),
            "PGCONNECT_TIMEOUT": str(TIMEOUT_SECONDS),
            "PGAPPNAME": "open-webui (stand-in)",
        }
        argv = ("psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align")
        try:
            done = subprocess.run(
                argv,
                input=query,
                env=env,
                capture_output=True,
                text=True,
                check=False,
                timeout=2 * TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"psql: {error}") from error
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise StoreError(done.stderr.strip())
        return done.stdout


class Cache:
    """Redis, in the few words that it takes to log in and leave a mark."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = _parse("REDIS_URL", url, "redis")
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


def _parse(name: str, url: str, scheme: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme != scheme or not parts.hostname or not parts.password:
        raise StoreError(f"{name}: must be {scheme}://user:password@host:port/name")
    return parts


def _digest(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()
