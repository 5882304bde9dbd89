"""Anyone can preview production: no network, no secret, no host."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab import environment, paths
from ops.stack import Stack


@pytest.fixture
def offline(tmp_path: Path, deployed: Stack) -> dict[str, str]:
    """An environment with the engine of the lab, an empty backend and a passphrase thrown away afterwards."""
    assert deployed.name == environment.STACK
    backend = tmp_path / "backend"
    backend.mkdir()
    kept = {key: value for key, value in environment.variables().items() if key in {"PATH", "PULUMI_HOME"}}
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "SSH_"))},
        **kept,
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": "thrown-away",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_OPTION_CONFIG_FILE": str(tmp_path / "Pulumi.prod.yaml"),
    }


def without_network(env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    """Run in a network namespace that has loopback and nothing else."""
    script = 'ip link set lo up && exec "$@"'
    return subprocess.run(
        ("unshare", "--net", "sh", "-c", script, "sh", *argv),
        cwd=paths.REPO, env=env, text=True, check=False, capture_output=True, timeout=120,
    )  # fmt: skip


@pytest.fixture
def prod(offline: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment in which the stack prod exists, with the committed configuration."""
    (tmp_path / "Pulumi.prod.yaml").write_text((paths.REPO / "Pulumi.prod.yaml").read_text())
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: aiswarm\nruntime: python\n")
    subprocess.run(
        ("pulumi", "stack", "init", "prod"), cwd=project, check=True, capture_output=True,
        env={**offline, "PULUMI_OPTION_CONFIG_FILE": ""},
    )  # fmt: skip
    return offline


def test_every_resource_of_prod_is_previewed(prod: dict[str, str]) -> None:
    done = without_network(prod, "pulumi", "preview", "--stack", "prod", "--json", "--non-interactive")

    assert done.returncode == 0, done.stderr + done.stdout
    steps = json.loads(done.stdout)["steps"]
    listed = {step["urn"] for step in steps}
    golden = (paths.REPO / "tests" / "golden" / "urns-prod.txt").read_text().split()
    assert {urn for urn in listed if "pulumi:pulumi:Stack" not in urn} == set(golden)
    assert {step["op"] for step in steps} == {"create"}


def test_prod_passes_the_policies(prod: dict[str, str]) -> None:
    preview = ("pulumi", "preview", "--stack", "prod", "--policy-pack", "policy", "--non-interactive")

    good = without_network(prod, *preview)

    assert good.returncode == 0, good.stderr + good.stdout
    assert "aiswarm" in good.stdout.partition("Policies:")[2]
