"""The probe program as a stack of its own on the lab's hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab import environment, images, nodes, paths
from lab.steps import Steps
from tests.e2e.engine import Config, Engine, lab_engine

PROGRAM = paths.REPO / "tests" / "e2e" / "programs" / "probe"


def pause_image() -> Config:
    """The tiniest image of the lab, as the probe program wants it."""
    pause = images.ensure(Steps())["pause"]
    return {"image": pause.reference, "platforms": list(pause.platforms), "health": ["CMD", "/bin/true"]}


class Probe:
    """A stack of the probe program whose services a test describes and edits."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "Pulumi.probe.yaml"
        backend = folder / "backend"
        backend.mkdir()
        env = {
            **lab_engine().env,
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_OPTION_CONFIG_FILE": str(self.file),
            "PYTHONPATH": str(paths.REPO),
        }
        self.engine = Engine(PROGRAM, env, "probe")
        given: Config = yaml.safe_load(environment.config_file().read_text())["config"]
        # What is encrypted opens with the lab's own passphrase and salt only, and is not needed here.
        self.config = {key: value for key, value in given.items() if "secure" not in value}
        self.write()
        project = folder / "project"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: probe\nruntime: python\n")
        Engine(project, {**env, "PULUMI_OPTION_CONFIG_FILE": ""}, "probe").ok("stack", "init")
        self.salt = yaml.safe_load((project / "Pulumi.probe.yaml").read_text())["encryptionsalt"]
        self.write()

    def write(self) -> None:
        """Write the configuration file."""
        document: dict[str, Any] = {"config": self.config}
        if hasattr(self, "salt"):
            document["encryptionsalt"] = self.salt
        self.file.write_text(yaml.safe_dump(document))

    def up(self, *services: Config, **container: object) -> str:
        """Deploy these services; keyword arguments alter the inputs of every container."""
        self.describe(*services, **container)
        return self.engine.up()

    def prepare(self, **hosts: Config) -> None:
        """Say how machines are to be prepared, by node, without doing it."""
        self.config["probe:hosts"] = hosts
        self.write()

    def describe(self, *services: Config, **container: object) -> None:
        """Say what is to run without deploying it."""
        self.config["probe:services"] = list(services)
        self.config["probe:container"] = container
        self.write()


@contextmanager
def running_probe(folder: Path) -> Iterator[Probe]:
    """A probe stack that is gone afterwards, whatever happened, volumes included."""
    probe = Probe(folder)
    try:
        yield probe
    finally:
        probe.engine.run("cancel", "--yes")
        probe.engine.run("state", "unprotect", "--all", "--yes")
        probe.engine.run("destroy", "--yes", "--skip-preview", "--suppress-outputs")
        for node in ("oracle", "starlord", "thanos"):
            nodes.ssh(
                node,
                "docker ps -aq --filter label=aiswarm.stack=probe | xargs -r docker rm -f;"
                "docker volume ls -q --filter label=aiswarm.stack=probe | xargs -r docker volume rm;"
                "docker network rm probe 2>/dev/null || true",
            )
