"""The router and the model on CPU behind it, as far as their variables describe them: words, no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import yaml

from lab.fakes.vllm.app import Api
from lab.fakes.vllm.arguments import Options
from lab.fakes.vllm.openai import Pace

KEY_VARIABLE: Final = "LITELLM_MASTER_KEY"
CONFIG_VARIABLE: Final = "LITELLM_CONFIG"

_PRIVATE_SUFFIX: Final = ".railway.internal"
_PACE: Final = Pace(tokens_per_second=20, first_token_seconds=0.5)
"""Of a small model on CPU."""

_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Router:
    """What answers, and where it gets its words."""

    key: str = field(repr=False)
    answers: Api
    model_id: str
    """LiteLLM's id of the step, which its answers show."""

    model_service: str
    """Service at Railway that has to run."""


def find_router(variables: Mapping[str, str]) -> Router | None:
    """The router that these variables start; None where they start something else.

    Of its steps only the one at Railway can answer here. A request longer than that step takes is refused.
    """
    key = variables.get(KEY_VARIABLE)
    config = yaml.safe_load(variables.get(CONFIG_VARIABLE, "")) or {}
    for step in config.get("model_list") or ():
        host = urlsplit(str(step["litellm_params"].get("api_base", ""))).hostname or ""
        if key and host.endswith(_PRIVATE_SUFFIX):
            info = step["model_info"]
            answers = Api(_options(step["model_name"], int(info["max_input_tokens"])), _PACE)
            return Router(key, answers, info["id"], host.removesuffix(_PRIVATE_SUFFIX))
    return None


def _options(model: str, tokens: int) -> Options:
    return Options(
        served_names=(model,),
        host="",
        port=0,
        max_model_len=tokens,
        max_num_seqs=_AT_ONCE,
        max_queued_reqs=None,
        max_queued_tokens=None,
        api_keys=(),
        prefix_caching=False,
        kv_cache_dtype="auto",
        gpu_memory_utilization=0.0,
    )
