"""What a killed `make up` leaves behind, and how the next one gets over it by itself.

Nobody has to be asked here: whoever holds the lab's lock (`lab.lock`) is the only one who deploys to it, an
owner of the stack's lock that is gone from this machine will not come back, and the containers are the lab's.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import environment
from ops import recover, stack

ENGINE = "pulumi"


@dataclass(frozen=True)
class Owner:
    """Who holds the stack, as the engine wrote it down (pkg/backend/diy/lock.go)."""

    pid: int
    hostname: str

    def is_gone(self) -> bool:
        """Whether its process has ended for certain; of another machine's nobody here can tell."""
        if self.hostname != socket.gethostname():
            return False
        try:
            return Path(f"/proc/{self.pid}/comm").read_text().strip() != ENGINE
        except FileNotFoundError:
            return True


def owners() -> Iterator[Owner]:
    """Every owner of a lock on the lab's stack."""
    locks = environment.backend() / ".pulumi" / "locks" / "organization" / "aiswarm" / environment.STACK
    for file in sorted(locks.glob("*.json")):
        found = json.loads(file.read_text())
        yield Owner(int(found["pid"]), str(found["hostname"]))


def free_of_the_dead() -> str:
    """Recover as `./swarm recover` does, where every owner of the stack's lock is gone.

    Returns:
        What was recovered; empty where there was nothing to do, or where an owner may be alive.
    """
    found = list(owners())
    if not found or not all(owner.is_gone() for owner in found):
        return ""
    deployed = stack.read(environment.STACK)
    recover.free(deployed, silent=recover.look(deployed).silent, say=lambda _: None)
    orphans = recover.look(deployed).orphans
    for orphan in orphans:
        recover.remove(deployed, orphan)
    return f"the lock of a killed engine removed, {len(orphans)} orphans removed"
