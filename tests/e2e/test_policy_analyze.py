"""`pulumi policy analyze` on state files: the real engine and the real pack, without stack, login or host."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab import engine, environment, paths
from policy.rules.support.resources import CONTAINER, REMOTE_IMAGE, VOLUME
from tests.policy.state import UNKNOWN, Edit, state

ENTRY = "vault:kv/secretV2:SecretV2"


def setting(**fields: object) -> Edit:
    """Give inputs another value."""
    return lambda inputs: inputs.update(fields)


class Bad(NamedTuple):
    """An edit of the deployed stack, and the one rule that refuses it."""

    rule: str
    type: str
    name: str
    edit: Edit


BAD = (
    Bad("no-privileged-container", CONTAINER, "oracle-redis", setting(privileged=True)),
    Bad("non-root-user", CONTAINER, "oracle-redis", setting(user="0")),
    Bad("restart-after-failure", CONTAINER, "oracle-redis", setting(restart=UNKNOWN)),
    Bad("readable-fields", CONTAINER, "oracle-redis", setting(readOnly=UNKNOWN)),
    Bad("platform-of-node", REMOTE_IMAGE, "oracle-redis-image", setting(platform="linux/amd64")),
    Bad("own-host-folders", VOLUME, "oracle-redis-data", setting(driver="somebody/plugin")),
    Bad("marked-secrets", ENTRY, "vault-oracle-redis", setting(dataJson='{"open": "x"}')),
    Bad("valid-exceptions", CONTAINER, "thanos-vllm-backup", setting(gpus=None)),
)


class Analysis(NamedTuple):
    """What the engine said."""

    status: int
    mandatory: set[str]
    """Names of the rules that refused."""

    text: str


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The engine, with an empty backend and nothing of the operator's."""
    found = engine.find()
    assert found is not None, "`make up` builds the engine"
    folder = tmp_path_factory.mktemp("analyze")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "SSH_"))}
    return {
        **kept,
        "PATH": f"{found.bin_dir}:{paths.REPO / '.venv' / 'bin'}:{kept['PATH']}",
        "PULUMI_HOME": str(environment.pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def analyze(content: dict[str, Any], folder: Path, env: dict[str, str], *more: str) -> Analysis:
    """Analyze a state file."""
    file = folder / "state.json"
    file.write_text(json.dumps(content))
    done = subprocess.run(
        ("pulumi", "policy", "analyze", "--file", str(file), "--policy-pack", str(paths.REPO / "policy"),
         "--json", "--non-interactive", *more),
        cwd=folder, env=env, text=True, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    events = [json.loads(line)["policyEvent"] for line in done.stdout.splitlines() if '"policyEvent"' in line]
    mandatory = {event["policyName"] for event in events if event["enforcementLevel"] == "mandatory"}
    return Analysis(done.returncode, mandatory, done.stdout + done.stderr)


def test_a_good_state_passes(tmp_path: Path, env: dict[str, str]) -> None:
    found = analyze(state(), tmp_path, env)
    assert found.mandatory == set()
    assert found.status == 0, found.text


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.rule}-{BAD.index(bad)}")
def test_a_bad_state_is_refused_by_its_rule_alone(bad: Bad, tmp_path: Path, env: dict[str, str]) -> None:
    found = analyze(state({(bad.type, bad.name): bad.edit}), tmp_path, env)
    assert found.status == 1
    assert found.mandatory == {bad.rule}


def test_a_rule_that_was_to_be_switched_off_judges_all_the_same(tmp_path: Path, env: dict[str, str]) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"non-root-user": "disabled"}))
    root = state({(CONTAINER, "oracle-redis"): setting(user="0")})
    found = analyze(root, tmp_path, env, "--policy-pack-config", str(config))
    assert (found.status, found.mandatory) == (1, {"whole-pack", "non-root-user"})
    assert "policy non-root-user: must be at its own level" in found.text


def test_what_is_no_state_is_an_error_and_no_verdict(tmp_path: Path, env: dict[str, str]) -> None:
    found = analyze({"version": 3}, tmp_path, env)
    assert found.status != 0
    assert found.mandatory == set()
    assert "error: " in found.text
