"""The stand-ins as a client, a scraper and a container engine meet them: as processes on loopback."""

from __future__ import annotations

import asyncio
import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab import paths
from lab.fakes.vllm import arguments
from tests.unit.lab.stand_ins import (
    BEARER,
    KEY,
    Running,
    Streamed,
    client,
    eventually,
    question,
    stream,
    streams,
    vllm,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with vllm("--max-model-len", "512", VLLM_API_KEY=KEY) as running:
        yield running


def test_first_line_of_the_log_says_what_it_is(server: Running) -> None:
    assert "STAND-IN for vLLM" in server.first_line


@pytest.mark.parametrize("path", ["/health", "/version", "/metrics", "/v1/models", "/nowhere"])
def test_every_answer_is_marked(server: Running, path: str) -> None:
    assert httpx.get(server.url + path).headers["x-stand-in"] == "true"


def test_text_flows_while_it_is_generated(server: Running) -> None:
    (seen,) = streams(server, "talk [stand-in tokens=20 rate=20]")
    assert seen.complete
    assert len(seen.pieces) == 20
    assert seen.pieces[0][1] == "[stand-in mistral]"
    assert seen.first < seen.last / 2
    assert seen.last - seen.first > 0.8 * 19 / 20


def test_the_directive_sets_the_rate_of_one_request(server: Running) -> None:
    slow, fast = streams(server, "[stand-in tokens=10 rate=20]", "[stand-in tokens=10 rate=200]")
    assert slow.last - slow.first > 2 * (fast.last - fast.first)


def test_the_directive_delays_the_first_token(server: Running) -> None:
    (seen,) = streams(server, "[stand-in tokens=1 first_ms=400]")
    assert seen.first >= 0.4


def test_no_100_equal_chunks_in_a_row(server: Running) -> None:
    (seen,) = streams(server, "[stand-in tokens=150 rate=5000]")
    texts = [text for _, text in seen.pieces]
    assert all(one != other for one, other in itertools.pairwise(texts))


def test_a_stream_ends_with_its_usage_when_asked(server: Running) -> None:
    (seen,) = streams(server, "count [stand-in tokens=7]", stream_options={"include_usage": True})
    usage = seen.events[-1]["usage"]
    assert isinstance(usage, dict)
    assert usage["completion_tokens"] == 7
    assert usage["total_tokens"] == usage["prompt_tokens"] + 7


def test_a_plain_answer_carries_text_usage_and_reason(server: Running) -> None:
    answer = httpx.post(
        f"{server.url}/v1/chat/completions", headers=BEARER, json=question("hi", max_tokens=5)
    ).json()
    (choice,) = answer["choices"]
    assert choice["message"]["content"].startswith("[stand-in mistral] This text")
    assert choice["finish_reason"] == "length"
    assert answer["model"] == "swarm"
    assert answer["usage"]["completion_tokens"] == 5


def test_the_older_completions_endpoint_answers_too(server: Running) -> None:
    body = {"model": "mistral", "prompt": "hi [stand-in tokens=3]"}
    answer = httpx.post(f"{server.url}/v1/completions", headers=BEARER, json=body).json()
    assert answer["object"] == "text_completion"
    assert answer["choices"][0]["text"] == "[stand-in mistral] This text"


def test_only_v1_asks_for_the_key(server: Running) -> None:
    assert httpx.get(f"{server.url}/v1/models").status_code == 401
    assert httpx.get(f"{server.url}/v1/models", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert [httpx.get(server.url + path).status_code for path in ("/health", "/metrics", "/version")] == [
        200
    ] * 3
    listed = httpx.get(f"{server.url}/v1/models", headers=BEARER).json()["data"]
    assert [(model["id"], model["max_model_len"]) for model in listed] == [("mistral", 512), ("swarm", 512)]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (question("hi") | {"model": "other"}, 404, "The model `other` does not exist."),
        (question("word " * 600), 400, "maximum context length is 512 tokens"),
        (question("hi", max_tokens=512), 400, "maximum context length is 512 tokens"),
        ({"model": "swarm", "messages": []}, 400, "messages: must be a list"),
        (question("[stand-in speed=2]"), 400, "stand-in directive"),
    ],
)
def test_refusals_have_the_form_of_vllm(server: Running, body: object, status: int, said: str) -> None:
    answer = httpx.post(f"{server.url}/v1/chat/completions", headers=BEARER, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
    assert said in answer.json()["error"]["message"]


def test_a_full_batch_makes_the_next_one_wait() -> None:
    with vllm("--max-num-seqs", "1") as running:
        one, other = sorted(
            streams(running, *["[stand-in tokens=20 rate=40]"] * 2), key=lambda seen: seen.first
        )
        assert other.first > one.last
        assert running.series("vllm:request_queue_time_seconds_count") == 2


def test_too_many_unfinished_requests_are_refused_with_503() -> None:
    """The limit counts the running request too, as in vLLM."""

    async def ask(running: Running) -> list[int]:
        async with client(running) as connection:
            body = question("[stand-in tokens=40 rate=40]")
            asked = [connection.post("/v1/chat/completions", json=body) for _ in range(3)]
            return sorted(answer.status_code for answer in await asyncio.gather(*asked))

    with vllm("--max-num-seqs", "1", "--max-num-queued-reqs", "2") as running:
        assert asyncio.run(ask(running)) == [200, 200, 503]
        assert running.series("vllm:admission_rejections_total", reason="max_num_queued_reqs") == 1


def test_metrics_follow_the_traffic() -> None:
    with vllm("--max-num-seqs", "2") as running:

        async def watch() -> None:
            asked = [asyncio.to_thread(streams, running, "go [stand-in tokens=30 rate=30]") for _ in range(3)]
            work = asyncio.gather(*asked)
            assert await eventually(lambda: running.series("vllm:num_requests_running") == 2)
            assert await eventually(lambda: running.series("vllm:num_requests_waiting") == 1)
            assert running.series("vllm:kv_cache_usage_perc") > 0
            await work

        asyncio.run(watch())
        assert running.series("vllm:num_requests_running") == 0
        assert running.series("vllm:generation_tokens_total") == 90
        assert running.series("vllm:time_to_first_token_seconds_count") == 3
        assert running.series("vllm:request_success_total", finished_reason="stop") == 3


def test_a_repeated_prompt_hits_the_prefix_cache() -> None:
    with vllm() as running:
        streams(running, "the same words again " * 20)
        assert running.series("vllm:prefix_cache_hits_total") == 0
        streams(running, "the same words again " * 20)
        assert running.series("vllm:prefix_cache_hits_total") > 0


def test_a_client_that_leaves_ends_its_generation() -> None:
    async def leave(running: Running) -> None:
        body = question("[stand-in tokens=1000 rate=10]", stream=True)
        async with (
            client(running) as connection,
            connection.stream("POST", "/v1/chat/completions", json=body) as got,
        ):
            async for _ in got.aiter_lines():
                return

    with vllm() as running:
        asyncio.run(leave(running))
        assert asyncio.run(eventually(lambda: running.series("vllm:num_requests_running") == 0))
        assert running.series("vllm:request_success_total", finished_reason="abort") == 1
        assert running.series("vllm:generation_tokens_total") < 500


def test_sigterm_finishes_streams_refuses_new_ones_and_exits_0() -> None:
    with vllm() as running:

        async def stop_amid_stream() -> Streamed:
            async with client(running) as connection:
                work = asyncio.create_task(stream(connection, "[stand-in tokens=40 rate=40]"))
                assert await eventually(lambda: running.series("vllm:generation_tokens_total") > 0)
                running.process.send_signal(signal.SIGTERM)
                assert await eventually(lambda: refuses(running.url))
                return await work

        seen = asyncio.run(stop_amid_stream())
        assert seen.complete
        assert len(seen.pieces) == 40
        assert running.process.wait(timeout=10) == 0


def refuses(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", timeout=1)
    except httpx.TransportError:
        return True
    return False


def test_a_flag_that_vllm_does_not_know_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.fakes.vllm", "serve", "m", "--swap-space", "4"],
        cwd=paths.REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "unrecognized arguments: --swap-space 4" in done.stderr


def test_flags_of_the_real_command_line_are_understood(tmp_path: Path) -> None:
    config = tmp_path / "vllm.yaml"
    config.write_text("max-model-len: 8192\nenable-prefix-caching: false\nserved-model-name: [a, b]\n")
    line = f"serve org/model --config {config} --max_model_len 32k --kv-cache-dtype fp8 --max-num-seqs=16"
    line += " --attention-backend FLASHINFER --gpu-memory-utilization 0.85 --max-num-queued-reqs 64"
    line += " --cpu-offload-gb 6 --cpu-offload-params experts --sse-keep-alive-interval 15"
    line += " --kv-offloading-size 16 --kv-offloading-backend native"
    line += ' --hf-overrides {"rope_parameters":{"factor":4.0}}'
    options = arguments.parse(line.split())
    assert options.served_names == ("a", "b")
    assert options.max_model_len == 32000
    assert not options.prefix_caching
    assert (options.max_num_seqs, options.max_queued_reqs, options.kv_cache_dtype) == (16, 64, "fp8")


@pytest.mark.parametrize(("text", "value"), [("32k", 32_000), ("1K", 1024), ("2.5k", 2500), ("100", 100)])
def test_sizes_are_read_as_vllm_reads_them(text: str, value: int) -> None:
    assert arguments.human_int(text) == value
