"""Put the engine's plugins where `pulumi` looks for them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.engine import versions
from lab.engine.choice import Engine


def install_plugins(engine: Engine, pulumi_home: Path) -> None:
    """Install the engine's plugins under `pulumi_home`; safe to run again.

    An engine that was built here brings docker only: the lab has its own plugins for the other packages.
    They are copied, so that a running lab survives the removal of the cache.
    """
    if engine.docker_plugin is not None:
        folder = pulumi_home / "plugins" / f"resource-docker-v{versions.plugin('docker')}"
        _copy(engine.docker_plugin, folder / engine.docker_plugin.name)
        return
    for name in versions.PLUGINS:
        official = f"resource-{name}-v{versions.plugin(name)}"
        for file in sorted((engine.plugins_dir / official).rglob("*")):
            if file.is_file():
                _copy(file, pulumi_home / "plugins" / file.relative_to(engine.plugins_dir))


def _copy(source: Path, target: Path) -> None:
    """Replace `target` in one step, because the old one may be running. Same size and time: same file."""
    wanted = source.stat()
    if target.exists() and (target.stat().st_size, target.stat().st_mtime) == (
        wanted.st_size,
        wanted.st_mtime,
    ):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copy2(source, partial)
    partial.replace(target)
