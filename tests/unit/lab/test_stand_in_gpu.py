"""The stand-ins of a card: its exporter and `nvidia-smi`."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lab.fakes.gpu import card, smi
from tests.unit.lab.stand_ins import started


def test_gpu_exporter_serves_the_series_of_the_real_one(tmp_path: Path) -> None:
    with started(
        "lab.fakes.gpu.exporter", "--web.listen-address=127.0.0.1:0", TMPDIR=str(tmp_path)
    ) as running:
        assert "STAND-IN for nvidia_gpu_exporter" in running.first_line
        assert httpx.get(f"{running.url}/-/healthy").status_code == 200
        assert 50 <= running.series("nvidia_smi_temperature_gpu") <= 60
        assert running.series("nvidia_smi_memory_total_bytes") == 24564 * 1024 * 1024
        assert running.series("nvidia_smi_gpu_info") == 1
        (tmp_path / "stand-in-temperature").write_text("91\n")
        assert running.series("nvidia_smi_temperature_gpu") == 91
        assert running.series("nvidia_smi_clocks_event_reasons_sw_thermal_slowdown") == 1
        assert running.series("nvidia_smi_clocks_event_reasons_hw_thermal_slowdown") == 0


def test_a_card_that_protects_itself_is_slower_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "stand-in-temperature"
    file.write_text("80")
    with started(
        "lab.fakes.gpu.exporter", "--web.listen-address=127.0.0.1:0", TMPDIR=str(tmp_path)
    ) as running:
        busy = running.series("nvidia_smi_clocks_current_sm_clock_hz")
        assert running.series("nvidia_smi_clocks_event_reasons_active") == 0
        file.write_text("96")
        assert running.series("nvidia_smi_clocks_current_sm_clock_hz") < busy
        assert running.series("nvidia_smi_clocks_event_reasons_hw_thermal_slowdown") == 1
        # NVML: power cap 4, hardware 8, thermal by software 32 and by hardware 64.
        assert running.series("nvidia_smi_clocks_event_reasons_active") == 4 + 8 + 32 + 64
        assert running.series("nvidia_smi_last_collect_success") == 1


def test_a_lost_gpu_is_a_failed_collection(tmp_path: Path) -> None:
    (tmp_path / "stand-in-temperature").write_text("lost")
    with started(
        "lab.fakes.gpu.exporter", "--web.listen-address=127.0.0.1:0", TMPDIR=str(tmp_path)
    ) as running:
        assert running.series("nvidia_smi_last_collect_success") == 0
        assert running.series("nvidia_smi_failed_scrapes_total") == 2
        assert "nvidia_smi_temperature_gpu" not in httpx.get(f"{running.url}/metrics").text


def test_nvidia_smi_lists_the_card_and_answers_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_GPU", "RTX 3080")
    assert smi.answer(["-L"]).startswith("GPU 0: NVIDIA GeForce RTX 3080 (stand-in) (UUID: GPU-")
    total = smi.answer(["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"])
    assert total == "NVIDIA GeForce RTX 3080 (stand-in), 10240"


def test_a_told_temperature_is_what_is_read(tmp_path: Path) -> None:
    file = tmp_path / "celsius"
    file.write_text("85")
    reading = card.read(file)
    assert (reading.celsius, reading.throttled) == (85, True)
