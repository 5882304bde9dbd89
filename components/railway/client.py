"""Operations at Railway: repeated where that is safe, one change at a time in each environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from threading import Lock, RLock
from typing import Any, TypeVar

import tenacity

from components.railway.diagnosis import explained
from components.railway.errors import (
    AlreadyExistsError,
    NotAuthorizedError,
    QuotaError,
    RailwayError,
    TransientError,
)
from components.railway.masks import Masks
from components.railway.operations import operations
from components.railway.transport import LONGEST_WAIT_SECONDS, Clock, Transport

T = TypeVar("T")

QUOTA_SECONDS = 31.0
"""Projects, environments and volumes may be created about every thirty seconds."""

SETTLE_SECONDS = 30.0
"""How long something may stay invisible after it was made, or visible after it was deleted."""

_ATTEMPTS = 6
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.25, 5.0


class RailwayClient:
    """The API with one token. Several threads may use it."""

    def __init__(self, transport: Transport, clock: Clock, masks: Masks) -> None:
        self._transport, self.clock, self.masks = transport, clock, masks
        self._locks: dict[str, RLock] = {}
        self._guard = Lock()

    def execute(self, operation: str, **variables: Any) -> Any:  # noqa: ANN401 - GraphQL's data has any form
        """The one field that an operation asks for; for what may be done twice: reads, changes, deletions.

        Raises:
            RailwayError: It did not succeed, the last time either.
        """
        return self._run(operation, variables, lambda _error: True)

    def execute_once(self, operation: str, **variables: Any) -> Any:  # noqa: ANN401 - as above
        """The same for what must not be done twice: repeated only if Railway certainly did nothing.

        Raises:
            RailwayError: It did not succeed; a `TransientError` that `happened` leaves open whether it did.
        """
        return self._run(
            operation, variables, lambda error: not (isinstance(error, TransientError) and error.happened)
        )

    def adopt_or_create(self, find: Callable[[], T | None], create: Callable[[], T]) -> T:
        """What `find` finds, else what `create` makes. Never makes a second one.

        Raises:
            RailwayError: It neither found nor made anything.
        """
        found = find()
        return self.create_once(find, create) if found is None else found

    def create_once(self, find: Callable[[], T | None], create: Callable[[], T]) -> T:
        """What `create` makes with `execute_once`, even if its answer is lost.

        After an answer that leaves open what happened it looks for the thing, for as long as a new one may
        stay invisible, before it tries again.

        Raises:
            RailwayError: Nothing was made.
        """
        for last in (False, True):
            try:
                return create()
            except (AlreadyExistsError, TransientError) as error:
                if isinstance(error, TransientError) and not error.happened:
                    raise
                found = self.poll(find, SETTLE_SECONDS)
                if found is not None:
                    return found
                if last or isinstance(error, AlreadyExistsError):
                    raise
        raise AssertionError("the second turn returns or raises")

    def poll(self, probe: Callable[[], T | None], seconds: float) -> T | None:
        """The first thing that `probe` finds, or None when it found nothing for so long."""
        deadline = self.clock.now() + seconds
        pause = _FIRST_POLL_SECONDS
        while (found := probe()) is None:
            if self.clock.now() >= deadline:
                return None
            self.clock.sleep(pause)
            pause = min(pause * 1.7, _LONGEST_POLL_SECONDS)
        return found

    @contextmanager
    def changing(self, environment_id: str) -> Iterator[None]:
        """Alone in changing an environment: of two changes at a time, Railway may lose one."""
        with self._guard:
            lock = self._locks.setdefault(environment_id, RLock())
        with lock:
            yield

    def _run(
        self, operation: str, variables: Mapping[str, Any], repeats: Callable[[RailwayError], bool]
    ) -> Any:  # noqa: ANN401 - as above
        environment_id = _changed_environment(operation, variables)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: (
                    isinstance(error, TransientError | QuotaError) and _bearable(error) and repeats(error)
                )
            ),
            wait=_pause,
            stop=_exhausted,
            sleep=self.clock.sleep,
            reraise=True,
        )
        with self.changing(environment_id) if environment_id else nullcontext():
            try:
                data = retrying(self._transport.send, operation, variables)
            except NotAuthorizedError as error:
                raise explained(error, self._transport) from None
        (value,) = data.values()
        return value


def _changed_environment(operation: str, variables: Mapping[str, Any]) -> str:
    """The environment that a mutation changes, by its id."""
    if not operations()[operation].startswith("mutation"):
        return ""
    given = variables.get("environmentId") or variables.get("input", {}).get("environmentId", "")
    return str(given)


def _bearable(error: RailwayError) -> bool:
    asked = error.retry_after if isinstance(error, TransientError) else None
    return asked is None or asked <= LONGEST_WAIT_SECONDS


_backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=20, jitter=0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, QuotaError):
        return QUOTA_SECONDS
    if isinstance(error, TransientError) and error.retry_after is not None:
        return error.retry_after
    return _backoff(state)


def _exhausted(state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return state.attempt_number >= (3 if isinstance(error, QuotaError) else _ATTEMPTS)
