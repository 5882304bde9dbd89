"""GPT Researcher on thanos: reports with sources, over the web or over the people's own documents.

The image is our own (`images/gpt-researcher`, decision 0007): upstream publishes none with versions, and its
program asks nobody for a password.
"""

from __future__ import annotations

from typing import Final

from components.catalogue import gateway
from components.catalogue.credentials import OPERATOR_NAME, OPERATOR_PASSWORD
from components.catalogue.images import image
from components.catalogue.keys import external_key
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.external_keys import BRAVE
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec

NAME: Final = "gpt-researcher"
PORT: Final = 8001
_INSIDE: Final = 8000
_HOME: Final = "/usr/src/app"
HEALTH_PATH: Final = "/healthz"
_SCRATCH: Final = Scratch(size_mib=256)
_PASSWORD: Final = SecretFile(name="operator_password", parts=(OPERATOR_PASSWORD,))
_OUTPUTS: Final = DataVolume(name="outputs", path=f"{_HOME}/outputs")
_DOCUMENTS: Final = DataVolume(name="documents", path=f"{_HOME}/my-docs", gib=5)
_HEALTH: Final = Health(
    test=(
        "CMD",
        "python3",
        "-c",
        f"import urllib.request as u; u.urlopen('http://127.0.0.1:{_INSIDE}{HEALTH_PATH}', timeout=8)",
    ),
    timeout_seconds=10,
)
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/api/reports",
    open_paths={HEALTH_PATH: "says that the service lives"},
    people=True,
)
_ENVIRONMENT: Final = {
    "DOC_PATH": _DOCUMENTS.path,
    "HOME": _SCRATCH.path,
    "HOST": "0.0.0.0",  # noqa: S104 (in the container; published on the tailnet address only)
    "OPENAI_API_KEY_FILE": gateway.KEY.path,
    "OPERATOR_NAME": OPERATOR_NAME,
    "OPERATOR_PASSWORD_FILE": _PASSWORD.path,
    "OUTPUT_PATH": _OUTPUTS.path,
    "PORT": str(_INSIDE),
}


def gpt_researcher(settings: Settings, *, node: str) -> ServiceSpec:
    """The service. Without a key of the search it writes reports over documents and refuses all others.

    Each of its three kinds of model is the gateway's one public name: which engine answers is the gateway's
    business. Long documents and web pages are searched by vectors, for which the gateway needs a model too.
    """
    brave = external_key(settings, BRAVE)
    search = (SecretFile(name="brave_key", parts=(brave,)),) if brave else ()
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, NAME),
        limits=limits(settings, node, NAME, memory_mib=2048, cpus="2.0"),
        least_memory_mib=256,
        health=_HEALTH,
        entrypoint=("python3", "-m", "research"),
        env={
            **_ENVIRONMENT,
            **({"BRAVE_API_KEY_FILE": search[0].path} if search else {}),
            **models(settings),
            "OPENAI_BASE_URL": gateway.api_url(settings, seen_from=node),
        },
        ports=(Port(name="http", container=_INSIDE, published=PORT, access=_ACCESS),),
        probe=Probe(port="http", path=HEALTH_PATH),
        secrets=(_PASSWORD, gateway.KEY, *search),
        volumes=(_OUTPUTS, _DOCUMENTS),
        scratch=(_SCRATCH,),
        talks_to=(gateway.FLOW,),
    )


def models(settings: Settings) -> dict[str, str]:
    """What it asks for, whichever gateway answers, and whom it tells nothing."""
    model = f"openai:{settings.models.public_name}"
    return {
        "DO_NOT_TRACK": "1",
        "EMBEDDING": f"custom:{settings.models.embedding_name}",
        "FAST_LLM": model,
        "LANGSMITH_TRACING": "false",
        "RETRIEVER": "custom",  # replaced for each report: upstream's default is a paid service
        "SMART_LLM": model,
        "STRATEGIC_LLM": model,
    }
