"""vLLM: the script that starts an engine."""

from __future__ import annotations

from collections.abc import Iterable

from components.render.text import from_template

WAIT_SECONDS = 1800
"""How long an engine waits for another one, which may have to compile kernels first."""


def render_start(*, key_file: str, wait_for: Iterable[str] = ()) -> str:
    """Text of the start script; `wait_for` are addresses that must answer before the engine starts."""
    waits = "".join(from_template("vllm/wait.sh", seconds=WAIT_SECONDS, url=url) for url in wait_for)
    return from_template("vllm/start.sh", key_file=key_file, waits=waits)
