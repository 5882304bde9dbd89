"""Services at Railway from configuration, through the swarm's own component.

Tests describe in `aiswarm:cloud` what runs there; a variable that is an object becomes a sealed one.
"""

from __future__ import annotations

from typing import Any

import pulumi

from components.config.errors import refuse
from components.config.settings import RailwaySettings
from components.deploy.railway import cloud_references, deploy_cloud, find_railway_problems
from components.deploy.secrets import Secrets
from components.model.cloud import Cloud, CloudRole, CloudService, CloudVolume
from components.model.images import Image
from components.model.secrets import SecretRef


def service(given: dict[str, Any]) -> CloudService:
    """A service as the configuration describes it; what is left out is as small as can be."""
    public = given.get("public", False)
    volume = given.get("volume")
    return CloudService(
        name=given["name"],
        role=CloudRole.BACKUP_ROUTER if public else CloudRole.WORKER,
        image=Image(
            name=given["name"],
            reference=given.get("image", f"example/{given['name']}:1@sha256:{'0' * 64}"),
            platforms=("linux/amd64",),
            user="1000:1000",
        ),
        vcpus=given.get("vcpus", 0.5),
        memory_gb=given.get("memory_gb", 0.5),
        typical_vcpus=0.1,
        typical_memory_gb=0.1,
        port=given.get("port"),
        start_command=given.get("start_command", ""),
        health_path=given.get("health_path", ""),
        variables=given.get("variables", {}),
        secrets={key: (SecretRef(name=name),) for key, name in given.get("secrets", {}).items()},
        volume=CloudVolume(mount_path=volume) if volume else None,
        root_reason="a test of volumes" if volume else "",
        public=public,
        sleeps=given.get("sleeps", False),
        after=tuple(given.get("after", ())),
    )


config = pulumi.Config("aiswarm")
described: dict[str, Any] = config.require_object("cloud")
cloud = Cloud(
    project=described["project"],
    environment=described["environment"],
    workspace_id=described["workspace"],
    region=described.get("region", "europe-west4-drams3a"),
    domain_label=described.get("label", "aiswarm-test"),
    services=tuple(service(given) for given in described["services"]),
)
refuse(find_railway_problems(RailwaySettings(enabled=True), cloud))
secrets = Secrets("secrets", cloud_references(cloud), config.get_object("epochs", {}) or {})
pulumi.export("urls", deploy_cloud(cloud, secrets, pulumi.get_stack()))
