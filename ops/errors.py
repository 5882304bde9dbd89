"""What all commands of `./swarm` have in common when they cannot go on."""

from __future__ import annotations


class SwarmError(Exception):
    """An error that an operator can do something about: one message, no traceback, and status 1."""
