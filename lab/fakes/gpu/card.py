"""The card that is not there: what it is, and how warm it is told to be."""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TEMPERATURE_FILE: Final = Path(os.environ.get("TMPDIR", "/dev/shm"), "stand-in-temperature")  # noqa: S108 - its own
"""Degrees Celsius to pretend, or `lost` for a card that does not answer; without the file the card idles.
Shared memory is the one place that can be written in every container, also below a read-only root."""
MIB: Final = 1024 * 1024
_TARGET_CELSIUS: Final = 84
"""Where a GeForce card slows itself down."""
_SLOWDOWN_CELSIUS: Final = 95
"""Where its hardware does."""


class CardLostError(Exception):
    """The card does not answer, as after a driver fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a product line is like; memory as its driver reports it, power in watts."""

    name: str
    memory_mib: int
    compute_cap: str
    default_watts: int
    highest_watts: int
    idle_mhz: int
    highest_mhz: int
    memory_mhz: int


_MODELS: Final[Mapping[str, Model]] = {
    model.name: model
    for model in (
        Model(
            name="RTX 4090",
            memory_mib=24564,
            compute_cap="8.9",
            default_watts=450,
            highest_watts=600,
            idle_mhz=210,
            highest_mhz=3105,
            memory_mhz=10501,
        ),
        Model(
            name="RTX 3080",
            memory_mib=10240,
            compute_cap="8.6",
            default_watts=320,
            highest_watts=370,
            idle_mhz=210,
            highest_mhz=2100,
            memory_mhz=9501,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the card."""

    model: Model
    celsius: int
    utilization: float
    watts: float
    memory_used_mib: int
    sm_mhz: int
    throttled: bool
    """Its driver keeps it at its target temperature."""

    slowed_down: bool
    """Its hardware protects itself."""

    @property
    def name(self) -> str:
        """The card's name as tools print it, marked."""
        return f"NVIDIA GeForce {self.model.name} (stand-in)"

    @property
    def uuid(self) -> str:
        """Always the same for one model, so that series survive a restart."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"stand-in {self.model.name}"))


def read(file: Path = TEMPERATURE_FILE, *, now: float | None = None) -> Reading:
    """Look at the card. `STAND_IN_GPU` names it: `RTX 4090` (default) or `RTX 3080`.

    Raises:
        CardLostError: The file says so, or holds no temperature.
    """
    model = _MODELS[os.environ.get("STAND_IN_GPU", "RTX 4090")]
    swing = math.sin((time.time() if now is None else now) / 30)
    text = file.read_text().strip() if file.exists() else str(round(55 + 3 * swing))
    try:
        celsius = int(text)
    except ValueError as error:
        raise CardLostError(f"{file}: must be degrees Celsius, got {text}") from error
    load = min(1.0, max(0.0, (celsius - 35) / 50))
    return Reading(
        model=model,
        celsius=celsius,
        utilization=round(load, 2),
        watts=round(25 + load * (model.default_watts - 25), 2),
        memory_used_mib=round(model.memory_mib * 0.85),
        sm_mhz=_clock(model, load, celsius),
        throttled=celsius >= _TARGET_CELSIUS,
        slowed_down=celsius >= _SLOWDOWN_CELSIUS,
    )


def _clock(model: Model, load: float, celsius: int) -> int:
    """Faster with load, and slower once it is too hot: halved where the hardware slows down."""
    allowed = 1.0 if celsius < _TARGET_CELSIUS else 0.8 if celsius < _SLOWDOWN_CELSIUS else 0.5
    return round(model.idle_mhz + load * allowed * (model.highest_mhz - model.idle_mhz))
