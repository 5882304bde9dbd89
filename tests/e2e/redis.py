"""Speak to the lab's Redis as a service does."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

from components.catalogue.credentials import REDIS_NAME
from components.catalogue.redis import PORT
from lab import nodes
from ops.stack import Stack


@dataclass(frozen=True)
class Redis:
    """The server's address."""

    host: str

    @classmethod
    def of(cls, deployed: Stack) -> Redis:
        """The one of the deployed stack."""
        return cls(str(deployed.nodes["oracle"].address))

    def says(self, *commands: str) -> str:
        """What it answers to these commands on a connection of their own; empty where it is away."""
        try:
            with socket.create_connection((self.host, PORT), timeout=2) as connection:
                connection.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
                with connection.makefile() as answer:
                    return answer.read()
        except OSError:
            return ""

    def answers(self) -> bool:
        """Whether it serves anybody at all."""
        return self.says("PING").startswith("+PONG")

    def accepts(self, password: str) -> bool:
        """Whether it lets our services' user in with this password."""
        return self.says(f"AUTH {REDIS_NAME} {password}").startswith("+OK")

    def accepts_its_password(self) -> bool:
        """Whether it lets in whoever has the password that its node's agent fetched."""
        return self.accepts(self.password())

    def password(self) -> str:
        """The password in the file that it reads."""
        users = nodes.ssh("oracle", "docker exec oracle-redis cat /run/secrets/users.acl")
        found = re.search(rf"^user {REDIS_NAME} .* >(\w+)$", users, re.MULTILINE)
        assert found, "the users file must have our user with a password"
        return found[1]
