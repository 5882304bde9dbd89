"""The small program as a stack of its own, on a backend of its own, against a stand-in for Railway."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from components.railway.operations import operations
from lab import engine, paths
from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import WORKSPACE
from tests.e2e.engine import Answer, Engine

PROGRAM = Path(__file__).parent / "program"
NAME = "aiswarm"
Config = dict[str, Any]


UP = ("up", "--yes", "--skip-preview")
REFRESH = ("refresh", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")

Start = Callable[[str], "Project"]
"""Makes an empty stack of that name; each has a backend of its own."""

EACH = {"project": 1, "environment": 1, "service": 2, "volume": 1, "domain": 1}
"""What `described` makes."""


def objects(railway: FakeRailway) -> dict[str, int]:
    """How many of each kind are there."""
    return {kind: len(railway.alive(kind)) for kind in EACH}


def described() -> Config:
    """A store with a volume, and a router with a domain that refers to it."""
    return {
        "project": "swarm",
        "environment": "production",
        "workspace": WORKSPACE,
        "services": [
            {"name": "store", "volume": "/data", "secrets": {"PASSWORD": "store-password"}},
            {
                "name": "router",
                "public": True,
                "port": 4000,
                "health_path": "/health",
                "secrets": {"KEY": "router-key"},
                "variables": {"STORE": "${{store.PASSWORD}}", "MODE": "quiet"},
                "after": ["store"],
            },
        ],
    }


class Project:
    """A stack whose cloud a test describes and edits."""

    def __init__(self, folder: Path, home: Path, railway: FakeRailway, url: str, stack: str) -> None:
        self.railway, self.stack = railway, stack
        self._file = folder / f"Pulumi.{stack}.yaml"
        backend = folder / "backend"
        backend.mkdir()
        found = engine.find()
        assert found is not None, "`make up` builds the engine"
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "RAILWAY_"))
        }
        self.env = {
            **kept,
            "PATH": f"{found.bin_dir}:{paths.REPO / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(paths.REPO),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "thrown-away",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        project = folder / "project"
        project.mkdir()
        (project / "Pulumi.yaml").write_text(f"name: {NAME}\nruntime: python\n")
        Engine(project, self.env, stack).ok("stack", "init", "--no-select")
        self._salt = yaml.safe_load((project / self._file.name).read_text())["encryptionsalt"]
        self.env |= {"PULUMI_OPTION_CONFIG_FILE": str(self._file)}
        self.access = {"RAILWAY_API_TOKEN": railway.token, "RAILWAY_API_URL": url}
        self.describe(described())

    def describe(self, cloud: Config, **more: object) -> None:
        """Write the configuration."""
        config = {"aiswarm:cloud": cloud, **{f"aiswarm:{key}": value for key, value in more.items()}}
        self._file.write_text(yaml.safe_dump({"config": config, "encryptionsalt": self._salt}))

    def edit(self, edit: Callable[[Config, Config, Config], object]) -> None:
        """Write the configuration with an edit of the cloud, the store or the router."""
        cloud = described()
        edit(cloud, *cloud["services"])
        self.describe(cloud)

    def describe_epochs(self, epochs: Config) -> None:
        """Write the configuration with other values of secrets."""
        self.describe(described(), epochs=epochs)

    def run(self, *arguments: str, access: Mapping[str, str] | None = None) -> Answer:
        """Run a command with the token, or with other access."""
        env = {**self.env, **(self.access if access is None else access)}
        return Engine(PROGRAM, env, self.stack).run(*arguments)

    def ok(self, *arguments: str, access: Mapping[str, str] | None = None) -> str:
        """Run a command that must succeed and return what it printed."""
        answer = self.run(*arguments, access=access)
        assert answer.status == 0, answer.text
        return answer.text

    def by_hand(self, operation: str, **variables: object) -> None:
        """Do what a person could do in Railway's dashboard."""
        body = {"operationName": operation, "query": operations()[operation], "variables": variables}
        headers = {"authorization": f"Bearer {self.railway.token}"}
        reply = self.railway.api.answer(headers, "source=test", json.dumps(body).encode())
        assert "errors" not in json.loads(reply.body), reply.body

    def up(self) -> str:
        """Deploy."""
        return self.ok(*UP)

    def refresh(self) -> str:
        """Read everything."""
        return self.ok(*REFRESH)

    def destroy(self) -> None:
        """Delete everything, data included."""
        self.ok("state", "unprotect", "--all", "--yes")
        self.ok(*DESTROY)

    def plan(self) -> dict[str, str]:
        """What an `up` would do, by name; the preview itself calls nobody."""
        before = len(self.railway.calls)
        steps = json.loads(self.ok("preview", "--json", access={}))["steps"]
        assert len(self.railway.calls) == before
        return {step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] != "same"}

    def ids(self) -> dict[str, str]:
        """Railway's ids by name, as the state has them."""
        return {
            name: found["id"] for name, found in self._resources().items() if ":dynamic/" in found["type"]
        }

    def secrets(self) -> list[str]:
        """Every value that must not be seen."""
        found = self._resources("--show-secrets").values()
        return [
            json.loads(each["outputs"]["result"]["plaintext"]) for each in found if "random:" in each["type"]
        ]

    def _resources(self, *options: str) -> dict[str, Config]:
        exported = json.loads(self.ok("stack", "export", *options))
        return {each["urn"].rpartition("::")[2]: each for each in exported["deployment"].get("resources", [])}
