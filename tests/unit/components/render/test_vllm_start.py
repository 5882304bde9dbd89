"""The start script of an engine, run for real with stand-ins for the programs that it calls."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from components.render.vllm import render_start

PRIMARY = "http://vllm-primary:8000/health"
PYTHON = """#!/bin/sh
echo "asks $2" >>"{log}"
[ "$(wc -l <"{log}")" -ge {answers_at} ]
"""
CLOCK = """#!/bin/sh
echo x >>"{ticks}"
echo $(($(wc -l <"{ticks}") * {seconds}))
"""


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)


def run(folder: Path, *, wait_for: tuple[str, ...], answers_at: int, clock_step: int = 1) -> str:
    """Run the script; the other engine answers at the n-th question. Returns what was asked and started."""
    log, key = folder / "log", folder / "key"
    log.touch()
    key.write_text("engine-words")
    program(folder, "python3", PYTHON.format(log=log, answers_at=answers_at))
    program(folder, "date", CLOCK.format(ticks=folder / "ticks", seconds=clock_step))
    program(folder, "sleep", "#!/bin/sh\n")
    program(folder, "vllm", f'#!/bin/sh\necho "$VLLM_API_KEY starts $*" >>"{log}"\n')
    done = subprocess.run(
        ("/bin/sh", "-c", render_start(key_file=str(key), wait_for=wait_for), "start.sh", "owner/model"),
        env={"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return log.read_text()


def test_an_engine_alone_on_its_card_starts_at_once(tmp_path: Path) -> None:
    assert run(tmp_path, wait_for=(), answers_at=1) == "engine-words starts serve owner/model\n"


@pytest.mark.parametrize("answers_at", [1, 4])
def test_the_second_engine_starts_when_the_first_one_answers(tmp_path: Path, answers_at: int) -> None:
    *asked, started = run(tmp_path, wait_for=(PRIMARY,), answers_at=answers_at).splitlines()

    assert len(asked) == answers_at
    assert all(PRIMARY in line for line in asked)
    assert started == "engine-words starts serve owner/model"


def test_the_second_engine_starts_without_the_first_one_after_half_an_hour(tmp_path: Path) -> None:
    """Each look at the clock finds it ten minutes later: begin, 10, 20, and 30 minutes after the begin."""
    *asked, started = run(tmp_path, wait_for=(PRIMARY,), answers_at=999, clock_step=600).splitlines()

    assert len(asked) == 3
    assert started == "engine-words starts serve owner/model"
