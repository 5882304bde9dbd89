"""What an engine's share of a card holds, computed from the model's shape before anything is started.

The formula is that of vLLM's start (v1/worker/gpu_worker.py): what the share leaves beside weights and
working memory becomes the key-value cache, and an engine whose cache cannot hold one request of full length
does not start. Weights and cache follow from the architecture; the working memory is an estimate from
published start logs, good to some tenths of a gibibyte. Nothing here was measured on the swarm's cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components.model.architectures import ARCHITECTURES, Architecture

if TYPE_CHECKING:
    from components.config.models import EngineSettings
    from components.config.settings import Settings
    from components.model.specs import ServiceSpec

GIB: Final = 1024**3

CUDA_SHARE: Final = 0.978
"""Part of a card's nominal memory that CUDA reports: 9.78 of 10 GiB on a 3080. A 4090 gives a little more."""

_DENSE_GIB: Final = 1.0
_MIXTURE_GIB: Final = 1.25
"""Activations, graphs and fragmentation for at most 2048 batched tokens, vLLM's default on such cards."""

_FLASHINFER_GIB: Final = 394 / 1024
"""Its workspace (VLLM_FLASHINFER_WORKSPACE_BUFFER_SIZE)."""

_SAMPLER_BYTES: Final = 38
_SAMPLER_FREE: Final = 32 * 32000
"""The sampler's warm-up takes some bytes for each sequence and word; that of 32 sequences is in the above."""

_BLOCK: Final = 16
"""Tokens of a cache block."""

_NUMBER_BYTES: Final = {
    "auto": 2.0,
    "float16": 2.0,
    "bfloat16": 2.0,
    "fp8": 1.0,
    "fp8_e4m3": 1.0,
    "fp8_e5m2": 1.0,
    "fp8_per_token_head": 1.0,
    "int8_per_token_head": 1.0,
    "int4_per_token_head": 0.5,
}
_SCALE_BYTES: Final = 4
"""Scale that the `*_per_token_head` types keep for each token and head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What is left for the cache, and what it holds."""

    weights_gib: float
    """On the card, without those in host memory."""

    overhead_gib: float
    pool_gib: float
    """For the key-value cache; below zero, not even the weights fit."""

    request_gib: float
    """Cache of one request of full length."""

    tokens: int
    """vLLM's log says it as `GPU KV cache size`."""

    max_concurrency: float
    """Requests of full length at once; vLLM's log says it as `Maximum concurrency`."""

    @property
    def fits(self) -> bool:
        """Whether vLLM would start."""
        return self.pool_gib >= self.request_gib


def token_bytes(architecture: Architecture, kv_cache_dtype: str) -> float:
    """Bytes of cache that one token of a request takes: a key and a value in each layer and head."""
    scale = _SCALE_BYTES if kv_cache_dtype.endswith("_per_token_head") else 0
    each = architecture.head_dim * _NUMBER_BYTES[kv_cache_dtype] + scale
    return 2 * architecture.layers * architecture.kv_heads * each


def cache_tokens(pool_gib: float, bytes_of_token: float) -> int:
    """Tokens that a pool holds, in whole blocks."""
    return max(0, int(pool_gib * GIB / bytes_of_token / _BLOCK) * _BLOCK)


def capacity(model: EngineSettings, *, card_mib: int) -> Capacity | None:
    """The capacity of an engine with these settings on a card of this size; None for an unknown model."""
    architecture = ARCHITECTURES.get(model.repository)
    if architecture is None:
        return None
    share_gib = model.gpu_memory_utilization * CUDA_SHARE * card_mib / 1024
    weights_gib = max(0.0, architecture.weight_bytes / GIB - model.cpu_offload_gib)
    overhead_gib = _overhead_gib(architecture, model)
    pool_gib = share_gib - weights_gib - overhead_gib
    each = token_bytes(architecture, model.kv_cache_dtype)
    request_gib = each * model.max_model_len / GIB
    return Capacity(
        weights_gib=weights_gib,
        overhead_gib=overhead_gib,
        pool_gib=pool_gib,
        request_gib=request_gib,
        tokens=cache_tokens(pool_gib, each),
        max_concurrency=max(0.0, pool_gib) / request_gib,
    )


def engine_capacities(
    settings: Settings, swarm: Mapping[str, tuple[ServiceSpec, ...]]
) -> dict[str, Capacity | None]:
    """The capacity of every engine by its role; those on a node without a card are left out."""
    nodes = settings.nodes.by_name()
    cards = {
        spec.name: nodes[name].gpus[0].memory_mib
        for name, specs in swarm.items()
        for spec in specs
        if nodes[name].gpus
    }
    return {
        role: capacity(model, card_mib=cards[f"vllm-{role}"])
        for role, model in settings.models.by_role().items()
        if f"vllm-{role}" in cards
    }


def _overhead_gib(architecture: Architecture, model: EngineSettings) -> float:
    working = _MIXTURE_GIB if architecture.is_mixture else _DENSE_GIB
    flashinfer = _FLASHINFER_GIB if model.attention_backend == "FLASHINFER" else 0
    words = max(0, model.max_num_seqs * architecture.vocabulary - _SAMPLER_FREE)
    return working + flashinfer + words * _SAMPLER_BYTES / GIB
