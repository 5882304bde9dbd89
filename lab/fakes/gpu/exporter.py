"""`nvidia_gpu_exporter` of the stand-in: `/metrics`, `/-/healthy` and `/-/ready`.

Every scrape looks at the card anew, as the real one does by default. A lost card is a failed collection: its
series vanish, `nvidia_smi_last_collect_success` falls to 0 and the page stays up.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, NoReturn

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lab.fakes import server
from lab.fakes.gpu import card

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_IGNORED = (
    *(
        "--web.config.file",
        "--web.network",
        "--web.read-timeout",
        "--web.read-header-timeout",
        "--log.format",
    ),
    *(
        "--web.write-timeout",
        "--web.idle-timeout",
        "--web.max-requests",
        "--web.timeout-offset",
        "--log.level",
    ),
    *("--nvidia-smi-command", "--query-field-names", "--query-field-names-exclude", "--collect.backend"),
    *("--collect.interval", "--collect.timeout", "--demo-config"),
)
_SWITCHES = (
    "--collect.compute-apps",
    "--collect.pcie-throughput",
    "--shutdown-on-error",
    "--web.enable-pprof",
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"nvidia_gpu_exporter: error: {message}, try --help\n")


def parse(argv: list[str]) -> tuple[str, int, str]:
    """Read the real exporter's flags into host, port and metrics path; unknown ones are refused."""
    parser = _Parser(prog="nvidia_gpu_exporter", allow_abbrev=False)
    parser.add_argument("--web.listen-address", dest="address", default=":9835")
    parser.add_argument("--web.telemetry-path", dest="path", default="/metrics")
    for flag in _IGNORED:
        parser.add_argument(flag)
    for flag in _SWITCHES:
        parser.add_argument(flag, action="store_true")
        parser.add_argument(flag.replace("--", "--no-", 1), action="store_true")
    read = parser.parse_args(argv)
    host, _, port = read.address.rpartition(":")
    return host.strip("[]") or "0.0.0.0", int(port), read.path  # noqa: S104 as the real one


_MHZ = 1_000_000


def series(reading: card.Reading) -> Mapping[str, tuple[str, float]]:
    """Name without prefix → (nvidia-smi's field, value) of one card."""
    model = reading.model
    return {
        "temperature_gpu": ("temperature.gpu", reading.celsius),
        "utilization_gpu_ratio": ("utilization.gpu [%]", reading.utilization),
        "utilization_memory_ratio": ("utilization.memory [%]", round(reading.utilization / 2, 2)),
        "memory_total_bytes": ("memory.total [MiB]", model.memory_mib * card.MIB),
        "memory_used_bytes": ("memory.used [MiB]", reading.memory_used_mib * card.MIB),
        "memory_free_bytes": ("memory.free [MiB]", (model.memory_mib - reading.memory_used_mib) * card.MIB),
        "power_draw_watts": ("power.draw [W]", reading.watts),
        "power_limit_watts": ("power.limit [W]", model.default_watts),
        "power_default_limit_watts": ("power.default_limit [W]", model.default_watts),
        "power_max_limit_watts": ("power.max_limit [W]", model.highest_watts),
        "enforced_power_limit_watts": ("enforced.power.limit [W]", model.default_watts),
        "fan_speed_ratio": ("fan.speed [%]", reading.utilization),
        "pstate": ("pstate", 2 if reading.utilization else 8),
        "compute_cap": ("compute_cap", float(model.compute_cap)),
        "clocks_current_sm_clock_hz": ("clocks.current.sm [MHz]", reading.sm_mhz * _MHZ),
        "clocks_current_graphics_clock_hz": ("clocks.current.graphics [MHz]", reading.sm_mhz * _MHZ),
        "clocks_current_memory_clock_hz": ("clocks.current.memory [MHz]", model.memory_mhz * _MHZ),
        "clocks_max_sm_clock_hz": ("clocks.max.sm [MHz]", model.highest_mhz * _MHZ),
        "clocks_max_graphics_clock_hz": ("clocks.max.graphics [MHz]", model.highest_mhz * _MHZ),
        "clocks_max_memory_clock_hz": ("clocks.max.memory [MHz]", model.memory_mhz * _MHZ),
        **_reasons(reading),
    }


def _reasons(reading: card.Reading) -> Mapping[str, tuple[str, float]]:
    """Why the clocks are not higher: one series a reason, and all of them as NVML's bits."""
    holds = {
        "gpu_idle": reading.utilization == 0,
        "applications_clocks_setting": False,
        "sw_power_cap": reading.utilization >= 1,
        "hw_slowdown": reading.slowed_down,
        "sync_boost": False,
        "sw_thermal_slowdown": reading.throttled,
        "hw_thermal_slowdown": reading.slowed_down,
        "hw_power_brake_slowdown": False,
    }
    prefix = "clocks_event_reasons"
    bits = sum(1 << bit for bit, active in enumerate(holds.values()) if active)
    return {
        f"{prefix}_active": (f"{prefix}.active", float(bits)),
        **{f"{prefix}_{name}": (f"{prefix}.{name}", float(active)) for name, active in holds.items()},
    }


class CardCollector(Collector):
    """Looks at the card at every scrape."""

    def __init__(self) -> None:
        self._failed = 0
        self._last_success = 0.0

    def collect(self) -> Iterator[Metric]:
        """The card's series if it answers, and always the health of the collection."""
        start = time.monotonic()
        try:
            yield from self._card(card.read())
            self._last_success, succeeded = time.time(), True
        except card.CardLostError:
            self._failed += 1
            succeeded = False
        took = time.monotonic() - start
        yield _plain("aiswarm_stand_in_gpu", "1: this is no real card.", 1)
        yield _plain(
            "nvidia_smi_last_collect_success", "Whether the most recent collection succeeded", succeeded
        )
        yield _plain(
            "nvidia_smi_last_collect_duration_seconds", "Duration of the most recent collection", took
        )
        text = "Unix timestamp of the most recent successful collection"
        yield _plain("nvidia_smi_last_collect_success_timestamp_seconds", text, self._last_success)
        yield _plain("nvidia_smi_command_exit_code", "Exit code of nvidia-smi", 0 if succeeded else 9)
        yield CounterMetricFamily(
            "nvidia_smi_failed_scrapes", "Number of failed collections", value=self._failed
        )

    def _card(self, reading: card.Reading) -> Iterator[Metric]:
        identity = {
            "uuid": reading.uuid,
            "name": reading.name,
            "index": "0",
            "compute_cap": reading.model.compute_cap,
            **dict.fromkeys(("driver_model_current", "driver_model_pending", "serial"), "[N/A]"),
            **dict.fromkeys(
                ("driver_version", "cuda_version", "vbios_version", "pci_sub_device_id"), "stand-in"
            ),
            "pci_bus_id": "00000000:01:00.0",
        }
        info = GaugeMetricFamily(
            "nvidia_smi_gpu_info", "A constant 1 labeled by the card.", labels=list(identity)
        )
        info.add_metric(list(identity.values()), 1)
        yield info
        for name, (field, value) in series(reading).items():
            gauge = GaugeMetricFamily(f"nvidia_smi_{name}", field, labels=["uuid"])
            gauge.add_metric([reading.uuid], value)
            yield gauge


def _plain(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


class Pages:
    """The ASGI application."""

    def __init__(self, path: str) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(CardCollector())
        self._path = path

    async def __call__(self, scope: Mapping[str, Any], _receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["path"] == self._path:
            await _send(send, 200, generate_latest(self._registry), CONTENT_TYPE_LATEST)
        elif scope["path"] in {"/-/healthy", "/-/ready"}:
            await _send(send, 200, b"OK\n", "text/plain")
        else:
            await _send(send, 404, b"404 page not found\n", "text/plain")


async def _send(send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until told to stop."""
    host, port, path = parse(sys.argv[1:])
    server.serve(Pages(path), product="nvidia_gpu_exporter", host=host, port=port)


if __name__ == "__main__":
    main()
