"""Data volumes of a service: made once, kept whatever happens, and given to the user who writes there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.deploy.files import RUN, as_root, script_line
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.model.mounts import GIVEN_OVER_MARK, DataVolume
from components.model.naming import LABEL_PREFIX, labels, volume_name
from components.model.specs import ServiceSpec

_SCRIPT = Path(__file__).with_name("give_over.sh")


@dataclass(frozen=True, slots=True)
class Volumes:
    """A service's data volumes, ready for its container."""

    names: dict[str, pulumi.Output[str]]
    """Docker's name of each volume by its name in the spec."""

    given: list[pulumi.Resource]
    """What gives some of them to the service's user; the container comes after it."""


def make_volumes(spec: ServiceSpec, place: Place, parent: pulumi.Resource) -> Volumes:
    """Make all volumes of a service, and give those to its user whose place in the image is another's."""
    made = {volume: _make(spec, volume, place.stack, parent) for volume in spec.volumes}
    return Volumes(
        {volume.name: resource.name for volume, resource in made.items()},
        [_give_over(spec, resource, place, parent) for volume, resource in made.items() if volume.given_over],
    )


def _make(spec: ServiceSpec, volume: DataVolume, stack: str, parent: pulumi.Resource) -> docker.Volume:
    """Make a volume that outlives everything else.

    A changed label or driver option would delete it together with its data, so neither is ever compared.
    """
    name = volume_name(spec.node, spec.name, volume.name)
    return docker.Volume(
        name,
        name=name,
        labels=[
            docker.VolumeLabelArgs(label=label, value=value)
            for label, value in sorted(labels(node=spec.node, service=spec.name, stack=stack).items())
        ],
        opts=pulumi.ResourceOptions(
            parent=parent,
            protect=True,
            retain_on_delete=True,
            ignore_changes=["labels", "driverOpts"],
        ),
    )


def _give_over(
    spec: ServiceSpec, volume: docker.Volume, place: Place, parent: pulumi.Resource
) -> command.remote.Command:
    """Give a volume to the service's user before the container is there.

    Docker fills an empty volume from the image, with the owners of the image (moby, `CopyImagePathContent`);
    nothing in the container could change them, since it has no capabilities. A file in the volume keeps
    Docker from doing so. There is no `delete`: the volume and what is in it stay.
    """
    arguments = [spec.image.user, spec.full_name, spec.name, LABEL_PREFIX, GIVEN_OVER_MARK]
    give = as_root(place.node, ["sh", "-c", RUN, "give-over", *arguments])
    return command.remote.Command(
        f"{volume.pulumi_resource_name}-given-over",
        connection=ssh_connection(place.node),
        create=give,
        update=give,
        stdin=pulumi.Output.concat(script_line(_SCRIPT), volume.name, "\n"),
        logging=command.remote.Logging.NONE,
        add_previous_output_in_env=False,
        opts=pulumi.ResourceOptions(
            parent=parent,
            replace_with=[volume],
            additional_secret_outputs=["stdin", "stdout", "stderr"],
        ),
    )
