"""The machine that a measurement ran on, as far as it explains the figures."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path


def describe() -> str:
    """Date, processor, memory and load at this moment, in one line."""
    now = datetime.now(UTC)
    return (
        f"{now:%Y-%m-%d}, {os.cpu_count()} cores ({processor(Path('/proc/cpuinfo').read_text())}), "
        f"{memory_gib(Path('/proc/meminfo').read_text()):.0f} GiB, load {os.getloadavg()[0]:.1f} at the start"
    )


def processor(cpuinfo: str) -> str:
    """The processor's name from the text of /proc/cpuinfo; ARM machines give none there."""
    found = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else os.uname().machine


def memory_gib(meminfo: str) -> float:
    """Memory of the machine from the text of /proc/meminfo."""
    found = re.search(r"^MemTotal:\s+(\d+) kB$", meminfo, re.MULTILINE)
    if found is None:
        raise ValueError("/proc/meminfo: must hold a line `MemTotal: … kB`")
    return int(found[1]) / 1024**2
