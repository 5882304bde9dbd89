"""`nvidia-smi` of the stand-in: `-L`, and `--query-gpu=… --format=csv…` for what a thermal monitor asks."""

from __future__ import annotations

import argparse
import sys

from lab.fakes.gpu import card


def _fields(reading: card.Reading) -> dict[str, tuple[str, str]]:
    """Value and unit of each field, as nvidia-smi spells them."""
    model = reading.model
    return {
        "index": ("0", ""),
        "name": (reading.name, ""),
        "uuid": (f"GPU-{reading.uuid}", ""),
        "driver_version": ("0.0", ""),
        "compute_cap": (model.compute_cap, ""),
        "temperature.gpu": (str(reading.celsius), ""),
        "utilization.gpu": (f"{reading.utilization * 100:.0f}", " %"),
        "memory.total": (str(model.memory_mib), " MiB"),
        "memory.used": (str(reading.memory_used_mib), " MiB"),
        "memory.free": (str(model.memory_mib - reading.memory_used_mib), " MiB"),
        "power.draw": (f"{reading.watts:.2f}", " W"),
        "power.limit": (f"{model.default_watts:.2f}", " W"),
    }


def answer(argv: list[str]) -> str:
    """What nvidia-smi prints for these arguments.

    Raises:
        card.CardLostError: The card does not answer.
        ValueError: A field that the stand-in does not know.
    """
    parser = argparse.ArgumentParser(prog="nvidia-smi", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("-L", "--list-gpus", action="store_true")
    what.add_argument("--query-gpu")
    parser.add_argument("--format", default="csv")
    asked = parser.parse_args(argv)
    reading = card.read()
    if asked.list_gpus:
        return f"GPU 0: {reading.name} (UUID: GPU-{reading.uuid})"
    fields = _fields(reading)
    names = [name.strip() for name in asked.query_gpu.split(",")]
    if unknown := sorted(set(names) - set(fields)):
        raise ValueError(f'Field "{unknown[0]}" is not a valid field to query.')
    options = {option.strip() for option in asked.format.split(",")}
    row = ", ".join(fields[name][0] + ("" if "nounits" in options else fields[name][1]) for name in names)
    return row if "noheader" in options else f"{', '.join(names)}\n{row}"


def main() -> None:
    """Print the answer; status 9 is nvidia-smi's own for a driver that does not answer."""
    try:
        sys.stdout.write(answer(sys.argv[1:]) + "\n")
    except card.CardLostError as error:
        sys.exit(
            _complain(f"NVIDIA-SMI has failed because it couldn't communicate with the driver: {error}", 9)
        )
    except ValueError as error:
        sys.exit(_complain(str(error), 2))


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"{message}\n")
    return status


if __name__ == "__main__":
    main()
