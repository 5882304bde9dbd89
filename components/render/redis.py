"""Redis: server settings from the memory limit, and the file of users."""

from __future__ import annotations

from components.model.files import ConfigFile
from components.model.secrets import SecretRef
from components.render.text import from_template


def redis_files(*, port: int, memory_mib: int, acl_file: str) -> tuple[ConfigFile, ...]:
    """The server's only configuration file."""
    text = from_template("redis/redis.conf", port=port, maxmemory_mib=memory_mib * 6 // 10, acl_file=acl_file)
    return (ConfigFile(name="redis.conf", text=text),)


def acl_parts(*, user: str, password: SecretRef) -> tuple[str | SecretRef, ...]:
    """Lines of the users file, which knows no comments.

    `default` is who a client is before it logs in: it may ask whether the server lives. Our services use
    `user`, who may neither administer the server nor empty it.
    """
    anyone = "user default on nopass resetkeys resetchannels -@all +ping\n"
    ours = f"user {user} on ~* &* +@all -@admin -@dangerous +info >"
    return (anyone + ours, password, "\n")
