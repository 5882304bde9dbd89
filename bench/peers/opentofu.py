"""OpenTofu with the containers that the swarm's own components would make, field by field."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lab_hosts import NETWORK, STACK, SUBNETS, Hosts
from bench.services import NODES
from bench.timing import timed
from components.deploy.container import go_duration
from components.model.naming import labels, service_name
from components.model.parts import Health
from components.model.ssh import ssh_options
from lab import nodes
from lab.nodes import LabNode

SOURCE = "kreuzwerker/docker"
WAIT_SECONDS = 60

Json = dict[str, Any]


def configuration(machines: Sequence[LabNode], services: Sequence[Json], reference: str) -> Json:
    """The whole configuration as JSON: one provider, one network and one image a node, and the containers."""
    return {
        "terraform": {"required_providers": {"docker": {"source": SOURCE}}},
        "provider": {"docker": [_provider(machine) for machine in machines]},
        "resource": {
            "docker_network": {node: _network(node) for node in NODES},
            "docker_image": {node: _image(node, reference) for node in NODES},
            "docker_container": {
                service_name(item["node"], item["name"]): _container(item) for item in services
            },
        },
    }


def _provider(machine: LabNode) -> Json:
    return {
        "alias": machine.name,
        "host": f"ssh://root@{machine.address}",
        "ssh_opts": list(ssh_options(machine.address, machine.host_key)),
    }


def _network(node: str) -> Json:
    subnet = SUBNETS[node]
    gateway = subnet.replace(".0/24", ".1")
    return {
        "provider": f"docker.{node}",
        "name": NETWORK,
        "ipam_config": [{"subnet": subnet, "gateway": gateway}],
    }


def _image(node: str, reference: str) -> Json:
    return {"provider": f"docker.{node}", "name": reference, "keep_locally": True}


def _container(item: Json) -> Json:
    """The counterpart of `components.deploy.container.container_inputs`; the bench compares the results."""
    node, health = item["node"], Health(test=tuple(item["health"]), interval_seconds=item["interval_seconds"])
    marks = labels(node=node, service=item["name"], stack=STACK)
    return {
        "provider": f"docker.{node}",
        "depends_on": [f"docker_image.{node}"],
        "name": service_name(node, item["name"]),
        "image": item["image"],
        "env": [f"{name}={value}" for name, value in sorted(item["env"].items())],
        "user": item["user"],
        "read_only": True,
        "capabilities": [{"drop": ["ALL"]}],
        "security_opts": ["no-new-privileges:true"],
        "init": True,
        "memory": item["memory_mib"],
        "memory_swap": item["memory_mib"],
        "cpus": item["cpus"],
        "shm_size": 64,
        "restart": "unless-stopped",
        "must_run": True,
        "healthcheck": [
            {
                "test": list(health.test),
                "interval": go_duration(health.interval_seconds),
                "timeout": go_duration(health.timeout_seconds),
                "start_period": go_duration(health.start_period_seconds),
                "retries": health.retries,
            }
        ],
        "wait": True,
        "wait_timeout": WAIT_SECONDS,
        "destroy_grace_seconds": 1,
        "stop_timeout": 1,
        "log_driver": "json-file",
        "log_opts": {"max-file": "3", "max-size": "10m"},
        "labels": [{"label": label, "value": value} for label, value in sorted(marks.items())],
        "networks_advanced": [{"name": f"${{docker_network.{node}.name}}", "aliases": [item["name"]]}],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tofu:
    """OpenTofu in a folder of its own, which holds configuration and state."""

    folder: Path
    programs: Path
    machines: Sequence[LabNode]
    reference: str

    def configure(self, services: Sequence[Json]) -> None:
        """Write the configuration, and the settings that lead to the provider without any registry."""
        self.folder.mkdir(exist_ok=True)
        text = json.dumps(configuration(self.machines, services, self.reference), indent=1)
        (self.folder / "main.tf.json").write_text(text)
        overrides = f'provider_installation {{\n  dev_overrides {{ "{SOURCE}" = "{self.programs}" }}\n}}\n'
        (self.folder / "tofurc").write_text(overrides)

    def run(self, *arguments: str) -> float:
        """Seconds that a command takes."""
        env = {
            "PATH": f"{self.programs}:{os.environ.get('PATH', '')}",
            "TF_CLI_CONFIG_FILE": str(self.folder / "tofurc"),
            "TF_IN_AUTOMATION": "1",
            **nodes.ssh_environment(),
        }
        return timed(
            ("tofu", *arguments, "-input=false", "-no-color"), log="bench-tofu", cwd=self.folder, env=env
        )


def tofu(hosts: Hosts, programs: Path) -> Tofu:
    """OpenTofu for these hosts."""
    return Tofu(
        folder=hosts.folder / "tofu",
        programs=programs,
        machines=hosts.machines,
        reference=hosts.pause.reference,
    )
