"""RAG pipeline on thanos: LightRAG answers from documents through a graph of what they speak about."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from components.catalogue import gateway, vectors
from components.catalogue.credentials import RAG_KEY
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.programs import foreign_collections
from components.render.shell import render_start

PORT: Final = 9621
NAME: Final = "rag"
WORKSPACE: Final = "aiswarm"

_FOLDER: Final = "/etc/rag"
_DATA: Final = "/var/lib/lightrag"
_PYTHON: Final = "/app/.venv/bin/python"
_GUARD: Final = "foreign_collections.py"
_DIMENSIONS: Final = 1536
"""Length of the vectors. LightRAG names its collections after model and length, so another one means that
every document is put in again."""

_HEALTH_PATH: Final = "/health"
_SCRATCH: Final = Scratch(size_mib=256)
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/documents/pipeline_status",
    open_paths={
        _HEALTH_PATH: "says that the program lives; its settings are shown only with the key",
        "/auth-status": "says which kind of credentials is asked for",
        "/webui/": "the page itself, which asks for the key before it shows anything",
    },
    people=True,
)
_ENVIRONMENT: Final = {
    "EMBEDDING_BINDING": "openai",
    "EMBEDDING_DIM": str(_DIMENSIONS),
    # The gateway's model has longer vectors, and shortens them when it is told.
    "EMBEDDING_SEND_DIM": "true",
    "ENABLE_API_DOCS": "false",
    "HOME": _SCRATCH.path,
    "HOST": "0.0.0.0",  # noqa: S104 (in the container; published on the tailnet address only)
    "INPUT_DIR": f"{_DATA}/inputs",
    "LIGHTRAG_VECTOR_STORAGE": "QdrantVectorDBStorage",
    "LLM_BINDING": "openai",
    "LOG_DIR": _SCRATCH.path,
    "PORT": str(PORT),
    "PROMPT_DIR": f"{_DATA}/prompts",
    # Without it the paths that speak like Ollama answer anyone.
    "WHITELIST_PATHS": _HEALTH_PATH,
    "WORKING_DIR": f"{_DATA}/storage",
    "WORKSPACE": WORKSPACE,
}


def rag(settings: Settings, *, node: str) -> ServiceSpec:
    """The pipeline. Documents need vectors, so it takes none in before the gateway has a model for them.

    It starts only where nothing in the vector database could be mistaken for its own. Its data lies apart
    from /app/data, where the image keeps what it would otherwise download.
    """
    secrets = _secrets(settings)
    gateway_url = gateway.api_url(settings, seen_from=node)
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "lightrag"),
        limits=limits(settings, node, NAME, memory_mib=2048, cpus="2.0"),
        health=Health(
            test=(
                "CMD",
                _PYTHON,
                "-c",
                f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}{_HEALTH_PATH}', timeout=8)",
            ),
            timeout_seconds=10,
            start_period_seconds=60,
        ),
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env={
            **_ENVIRONMENT,
            "EMBEDDING_BINDING_HOST": gateway_url,
            "EMBEDDING_MODEL": settings.models.embedding_name,
            "LLM_BINDING_HOST": gateway_url,
            "LLM_MODEL": settings.models.public_name,
            "QDRANT_URL": vectors.url(settings),
        },
        ports=(Port(name="http", container=PORT, published=PORT, access=_ACCESS),),
        probe=Probe(port="http", path=_HEALTH_PATH),
        configuration=Configuration(folder=_FOLDER, files=_files(secrets)),
        exports_reason="LightRAG reads secrets from variables only",
        secrets=tuple(dict.fromkeys(secrets.values())),
        volumes=(DataVolume(name="data", path=_DATA, gib=5, given_over=True),),
        scratch=(_SCRATCH,),
        talks_to=(gateway.FLOW, vectors.FLOW),
        start_timeout_seconds=300,
    )


def collections(settings: Settings) -> frozenset[str]:
    """The pipeline's own in the vector database (lightrag/base.py, `_generate_collection_suffix`).

    A LightRAG of somebody else with the same model shares them; the points of each say whose they are.
    """
    model = re.sub(r"[^a-zA-Z0-9_]", "_", settings.models.embedding_name.lower())
    return frozenset(f"lightrag_vdb_{kind}_{model}_{_DIMENSIONS}d" for kind in foreign_collections.KINDS)


def _secrets(settings: Settings) -> dict[str, SecretFile]:
    """Secret files by the variable that the start script exports them as."""
    return {
        "EMBEDDING_BINDING_API_KEY": gateway.KEY,
        "LIGHTRAG_API_KEY": SecretFile(name="rag_key", parts=(RAG_KEY,)),
        "LLM_BINDING_API_KEY": gateway.KEY,
        **vectors.key(settings),
    }


def _files(secrets: dict[str, SecretFile]) -> tuple[ConfigFile, ...]:
    guard = shlex.join((_PYTHON, f"{_FOLDER}/{_GUARD}"))
    server = shlex.join((_PYTHON, "-m", "lightrag.api.lightrag_server"))
    start = render_start(
        secrets={name: file.path for name, file in secrets.items()},
        command=("/bin/sh", "-c", f"{guard} && exec {server}"),
    )
    program = Path(foreign_collections.__file__).read_text(encoding="utf-8")
    return (ConfigFile(name="start.sh", text=start), ConfigFile(name=_GUARD, text=program))
