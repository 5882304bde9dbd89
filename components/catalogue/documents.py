"""Document processor on thanos: docling-serve turns files into text, on processors alone.

The card's memory belongs to the engine, so it is the variant without CUDA. Its models lie in the image.
"""

from __future__ import annotations

from typing import Final

from components.catalogue.credentials import DOCUMENTS_KEY
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.mounts import Scratch
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.shell import render_start

PORT: Final = 5001
NAME: Final = "documents"
KEY: Final = SecretFile(name="documents_key", parts=(DOCUMENTS_KEY,))

_FOLDER: Final = "/etc/documents"
_PROGRAMS: Final = "/opt/app-root/bin"
_READY_PATH: Final = "/ready"
_SCRATCH: Final = Scratch(size_mib=2048)
_HEALTH: Final = Health(
    # Refuses until every model is loaded.
    test=(
        "CMD",
        f"{_PROGRAMS}/python",
        "-c",
        f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}{_READY_PATH}', timeout=8)",
    ),
    timeout_seconds=10,
    start_period_seconds=180,
)
_LIVES: Final = "says that the program lives, and its version"
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    # Of the paths with a key the only one that GET reaches; the key is looked at before the task is.
    refused="/v1/status/poll/none",
    open_paths={
        "/health": _LIVES,
        "/livez": _LIVES,
        _READY_PATH: _LIVES,
        "/version": _LIVES,
        "/metrics": "counts and durations, no content; the tailnet lets nobody but oracle in",
    },
)
_ENVIRONMENT: Final = {
    "DOCLING_SERVE_ENABLE_UI": "false",
    # Its default of 120 seconds is less than a scanned book takes without a card.
    "DOCLING_SERVE_MAX_SYNC_WAIT": "900",
    "DOCLING_SERVE_SCRATCH_PATH": _SCRATCH.path,
    "HF_HUB_OFFLINE": "1",
    "HOME": _SCRATCH.path,  # caches of its libraries; the home of the image's user is read-only
    "OMP_NUM_THREADS": "4",
    "UVICORN_HOST": "0.0.0.0",  # noqa: S104 (in the container; published on the tailnet address only)
    "UVICORN_PORT": str(PORT),
}


def documents(settings: Settings, *, node: str) -> ServiceSpec:
    """The converter. Programs are named with their folder: the image finds them through a shell's profile."""
    start = render_start(
        secrets={"DOCLING_SERVE_API_KEY": KEY.path}, command=(f"{_PROGRAMS}/docling-serve", "run")
    )
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "docling"),
        limits=limits(settings, node, NAME, memory_mib=8192, cpus="4.0"),
        health=_HEALTH,
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env=_ENVIRONMENT,
        ports=(Port(name="http", container=PORT, published=PORT, access=_ACCESS),),
        probe=Probe(port="http", path=_READY_PATH),
        metrics=Metrics(port="http"),
        configuration=Configuration(folder=_FOLDER, files=(ConfigFile(name="start.sh", text=start),)),
        exports_reason="docling-serve reads its key from a variable only",
        secrets=(KEY,),
        scratch=(_SCRATCH,),
        start_timeout_seconds=600,
    )
