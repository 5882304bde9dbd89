"""One service at Railway, from nothing to running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.deploy import railway_resources as resources
from components.deploy.secrets import Secrets
from components.model.cloud import CloudService

_REPLICAS = 1
"""More than one is neither planned for nor possible with a volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPlace:
    """Where services run: what all of one environment share."""

    prefix: str
    """Beginning of every logical name."""

    project_id: pulumi.Output[str]
    environment_id: pulumi.Output[str]
    region: str
    domain_label: str
    secrets: Secrets


class RailwayService(pulumi.ComponentResource):
    """An empty service, then its volume, variables, settings, one deployment that is waited for, its domain.

    In this order nothing ever runs without its data, its variables or its settings, and a run that was broken
    off anywhere is taken up where it ended: each step is one resource.
    """

    variables: resources.Variables
    """To be there before another service's variables refer to them."""

    deployment: resources.Deployment
    """Done once the service runs."""

    url: pulumi.Output[str] | None
    """Its address on the internet, where it has one."""

    def __init__(
        self,
        service: CloudService,
        place: CloudPlace,
        after: Sequence[RailwayService],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:RailwayService", f"{place.prefix}-{service.name}", {}, opts)
        self._name = f"{place.prefix}-{service.name}"
        self._spec, self._place = service, place
        made = self._service()
        self._ids = {
            "project_id": place.project_id,
            "environment_id": place.environment_id,
            "service_id": made.id,
        }
        volume = self._volume()
        self.variables = self._variables([*volume, *(other.variables for other in after)])
        self.deployment = self._deployment(self._settings(), volume, after)
        self.url = self._domain().url if service.public else None
        self.register_outputs({"service_id": made.id, "url": self.url})

    def _service(self) -> resources.Service:
        place = self._place
        return resources.Service(
            f"{self._name}-service",
            {
                "project_id": place.project_id,
                "environment_id": place.environment_id,
                "name": self._spec.name,
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _volume(self) -> list[resources.Volume]:
        """The volume, where there is one; protected, because its data is gone with it."""
        if self._spec.volume is None:
            return []
        return [
            resources.Volume(
                f"{self._name}-volume",
                {**self._ids, "mount_path": self._spec.volume.mount_path, "region": self._place.region},
                pulumi.ResourceOptions(parent=self, protect=True),
            )
        ]

    def _variables(self, after: Sequence[pulumi.Resource]) -> resources.Variables:
        """Readable and sealed variables.

        Railway asks for the health check at `PORT`, whatever the domain's port is (its manual, Healthchecks).
        Beside the sealed ones, which nobody can read back, goes a keyed digest of them that may be shown.
        """
        port = {} if self._spec.port is None else {"PORT": str(self._spec.port)}
        secrets, texts = self._place.secrets, self._spec.secrets
        sealed = {
            "sealed": {key: secrets.text(parts) for key, parts in sorted(texts.items())},
            "sealed_version": secrets.version_of(self._name, texts),
        }
        return resources.Variables(
            f"{self._name}-variables",
            {
                **self._ids,
                "variables": dict(sorted({**port, **self._spec.variables}.items())),
                **(sealed if texts else {}),
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _settings(self) -> resources.Settings:
        return resources.Settings(
            f"{self._name}-settings",
            {**self._ids, **self._values()},
            pulumi.ResourceOptions(parent=self, depends_on=[self.variables]),
        )

    def _values(self) -> dict[str, Any]:
        spec = self._spec
        return {
            "image": spec.image.reference,
            "region": self._place.region,
            "start_command": spec.start_command,
            "health_path": spec.health_path,
            "health_timeout_seconds": spec.health_timeout_seconds,
            "sleeps": spec.sleeps,
            "replicas": _REPLICAS,
            "vcpus": spec.vcpus,
            "memory_gb": spec.memory_gb,
        }

    def _deployment(
        self,
        settings: resources.Settings,
        volume: Sequence[resources.Volume],
        after: Sequence[RailwayService],
    ) -> resources.Deployment:
        """Deploys again when anything was written, also to a service that its variables refer to.

        A volume counts, too: it is mounted by the next deployment.
        """
        written = {"settings": settings.written_at, "variables": self.variables.written_at}
        others = {f"variables of {other._spec.name}": other.variables.written_at for other in after}
        return resources.Deployment(
            f"{self._name}-deployment",
            {
                **self._ids,
                "service": self._spec.name,
                "settings": self._values(),
                "triggers": {**written, **others, **self._mounted(volume)},
            },
            pulumi.ResourceOptions(parent=self, depends_on=[other.deployment for other in after]),
        )

    def _mounted(self, volume: Sequence[resources.Volume]) -> dict[str, Any]:
        path = self._spec.volume.mount_path if self._spec.volume else ""
        return {f"volume at {path}": each.id for each in volume}

    def _domain(self) -> resources.Domain:
        return resources.Domain(
            f"{self._name}-domain",
            {**self._ids, "target_port": self._spec.port, "label": self._place.domain_label},
            pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )
