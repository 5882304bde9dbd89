"""What Consul is told: who is registered, how each is checked, and which tokens there are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.catalogue.swarm import swarm
from components.model.secrets import SecretRef
from components.model.specs import ServiceSpec
from components.render.consul import render_start
from tests.unit.components.stacks import STACKS, settings


def consul(stack: str) -> ServiceSpec:
    (found,) = (spec for spec in swarm(settings(stack))["oracle"] if spec.name == "consul")
    return found


def document(stack: str, name: str) -> dict[str, Any]:
    configuration = consul(stack).configuration
    assert configuration is not None
    loaded: dict[str, Any] = json.loads(next(file.text for file in configuration.files if file.name == name))
    return loaded


def registered(stack: str) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in document(stack, "services.json")["services"]}


@pytest.mark.parametrize("stack", STACKS)
def test_everything_with_a_probe_is_registered_under_the_name_of_its_container(stack: str) -> None:
    probed = {spec.full_name for specs in swarm(settings(stack)).values() for spec in specs if spec.probe}

    assert set(registered(stack)) == {*probed, "qdrant"}
    assert all(item["id"] == name for name, item in registered(stack).items())


@pytest.mark.parametrize(
    ("name", "key", "question"),
    [
        ("oracle-redis", "tcp", "oracle-redis:6379"),
        ("oracle-haproxy", "http", "http://oracle-haproxy:8888/healthz"),
        ("oracle-vault", "http", "https://100.96.197.84:8200/v1/sys/health"),
        ("starlord-gpu-monitor", "http", "http://100.72.73.3:9091/-/healthy"),
        ("qdrant", "http", "http://100.72.73.3:6333/readyz"),
    ],
)
def test_each_is_asked_where_oracle_reaches_it(name: str, key: str, question: str) -> None:
    """Over TLS at the address that the certificate names, so that it can be verified."""
    entry = registered("prod")[name]

    assert entry["check"][key] == question
    assert (entry["check"]["interval"], entry["check"]["timeout"]) == ("15s", "5s")
    assert "tls_skip_verify" not in entry["check"]
    assert entry["tags"] == ["starlord" if name in {"qdrant", "starlord-gpu-monitor"} else "oracle"]


def test_nothing_is_open_without_a_token_and_nothing_runs_for_a_check() -> None:
    config = document("prod", "consul.json")

    assert config["acl"] == {"enabled": True, "default_policy": "deny"}
    assert config["bind_addr"] == "127.0.0.1"
    assert {name for name, port in config["ports"].items() if port != -1} == {"http"}
    assert not config["enable_script_checks"]
    assert not config["enable_local_script_checks"]


def test_strangers_get_no_token_and_prometheus_not_the_one_that_opens_all() -> None:
    tokens = next(file for file in consul("prod").secrets if file.name == "tokens.json")
    text = "".join(part.name if isinstance(part, SecretRef) else part for part in tokens.parts)
    loaded = json.loads(text)
    metrics = consul("prod").metrics

    assert loaded["acl"]["tokens"] == {
        "initial_management": "consul-management-token",
        "agent": "consul-management-token",
        "config_file_service_registration": "consul-management-token",
        "agent_recovery": "consul-agent-token",
    }
    assert loaded["encrypt"] == "consul-gossip-key"
    assert metrics is not None
    assert metrics.credentials is not None
    assert [ref.name for ref in metrics.credentials.references] == ["consul-agent-token"]


FAKE = """#!/bin/sh
case "$*" in
  "acl token read -self") [ -e {folder}/asked ] || {{ : > {folder}/asked; exit 1; }}
    echo "AccessorID:       now" ;;
  "acl token list") printf '%s\\n' {tokens} ;;
  "acl token delete -accessor-id "*) echo "$5" >> {folder}/deleted; exit {refused} ;;
  *) while [ -e {folder}/runs ]; do sleep 0.1; done ;;
esac
"""
TOKENS = (
    "AccessorID:       before", "SecretID:         x", "Description:      Initial Management Token", "",
    "AccessorID:       anybody", "Description:      Anonymous Token", "",
    "AccessorID:       mine", "Description:      made by hand", "",
    "AccessorID:       now", "Description:      Initial Management Token",
)  # fmt: skip


def started(folder: Path, *, refused: int) -> subprocess.Popen[bytes]:
    """Start the script with a `consul` that knows four tokens, and cannot be asked at first."""
    (folder / "runs").touch()
    program = folder / "consul"
    tokens = " ".join(f"'{line}'" for line in TOKENS)
    program.write_text(FAKE.format(folder=folder, tokens=tokens, refused=refused))
    program.chmod(0o755)
    script = folder / "start.sh"
    script.write_text(
        render_start(
            config_files=["/a.json"],
            management_token_file=str(folder / "token"),
            current_file=str(folder / "current"),
        )
    )
    return subprocess.Popen(
        ["/bin/sh", script],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if file.exists():
            return
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"{file.name} was never made")


def test_only_former_management_tokens_end(tmp_path: Path) -> None:
    process = started(tmp_path, refused=0)

    wait_for(tmp_path / "current", process)
    (tmp_path / "runs").unlink()
    process.wait(timeout=10)

    assert (tmp_path / "deleted").read_text().split() == ["before"]


def test_a_token_that_does_not_end_keeps_the_server_from_being_healthy(tmp_path: Path) -> None:
    process = started(tmp_path, refused=1)

    wait_for(tmp_path / "deleted", process)
    assert not (tmp_path / "current").exists()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
