"""The checks of a drill: timed, noted, told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ops.backup.snapshot import BackupError
from ops.errors import SwarmError
from ops.hosts import NodeError


@dataclass
class Check:
    """One thing that was tried."""

    name: str
    good: bool = True
    seconds: float = 0.0
    detail: str = ""


class FindingError(SwarmError):
    """Something in a backup is not as it should be; its message never holds a value."""


class AbandonedError(Exception):
    """What comes next would make no sense."""


@dataclass
class Proof:
    """The checks of one drill, in the order in which they were made."""

    tell: Callable[[Check], None]
    checks: list[Check] = field(default_factory=list)

    @contextmanager
    def check(self, name: str, *, vital: bool = False) -> Iterator[Check]:
        """Time a check and note how it ends; what it raises goes into its detail.

        Raises:
            AbandonedError: It failed and is vital.
        """
        check = Check(name)
        begun = time.monotonic()
        try:
            yield check
        except (FindingError, BackupError, NodeError) as error:
            check.good, check.detail = False, str(error)
            if vital:
                raise AbandonedError from None
        except BaseException:
            check.good, check.detail = False, "broken off"
            raise
        finally:
            check.seconds = round(time.monotonic() - begun, 2)
            self.checks.append(check)
            self.tell(check)


def find_nothing(findings: Iterable[str]) -> None:
    """Take findings together.

    Raises:
        FindingError: There is at least one.
    """
    if found := "\n".join(findings):
        raise FindingError(found)
