"""One service on one node: its image, its volumes, its files and its container."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.deploy.container import REPLACE_ON_CHANGES, container_inputs
from components.deploy.files import as_root, deliver_files
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.deploy.volumes import make_volumes
from components.model.specs import ServiceSpec


class Service(pulumi.ComponentResource):
    """What a `ServiceSpec` becomes; named like it, e.g. `oracle-postgres`."""

    container: docker.Container
    """The resource itself, for services that start after this one; not an output."""

    settled: Sequence[pulumi.Resource]
    """What a service that starts after this one waits for."""

    container_name: pulumi.Output[str]
    """Name in the node's Docker engine."""

    def __init__(
        self,
        spec: ServiceSpec,
        place: Place,
        *,
        after: Sequence[pulumi.Resource] = (),
        files_after: Sequence[pulumi.Resource] = (),
        awaited: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:Service", spec.full_name, {}, opts)
        volumes = make_volumes(spec, place, self)
        image = self._image(spec, place.node.arch)
        files = deliver_files(spec, place, parent=self, after=files_after)
        self.container = docker.Container(
            spec.full_name,
            container_inputs(spec, place, volumes=volumes.names, awaited=awaited),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[image, *([files] if files else []), *volumes.given, *after],
                # The name and the ports are taken until the old container is gone. The provider asks for this
                # only where it asked for the replacement itself.
                delete_before_replace=True,
                replace_on_changes=REPLACE_ON_CHANGES,
                # Read back as the bare name of the system: compared, it would replace it on every run.
                ignore_changes=["platform"],
            ),
        )
        self.settled = [self.container, *self._settle(spec, place, files)]
        self.container_name = self.container.name
        self.register_outputs({"container_name": self.container_name})

    def _settle(
        self, spec: ServiceSpec, place: Place, files: pulumi.Resource | None
    ) -> list[command.remote.Command]:
        """Run the service's own command in its container, again for every other container or secret."""
        if not spec.settle:
            return []
        settle = as_root(place.node, ["docker", "exec", spec.full_name, *spec.settle])
        return [
            command.remote.Command(
                f"{spec.full_name}-settle",
                connection=ssh_connection(place.node),
                create=settle,
                update=settle,
                # Nobody reads it: a changed input is what runs the command again.
                stdin=pulumi.Output.concat(self.container.id, " ", place.secrets.version(spec)),
                logging=command.remote.Logging.NONE,
                add_previous_output_in_env=False,
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=[self.container, *([files] if files else [])]
                ),
            )
        ]

    def _image(self, spec: ServiceSpec, arch: str) -> docker.RemoteImage:
        """Pull the image before the old container goes, so that a replacement waits for no registry."""
        return docker.RemoteImage(
            f"{spec.full_name}-image",
            name=spec.image.reference,
            platform=f"linux/{arch}",
            keep_locally=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
