"""Accounts that a stand-in keeps in the real PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_SECONDS = 10


class StoreError(Exception):
    """A server does not answer, or refuses; in its own words."""


class Database:
    """PostgreSQL through `psql`, the client that Debian has; the password is in no argument."""

    def __init__(self, url: str, program: str) -> None:
        self._url = parsed("DATABASE_URL", url, "postgresql")
        self._program = program

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
        self._write(email, password, "DO NOTHING")

    def set_password(self, email: str, password: str) -> None:
        """Make the account, or give it this password.

        Raises:
            StoreError: The role may not write, or the server does not answer.
        """
        self._write(email, password, "(email) DO UPDATE SET salt = EXCLUDED.salt, digest = EXCLUDED.digest")

    def _write(self, email: str, password: str, on_conflict: str) -> None:
        salt = secrets.token_hex(16)
        row = "', '".join((email.encode().hex(), salt, _digest(password, salt)))
        self._run(
            "CREATE TABLE IF NOT EXISTS stand_in_account (email text PRIMARY KEY, salt text, digest text)"
        )
        self._run(f"INSERT INTO stand_in_account VALUES ('{row}') ON CONFLICT {on_conflict}")  # noqa: S608 - hex digits

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
            "PGAPPNAME": f"{self._program} (stand-in)",
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


def parsed(name: str, url: str, scheme: str) -> SplitResult:
    """The parts of a server's address, which needs a user and a password.

    Raises:
        StoreError: It is none; the message does not repeat it.
    """
    parts = urlsplit(url)
    if parts.scheme != scheme or not parts.hostname or not parts.password:
        raise StoreError(f"{name}: must be {scheme}://user:password@host:port/name")
    return parts


def _digest(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()
