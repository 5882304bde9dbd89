"""What the engines serve, as a choice of four; the stack file names one and may change single values of it.

The plan wants Mixtral and Mistral on one 4090, both quick, with 128K of context. The figures do not allow it
(computed by `capacity.py` from the models' shapes; none was measured on these cards):

- Mixtral's 4-bit weights take 22.2 GiB and Mistral's 3.9 GiB, a 4090 has 23.6 GiB. What does not fit is read
  from host memory over PCIe in every step (`cpu_offload_gib`).
- A token of either takes 64 KiB of cache in fp8 and 128 KiB in fp16: 2 GiB in fp8 for 32768 tokens, 8 GiB for
  131072. With fp16 not one request of full length would fit beside the rest, and vLLM would not start. A 3080
  can do fp8 with FlashInfer only; a 4090 would choose it anyway, and it is named so that it stays.
- Both were trained for 32768 tokens.
- What CUDA takes before vLLM measures, about half a gibibyte a process, lies outside the shares.
- A tier of cache in host memory (`kv_offloading_gib`) keeps idle conversations; it lengthens no context.

No profile serves a model of 70 billion parameters: most of its weights would be read over PCIe, which makes
about one token a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from components.model.architectures import MISTRAL, MIXTRAL, NEMO

ProfileName = Literal["seed", "fit", "long-context", "throughput"]
Profile = Mapping[str, Mapping[str, object]]
"""Values of each engine that runs, by its role."""

_COMMON: Final[Mapping[str, object]] = {"kv_cache_dtype": "fp8", "attention_backend": "FLASHINFER"}
_MIXTRAL: Final[Mapping[str, object]] = {
    **_COMMON,
    "repository": MIXTRAL,
    "served_name": "mixtral-8x7b",
    "max_model_len": 32768,
    "max_num_seqs": 16,
}
_MISTRAL: Final[Mapping[str, object]] = {
    **_COMMON,
    "repository": MISTRAL,
    "served_name": "mistral-7b",
    "max_model_len": 32768,
}
_BACKUP: Final[Mapping[str, object]] = {**_MISTRAL, "gpu_memory_utilization": 0.85, "max_num_seqs": 8}

SEED: Final[Profile] = {
    "primary": {
        **_MIXTRAL,
        "gpu_memory_utilization": 0.52,
        "cpu_offload_gib": 14,
        "kv_offloading_gib": 16,
    },
    "secondary": {**_MISTRAL, "gpu_memory_utilization": 0.33, "max_num_seqs": 10},
    "backup": _BACKUP,
}
"""The plan to the letter. The price: less than 30 tokens a second over all streams of Mixtral, because 14 GiB
of it are read over PCIe in every step. The shares leave each engine some tenths of a gibibyte to spare."""

FIT: Final[Profile] = {
    "primary": {
        **_MIXTRAL,
        "gpu_memory_utilization": 0.85,
        "cpu_offload_gib": 6,
        "cpu_offload_params": "experts",
        "kv_offloading_gib": 24,
    },
    "backup": _BACKUP,
}
"""Mixtral has the 4090 alone. Only experts are in host memory, of which a token needs two in eight: at most
about 14 tokens a second for one stream, and 60 over all. The price: Mistral is on thanos only."""

LONG_CONTEXT: Final[Profile] = {
    "primary": {
        **_COMMON,
        "repository": NEMO,
        "served_name": "mistral-nemo-12b",
        "gpu_memory_utilization": 0.85,
        "max_model_len": 131072,
        "max_num_seqs": 8,
        "kv_offloading_gib": 37,
    },
    "backup": _BACKUP,
}
"""128K by a model that was trained for it, whole on the card. Mixtral stretched to it (YaRN) would need 12
GiB in host memory and half a minute before the first token of such a prompt, and nobody has shown its quality
beyond 32K. The price: a smaller model, one request of full length at a time (four of 32K), and a backup that
knows 32K only."""

THROUGHPUT: Final[Profile] = {
    "primary": {
        **_MISTRAL,
        "gpu_memory_utilization": 0.85,
        "max_num_seqs": 32,
        "kv_offloading_gib": 37,
    },
    "backup": _BACKUP,
}
"""Mistral on both cards: about 15 to 20 answers of 128 tokens a second. The price: no Mixtral."""

PROFILES: Final[Mapping[ProfileName, Profile]] = {
    "seed": SEED,
    "fit": FIT,
    "long-context": LONG_CONTEXT,
    "throughput": THROUGHPUT,
}
