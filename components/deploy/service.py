"""One service on one node: its image, its volumes, its files and its container."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from components.deploy.container import REPLACE_ON_CHANGES, container_inputs
from components.deploy.files import deliver_files, secrets_fingerprint
from components.deploy.place import Place
from components.model.naming import labels, volume_name
from components.model.specs import DataVolume, ServiceSpec


class Service(pulumi.ComponentResource):
    """What a `ServiceSpec` becomes; named like it, e.g. `oracle-postgres`."""

    container: docker.Container
    """The resource itself, for services that start after this one; not an output."""

    container_name: pulumi.Output[str]
    """Name in the node's Docker engine."""

    def __init__(
        self,
        spec: ServiceSpec,
        place: Place,
        *,
        after: Sequence[docker.Container] = (),
        awaited: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:Service", spec.full_name, {}, opts)
        volumes = {volume.name: self._volume(spec, volume, place.stack) for volume in spec.volumes}
        image = self._image(spec, place.node.arch)
        files = deliver_files(spec, place, parent=self)
        self.container = docker.Container(
            spec.full_name,
            container_inputs(spec, place, volumes=volumes, awaited=awaited),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[image, *([files] if files else []), *after],
                # The name and the ports are taken until the old container is gone. The provider asks for this
                # only where it asked for the replacement itself.
                delete_before_replace=True,
                replace_on_changes=REPLACE_ON_CHANGES,
                # Read back as the bare name of the system: compared, it would replace it on every run.
                ignore_changes=["platform"],
                replacement_trigger=secrets_fingerprint(spec, place),
            ),
        )
        self.container_name = self.container.name
        self.register_outputs({"container_name": self.container_name})

    def _image(self, spec: ServiceSpec, arch: str) -> docker.RemoteImage:
        """Pull the image before the old container goes, so that a replacement waits for no registry."""
        return docker.RemoteImage(
            f"{spec.full_name}-image",
            name=spec.image.reference,
            platform=f"linux/{arch}",
            keep_locally=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _volume(self, spec: ServiceSpec, volume: DataVolume, stack: str) -> pulumi.Output[str]:
        """Make a volume that outlives everything else, and return its name in Docker.

        A changed label or driver option would delete it together with its data, so neither is ever compared.
        """
        name = volume_name(spec.node, spec.name, volume.name)
        made = docker.Volume(
            name,
            name=name,
            labels=[
                docker.VolumeLabelArgs(label=label, value=value)
                for label, value in sorted(labels(node=spec.node, service=spec.name, stack=stack).items())
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=True,
                retain_on_delete=True,
                ignore_changes=["labels", "driverOpts"],
            ),
        )
        return made.name
