"""Redis: server settings from the memory limit, and the file of users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.model.files import ConfigFile
from components.model.secrets import SecretRef
from components.render.text import from_template

_ANYONE: Final = "user default on nopass resetkeys resetchannels -@all +ping\n"
"""Who a client is before it logs in: it may ask whether the server lives."""

_WITHOUT_HARM: Final = "+@all -@admin -@dangerous +info"
"""Everything but administering the server and emptying it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who logs in."""

    name: str
    password: SecretRef
    rights: str
    """Keys, channels and commands in the words of Redis' manual on ACLs."""


def client(name: str, password: SecretRef, *, keys: str) -> User:
    """A program that keeps something here.

    Args:
        keys: Pattern of the keys that are its own.
    """
    return User(name=name, password=password, rights=f"~{keys} &* {_WITHOUT_HARM}")


def observer(name: str, password: SecretRef) -> User:
    """Somebody who asks for figures.

    No key, and not the log of slow commands itself: it repeats their arguments, and so what others keep here.
    """
    commands = "+ping +info +client|setname +latency|latest +latency|histogram +slowlog|len"
    return User(name=name, password=password, rights=f"resetkeys resetchannels -@all {commands}")


def redis_files(*, port: int, memory_mib: int, acl_file: str) -> tuple[ConfigFile, ...]:
    """The server's only configuration file."""
    text = from_template("redis/redis.conf", port=port, maxmemory_mib=memory_mib * 6 // 10, acl_file=acl_file)
    return (ConfigFile(name="redis.conf", text=text),)


def acl_parts(users: Sequence[User]) -> tuple[str | SecretRef, ...]:
    """Lines of the users file, which knows no comments."""
    parts: list[str | SecretRef] = [_ANYONE]
    for user in users:
        parts += [f"user {user.name} on {user.rights} >", user.password, "\n"]
    return tuple(parts)
