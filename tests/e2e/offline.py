"""Run a program that can reach nothing."""

from __future__ import annotations

import subprocess

from lab import paths


def without_network(env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    """Run in a network namespace that has loopback and nothing else."""
    script = 'ip link set lo up && exec "$@"'
    return subprocess.run(
        ("unshare", "--net", "sh", "-c", script, "sh", *argv),
        cwd=paths.REPO, env=env, text=True, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
