"""What all tests of rules share: one day, and a preview, which recordings are of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policy.rules.support import lock
from tests.policy.served import TODAY


@pytest.fixture(autouse=True)
def preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say what the engine says to the pack's process."""
    monkeypatch.setenv("PULUMI_DRY_RUN", "true")


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The rules' clock stands still; a shell on the lab's environment has another stack's lock."""
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE", raising=False)
    monkeypatch.setattr(lock, "today", lambda: TODAY)
    lock.of_stack.cache_clear()
    yield
    lock.of_stack.cache_clear()
