"""Admission, batching and pace of the stand-in: when a token comes, not what a model would say.

Up to `max_num_seqs` sequences run side by side, each at its own rate; the rest wait in order of arrival.
Unlike on a GPU the rate of one sequence does not fall with the size of the batch: what a test measures
stays what it asked for.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab.fakes.vllm.arguments import Options
from lab.fakes.vllm.metrics import BLOCK_TOKENS, Metrics

_SENTENCE = re.findall(
    r"\S+",
    "This text comes from a stand-in that has no model and no graphics card ; it keeps time like an engine , "
    "counts what it writes and stops when its reader leaves .",
)
_POOL_CONTEXTS = 4
"""Size of the pretended KV cache in requests of full context length."""


class OverloadedError(Exception):
    """An admission limit is reached; vLLM answers 503 and the gateway tries the next step of its cascade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One generation to play.

    Attributes:
        prompt: Tokens of the prompt; their count is what the usage block reports.
        tokens: How many tokens to generate.
        rate: Tokens per second after the first.
        finish_reason: What ends it when nobody interrupts: `stop` or `length`.
    """

    prompt: tuple[str, ...]
    tokens: int
    first_token_seconds: float
    rate: float
    finish_reason: str


class PrefixCache:
    """Blocks of prompts seen before, least recently used out first: what moves vLLM's hit counters."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._seen: OrderedDict[int, None] = OrderedDict()

    def hits(self, prompt: Sequence[str]) -> int:
        """Count the leading tokens that are cached (whole blocks only), and remember the prompt."""
        found, chain, unbroken = 0, 0, True
        for start in range(0, len(prompt) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
            chain = hash((chain, tuple(prompt[start : start + BLOCK_TOKENS])))
            unbroken = unbroken and chain in self._seen
            found += BLOCK_TOKENS if unbroken else 0
            self._seen[chain] = None
            self._seen.move_to_end(chain)
        while len(self._seen) > self._blocks:
            self._seen.popitem(last=False)
        return found


@dataclass(slots=True, eq=False)
class Generation:
    """A request on its way through the engine; times are monotonic seconds."""

    job: Job
    arrived: float = field(default_factory=time.monotonic)
    started: float | None = None
    first: float | None = None
    last: float | None = None
    emitted: int = 0
    done: bool = False


class Engine:
    """The scheduler. One per server, used from one event loop."""

    def __init__(self, options: Options, model: str) -> None:
        self._options = options
        self._model = model
        self._blocks = _POOL_CONTEXTS * options.max_model_len // BLOCK_TOKENS
        self._slots = asyncio.Semaphore(options.max_num_seqs)
        self._cache = PrefixCache(self._blocks)
        self._live: set[Generation] = set()
        self.metrics = Metrics(options, self._blocks)
        self.metrics.watch(self._running, self._waiting, self._usage)

    @contextmanager
    def admitted(self, job: Job) -> Iterator[Generation]:
        """Hold a place for `job`; leaving the block early counts as vLLM's `abort`.

        Raises:
            OverloadedError: A limit on unfinished requests or queued tokens is reached.
        """
        self._check_admission()
        generation = Generation(job)
        self._live.add(generation)
        try:
            yield generation
        finally:
            self._live.discard(generation)
            self._record_end(generation)

    async def tokens(self, generation: Generation) -> AsyncGenerator[str, None]:
        """Wait for a slot in the batch, then yield each token when its time has come."""
        job = generation.job
        async with self._slots:
            generation.started = time.monotonic()
            self._record_start(generation)
            for index, token in enumerate(itertools.islice(self._speak(), job.tokens)):
                due = generation.started + job.first_token_seconds + index / job.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self._record_token(generation)
                yield token
            generation.done = True

    def _speak(self) -> Iterator[str]:
        """Name the model first; then never repeat a token at once (LiteLLM aborts after 100 equal chunks)."""
        yield f"[stand-in {self._model}]"
        for word in itertools.cycle(_SENTENCE):
            yield f" {word}"

    def _check_admission(self) -> None:
        options = self._options
        if options.max_queued_reqs is not None and len(self._live) >= options.max_queued_reqs:
            self.metrics.rejected("max_num_queued_reqs").inc()
            raise OverloadedError(
                "The server is busy and cannot accept more requests. Please try again later."
            )
        queued = sum(len(generation.job.prompt) for generation in self._live if generation.first is None)
        if options.max_queued_tokens is not None and queued >= options.max_queued_tokens:
            self.metrics.rejected("max_num_queued_tokens").inc()
            raise OverloadedError("The prefill backlog is too large. Please try again later.")

    def _running(self) -> float:
        return sum(generation.started is not None for generation in self._live)

    def _waiting(self) -> float:
        return len(self._live) - self._running()

    def _usage(self) -> float:
        running = (generation for generation in self._live if generation.started is not None)
        held = sum(-(-(len(each.job.prompt) + each.emitted) // BLOCK_TOKENS) for each in running)
        return min(1.0, held / self._blocks)

    def _record_start(self, generation: Generation) -> None:
        prompt, metrics = generation.job.prompt, self.metrics
        metrics.prompt_tokens.inc(len(prompt))
        if self._options.prefix_caching:
            hits = self._cache.hits(prompt)
            metrics.prefix_cache_queries.inc(len(prompt))
            metrics.prefix_cache_hits.inc(hits)
            metrics.prompt_tokens_cached.inc(hits)

    def _record_token(self, generation: Generation) -> None:
        now = time.monotonic()
        if generation.last is None:
            generation.first = now
            self.metrics.time_to_first_token.observe(now - generation.arrived)
        else:
            self.metrics.inter_token_latency.observe(now - generation.last)
        generation.last = now
        generation.emitted += 1
        self.metrics.generation_tokens.inc()

    def _record_end(self, generation: Generation) -> None:
        metrics, ended = self.metrics, time.monotonic()
        metrics.finished(generation.job.finish_reason if generation.done else "abort").inc()
        metrics.e2e_latency.observe(ended - generation.arrived)
        metrics.request_prompt_tokens.observe(len(generation.job.prompt))
        metrics.request_generation_tokens.observe(generation.emitted)
        metrics.queue_time.observe((generation.started or ended) - generation.arrived)
        if generation.started is None or generation.first is None or generation.last is None:
            return
        metrics.prefill_time.observe(generation.first - generation.started)
        metrics.decode_time.observe(generation.last - generation.first)
        metrics.inference_time.observe(generation.last - generation.started)
        if generation.emitted > 1:
            metrics.time_per_output_token.observe(
                (generation.last - generation.first) / (generation.emitted - 1)
            )
