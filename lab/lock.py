"""One run at a time works on the lab of this user: two would make, deploy and remove the same things."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from lab import paths
from lab.steps import Steps


@contextmanager
def held(steps: Steps) -> Iterator[None]:
    """Hold the lab alone, after waiting for whoever holds it.

    The file lies beside the state, because runs that hold the lock remove state and cache. The kernel frees
    it when this process ends, however that happens; programs started meanwhile do not inherit it.
    """
    file = paths.state_dir().with_name(f"{paths.state_dir().name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with steps.step(f"wait for another run on the lab to end (it holds {file})"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
