"""Fixtures of the end-to-end tests. They need the lab that `make test` (or `make up`) has brought up."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab import environment, paths
from ops import probe, stack
from ops.stack import Stack
from tests.e2e.engine import Engine, lab_engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run last what makes the lab anew: keys and passphrases that other tests share are others then."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine on the deployed lab stack; what `ops` starts finds it too."""
    environment.activate()
    return lab_engine()


@pytest.fixture(scope="session")
def deployed(engine: Engine) -> Stack:
    """The lab stack as configured; every service healthy at the start of the session."""
    found = stack.read(engine.stack)
    probe.wait_healthy(found, timeout_seconds=180)
    return found


@pytest.fixture
def restored(deployed: Stack) -> Iterator[Stack]:
    """For tests that change or break the lab: afterwards it is as `make up` left it."""
    yield deployed
    engine = lab_engine()  # not the session's: a lab made anew has another token for Railway
    engine.run("cancel", "--yes")  # where a test failed, its engine may have left a lock
    engine.up("--refresh")
    probe.wait_healthy(deployed, timeout_seconds=180)


@pytest.fixture(scope="session")
def key(deployed: Stack) -> str:
    """The gateway's key."""
    return stack.output(deployed.name, "chat_key")


@pytest.fixture
def front_door(deployed: Stack, key: str) -> Iterator[httpx.Client]:
    """A client at the public address that trusts the lab's authority and sends the key."""
    with httpx.Client(
        base_url=stack.output(deployed.name, "chat_url"),
        verify=ssl.create_default_context(cafile=str(environment.ca_file())),
        headers={"authorization": f"Bearer {key}"},
        timeout=60,
        trust_env=False,
    ) as client:
        yield client


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
