"""What LiteLLM counts for two answers, one of them a stream; this runs in LiteLLM's image.

Arguments are the configuration and the model's public name; a server here plays its provider.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import sys
import threading
from pathlib import Path
from typing import Any

# It is in its own image, and not here.
import litellm  # type: ignore[import-not-found]
import yaml

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 10,
    "total_tokens": 110,
    "cost": {
        "input_tokens_cost": 0.0001,
        "output_tokens_cost": 0.00001,
        "request_cost": 0.005,
        "total_cost": 0.00511,
    },
}
"""As Perplexity answers: most of what a short question costs is the fee for the request."""


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers `hi`, as a whole or as a stream."""

    def do_POST(self) -> None:
        """Read the question and answer it."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = {"role": "assistant", "content": "hi"}
        answer: dict[str, Any] = {"id": "1", "created": 1, "model": asked["model"], "usage": USAGE}
        if asked.get("stream"):
            choice = {"index": 0, "delta": said, "finish_reason": "stop"}
            chunk = {**answer, "object": "chat.completion.chunk", "choices": [choice]}
            self._send("text/event-stream", f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n")
        else:
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            whole = {**answer, "object": "chat.completion", "choices": [choice]}
            self._send("application/json", json.dumps(whole))

    def _send(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


# The same.
class Ledger(litellm.integrations.custom_logger.CustomLogger):  # type: ignore[misc]
    """Hears what LiteLLM counts, as its budgets do."""

    def __init__(self) -> None:
        super().__init__()
        self.dollars: asyncio.Queue[float] = asyncio.Queue()

    async def async_log_success_event(self, kwargs: dict[str, Any], *_: object, **__: object) -> None:
        """Take down the cost of one answer."""
        self.dollars.put_nowait(kwargs["response_cost"])


async def main(config: str, name: str) -> None:
    """Ask twice."""
    listed = yaml.safe_load(Path(config).read_text(encoding="utf-8"))["model_list"]
    server = http.server.HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (model,) = (each for each in listed if each["model_name"] == name)
    model["litellm_params"] |= {"api_base": f"http://127.0.0.1:{server.server_port}", "api_key": "none"}
    ledger = Ledger()
    litellm.callbacks = [ledger]
    router = litellm.Router(model_list=[model], num_retries=0)
    question = [{"role": "user", "content": "why?"}]
    await router.acompletion(name, messages=question)
    sys.stdout.write(f"counted {await ledger.dollars.get()}\n")
    async for _ in await router.acompletion(name, messages=question, stream=True):
        pass
    sys.stdout.write(f"counted {await ledger.dollars.get()}\n")


asyncio.run(main(sys.argv[1], sys.argv[2]))
