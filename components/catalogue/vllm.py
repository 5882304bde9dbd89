"""The inference engine, the same on every card: vLLM with the flags that the settings name."""

from __future__ import annotations

from typing import Final

from components.catalogue.credentials import ENGINE_KEY
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.models import EngineSettings
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.forms import LEAST_MEMORY_MIB
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.vllm import WAIT_SECONDS, render_start

KEEP_ALIVE_SECONDS: Final = 120
"""Above the time for which the proxy keeps an idle connection: vLLM's default of 5 seconds would close
connections in the proxy's hand."""

_PORT: Final = 8000
_FOLDER: Final = "/etc/vllm"
_HOME: Final = "/home/vllm"
_SHM_MIB: Final = 4096
_PROGRAM_MIB: Final = 4096
"""Interpreter, CUDA libraries and what loading a model needs beside the weights it keeps."""

_HEALTH_PATH: Final = "/health"
_HEALTH: Final = Health(
    # The path answers only once the model is loaded; python3 is the one client in the image.
    test=(
        "CMD",
        "python3",
        "-c",
        f"import urllib.request as u; u.urlopen('http://127.0.0.1:{_PORT}{_HEALTH_PATH}', timeout=8)",
    ),
    interval_seconds=10,
    timeout_seconds=10,
    start_period_seconds=900,
)
_ENVIRONMENT: Final = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HOME": _HOME,
    "TORCHINDUCTOR_CACHE_DIR": f"{_HOME}/.cache/torchinductor",  # not /tmp, which is noexec
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": str(KEEP_ALIVE_SECONDS),
    "VLLM_NO_USAGE_STATS": "1",
}


_NO_KEY: Final = "the engine asks for its key below /v1 only; the tailnet lets nobody but oracle in"
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/v1/models",
    open_paths={_HEALTH_PATH: _NO_KEY, "/metrics": _NO_KEY, "/version": _NO_KEY},
)
_MODELS: Final = DataVolume(name="home", path=_HOME, gib=40)
"""One volume for models, compiled graphs and kernels: all of them lie below the home folder, the only
writable folder of the image's user that is certain to exist."""


def engine(
    settings: Settings,
    *,
    node: str,
    name: str,
    model: EngineSettings,
    published: int,
    after: tuple[str, ...] = (),
) -> ServiceSpec:
    """One engine on one card.

    Only `/v1` asks for the key; `/health`, `/metrics` and more stay open (vLLM's security page), so the
    proxy passes on nothing but `/v1`.
    """
    program = image(settings, "vllm")
    kept_mib = (model.cpu_offload_gib + model.kv_offloading_gib) * 1024
    memory_mib = kept_mib + _SHM_MIB + _PROGRAM_MIB
    # The tier is one file in /dev/shm, and vLLM does not start where that is smaller.
    shm_mib = model.kv_offloading_gib * 1024 + _SHM_MIB
    key = SecretFile(name="engine_key", parts=(ENGINE_KEY,))
    return ServiceSpec(
        node=node,
        name=name,
        image=program,
        limits=limits(settings, node, name, memory_mib=memory_mib, cpus="4.0", shm_mib=shm_mib),
        # Without anything in host memory nothing is certain, and a stand-in keeps nothing there.
        least_memory_mib=(kept_mib + _PROGRAM_MIB if kept_mib and not program.stand_in else LEAST_MEMORY_MIB),
        health=_HEALTH,
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        command=arguments(model),
        env=_ENVIRONMENT,
        ports=(Port(name="http", container=_PORT, published=published, access=_ACCESS),),
        probe=Probe(port="http", path=_HEALTH_PATH),
        configuration=_configuration(key, after),
        exports_reason="vLLM has no option that names a key file",
        secrets=(key,),
        volumes=(_MODELS,),
        scratch=(Scratch(size_mib=1024),),
        after=after,
        metrics=Metrics(port="http"),
        gpu=not program.stand_in,
        gpu_share=model.gpu_memory_utilization,
        stop_grace_seconds=60,
        start_timeout_seconds=WAIT_SECONDS,
    )


def _configuration(key: SecretFile, after: tuple[str, ...]) -> Configuration:
    """The start script; other engines are reached by their names in the node's network."""
    urls = [f"http://{other}:{_PORT}{_HEALTH_PATH}" for other in after]
    start = render_start(key_file=key.path, wait_for=urls)
    return Configuration(folder=_FOLDER, files=(ConfigFile(name="start.sh", text=start),))


def arguments(model: EngineSettings) -> tuple[str, ...]:
    """Arguments of `vllm serve`; prefix caching and continuous batching are always on."""
    optional = {
        "--attention-backend": model.attention_backend,
        "--cpu-offload-gb": model.cpu_offload_gib,
        "--cpu-offload-params": model.cpu_offload_params,
        "--kv-offloading-size": model.kv_offloading_gib,
    }
    return (
        model.repository,
        "--host=0.0.0.0",
        f"--port={_PORT}",
        f"--served-model-name={model.served_name}",
        f"--gpu-memory-utilization={model.gpu_memory_utilization}",
        f"--max-model-len={model.max_model_len}",
        f"--max-num-seqs={model.max_num_seqs}",
        f"--kv-cache-dtype={model.kv_cache_dtype}",
        *(f"{flag}={value}" for flag, value in optional.items() if value),
        "--enable-prefix-caching",
    )
