"""The engine's own words reach the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import stack
from ops.stack import EngineError


def test_an_error_has_what_the_engine_said_on_both_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(
        "#!/bin/sh\necho 'Diagnostics: no route to host'\necho 'error: update failed' >&2\nexit 255\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(EngineError) as caught:
        stack.pulumi("up")

    assert str(caught.value).splitlines() == ["Diagnostics: no route to host", "error: update failed"]


def test_no_engine_is_said_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="pulumi: must be on PATH, got nothing"):
        stack.pulumi("up")
