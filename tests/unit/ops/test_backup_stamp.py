"""What the node is told of a backup: its text, and the command that writes it, run for real."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from components.config.settings import NodeSettings
from ops.backup import stamp
from ops.backup.shelf import Backup
from ops.hosts import CommandError
from ops.stack import Stack
from tests.unit.ops.backup_samples import shelved

TAKEN = "2026-01-01T03:00:00+00:00"


def tell(stack: Stack, backup: Backup, warnings: list[str]) -> bool:
    return stamp.stamp(stack, backup, warnings.append)


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the node's, reached without SSH."""
    folder = tmp_path / "metrics"
    folder.mkdir()

    def on_this_machine(_: NodeSettings, command: str, *, stdin: str) -> str:
        done = subprocess.run(
            ["dash", "-c", command], input=stdin, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise CommandError(done.stderr.strip())
        return done.stdout

    monkeypatch.setattr(stamp, "on_node", on_this_machine)
    monkeypatch.setattr(stamp, "METRICS_FOLDER", str(folder))
    monkeypatch.setattr(stamp, "FILE", str(folder / "backup.prom"))
    return folder


def test_the_node_has_the_time_and_the_size(lab_stack: Stack, tmp_path: Path, metrics: Path) -> None:
    backup = shelved(tmp_path)
    assert tell(lab_stack, shelved(tmp_path, taken=TAKEN), [])

    (file,) = metrics.iterdir()
    samples = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert file.name == "backup.prom"
    assert samples == [
        "aiswarm_backup_last_success_timestamp_seconds 1767236400",
        f"aiswarm_backup_last_success_size_bytes {backup.size_bytes}",
    ]
    assert file.stat().st_mode & 0o777 == 0o644, "the node exporter is not root"


def test_each_figure_is_described_once_and_ends_its_line(tmp_path: Path) -> None:
    lines = stamp.figures(shelved(tmp_path, taken=TAKEN)).split("\n")

    assert [line.split()[:2] for line in lines if line.startswith("#")] == [["#", "HELP"], ["#", "TYPE"]] * 2
    assert lines[-1] == ""


def test_the_figures_of_before_stay_until_the_new_ones_are_whole(
    lab_stack: Stack, tmp_path: Path, metrics: Path
) -> None:
    before = metrics / "backup.prom"
    assert tell(lab_stack, shelved(tmp_path, taken=TAKEN), [])
    held = before.open()

    assert tell(lab_stack, shelved(tmp_path, taken="2026-01-02T03:00:00+00:00"), [])

    with held:
        assert "1767236400" in held.read(), "a reader of before must not see the new file"
    assert "1767322800" in before.read_text()


def test_a_node_without_the_folder_is_a_warning_that_says_what_makes_it(
    lab_stack: Stack, tmp_path: Path, metrics: Path
) -> None:
    metrics.rmdir()

    warnings: list[str] = []

    assert not tell(lab_stack, shelved(tmp_path, taken=TAKEN), warnings)

    (said,) = warnings
    assert said.startswith("warning: the backup is good, but no alert will know of it: ")
    assert said.endswith(f"pulumi up makes the folder {metrics}")
