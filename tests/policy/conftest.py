"""The rules of a recorded stack are asked as in a preview, which is what the recording is of."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say what the engine says to the pack's process."""
    monkeypatch.setenv("PULUMI_DRY_RUN", "true")
