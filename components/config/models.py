"""Which engines run and what each serves: the section `aiswarm:models` of the stack file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.config.fields import (
    AttentionBackend,
    Count,
    Gibibytes,
    KvCacheDtype,
    ModelName,
    ModelRepository,
)
from components.config.section import Section
from components.model.profiles import PROFILES, ProfileName


class EngineSettings(Section):
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

    cpu_offload_params: Literal["experts"] | None = None
    """The weights that are kept there; None takes any."""

    kv_offloading_gib: Gibibytes = 0
    """Second tier of the cache, in host memory: a file in /dev/shm, which counts against the limit, too."""


class ModelsSettings(Section):
    """The cascade, in the order in which a request tries it.

    A profile says what each engine serves, and the stack file may change single values of it.
    """

    public_name: ModelName = "swarm"
    """The one model name that clients of the gateway ask for."""

    profile: ProfileName = "seed"
    primary: Annotated[EngineSettings, Field(default=None, validate_default=True)]
    secondary: Annotated[EngineSettings | None, Field(default=None, validate_default=True)]
    """None where the profile has no second engine on the large card."""

    backup: Annotated[EngineSettings, Field(default=None, validate_default=True)]

    @field_validator("primary", "secondary", "backup", mode="before")
    @classmethod
    def _from_profile(cls, given: object, info: ValidationInfo) -> object:
        """Fill in what the stack file leaves to the profile."""
        profile: ProfileName = info.data.get("profile", "seed")
        engine = PROFILES[profile].get(str(info.field_name))
        if engine is None and given is not None:
            raise ValueError(f"left out: profile {profile} has no such engine")
        changes = {} if given is None else given
        return {**engine, **changes} if engine and isinstance(changes, Mapping) else given

    @property
    def research_name(self) -> str:
        """Name that clients ask for to get answers with sources from the web; there with its key only."""
        return f"{self.public_name}-research"

    @property
    def embedding_name(self) -> str:
        """Name that clients ask for to get embeddings; there with its key only."""
        return f"{self.public_name}-embedding"

    def by_role(self) -> dict[str, EngineSettings]:
        """The engines that run, in the order of the cascade."""
        engines = {"primary": self.primary, "secondary": self.secondary, "backup": self.backup}
        return {role: engine for role, engine in engines.items() if engine is not None}
