"""What the API refuses, in the words by which clients have to tell the reasons apart."""

from __future__ import annotations

NOT_AUTHORIZED = "Not Authorized"
NO_SNAPSHOT = "Cannot redeploy without snapshot"
BUSY = "Another change of this environment is being applied"
"""Railway does not say so: it applies one of two changes at a time and loses the other. The stand-in refuses
the second, so that a client that does not take turns is found out."""


class RefusedError(Exception):
    """An error of the API, which comes with status 200. The message alone says what it is."""


def not_authorized() -> RefusedError:
    """Also of what does not exist, and of what is another workspace's."""
    return RefusedError(NOT_AUTHORIZED)


def not_found(noun: str) -> RefusedError:
    """Of what was there and is gone, and of what is not there yet."""
    return RefusedError(f"{noun} not found")
