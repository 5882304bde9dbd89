"""What can go wrong at Railway, by what has to be done about it. No text here holds a secret."""

from __future__ import annotations


class RailwayError(Exception):
    """Railway did not do what was asked, for a reason that fits none of the kinds below.

    Args:
        operation: Name of the GraphQL operation, or of the thing that is asked for.
        message: What Railway said, masked.
        trace: Ids of the request under which Railway's support finds it.
    """

    def __init__(self, operation: str, message: str, *, trace: str = "") -> None:
        super().__init__(operation, message)
        self.operation = operation
        self.message = message
        self.trace = trace

    def __str__(self) -> str:
        """The line as the operator sees it."""
        return f"railway.{self.operation}: {self.message}" + (f" ({self.trace})" if self.trace else "")


class NotFoundError(RailwayError):
    """There is no such thing: gone, where something is read or deleted."""


class NotAuthorizedError(RailwayError):
    """The token may not see it. Railway also says so of what does not exist: it never means "gone"."""


class AlreadyExistsError(RailwayError):
    """The name is taken: to be looked up and taken over."""


class QuotaError(RailwayError):
    """Too many things of a kind, in all or for the moment."""


class InvalidInputError(RailwayError):
    """Railway refuses the values; the same request never succeeds."""


class RefusedError(RailwayError):
    """Not done, because it could harm what is not ours or what somebody is about to change."""


class DeploymentError(RailwayError):
    """A deployment did not come to run."""


class TransientError(RailwayError):
    """The request failed and may succeed later.

    Args:
        happened: False when it certainly changed nothing; True when nobody knows.
        retry_after: Seconds that Railway asks to wait; None where it says nothing.
    """

    def __init__(
        self,
        operation: str,
        message: str,
        *,
        trace: str = "",
        happened: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(operation, message, trace=trace)
        self.happened = happened
        self.retry_after = retry_after
