"""The command line of `vllm serve`, as far as a swarm uses it.

What a stand-in can honour it honours; engine flags that only a GPU could (memory, quantisation, offload)
are read and checked for their type. A flag that vLLM 0.33 does not know is refused, as there: a typo must
not pass the lab.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

DEFAULT_CONTEXT = 32768
"""Context of the Mistral family, which vLLM would read from the model's config file."""
DEFAULT_SEQUENCES = 256
"""vLLM's API server on cards below 70 GiB."""


def human_int(text: str) -> int:
    """Read `32k` (decimal) and `32K` (binary) as vLLM does; binary suffixes take no fraction."""
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)([kmgKMG]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"must be a number with an optional suffix k, m, g, K, M or G, got {text}"
        )
    number, suffix = match.groups()
    power = "kmg".find(suffix.lower()) + 1 if suffix else 0
    scaled = float(number) * (1024**power if suffix.isupper() else 1000**power)
    if (suffix.isupper() and "." in number) or not scaled.is_integer():
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text}")
    return int(scaled)


def _context(text: str) -> int:
    return -1 if text == "auto" else human_int(text)


_VALUES: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(
        ("--revision", "--tokenizer", "--download-dir", "--load-format", "--dtype", "--quantization"), str
    ),
    **dict.fromkeys(
        ("--kv-cache-dtype", "--prefix-caching-hash-algo", "--attention-backend", "--root-path"), str
    ),
    **dict.fromkeys(
        ("--chat-template", "--tool-call-parser", "--generation-config", "--uvicorn-log-level"), str
    ),
    **dict.fromkeys(("--cpu-offload-gb", "--kv-offloading-size", "--sse-keep-alive-interval"), float),
    **dict.fromkeys(
        ("--max-num-batched-tokens", "--kv-cache-memory-bytes", "--max-num-queued-tokens"), human_int
    ),
    **dict.fromkeys(
        ("--max-num-seqs", "--max-num-active-seqs", "--max-num-queued-reqs", "--block-size"), int
    ),
    **dict.fromkeys(("--tensor-parallel-size", "--pipeline-parallel-size", "--seed"), int),
    **dict.fromkeys(("--offload-group-size", "--offload-num-in-group", "--offload-prefetch-step"), int),
    "--hf-overrides": json.loads,
    "--max-model-len": _context,
    "--port": int,
    "--host": str,
}
_LISTS = ("--served-model-name", "--api-key", "--kv-cache-dtype-skip-layers", "--cpu-offload-params")
_SWITCHES = (
    *("--enable-prefix-caching", "--enable-chunked-prefill", "--enforce-eager", "--trust-remote-code"),
    *(
        "--disable-log-stats",
        "--enable-log-requests",
        "--disable-uvicorn-access-log",
        "--enable-auto-tool-choice",
    ),
    "--enable-prompt-tokens-details",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the stand-in goes by.

    Attributes:
        max_queued_reqs: Bound on unfinished requests, the running ones included: that is what vLLM counts
            (`AsyncLLM.check_admission`), in spite of the flag's name. None is no bound.
        max_queued_tokens: Bound on the prompt tokens of requests that have no first token yet.
    """

    served_names: tuple[str, ...]
    host: str
    port: int
    max_model_len: int
    max_num_seqs: int
    max_queued_reqs: int | None
    max_queued_tokens: int | None
    api_keys: tuple[str, ...]
    prefix_caching: bool
    kv_cache_dtype: str
    gpu_memory_utilization: float


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"vllm: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="vllm", description="stand-in for vLLM", allow_abbrev=False)
    serve = parser.add_subparsers(dest="command", required=True).add_parser("serve", allow_abbrev=False)
    serve.add_argument("model")
    serve.add_argument("--gpu-memory-utilization", "--device-memory-utilization", type=float, default=0.92)
    serve.add_argument("--kv-offloading-backend", choices=("native", "lmcache"))
    for flag, read in _VALUES.items():
        serve.add_argument(flag, type=read)
    for flag in _LISTS:
        serve.add_argument(flag, nargs="+")
    for flag in _SWITCHES:
        serve.add_argument(flag, action=argparse.BooleanOptionalAction)
    return parser


def _from_file(path: str) -> list[str]:
    loaded: Mapping[str, Any] = yaml.safe_load(Path(path).read_text()) or {}
    flags: list[str] = []
    for key, value in loaded.items():
        if value is True or value is False:
            flags.append(f"--{'' if value else 'no-'}{key}")
        else:
            flags += [f"--{key}", *map(str, value if isinstance(value, list) else [value])]
    return flags


def _flatten(argv: Sequence[str]) -> list[str]:
    """Spell flags with dashes, and put those of `--config FILE` first: the command line wins, as in vLLM."""
    flat: list[str] = []
    configured: list[str] = []
    words = iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag == "--config":
            configured += _from_file(value if equals else next(words, ""))
        elif flag.startswith("--"):
            flat.append(flag.replace("_", "-") + equals + value)
        else:
            flat.append(word)
    return [*flat[:2], *configured, *flat[2:]]


def parse(argv: Sequence[str]) -> Options:
    """Read `serve MODEL --flag value …`; exits with status 2 on what vLLM would refuse."""
    read = _parser().parse_args(_flatten(argv))
    keys = read.api_key or [key for key in [os.environ.get("VLLM_API_KEY")] if key]
    batch = read.max_num_seqs or DEFAULT_SEQUENCES
    return Options(
        served_names=tuple(read.served_model_name or [read.model]),
        host=read.host or "0.0.0.0",  # noqa: S104 vLLM's default; the container's port binding narrows it
        port=8000 if read.port is None else read.port,
        max_model_len=DEFAULT_CONTEXT if read.max_model_len in {None, -1} else read.max_model_len,
        max_num_seqs=min(batch, read.max_num_active_seqs or batch),
        max_queued_reqs=read.max_num_queued_reqs,
        max_queued_tokens=read.max_num_queued_tokens,
        api_keys=tuple(keys),
        prefix_caching=read.enable_prefix_caching is not False,
        kv_cache_dtype=read.kv_cache_dtype or "auto",
        gpu_memory_utilization=read.gpu_memory_utilization,
    )
