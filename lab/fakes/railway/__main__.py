"""The lab's Railway: the API on one port, the edge with TLS on another, and everything kept in a file.

Folders: `/etc/railway` with `token`, `server.pem` and `server.key`; `/data` for everything that is deployed.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from lab.fakes.railway.clock import Clock
from lab.fakes.railway.edge import Edge
from lab.fakes.railway.fake import FakeRailway
from lab.fakes.railway.server import Background

API_PORT, EDGE_PORT = 8080, 8443
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a container
_FILES = Path("/etc/railway")
_SPEED = 4.0
"""A deployment takes two seconds instead of nine."""

_CHANGE_SECONDS = 0.02


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    logging.info("STAND-IN for Railway: nothing runs here; for the lab and tests only")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    fake = FakeRailway(
        clock=Clock(speed=_SPEED),
        token=(_FILES / "token").read_text(),
        file=Path("/data/state.json"),
    )
    fake.behaviour.change_seconds = _CHANGE_SECONDS
    edge = Background(
        Edge(fake),
        host=_EVERYWHERE,
        port=EDGE_PORT,
        ssl_certfile=_FILES / "server.pem",
        ssl_keyfile=_FILES / "server.key",
    )
    edge.start()
    fake.start(host=_EVERYWHERE, port=API_PORT)
    signal.pause()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Everything is written down already."""
    sys.exit(0)


if __name__ == "__main__":
    main()
