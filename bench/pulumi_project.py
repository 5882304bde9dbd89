"""A Pulumi program of the bench: on a backend and stack of its own, with configuration written as needed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.lab_hosts import NETWORK, STACK, TESTS_NETWORK, Hosts
from bench.timing import timed
from lab import environment, nodes, paths, process

PROBE = paths.REPO / "tests" / "e2e" / "programs" / "probe"
EMPTY = '"""Nothing at all: what is left is what the engine and the language cost."""\n'
PARALLEL = 12

Config = dict[str, Any]


def base_config(committed: Mapping[str, Any], hosts: Hosts) -> Config:
    """The lab's own settings of nodes and models, with this machine's addresses and host keys."""
    wanted = ("pulumi:disable-default-providers", "aiswarm:nodes", "aiswarm:models")
    config: Config = {key: committed[key] for key in wanted}
    config["aiswarm:nodes"] = {
        machine.name: {
            **committed["aiswarm:nodes"][machine.name],
            "address": machine.address,
            "ssh": {"host_key": machine.host_key},
        }
        for machine in hosts.machines
    }
    return config


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A program in its folder, ready for `pulumi`."""

    name: str
    folder: Path
    env: Mapping[str, str]
    config: Config
    salt: str

    @property
    def stack_file(self) -> Path:
        """The stack's configuration."""
        return self.folder / f"Pulumi.{STACK}.yaml"

    def configure(self, services: list[dict[str, Any]], container: Config | None = None) -> None:
        """Say what the probe program deploys.

        Args:
            container: Inputs that every container gets besides those that follow from its service.
        """
        config = {**self.config, "probe:services": services}
        if container:
            config["probe:container"] = container
        self.stack_file.write_text(yaml.safe_dump({"config": config, "encryptionsalt": self.salt}))

    def run(self, *arguments: str, parallel: int = PARALLEL) -> float:
        """Seconds that a `pulumi` command takes."""
        command = [
            "pulumi", *arguments, "--stack", STACK, "--parallel", str(parallel),
            "--non-interactive", "--color", "never", "--suppress-outputs",
        ]  # fmt: skip
        return timed(command, log=f"bench-{self.name}", cwd=self.folder, env=self.env)


def create(hosts: Hosts, name: str, program: str) -> Project:
    """Make a project with the settings of the probe program, and its stack.

    It lies outside the checkout, because `pulumi stack init` writes beside the program.
    """
    folder = hosts.folder / name
    folder.mkdir()
    settings = yaml.safe_load((PROBE / "Pulumi.yaml").read_text())
    settings["name"] = name
    settings["runtime"]["options"]["virtualenv"] = str(paths.REPO / ".venv")
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    (folder / "__main__.py").write_text(program)
    env = _environment(hosts, folder)
    process.output(("pulumi", "stack", "init", STACK, "--no-select"), cwd=folder, env=env)
    file = folder / f"Pulumi.{STACK}.yaml"
    salt = yaml.safe_load(file.read_text())["encryptionsalt"]
    committed = yaml.safe_load((paths.REPO / f"Pulumi.{environment.STACK}.yaml").read_text())["config"]
    project = Project(name=name, folder=folder, env=env, config=base_config(committed, hosts), salt=str(salt))
    project.configure([])
    return project


def create_probe(hosts: Hosts, name: str) -> Project:
    """The swarm's own components around whatever the configuration says."""
    return create(hosts, name, own_network((PROBE / "__main__.py").read_text()))


def own_network(program: str) -> str:
    """The probe program with the bench's network instead of the tests', which cleaning must never meet.

    Raises:
        ValueError: The program names its network in another way than this knows.
    """
    old, new = (f'name="{name}",\n        ipam_configs=' for name in (TESTS_NETWORK, NETWORK))
    if program.count(old) != 1:
        raise ValueError(f"{PROBE / '__main__.py'}: must name its network {TESTS_NETWORK} once")
    return program.replace(old, new)


def create_empty(hosts: Hosts, name: str) -> Project:
    """A program with the same settings and without any resource, to measure others against."""
    return create(hosts, name, EMPTY)


def _environment(hosts: Hosts, folder: Path) -> dict[str, str]:
    """Variables that touch nothing of the user's own, and undo those of `./swarm env`."""
    backend = folder / "backend"
    backend.mkdir()
    return {
        "PATH": f"{hosts.engine_bin}:{paths.REPO / '.venv' / 'bin'}:{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(paths.REPO),
        "PULUMI_HOME": str(environment.pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(32),
        "PULUMI_OPTION_CONFIG_FILE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **nodes.ssh_environment(),
    }
