"""Run a stand-in's application on uvicorn, with the mark that every answer carries."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

STAND_IN_HEADER = ("x-stand-in", "true")


def serve(application: Callable[..., Any], *, product: str, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, finish the requests in flight, and exit with status 0.

    uvicorn repeats the signal at itself once it has shut down; without a handler that would look like a
    crash to whoever watches the exit status. The bound on a slow finish is the container's own stop
    timeout.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    logging.info("STAND-IN for %s: no GPU, no model; for the lab and tests only; port %d", product, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_config=None,
        headers=[STAND_IN_HEADER],
        timeout_keep_alive=int(os.environ.get("VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "5")),
    )
    uvicorn.Server(config).run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
