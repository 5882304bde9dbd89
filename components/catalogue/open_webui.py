"""Open WebUI on oracle: the pages on which people talk to the swarm and to their own documents."""

from __future__ import annotations

from typing import Final

from components.catalogue import documents, gateway, postgres, redis, vectors
from components.catalogue.credentials import (
    OPEN_WEBUI_DATABASE_PASSWORD,
    OPEN_WEBUI_NAME,
    OPEN_WEBUI_REDIS_PASSWORD,
    OPEN_WEBUI_SESSION_KEY,
    OPERATOR_NAME,
    OPERATOR_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Flow, Probe, Protocol
from components.model.endpoints import ManagedEndpoint
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.naming import service_name
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.shell import render_start

NAME: Final = "open-webui"
PUBLISHED: Final = 3000
ADMIN_EMAIL: Final = f"{OPERATOR_NAME}@localhost"
"""What the operator signs in with; the program takes no address without a dot, but for this host."""

_PORT: Final = 8080
_FOLDER: Final = "/etc/open-webui"
_DATA: Final = "/var/lib/open-webui"
_HEALTH_PATH: Final = "/health"
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/api/models",
    open_paths={
        "/": "the page to sign in",
        _HEALTH_PATH: "says that the program lives",
        "/api/config": "name and version, for the page to sign in",
    },
    people=True,
)
_ENVIRONMENT: Final = {
    "ANONYMIZED_TELEMETRY": "false",
    # Whoever has an account may use the one model of the swarm.
    "BYPASS_MODEL_ACCESS_CONTROL": "true",
    "CONTENT_EXTRACTION_ENGINE": "docling",
    # Not /app/backend/data, where the image keeps the models that it came with: a volume would hide them.
    "DATA_DIR": _DATA,
    "DO_NOT_TRACK": "true",
    "ENABLE_COMMUNITY_SHARING": "false",
    "ENABLE_OLLAMA_API": "false",
    # Otherwise these settings count for the first start only, and what is clicked wins ever after.
    "ENABLE_PERSISTENT_CONFIG": "false",
    "ENABLE_SIGNUP": "false",
    "HOME": _DATA,
    # Nothing is downloaded, neither models nor news of versions.
    "OFFLINE_MODE": "true",
    "PORT": str(_PORT),
    "QDRANT_COLLECTION_PREFIX": vectors.OPEN_WEBUI_PREFIX,
    # The model in the image, which needs no network, no key and no card.
    "RAG_EMBEDDING_ENGINE": "",
    "RAG_EMBEDDING_MODEL": "sentence-transformers/all-MiniLM-L6-v2",
    "RAG_EMBEDDING_MODEL_TRUST_REMOTE_CODE": "false",
    "REDIS_KEY_PREFIX": redis.OPEN_WEBUI_PREFIX,
    "SCARF_NO_ANALYTICS": "true",
    "STATIC_DIR": f"{_DATA}/static",
    "VECTOR_DB": "qdrant",
    "WEBSOCKET_MANAGER": "redis",
    "WEBUI_ADMIN_EMAIL": ADMIN_EMAIL,
    "WEBUI_ADMIN_NAME": OPERATOR_NAME,
}


def open_webui(settings: Settings, *, node: str, converter: ManagedEndpoint) -> ServiceSpec:
    """The pages, with accounts of their own.

    The operator's account is made at the first start, when there is none at all: a password changed later is
    changed on the page. The health check asks whether the program lives and not for its database: a container
    that is replaced brings no database back.
    """
    secrets = _secrets(settings, node)
    start = render_start(
        secrets={name: file.path for name, file in secrets.items()},
        command=("bash", "/app/backend/start.sh"),
    )
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "open-webui"),
        limits=limits(settings, node, NAME, memory_mib=3072, cpus="2.0"),
        health=Health(
            test=("CMD", "curl", "--silent", "--fail", f"http://127.0.0.1:{_PORT}{_HEALTH_PATH}"),
            start_period_seconds=120,
        ),
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env={**_ENVIRONMENT, **_addresses(settings, node, converter)},
        ports=(Port(name="http", container=_PORT, published=PUBLISHED, access=_ACCESS),),
        probe=Probe(port="http", path=_HEALTH_PATH),
        configuration=Configuration(folder=_FOLDER, files=(ConfigFile(name="start.sh", text=start),)),
        exports_reason="Open WebUI reads secrets from variables only",
        secrets=tuple(secrets.values()),
        volumes=(DataVolume(name="data", path=_DATA, gib=10, given_over=True),),
        scratch=(Scratch(size_mib=512),),
        after=("postgres", "redis", "haproxy"),
        talks_to=(
            gateway.FLOW,
            Flow(to=service_name(node, "postgres"), port="postgres"),
            Flow(to=service_name(node, "redis"), port="redis"),
            Flow(to=converter.service, port="http"),
            vectors.FLOW,
        ),
        start_timeout_seconds=600,
    )


def _addresses(settings: Settings, node: str, converter: ManagedEndpoint) -> dict[str, str]:
    page = f"http://{settings.nodes.by_name()[node].address}:{PUBLISHED}"
    return {
        "CORS_ALLOW_ORIGIN": page,
        "DEFAULT_MODELS": settings.models.public_name,
        "DOCLING_SERVER_URL": f"http://{converter.address}",
        "OPENAI_API_BASE_URL": gateway.api_url(settings, seen_from=node),
        "QDRANT_URI": vectors.url(settings),
        "WEBUI_URL": page,
    }


def _secrets(settings: Settings, node: str) -> dict[str, SecretFile]:
    """Secret files by the variable that the start script exports them as."""
    database = f"{service_name(node, 'postgres')}:{postgres.PORT}/{OPEN_WEBUI_NAME}"
    cache = f"{service_name(node, 'redis')}:{redis.PORT}/0"
    return {
        "DATABASE_URL": SecretFile(
            name="database_url",
            parts=(f"postgresql://{OPEN_WEBUI_NAME}:", OPEN_WEBUI_DATABASE_PASSWORD, f"@{database}"),
        ),
        "DOCLING_API_KEY": documents.KEY,
        "OPENAI_API_KEY": gateway.KEY,
        "REDIS_URL": SecretFile(
            name="redis_url",
            parts=(f"redis://{OPEN_WEBUI_NAME}:", OPEN_WEBUI_REDIS_PASSWORD, f"@{cache}"),
        ),
        "WEBUI_ADMIN_PASSWORD": SecretFile(name="admin_password", parts=(OPERATOR_PASSWORD,)),
        "WEBUI_SECRET_KEY": SecretFile(name="session_key", parts=(OPEN_WEBUI_SESSION_KEY,)),
        **vectors.key(settings),
    }
