"""Start commands as a shell runs them: files from variables first, then the program in the shell's place."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from components.render.cloud import start_command

TEXT = "first 'line'\n$HOME %s \\n\n"


def test_files_are_written_as_they_are_and_the_program_takes_over(tmp_path: Path) -> None:
    config, key = tmp_path / "conf.d" / "deep" / "config.yaml", tmp_path / "key"
    command = start_command(
        files={str(config): "CONFIG", str(key): "KEY"}, command=("sh", "-c", "'echo started with $KEY'")
    )

    ran = subprocess.run(
        shlex.split(command),
        env={"PATH": "/usr/bin:/bin", "CONFIG": TEXT, "KEY": "k"},
        capture_output=True,
        check=True,
    )

    assert ran.stdout == b"started with k\n"
    assert config.read_text() == TEXT
    assert key.read_text() == "k"
