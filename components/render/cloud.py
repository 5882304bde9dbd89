"""What programs at Railway read: configuration comes as a variable, because no file can be mounted there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from components.render.text import as_yaml

FILES = "/tmp"  # noqa: S108 (in a container of its own, which nobody shares)
"""Folder that every image can write to."""


def start_command(*, files: Mapping[str, str], command: Sequence[str]) -> str:
    """The start command of a service: write each variable into its file, then become `command`, one program.

    Railway runs a start command without a shell, so this one brings its own.

    Args:
        files: The variable by the file's path, whose folder is made; `$NAME` in `command` is a variable, too.
    """
    folders = sorted({str(PurePosixPath(path).parent) for path in files} - {FILES})
    makes = [f"mkdir -p {' '.join(folders)}"] if folders else []
    writes = [f'printf %s "${variable}" > {path}' for path, variable in files.items()]
    script = " && ".join([*makes, *writes, f"exec {' '.join(command)}"])
    return f"/bin/sh -c {shlex.quote(script)}"


def render_cache(*, password_file: str, memory_mib: int) -> str:
    """Text of redis.conf: a cache that keeps nothing on disk and drops what is asked for least."""
    return "\n".join(
        (
            "bind * -::*",
            'save ""',
            "appendonly no",
            f"maxmemory {memory_mib}mb",
            "maxmemory-policy allkeys-lru",
            f"include {password_file}",
            "",
        )
    )


def render_scrapes(*, router: str, router_path: str, key_file: str) -> str:
    """Text of prometheus.yml: the router's figures, among them those of the model behind it."""
    return as_yaml(
        {
            "global": {"scrape_interval": "60s"},
            "scrape_configs": [
                {
                    "job_name": "router",
                    "metrics_path": router_path,
                    "authorization": {"credentials_file": key_file},
                    "static_configs": [{"targets": [router]}],
                }
            ],
        }
    )
