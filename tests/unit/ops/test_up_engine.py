"""How the engine is run on the operator's terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops import up
from ops.stack import EngineError


@pytest.mark.parametrize("name", ["PULUMI_OPTION_IGNORE_PROTECT", "PULUMI_SKIP_CONFIRMATIONS"])
def test_the_update_finds_what_the_judged_preview_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\nenv >{tmp_path}/env\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_OPTION_PARALLEL", "12")

    up.run(("up",))

    found = (tmp_path / "env").read_text().splitlines()
    assert "PULUMI_OPTION_PARALLEL=12" in found
    assert f"{name}=true" not in found


def test_an_interrupt_is_left_to_the_engine_and_the_database_is_looked_at(tmp_path: Path) -> None:
    """As a terminal does it: the signal reaches both, and the engine takes its time."""
    (tmp_path / "pulumi").write_text(
        "#!/bin/sh\ntrap 'echo finishing; sleep 0.5; echo finished; exit 1' INT\necho running\n"
        "while :; do sleep 0.1; done\n"
    )
    (tmp_path / "pulumi").chmod(0o755)
    code = (
        "from ops import up\nfrom ops.stack import EngineError\n"
        "try:\n    up.run(('up',))\nexcept EngineError as error:\n    print('then', error, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        os.killpg(process.pid, signal.SIGINT)
        said = process.stdout.read()

    assert said == "finishing\nfinished\nthen pulumi up: must end with status 0, got 1; see above\n"


def test_an_interrupt_while_the_engine_starts_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\nsleep 0.2\necho ended >{tmp_path}/said\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    class Started(subprocess.Popen[bytes]):
        def __init__(self, arguments: tuple[str, ...], env: dict[str, str]) -> None:
            super().__init__(arguments, env=env)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Started)
    before = signal.getsignal(signal.SIGINT)

    try:
        up.run(("up",))
    except KeyboardInterrupt:
        pytest.fail("left the engine running alone")

    assert (tmp_path / "said").read_text() == "ended\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_no_engine_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="pulumi: must be on PATH, got nothing"):
        up.run(("up",))
