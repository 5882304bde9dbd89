"""SillyTavern Extras on thanos: declared, and off.

Upstream ended it in April 2024. Nobody publishes an image of it with versions; its own Dockerfile builds on
CUDA 11.7 and Ubuntu 20.04, whose support has ended, and runs as root. What it did, SillyTavern does by itself
or through the gateway: summaries, vectors, captions, expressions, speech, web search.

Who wants it nevertheless builds an image for user 1000, names it in `aiswarm:images` as `sillytavern-extras`
with its digest, and sets `aiswarm:optional.sillytavern_extras`. Without that digest `up` refuses it, like any
image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.catalogue.credentials import OPERATOR_PASSWORD
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.mounts import Scratch
from components.model.naming import service_name
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.extras import render_start

NAME: Final = "sillytavern-extras"
NODE: Final = "thanos"
PORT: Final = 5100

OFF: Final[Mapping[str, str]] = {
    service_name(
        NODE, NAME
    ): "discontinued upstream in April 2024, no published image with versions, CUDA 11.7;"
    " SillyTavern itself has taken its place"
}
"""Full name of every service that is off unless the stack file wants it, with the reason."""

_FOLDER: Final = "/etc/sillytavern-extras"
_SCRATCH: Final = Scratch(size_mib=256)
_KEY: Final = SecretFile(name="api_key.txt", parts=(OPERATOR_PASSWORD,))
_HEALTH: Final = Health(
    # Every path worth asking wants the key, so the check only connects.
    test=("CMD", "python3", "-c", f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 8)"),
    interval_seconds=30,
    timeout_seconds=10,
    start_period_seconds=300,
)


def extras(settings: Settings) -> tuple[ServiceSpec, ...]:
    """The service where the stack file wants it, else nothing: the modules that need no graphics card."""
    if not settings.optional.sillytavern_extras:
        return ()
    start = render_start(key_file=_KEY.path, folder=_SCRATCH.path, port=PORT)
    spec = ServiceSpec(
        node=NODE,
        name=NAME,
        image=image(settings, "sillytavern-extras"),
        limits=limits(settings, NODE, NAME, memory_mib=6144, cpus="2.0"),
        health=_HEALTH,
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env={"HF_HUB_OFFLINE": "1", "HOME": _SCRATCH.path, "TRANSFORMERS_OFFLINE": "1"},
        ports=(
            Port(
                name="http",
                container=PORT,
                published=PORT,
                access=Access(protocol=Protocol.HTTP, refused="/api/modules", people=True),
            ),
        ),
        probe=Probe(port="http"),
        configuration=Configuration(folder=_FOLDER, files=(ConfigFile(name="start.sh", text=start),)),
        secrets=(_KEY,),
        scratch=(_SCRATCH,),
        start_timeout_seconds=600,
    )
    return (spec,)
