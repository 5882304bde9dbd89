"""A stack of the lab's committed settings, without engine and hosts."""

from __future__ import annotations

import json

import pytest
import yaml

from components.catalogue.swarm import swarm
from components.config.settings import NAMESPACE, parse
from lab import paths
from ops.stack import Stack


@pytest.fixture(scope="session")
def lab_stack() -> Stack:
    """The stack `lab` as committed."""
    config = yaml.safe_load((paths.REPO / "Pulumi.lab.yaml").read_text())["config"]
    prefix = f"{NAMESPACE}:"
    raw = {
        key.removeprefix(prefix): json.dumps(value) for key, value in config.items() if key.startswith(prefix)
    }
    settings = parse(raw)
    services = tuple(spec for specs in swarm(settings).values() for spec in specs)
    return Stack("lab", settings, services)
