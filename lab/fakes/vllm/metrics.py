"""vLLM's metrics by its own names (vllm/v1/metrics/loggers.py, 0.33), as far as a stand-in can fill them.

Series that only a GPU could move (preemptions, the RAM tier of the KV cache) are there and stay at zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from lab.fakes.vllm.arguments import Options

BLOCK_TOKENS: Final = 16
"""Tokens in one block of the KV cache: vLLM's default on CUDA."""
_SHORT: Final = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    *(20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_TOKEN: Final = (
    *(
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.15,
        0.2,
        0.3,
        0.4,
        0.5,
        0.75,
        1.0,
        2.5,
        5.0,
        7.5,
        10.0,
        20.0,
        40.0,
        80.0,
    ),
)
_LONG: Final = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0),
    *(960.0, 1920.0, 7680.0),
)
_FINISHES: Final = ("stop", "length", "abort", "error", "repetition")
_REJECTIONS: Final = ("max_num_queued_reqs", "max_num_queued_tokens")


def _counts(limit: int) -> list[float]:
    """Buckets 1, 2, 5, 10 … up to `limit`, as vLLM builds them for token counts."""
    return [step * 10.0**power for power in range(8) for step in (1, 2, 5) if step * 10**power <= limit]


class Metrics:
    """One registry per server. Attributes are named like the series, without `vllm:`."""

    def __init__(self, options: Options, kv_blocks: int) -> None:
        self._registry = CollectorRegistry()
        self._labels = {"model_name": options.served_names[0], "engine": "0"}
        ProcessCollector(registry=self._registry)
        self._counters()
        self._histograms(options.max_model_len)
        self._constants(options, kv_blocks)

    def _counters(self) -> None:
        self.prompt_tokens = self._counter("prompt_tokens", "Number of prefill tokens processed.")
        self.prompt_tokens_cached = self._counter("prompt_tokens_cached", "Number of cached prompt tokens.")
        self.generation_tokens = self._counter("generation_tokens", "Number of generation tokens processed.")
        self.prefix_cache_queries = self._counter(
            "prefix_cache_queries", "Queried tokens of the prefix cache."
        )
        self.prefix_cache_hits = self._counter("prefix_cache_hits", "Cached tokens of the prefix cache.")
        for name in ("external_prefix_cache_queries", "external_prefix_cache_hits", "num_preemptions"):
            self._counter(name, "Never moves: a stand-in has neither GPU memory nor a tier below it.")
        self._success = self._split("request_success", "finished_reason", "Successfully processed requests.")
        self._rejections = self._split("admission_rejections", "reason", "Requests refused with status 503.")
        for reason in _FINISHES:
            self.finished(reason).inc(0)
        for reason in _REJECTIONS:
            self.rejected(reason).inc(0)

    def _histograms(self, context: int) -> None:
        self.time_to_first_token = self._histogram("time_to_first_token_seconds", _SHORT)
        self.inter_token_latency = self._histogram("inter_token_latency_seconds", _TOKEN)
        self.time_per_output_token = self._histogram("request_time_per_output_token_seconds", _TOKEN)
        self.e2e_latency = self._histogram("e2e_request_latency_seconds", _LONG)
        self.queue_time = self._histogram("request_queue_time_seconds", _LONG)
        self.prefill_time = self._histogram("request_prefill_time_seconds", _LONG)
        self.decode_time = self._histogram("request_decode_time_seconds", _LONG)
        self.inference_time = self._histogram("request_inference_time_seconds", _LONG)
        self.request_prompt_tokens = self._histogram("request_prompt_tokens", _counts(context))
        self.request_generation_tokens = self._histogram("request_generation_tokens", _counts(context))

    def _constants(self, options: Options, kv_blocks: int) -> None:
        info = {
            "engine": "0",
            "block_size": str(BLOCK_TOKENS),
            "cache_dtype": options.kv_cache_dtype,
            "enable_prefix_caching": str(options.prefix_caching),
            "gpu_memory_utilization": str(options.gpu_memory_utilization),
            "num_gpu_blocks": str(kv_blocks),
            "kv_cache_size_tokens": str(kv_blocks * BLOCK_TOKENS),
        }
        text = "Information of the LLMEngine CacheConfig"
        Gauge("vllm:cache_config_info", text, list(info), registry=self._registry).labels(**info).set(1)
        text = "1 where this process only stands in for the product that the label names."
        Gauge("aiswarm_stand_in", text, ["product"], registry=self._registry).labels("vllm").set(1)

    def watch(
        self, running: Callable[[], float], waiting: Callable[[], float], usage: Callable[[], float]
    ) -> None:
        """Read the scheduler's state at scrape time."""
        self._gauge("num_requests_running", "Requests in model execution batches.").set_function(running)
        self._gauge("num_requests_waiting", "Requests waiting to be processed.").set_function(waiting)
        self._gauge("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.").set_function(usage)
        names = [*self._labels, "reason"]
        split = Gauge(
            "vllm:num_requests_waiting_by_reason", "Waiting, by reason.", names, registry=self._registry
        )
        split.labels(**self._labels, reason="capacity").set_function(waiting)
        split.labels(**self._labels, reason="deferred").set(0)

    def finished(self, reason: str) -> Counter:
        """The counter of requests that ended in this way."""
        return self._success.labels(**self._labels, finished_reason=reason)

    def rejected(self, reason: str) -> Counter:
        """The counter of requests that this admission limit refused."""
        return self._rejections.labels(**self._labels, reason=reason)

    def text(self) -> bytes:
        """The page for Prometheus, in its text format 0.0.4."""
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"vllm:{name}", text, list(self._labels), registry=self._registry).labels(
            **self._labels
        )

    def _split(self, name: str, label: str, text: str) -> Counter:
        return Counter(f"vllm:{name}", text, [*self._labels, label], registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"vllm:{name}", text, list(self._labels), registry=self._registry).labels(**self._labels)

    def _histogram(self, name: str, buckets: tuple[float, ...] | list[float]) -> Histogram:
        text = f"Histogram of {name.replace('_', ' ')}."
        made = Histogram(f"vllm:{name}", text, list(self._labels), registry=self._registry, buckets=buckets)
        return made.labels(**self._labels)
