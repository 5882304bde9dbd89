"""The operator's own `pulumi`, with the plugins that Pulumi publishes."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.engine import versions
from lab.process import StepError, output

DOWNLOAD_SECONDS = 180
"""Time for one plugin: the largest is about 30 MB packed."""

UNTRIED = "it has not been tried yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A `pulumi` on PATH; `refusal` says why the lab does not use it and is empty when it does."""

    binary: Path
    version: str
    refusal: str

    @property
    def home(self) -> Path:
        """Scratch PULUMI_HOME that holds its plugins."""
        return _home(self.binary, self.version)


def offered(*, probe: bool) -> Offer | None:
    """Look for a `pulumi` on PATH and judge it.

    A version alone says little on a closed network, so the judgement is a real installation of the plugins
    into a scratch folder. It is remembered, a refusal too: trying takes minutes where packets are dropped.

    Args:
        probe: Install the plugins now unless the outcome is known; otherwise only recall it.
    """
    binary = _binary()
    if binary is None:
        return None
    try:
        version = versions.parse(output((binary, "version"), timeout_seconds=20))
    except StepError as error:
        return Offer(binary=binary, version="", refusal=str(error))
    if version is None or not versions.cli() <= version < (versions.cli()[0] + 1, 0, 0):
        refusal = f"it must be version {versions.dotted(versions.cli())} or a later {versions.cli()[0]}.x"
        return Offer(binary=binary, version=versions.dotted(version) if version else "", refusal=refusal)
    text = versions.dotted(version)
    home = _home(binary, text)
    if probe and not _verdict(home).exists():
        _verdict(home).write_text(_try_plugins(binary, home))
    refusal = _verdict(home).read_text() if _verdict(home).exists() else UNTRIED
    return Offer(binary=binary, version=text, refusal=refusal)


def _binary() -> Path | None:
    """Leave out what the lab built itself, which is on PATH in a shell that works on the lab."""
    kept = [
        folder
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if folder and not Path(folder).resolve().is_relative_to(paths.cache_dir().resolve())
    ]
    found = shutil.which("pulumi", path=os.pathsep.join(kept))
    return Path(found).absolute() if found else None


def _home(binary: Path, version: str) -> Path:
    plugins = [f"{name}={versions.plugin(name)}" for name in versions.PLUGINS]
    key = hashlib.sha256("\0".join((str(binary), version, *plugins)).encode()).hexdigest()[:16]
    return paths.cache_dir() / "engine" / f"official-{key}"


def _verdict(home: Path) -> Path:
    """The file that remembers the outcome: the refusal, or nothing. Remove it to try again."""
    return home / "refusal.txt"


def _try_plugins(binary: Path, home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True)
    environment = {"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    for name in versions.PLUGINS:
        argv = (binary, "plugin", "install", "resource", name, versions.plugin(name))
        try:
            output(argv, env=environment, timeout_seconds=DOWNLOAD_SECONDS)
        except StepError as error:
            last_line = str(error).strip().splitlines()[-1][-300:]
            return f"its plugins cannot be installed here ({last_line}); remove {_verdict(home)} to try again"
    return ""
