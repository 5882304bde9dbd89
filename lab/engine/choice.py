"""Which engine the lab uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.engine import build, gotool, official, versions
from lab.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Pulumi engine that is ready to use.

    Attributes:
        bin_dir: Must come first on PATH; holds `pulumi` and, when built here, what it needs to run Python.
        version: Of the command line, such as `3.259.0`.
        built_here: Whether the lab's own plugins have to be used with it.
        plugins_dir: Where `install_plugins` takes plugins from.
    """

    bin_dir: Path
    version: str
    built_here: bool
    plugins_dir: Path

    @property
    def docker_plugin(self) -> Path | None:
        """The docker plugin that was built here; nothing when the official plugins are used."""
        return self.plugins_dir / "pulumi-resource-docker" if self.built_here else None


def find() -> Engine | None:
    """Find the engine that `ensure` chose, without building or downloading; nothing if it never ran."""
    folder = build.newest()
    return _official(official.offered(probe=False)) or (_built(folder) if folder else None)


def ensure(steps: Steps) -> Engine:
    """Make sure that there is an engine: take the one on PATH if it works here, else build one.

    A build of the same sources by another Go is the same engine; a newer Go is no reason to wait for one.

    Raises:
        StepError: The build failed.
    """
    with steps.step("Pulumi engine") as step:
        offer = official.offered(probe=True)
        folder = build.newest()
        chosen = _official(offer) or (_built(folder) if folder else None)
        step.note = _note(offer, chosen)
    return chosen or _built(build.ensure(steps, gotool.find()))


def _official(offer: official.Offer | None) -> Engine | None:
    if offer is None or offer.refusal:
        return None
    return Engine(
        bin_dir=offer.binary.parent,
        version=offer.version,
        built_here=False,
        plugins_dir=offer.home / "plugins",
    )


def _built(folder: Path) -> Engine:
    return Engine(
        bin_dir=folder / "bin",
        version=versions.dotted(versions.cli()),
        built_here=True,
        plugins_dir=folder / "plugins",
    )


def _note(offer: official.Offer | None, chosen: Engine | None) -> str:
    found = (
        f"{chosen.version} in {chosen.bin_dir}" if chosen else "will be built, which takes 5 to 10 minutes"
    )
    if offer is None or not offer.refusal:
        return found
    return f"{found} ({offer.binary} is not used: {offer.refusal})"
