"""Units of a machine's system: enabled, started and stopped, and no container loses its card for it."""

from __future__ import annotations

from components.model.host import HostUnit
from tests.components.machine import SYSTEMCTL, Machine

UNIT = "probe.service"
UNIT_SPEC = {"units": (HostUnit(name=UNIT, shows="echo 250 W"),)}
UNIT_FILE = {f"etc/systemd/system/{UNIT}": "[Service]\nExecStart=/bin/true\n"}


def test_a_unit_is_enabled_started_and_at_the_end_stopped(systemd: Machine) -> None:
    spec = systemd.spec(files=UNIT_FILE, **UNIT_SPEC)

    assert "250 W" in systemd.put(spec)
    assert systemd.calls() == ["daemon-reload", f"--no-reload enable {UNIT}", f"restart {UNIT}"]
    (systemd.fake / "calls").unlink()
    systemd.remove(spec)

    assert systemd.calls() == [f"--no-reload disable --now {UNIT}", "daemon-reload"]
    assert systemd.files() == {}


def test_a_unit_that_does_not_start_is_a_warning_with_what_is_in_effect(systemd: Machine) -> None:
    spec = systemd.spec(files=UNIT_FILE, **UNIT_SPEC)
    (systemd.fake / "systemctl").write_text(
        SYSTEMCTL.replace('calls"\n', 'calls"\n[ $1 != restart ] || exit 1\n')
    )

    said = systemd.put(spec)

    assert f"warning: {UNIT}: did not start, see journalctl --unit {UNIT}\n250 W" in said


def test_no_container_loses_its_card_to_a_reload(systemd: Machine) -> None:
    (systemd.fake / "gpu-users").write_text("/starlord-vllm-primary\n\n")

    said = systemd.put(systemd.spec(files=UNIT_FILE, **UNIT_SPEC))

    assert "because these containers would lose their card: /starlord-vllm-primary" in said
    assert "daemon-reload" not in systemd.calls()
