"""OpenAI's request and answer bodies as vLLM reads and writes them; no network here."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lab.fakes.vllm.arguments import Options
from lab.fakes.vllm.engine import Generation, Job

Kind = Literal["chat.completion", "text_completion"]

_MESSAGE_TOKENS: Final = 4
"""What a chat template adds around one message, about."""
_DIRECTIVE = re.compile(r"\[stand-in((?: +[a-z_]+=\d+(?:\.\d+)?)+)\]")
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


class ApiError(Exception):
    """An answer in vLLM's error form: `{"error": {"message", "type", "param", "code"}}`."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": None, "code": status}}


def _bad(message: str) -> ApiError:
    return ApiError(400, "BadRequestError", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much and how fast the stand-in speaks when a request does not say."""

    tokens_per_second: float
    first_token_seconds: float
    natural_tokens: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, read and checked."""

    kind: Kind
    model: str
    job: Job
    stream: bool
    include_usage: bool
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))


def tokenize(text: str) -> tuple[str, ...]:
    """Cut text into pieces of about the size of a model's tokens; no model's own vocabulary is at hand."""
    return tuple(_TOKEN.findall(text))


def read(kind: Kind, raw: bytes, options: Options, pace: Pace) -> Ask:
    """Check a request body and turn it into a job.

    Raises:
        ApiError: Malformed (400), unknown model (404), or longer than the context (400, in the words that
            LiteLLM recognises as a context overflow).
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise _bad(f"body: must be JSON, got {error}") from error
    if not isinstance(body, dict):
        raise _bad("body: must be an object")
    model = body.get("model") or options.served_names[0]
    if model not in options.served_names:
        raise ApiError(404, "NotFoundError", f"The model `{model}` does not exist.")
    if body.get("n", 1) != 1:
        raise _bad("n: must be 1 for this stand-in")
    prompt, said = _chat_prompt(body) if kind == "chat.completion" else _text_prompt(body)
    return Ask(
        kind=kind,
        model=model,
        job=_job(body, prompt, room=options.max_model_len - len(prompt), pace=_paced(said, pace)),
        stream=bool(body.get("stream")),
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
    )


def _text_of(content: object) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def _chat_prompt(body: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise _bad("messages: must be a list of at least one message")
    tokens: list[str] = []
    for message in messages:
        tokens += [f"<{message.get('role')}>"] * _MESSAGE_TOKENS
        tokens += tokenize(_text_of(message.get("content")))
    users = [message for message in messages if message.get("role") == "user"]
    return tuple(tokens), _text_of(users[-1].get("content")) if users else ""


def _text_prompt(body: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    if isinstance(prompt, list) and prompt and all(isinstance(token, int) for token in prompt):
        return tuple(map(str, prompt)), ""
    if not isinstance(prompt, str):
        raise _bad("prompt: must be a string or a list of token ids")
    return tokenize(prompt), prompt


def _paced(said: str, pace: Pace) -> Pace:
    """Read `[stand-in tokens=200 rate=20 first_ms=500]`: how a test steers one request."""
    match = _DIRECTIVE.search(said)
    pairs = [pair.split("=") for pair in match[1].split()] if match else []
    wanted = {name: float(value) for name, value in pairs}
    unknown = wanted.keys() - {"tokens", "rate", "first_ms"}
    if unknown or wanted.get("rate", 1) <= 0:
        raise _bad(f"stand-in directive: takes tokens, rate (above 0) and first_ms, got {match and match[0]}")
    return Pace(
        natural_tokens=max(1, int(wanted.get("tokens", pace.natural_tokens))),
        tokens_per_second=wanted.get("rate", pace.tokens_per_second),
        first_token_seconds=wanted["first_ms"] / 1000 if "first_ms" in wanted else pace.first_token_seconds,
    )


def _job(body: Mapping[str, Any], prompt: tuple[str, ...], *, room: int, pace: Pace) -> Job:
    asked = body.get("max_completion_tokens") or body.get("max_tokens")
    if asked is not None and (not isinstance(asked, int) or asked < 1):
        raise _bad(f"max_tokens: must be at least 1, got {asked}")
    if (asked or 1) > room:
        wanted = f"{asked or 1} output tokens and your prompt contains {len(prompt)} input tokens"
        context = f"This model's maximum context length is {room + len(prompt)} tokens"
        total = len(prompt) + (asked or 1)
        raise _bad(f"{context}. However, you requested {wanted}, for a total of {total} tokens.")
    limit = asked or room
    tokens = limit if body.get("ignore_eos") else min(pace.natural_tokens, limit)
    return Job(
        prompt=prompt,
        tokens=tokens,
        first_token_seconds=pace.first_token_seconds,
        rate=pace.tokens_per_second,
        finish_reason="length" if tokens == limit else "stop",
    )


def usage(generation: Generation) -> dict[str, object]:
    """What was read and written, as it is billed."""
    read_tokens, written = len(generation.job.prompt), generation.emitted
    total = read_tokens + written
    return {"prompt_tokens": read_tokens, "total_tokens": total, "completion_tokens": written}


def answer(ask: Ask, text: str, spent: Mapping[str, object]) -> dict[str, object]:
    """The whole answer at once."""
    said: dict[str, object] = {"text": text}
    if ask.kind == "chat.completion":
        said = {"message": {"role": "assistant", "content": text}}
    choice = {"index": 0, **said, "logprobs": None, "finish_reason": ask.job.finish_reason}
    return {**_envelope(ask, ask.kind), "choices": [choice], "usage": spent}


def chunk(ask: Ask, text: str, *, role: bool = False, finish_reason: str | None = None) -> dict[str, object]:
    """One event of a stream."""
    said: dict[str, object] = {"text": text}
    name: str = ask.kind
    if ask.kind == "chat.completion":
        said = {"delta": {**({"role": "assistant"} if role else {}), "content": text}}
        name = "chat.completion.chunk"
    return {**_envelope(ask, name), "choices": [{"index": 0, **said, "finish_reason": finish_reason}]}


def usage_chunk(ask: Ask, spent: Mapping[str, object]) -> dict[str, object]:
    """The last event before `[DONE]` when the client asked for `stream_options.include_usage`."""
    return {**chunk(ask, ""), "choices": [], "usage": spent}


def _envelope(ask: Ask, name: str) -> dict[str, object]:
    prefix = "chatcmpl" if ask.kind == "chat.completion" else "cmpl"
    return {"id": f"{prefix}-{ask.id}", "object": name, "created": ask.created, "model": ask.model}


def models(options: Options, created: int) -> dict[str, object]:
    """The list behind `/v1/models`: every served name."""
    common = {"object": "model", "created": created, "owned_by": "vllm", "root": options.served_names[0]}
    names = options.served_names
    data = [{"id": name, **common, "parent": None, "max_model_len": options.max_model_len} for name in names]
    return {"object": "list", "data": data}
