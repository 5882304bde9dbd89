"""The stack's configuration as frozen, typed settings; every problem is reported in one error.

The stack file is the only input: no environment variable and no file is read here, so the same stack file
gives the same deployment on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

import pulumi.runtime.config
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from components.config.errors import SettingsError, refuse
from components.config.fields import (
    Account,
    AttentionBackend,
    Count,
    Cpus,
    Gibibytes,
    HostKey,
    HostName,
    KvCacheDtype,
    MachineAddress,
    Mebibytes,
    ModelName,
    ModelRepository,
    Reference,
    Switch,
    TcpPort,
    User,
    Written,
)
from components.model.forms import LEAST_MEMORY_MIB
from components.model.problems import Problem

NAMESPACE = "aiswarm"

PLAIN_KEYS = ("gateway", "images", "limits", "models", "nodes", "railway")
_PRIVATE_KEY = "tls_private_key"
SECRET_KEYS = ("tls_certificate", _PRIVATE_KEY)
"""Read by the deploy layer alone, as outputs that stay encrypted."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GpuSettings(_Section):
    """One graphics card of a node."""

    name: str
    memory_mib: Mebibytes


class SshSettings(_Section):
    """How the node's Docker engine and files are reached."""

    user: Account = "root"
    port: TcpPort = 22
    host_key: HostKey | None = None
    """Public host key. A preview needs none; `up` refuses to start without it."""


class NodeSettings(_Section):
    """One machine that already runs Docker."""

    address: MachineAddress
    """Address in the tailnet; ports are published there and nowhere else."""

    arch: Literal["amd64", "arm64"]
    memory_mib: Mebibytes
    reserved_mib: Mebibytes = 1024
    """Kept for the system and for containers that are not ours."""

    subnet: Annotated[IPv4Network, Written]
    """Docker network of the node, a /24 of 172.20.0.0/16."""

    gpus: tuple[GpuSettings, ...] = ()
    ssh: SshSettings = SshSettings()


class NodesSettings(_Section):
    """The three machines."""

    oracle: NodeSettings
    starlord: NodeSettings
    thanos: NodeSettings

    def by_name(self) -> dict[str, NodeSettings]:
        """The nodes by their names, in a fixed order."""
        return {"oracle": self.oracle, "starlord": self.starlord, "thanos": self.thanos}


class EngineSettings(_Section):
    """One model and how vLLM serves it; names and units are those of `vllm serve`."""

    repository: ModelRepository
    """Model repository, e.g. `TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ`."""

    served_name: ModelName
    """Name that clients of the engine use."""

    gpu_memory_utilization: Annotated[float, Field(gt=0, lt=1)]
    max_model_len: Count
    max_num_seqs: Count
    kv_cache_dtype: KvCacheDtype = "auto"
    attention_backend: AttentionBackend | None = None
    cpu_offload_gib: Gibibytes = 0
    """Weights kept in host memory; counts against the container's memory limit."""


class ModelsSettings(_Section):
    """The cascade, in the order in which a request tries it."""

    public_name: ModelName = "swarm"
    """The one model name that clients of the gateway ask for."""

    primary: EngineSettings
    secondary: EngineSettings
    backup: EngineSettings


class GatewaySettings(_Section):
    """The step between HAProxy and the engines."""

    workers: Annotated[int, Field(strict=True, ge=1, le=64)] = 2
    database: Switch = True
    """False runs LiteLLM without virtual keys and spend records."""

    requests_per_minute: Count = 600
    """Most requests of one client key a minute; more are answered with 429."""

    public_host: HostName | None = None
    """DNS name of the front door, which its certificate names; None shows clients its address."""


class ImageSettings(_Section):
    """Another image in place of one from the catalogue, e.g. from a registry inside the network."""

    reference: Reference
    platforms: tuple[Literal["linux/amd64", "linux/arm64"], ...]
    user: User | None = None
    """None keeps the user of the catalogue's image, which the other one must then be built for."""

    stand_in: Switch = False


class LimitSettings(_Section):
    """Other limits for one service than the catalogue's."""

    memory_mib: Annotated[int, Field(strict=True, ge=LEAST_MEMORY_MIB)]
    cpus: Cpus


class RailwaySettings(_Section):
    """The auxiliary cloud."""

    enabled: Switch = False


class Settings(_Section):
    """Everything that differs from stack to stack."""

    nodes: NodesSettings
    models: ModelsSettings
    gateway: GatewaySettings = GatewaySettings()
    images: Mapping[str, ImageSettings] = {}
    limits: Mapping[str, LimitSettings] = {}
    """Keyed by the service's full name, e.g. `starlord-vllm-primary`."""

    railway: RailwaySettings = RailwaySettings()


def load() -> Settings:
    """Read and check the configuration of the stack that this program runs for.

    Raises:
        SettingsError: Any key is unknown, missing or holds a value of another shape.
    """
    config = pulumi.runtime.config
    prefix = f"{NAMESPACE}:"
    # pulumi.Config cannot list its keys, and a misspelt key that nobody asks for would go unnoticed.
    everything = {**config.get_config_env(), **config.CONFIG.get()}
    ours = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    listed = config.get_config_secret_keys_env()
    return parse(
        ours,
        encrypted=[key for key in ours if prefix + key in listed or config.is_config_secret(prefix + key)],
    )


def parse(raw: Mapping[str, str], *, encrypted: Collection[str] = ()) -> Settings:
    """Check the values of our namespace as the engine hands them over: objects as JSON text.

    The project file cannot demand that the private key is encrypted: the engine would then refuse every
    stack that has none, and a preview needs none. So it is demanded here.

    Raises:
        SettingsError: As for `load`.
    """
    problems = [_unknown_key(key) for key in raw if key not in (*PLAIN_KEYS, *SECRET_KEYS)]
    if raw.get(_PRIVATE_KEY) and _PRIVATE_KEY not in encrypted:
        fix = "make it anew, and set it with `pulumi config set --secret`"
        problems.append(Problem(f"{NAMESPACE}:{_PRIVATE_KEY}", "must be encrypted", fix=fix))
    values: dict[str, object] = {}
    for key in PLAIN_KEYS:
        if key in raw:
            try:
                values[key] = json.loads(raw[key])
            except json.JSONDecodeError:
                problems.append(Problem(f"{NAMESPACE}:{key}", "must be an object", repr(raw[key])))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        broken = {problem.path for problem in problems}
        found = [_problem(item) for item in error.errors(include_url=False)]
        raise SettingsError([*problems, *(item for item in found if item.path not in broken)]) from None
    refuse(problems)
    return settings


def _unknown_key(key: str) -> Problem:
    known = ", ".join((*PLAIN_KEYS, *SECRET_KEYS))
    return Problem(f"{NAMESPACE}:{key}", "must be a known key", repr(key), f"known are {known}")


def _problem(item: ErrorDetails) -> Problem:
    """Translate one of pydantic's errors into our form, with the path in the stack file's terms."""
    path = f"{NAMESPACE}:" + ".".join(str(step) for step in item["loc"])
    got = repr(item["input"])
    if item["type"] == "extra_forbidden":
        return Problem(
            path, "must be a known key", repr(item["loc"][-1]), "remove it or correct its spelling"
        )
    if item["type"] == "missing":
        return Problem(path, "must be given")
    return Problem(path, _EXPECTED.get(item["type"], _rephrase(item["msg"])), got)


_EXPECTED = {
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "mapping_type": "must be an object",
    "ip_v4_address": "must be an IPv4 address",
    "ip_v4_network": "must be an IPv4 network like 172.20.1.0/24",
}


def _rephrase(message: str) -> str:
    text = message.removeprefix("Input should be ").removeprefix("Value error, ")
    return f"must be {text}" if text != message else message
