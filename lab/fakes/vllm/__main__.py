"""`vllm serve MODEL …` of the stand-in.

Environment: `STAND_IN_TOKENS_PER_SECOND` (default 100) and `STAND_IN_FIRST_TOKEN_MS` (default 50) set the
pace; `VLLM_API_KEY` and `VLLM_HTTP_TIMEOUT_KEEP_ALIVE` are vLLM's own.
"""

from __future__ import annotations

import os
import sys

from lab.fakes import server
from lab.fakes.vllm import arguments
from lab.fakes.vllm.app import Api
from lab.fakes.vllm.openai import Pace


def main() -> None:
    """Serve until told to stop."""
    options = arguments.parse(sys.argv[1:])
    pace = Pace(
        tokens_per_second=float(os.environ.get("STAND_IN_TOKENS_PER_SECOND", "100")),
        first_token_seconds=float(os.environ.get("STAND_IN_FIRST_TOKEN_MS", "50")) / 1000,
    )
    server.serve(Api(options, pace), product="vLLM", host=options.host, port=options.port)


if __name__ == "__main__":
    main()
